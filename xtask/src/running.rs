//! The real binary: its commands, and the server while it runs.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::{exec, http};

const LISTENING: &str = "listening on ";
const ERRORS_SHOWN_MAX: usize = 20;
const READY_SECONDS_MAX: u64 = 60;
/// Linux counts processor time in hundredths of a second.
const MILLISECONDS_PER_TICK: u64 = 10;

/// A built `verax`.
#[derive(Clone)]
pub struct Binary(PathBuf);

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Dev,
    Release,
}

/// Where a `verax` keeps its things.
pub struct Site {
    pub binary: Binary,
    data: PathBuf,
    database_url: Option<String>,
    replica_url: Option<String>,
    settings: Option<PathBuf>,
    environment: Vec<(String, String)>,
    limits: Limits,
    /// Deleted with the site.
    _throw_away: Option<tempfile::TempDir>,
}

/// Whether requests are limited: a program that measures or breaks asks as fast as it can.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Limits {
    Off,
    AsSet,
}

const LIMITS: [&str; 4] = [
    "REQUESTS_PER_MINUTE",
    "CLIENT_REQUESTS_PER_MINUTE",
    "ANONYMOUS_REQUESTS_PER_MINUTE",
    "REJECTED_TOKENS_PER_MINUTE",
];

/// A server that stops when this is dropped.
pub struct Server {
    child: Child,
    log: PathBuf,
    pub address: SocketAddr,
    /// From the start of the process to the line that says where it listens.
    pub started_in: Duration,
}

impl Binary {
    /// The file that was asked for, or the one of a profile, built now.
    pub fn find(file: Option<PathBuf>, profile: Profile) -> Result<Binary> {
        if let Some(file) = file {
            return Ok(Binary(file.canonicalize().with_context(|| file.display().to_string())?));
        }
        let mut build = exec::cargo();
        build.args(["build", "--quiet", "--package", "verax-server", "--bin", "verax"]);
        if profile == Profile::Release {
            build.arg("--release").args(exec::RELEASE_FEATURES);
        }
        exec::run(&mut build)?;
        let folder = if profile == Profile::Release { "release" } else { "debug" };
        Ok(Binary(exec::target_dir()?.join(folder).join("verax")))
    }

    /// This binary, run by another program (such as `taskset -c 0`) unless that is empty, with
    /// nothing of the surroundings that could change its meaning.
    pub fn command(&self, wrapper: &[&str]) -> Command {
        without_settings(match wrapper.split_first() {
            Some((program, words)) => {
                let mut command = Command::new(program);
                command.args(words).arg(&self.0);
                command
            }
            None => Command::new(&self.0),
        })
    }

    pub fn file(&self) -> &Path {
        &self.0
    }

    /// The folder of the models, fetched once and kept below the target folder; `None` where they cannot
    /// be had.
    pub fn installed_models(&self) -> Result<Option<PathBuf>> {
        let data = exec::target_dir()?.join("installed-models");
        let mut install = self.command(&[]);
        install.arg("--data").arg(&data).args(["models", "install"]);
        match exec::output(&mut install) {
            Ok(_) => Ok(Some(data.join("models"))),
            Err(error) => {
                println!("no models: {error:#}");
                Ok(None)
            }
        }
    }
}

/// The same without the variables of this environment that `verax` reads.
pub fn without_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("VERAX_") {
            command.env_remove(name);
        }
    }
    command
}

impl Site {
    pub fn new(binary: &Binary, database_url: Option<String>) -> Result<Site> {
        let folder = tempfile::Builder::new().prefix("verax-site-").tempdir()?;
        let data = folder.path().to_owned();
        Ok(Site {
            binary: binary.clone(),
            data,
            database_url,
            replica_url: None,
            settings: None,
            environment: Vec::new(),
            limits: Limits::Off,
            _throw_away: Some(folder),
        })
    }

    /// A site in a folder that stays.
    pub fn with_data(binary: &Binary, data: PathBuf, database_url: Option<String>) -> Site {
        let binary = binary.clone();
        let (replica_url, settings, limits) = (None, None, Limits::Off);
        let environment = Vec::new();
        Site {
            binary,
            data,
            database_url,
            replica_url,
            settings,
            environment,
            limits,
            _throw_away: None,
        }
    }

    /// Puts the models of this folder where the server looks for them.
    pub fn add_models(&self, models: &Path) -> Result<()> {
        let folder = self.data.join("models");
        std::fs::create_dir(&folder)?;
        for file in std::fs::read_dir(models).with_context(|| models.display().to_string())? {
            let file = file?;
            if file.file_type()?.is_file() {
                std::fs::copy(file.path(), folder.join(file.file_name()))?;
            }
        }
        Ok(())
    }

    /// The same with these settings, in TOML. Requests are limited where they say so.
    pub fn with_settings(mut self, settings: &str) -> Result<Site> {
        let file = self.data.join("settings.toml");
        std::fs::write(&file, settings)?;
        self.settings = Some(file);
        if settings.contains("[rate_limit]") {
            self.limits = Limits::AsSet;
        }
        Ok(self)
    }

    /// The same with these variables of the environment.
    pub fn with_environment(mut self, variables: &[(&str, &str)]) -> Site {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.environment.extend(variables.iter().map(owned));
        self
    }

    /// The same, reading lists from a replica.
    pub fn with_replica(mut self, url: String) -> Site {
        self.replica_url = Some(url);
        self
    }

