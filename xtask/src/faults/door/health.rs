//! Somebody who asks for `/healthz` all along, each time on a new connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::exec;

const BETWEEN: Duration = Duration::from_millis(10);
const ANSWER_MAX: Duration = Duration::from_secs(10);
const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: verax.test\r\nConnection: close\r\n\r\n";
/// For whom the certificate of the server's tests is.
const NAME: &str = "pictures.example";

/// How a server is asked.
pub enum Speaks {
    Plain,
    Tls(Arc<ClientConfig>),
}

/// A certificate for tests, and its key.
pub fn certificate() -> (PathBuf, PathBuf) {
    let folder = exec::root().join("crates/server/tests/tls");
    (folder.join("leaf.pem"), folder.join("leaf.key"))
}

impl Speaks {
    pub fn tls() -> Result<Speaks> {
        let mut roots = RootCertStore::empty();
        let file = exec::root().join("crates/server/tests/tls/ca.pem");
        roots.add(CertificateDer::from_pem_file(file)?)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Speaks::Tls(Arc::new(config)))
    }

    fn ask(&self, address: SocketAddr) -> Result<Duration> {
        let begun = Instant::now();
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        match self {
            Speaks::Plain => expect_ok(&mut stream)?,
            Speaks::Tls(config) => {
                let name = ServerName::try_from(NAME)?;
                let client = ClientConnection::new(Arc::clone(config), name)?;
                expect_ok(&mut StreamOwned::new(client, stream))?;
            }
        }
        Ok(begun.elapsed())
    }
}

fn expect_ok(stream: &mut (impl Read + Write)) -> Result<()> {
    stream.write_all(REQUEST)?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).context("/healthz is not answered")?;
    ensure!(&status == b"HTTP/1.1 200", "/healthz: {}", String::from_utf8_lossy(&status));
    Ok(())
}

/// The times of all answers until `over`, the quickest first.
fn ask_until(speaks: &Speaks, address: SocketAddr, over: &AtomicBool) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    while !over.load(Ordering::SeqCst) {
        times.push(speaks.ask(address)?);
        std::thread::sleep(BETWEEN);
    }
    times.sort_unstable();
    Ok(times)
}

/// Runs `work` while somebody asks. Gives what it gave, and how long at most 99 of 100 answers took.
pub fn while_asked<T>(
    speaks: &Speaks,
    address: SocketAddr,
    work: impl FnOnce() -> Result<T>,
) -> Result<(T, Duration)> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask_until(speaks, address, &over));
        let done = work();
        over.store(true, Ordering::SeqCst);
        let times = asking.join().unwrap_or_else(|_| bail!("who asks panicked"))?;
        let p99 = times.get((times.len() * 99).div_ceil(100).max(1) - 1);
        Ok((done?, *p99.context("/healthz was never asked")?))
    })
}
