//! Requests that can be read in two ways, sent directly and through HAProxy, which sends the requests
//! of many on one connection: nobody's request runs with another's token.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use super::Options;
use crate::exec;
use crate::http::{self, Answer, Connection};
use crate::running::{Binary, Site};

const CORPUS: &str = "crates/server/tests/smuggling/corpus.txt";
const COLLECTIONS: &str = "/v2/face-recognition/collections";
/// Who has said nothing for so long has nothing more to say.
const QUIET: Duration = Duration::from_millis(300);
const START_MAX: Duration = Duration::from_secs(10);
/// After each attack: one of them gets the connection that it was on.
const HONEST_REQUESTS: usize = 3;

struct Person {
    client: String,
    /// The value of the `Authorization` header.
    token: String,
}

struct Attack {
    name: String,
    bytes: Vec<u8>,
    /// All answers to it, where it comes directly.
    statuses: Vec<String>,
}

pub fn run(binary: &Binary, _: &Options) -> Result<()> {
    let site = Site::new(binary, None)?.with_settings("[log]\naccess = false\n")?;
    let stranger = Person::new(&site, "stranger")?;
    let victim = Person::new(&site, "victim")?;
    let server = site.serve(&[])?;
    let collection = make_collection(server.address, &victim)?;
    let path = format!("{COLLECTIONS}/{collection}");
    // Its last header takes what comes after it: the next request, with its token.
    let mut smuggled = format!("DELETE {path} HTTP/1.1\\r\\nHost: x\\r\\nX: ");
    let bytes = unescape(&smuggled)?.len();
    if !bytes.is_multiple_of(2) {
        smuggled.push('y');
    }
    let pushing = "<".repeat(unescape(&smuggled)?.len() / 2);
    let inner = format!("GET /{pushing} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n{smuggled}");
    let attacks = read_corpus(&stranger, &inner)?;
    let still_there = |at| {
        let status = ask(at, &path, &victim)?.status;
        ensure!(status == 200, "the victim's collection answers {status}");
        anyhow::Ok(())
    };
    for attack in &attacks {
        let statuses = statuses(&send(server.address, &attack.bytes)?);
        ensure!(statuses == attack.statuses, "{}: {statuses:?}", attack.name);
    }
    still_there(server.address)?;
    println!("door: {} attacks directly: as many answers as requests", attacks.len());
    if find_haproxy().is_none() {
        println!("door: haproxy is not installed: the attacks behind it are left out");
        return Ok(());
    }
    for lenient in [false, true] {
        let proxy = Proxy::start(site.data(), server.address, lenient)?;
        let mut forwarded = 0;
        for attack in &attacks {
            let answered = statuses(&send(proxy.address, &attack.bytes)?);
            let name = &attack.name;
            ensure!(answered.len() <= attack.statuses.len() + 1, "{name}: {answered:?}");
            forwarded += usize::from(answered.iter().any(|it| it == "200"));
            for _ in 0..HONEST_REQUESTS {
                let me = ask(proxy.address, "/v2/clients/me", &victim)?;
                let body = String::from_utf8_lossy(&me.body).into_owned();
                let own = me.status == 200 && body.contains(&victim.client);
                ensure!(own, "after {name} the victim got {} {body}", me.status);
            }
            still_there(server.address).with_context(|| name.clone())?;
        }
        println!(
            "door: {} attacks behind HAProxy{}: {forwarded} had an answer of ours, every honest \
             request its own",
            attacks.len(),
            if lenient { " that takes invalid requests" } else { "" },
        );
    }
    Ok(())
}

impl Person {
    fn new(site: &Site, name: &str) -> Result<Person> {
        let email = format!("{name}@example.com");
        let made = site.verax(&["client", "create", "--name", name, "--email", &email])?;
        let made: Value = serde_json::from_str(&made)?;
        let client = made["_id"].as_str().context("a client without an id")?.to_owned();
        let token = format!("Bearer {}", site.token(&client)?);
        Ok(Person { client, token })
    }
}

fn make_collection(address: SocketAddr, owner: &Person) -> Result<String> {
    let mut answer = Answer::default();
    let body = br#"{"name":"to be kept"}"#;
    let request = http::request("POST", COLLECTIONS, Some(&owner.token), body);
    Connection::open(address)?.exchange(&request, &mut answer)?;
    let made: Value = serde_json::from_slice(&answer.body)?;
    Ok(made["data"]["_id"].as_str().context("a collection without an id")?.to_owned())
}

fn ask(address: SocketAddr, target: &str, person: &Person) -> Result<Answer> {
    http::get(address, target, Some(&person.token))
}

/// Sends all, and reads until nothing more comes.
fn send(address: SocketAddr, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(QUIET))?;
    // It may be rejected before its end.
    let _ = stream.write_all(bytes);
    let mut answered = Vec::new();
    // A reset or silence ends it.
    let _ = stream.read_to_end(&mut answered);
    Ok(answered)
}

fn statuses(answered: &[u8]) -> Vec<String> {
    let answered = String::from_utf8_lossy(answered);
    let answers = answered.split("HTTP/1.1 ").skip(1);
    answers.filter_map(|answer| answer.get(..3).map(str::to_owned)).collect()
}

fn read_corpus(sender: &Person, inner: &str) -> Result<Vec<Attack>> {
    let text = std::fs::read_to_string(exec::root().join(CORPUS)).context(CORPUS)?;
    let token = sender.token.trim_start_matches("Bearer ");
    let length = unescape(inner)?.len();
    let attack = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, statuses, bytes] = fields[..] else { bail!("{CORPUS}: {line}") };
        let bytes = bytes
            .replace("{token}", token)
            .replace("{inner}", inner)
            .replace("{inner_length}", &length.to_string())
            .replace("{inner_hex}", &format!("{length:x}"));
        let statuses = statuses.split(' ').map(str::to_owned).collect();
        Ok(Attack { name: name.to_owned(), bytes: unescape(&bytes)?, statuses })
    };
    text.lines().filter(|line| !line.starts_with('#')).map(attack).collect()
}

fn unescape(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut left = text.chars();
    while let Some(letter) = left.next() {
        if letter != '\\' {
            bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        bytes.push(match left.next() {
            Some('r') => b'\r',
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('x') => {
                let digits: String = left.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).context(digits)?
            }
            other => bail!("{CORPUS}: \\{other:?} stands for nothing"),
        });
    }
    Ok(bytes)
}

fn find_haproxy() -> Option<PathBuf> {
    exec::find_program("haproxy", &[PathBuf::from("/usr/sbin")])
}

/// HAProxy in front of the server, ended when dropped.
struct Proxy {
    child: Child,
    address: SocketAddr,
}

impl Proxy {
    fn start(folder: &Path, server: SocketAddr, lenient: bool) -> Result<Proxy> {
        // Freed for the proxy; whoever takes it in between makes the start fail.
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let invalid = if lenient { "option accept-invalid-http-request" } else { "" };
        let config = format!(
            "global\n  maxconn 100\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client \
             10s\n  timeout server 10s\n  http-reuse always\nfrontend door\n  bind {address}\n  \
             {invalid}\n  default_backend verax\nbackend verax\n  server verax {server} maxconn 1 \
             pool-max-conn 1\n"
        );
        let file = folder.join("haproxy.cfg");
        std::fs::write(&file, config)?;
        let program = find_haproxy().context("haproxy")?;
        let child = Command::new(program)
            .args(["-db", "-f"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let proxy = Proxy { child, address };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            ensure!(begun.elapsed() < START_MAX, "haproxy does not listen: {}", file.display());
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(proxy)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