    /// `verax WORDS…` on this site; what it printed.
    pub fn verax(&self, words: &[&str]) -> Result<String> {
        exec::output(&mut self.command(words))
    }

    /// `verax WORDS…` on this site, to be run.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.binary.command(&[]);
        command.args(words);
        self.place(&mut command);
        command
    }

    /// `verax import`.
    pub fn import(&self, resource: &str, file: &Path) -> Result<String> {
        self.verax(&["import", resource, &file.display().to_string()])
    }

    /// A token that may read everything of this client.
    pub fn token(&self, client: &str) -> Result<String> {
        Ok(self.verax(&["token", "create", "--client", client])?.trim().to_owned())
    }

    /// A token with these scopes, commas between, which may be such as are given only where they are named.
    pub fn token_for(&self, client: &str, scopes: &str) -> Result<String> {
        let words = ["token", "create", "--client", client, "--scope", scopes];
        Ok(self.verax(&words)?.trim().to_owned())
    }

    /// Starts the server; `wrapper` is a program that runs it, such as `taskset -c 0`.
    pub fn serve(&self, wrapper: &[&str]) -> Result<Server> {
        self.start("serve", wrapper, &["serve"])
    }

    /// Starts a process that listens, with a log of this name.
    pub fn start(&self, name: &str, wrapper: &[&str], words: &[&str]) -> Result<Server> {
        let mut command = self.binary.command(wrapper);
        command.args(words).args(["--listen", "127.0.0.1:0"]);
        self.place(&mut command);
        Server::start(command, self.data.join(name).with_extension("log"))
    }

    /// The folder with the site's files.
    pub fn data(&self) -> &Path {
        &self.data
    }

    fn place(&self, command: &mut Command) {
        command.arg("--data").arg(&self.data);
        if let Some(url) = &self.database_url {
            command.arg("--database-url").arg(url);
        }
        if let Some(url) = &self.replica_url {
            command.arg("--database-replica-url").arg(url);
        }
        if let Some(file) = &self.settings {
            command.arg("--config").arg(file);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if self.limits == Limits::Off {
            for name in LIMITS {
                command.env(format!("VERAX__RATE_LIMIT__{name}"), "0");
            }
        }
    }
}

impl Server {
    fn start(mut command: Command, log: PathBuf) -> Result<Server> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(std::fs::File::create(&log)?);
        let start = Instant::now();
        let mut child = command.spawn()?;
        let output = child.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        let mut printed = String::new();
        let Url { address, is_tls } = loop {
            let Some(line) = lines.next().transpose()? else {
                let log = std::fs::read_to_string(&log).unwrap_or_default();
                bail!("verax serve ended before it listened: {}\n{printed}{log}", child.wait()?);
            };
            if let Some(url) = line.strip_prefix(LISTENING) {
                break Url::parse(url.trim()).with_context(|| line.clone())?;
            }
            printed += &line;
            printed.push('\n');
        };
        let started_in = start.elapsed();
        // What it prints later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let server = Server { child, log, address, started_in };
        // Who speaks TLS to it asks for itself.
        if !is_tls {
            server.wait_until_ready()?;
        }
        Ok(server)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Whether /readyz is green.
    pub fn is_ready(&self) -> bool {
        http::get(self.address, "/readyz", None).is_ok_and(|answer| answer.status == 200)
    }

    /// Resident memory in bytes.
    pub fn resident_bytes(&self) -> Result<u64> {
        resident_bytes(self.child.id())
    }

    /// How many files and sockets it has open.
    pub fn open_files(&self) -> Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// Time that the server has spent on processors.
    pub fn processor_time(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The program's name is in brackets and may hold spaces.
        let (_, fields) = stat.rsplit_once(')').context("no stat")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|it| it.parse::<u64>().ok());
        let (user, system) = (ticks(11).context("no utime")?, ticks(12).context("no stime")?);
        Ok(Duration::from_millis((user + system) * MILLISECONDS_PER_TICK))
    }

    /// What the server's log says of errors: a 5xx shows its cause there alone.
    pub fn print_errors(&self) -> Result<()> {
        let log = std::fs::read_to_string(&self.log)?;
        let errors = log.lines().filter(|line| line.contains("ERROR"));
        errors.take(ERRORS_SHOWN_MAX).for_each(|line| println!("verax: {line}"));
        Ok(())
    }

    /// Kills the process, and waits until it is gone.
    pub fn kill(&mut self) {
        // It may have ended by itself, which is what we want.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn wait_until_ready(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            let status = http::get(self.address, "/readyz", None).map(|answer| answer.status);
            if matches!(status, Ok(200)) {
                return Ok(());
            }
            if start.elapsed() > Duration::from_secs(READY_SECONDS_MAX) {
                bail!("/readyz is not 200 after {READY_SECONDS_MAX} s: {status:?}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where a server says that it listens.
struct Url {
    address: SocketAddr,
    is_tls: bool,
}

impl Url {
    fn parse(url: &str) -> Result<Url> {
        let (scheme, address) = url.split_once("://").context("no URL")?;
        Ok(Url { address: address.parse()?, is_tls: scheme == "https" })
    }
}

/// Resident memory of a process in bytes.
pub fn resident_bytes(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kibibytes: u64 = line.split_whitespace().nth(1).context("no VmRSS")?.parse()?;
    Ok(kibibytes * 1024)
}
