//! A throwaway PostgreSQL cluster that ends with the process that started it, however it ends.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::exec;

const MISSING: &str = "no PostgreSQL server was found in PATH or /usr/lib/postgresql/*/bin. \
    Run: apt-get install postgresql";
const START_SECONDS_MAX: u64 = 60;

/// Whether the cluster may lose data in a power cut: tests do not mind, measurements do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Forgetful,
    Durable,
}

/// A running cluster. Dropping it stops the server and removes its files.
pub struct Cluster {
    port: u16,
    guard: Child,
    server_pid: u32,
}

/// `cargo xtask postgres [-- CMD…]`.
pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    let words: Vec<_> = arguments.raw_args()?.skip_while(|word| word == "--").collect();
    let cluster = Cluster::start(Durability::Forgetful)?;
    eprintln!("VERAX_TEST_DATABASE_URL={}", cluster.url());
    let shell = std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    let program = words.first().unwrap_or(&shell);
    let status = Command::new(program)
        .args(words.iter().skip(1))
        .env("VERAX_TEST_DATABASE_URL", cluster.url())
        .status()
        .with_context(|| program.display().to_string())?;
    drop(cluster);
    if !status.success() {
        bail!("{}: {status}", program.display());
    }
    Ok(())
}

impl Cluster {
    pub fn start(durability: Durability) -> Result<Cluster> {
        let bin = server_folder()?;
        // Another process may take the free port between finding and using it.
        let mut tries = 3;
        loop {
            tries -= 1;
            match Cluster::start_once(&bin, durability) {
                Err(error) if tries > 0 => eprintln!("postgres: {error:#}; trying again"),
                settled => return settled,
            }
        }
    }

    /// The address of the cluster's own database; its user may create others.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The address of another database of this cluster.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://verax@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database and gives its address.
    pub fn create_database(&self, name: &str) -> Result<String> {
        self.sql("postgres", &format!("CREATE DATABASE \"{name}\""))?;
        Ok(self.url_of(name))
    }

    /// What a statement answers in one of the databases.
    pub fn sql(&self, database: &str, statement: &str) -> Result<String> {
        let psql = program("psql")?;
        let quiet = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c"];
        let answer =
            exec::output(Command::new(psql).args(quiet).arg(statement).arg(self.url_of(database)))?;
        Ok(answer.trim().to_owned())
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// A standby that streams from this cluster; from now on nothing is acknowledged that it does
    /// not have on its disk.
    pub fn start_standby(&self) -> Result<Cluster> {
        let bin = server_folder()?;
        let standby = Cluster::launch(&bin, Durability::Durable, |data, account| {
            let mut copy = as_account(Command::new(bin.join("pg_basebackup")), account);
            copy.args(["-h", "127.0.0.1", "-U", "verax", "-R", "-X", "stream", "-c", "fast"]);
            copy.arg("-p").arg(self.port.to_string()).arg("-D").arg(data).current_dir("/");
            exec::output(&mut copy).map(drop)
        })?;
        self.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")?;
        self.sql("postgres", "SELECT pg_reload_conf()")?;
        let start = Instant::now();
        let streams = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        while self.sql("postgres", streams)? != "1" {
            if start.elapsed() > Duration::from_secs(START_SECONDS_MAX) {
                bail!("the standby does not stream");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(standby)
    }

    /// Makes a standby the primary.
    pub fn promote(&self) -> Result<()> {
        self.sql("postgres", "SELECT pg_promote()").map(drop)
    }

    /// Ends all its processes at once, as a machine that is gone does.
    pub fn kill(&self) -> Result<()> {
        let mut processes = vec![self.server_pid.to_string()];
        for entry in std::fs::read_dir("/proc")? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            // A process that has ended meanwhile has no parent either.
            let stat = std::fs::read_to_string(format!("/proc/{name}/stat")).unwrap_or_default();
            let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1));
            if parent == processes.first().map(String::as_str) {
                processes.push(name);
            }
        }
        // Some may have followed the first already.
        let _ = Command::new("kill").arg("-9").args(&processes).stderr(Stdio::null()).status()?;
        Ok(())
    }

    fn start_once(bin: &Path, durability: Durability) -> Result<Cluster> {
        Cluster::launch(bin, durability, |data, account| init_database(bin, data, account))
    }

    /// Starts a server on the data that `fill` has put into a new folder.
    fn launch(
        bin: &Path,
        durability: Durability,
        fill: impl FnOnce(&Path, Option<(u32, u32)>) -> Result<()>,
    ) -> Result<Cluster> {
        let home = tempfile::Builder::new().prefix("verax-postgres-").tempdir()?;
        let account = unprivileged_account()?;
        if let Some((user, group)) = account {
            chown(home.path(), Some(user), Some(group))?;
        }
        let data = home.path().join("data");
        fill(&data, account)?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        settings_file(&data, home.path(), port, durability)?;

        // The guard is in a process group of its own and waits for the end of its input: it stops
        // the server and removes the files also when this process is killed.
        let script = r#""$1/postgres" -D "$2/data" >"$2/log" 2>&1 & server=$!
            echo "$server"; read -r _; kill -INT "$server"; wait "$server"; rm -rf "$2""#;
        let mut guard = as_account(Command::new("/bin/sh"), account);
        guard.args(["-c", script, "sh"]).arg(bin).arg(home.path());
        guard.current_dir("/").process_group(0);
        let mut guard = guard.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let home = home.keep();
        let server_pid = guard.stdout.take().map(first_line).unwrap_or_default();
        let server_pid = server_pid.trim().parse().context("postgres: no process id")?;
        let cluster = Cluster { port, guard, server_pid };
        cluster.wait_until_ready(&home)?;
        Ok(cluster)
    }

    fn wait_until_ready(&self, home: &Path) -> Result<()> {
        let start = Instant::now();
        let ready = program("pg_isready")?;
        loop {
            let log = std::fs::read_to_string(home.join("log")).unwrap_or_default();
            let accepts = TcpStream::connect(("127.0.0.1", self.port)).is_ok();
            if accepts && exec::output(Command::new(&ready).args(["-q", "-d", &self.url()])).is_ok()
            {
                return Ok(());
            }
            // A standby says so to whoever asks too early.
            let mut fatal = log.lines().filter(|line| line.contains("FATAL"));
            let failed = fatal.any(|line| !line.ends_with("is starting up"));
            if failed || start.elapsed() > Duration::from_secs(START_SECONDS_MAX) {
                bail!("PostgreSQL did not start:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut input) = self.guard.stdin.take() {
            // The end of the input says the same, should this write fail.
            let _ = input.write_all(b"\n");
        }
        let _ = self.guard.wait();
    }
}

fn init_database(bin: &Path, data: &Path, account: Option<(u32, u32)>) -> Result<()> {
    let base = |command: &mut Command| {
        command.arg("-D").arg(data).args(["-U", "verax", "-A", "trust", "-E", "UTF8", "-N"]);
        command.current_dir("/");
    };
    // A dictionary order by default shows statements that forgot to ask for byte order.
    let mut dictionary = as_account(Command::new(bin.join("initdb")), account);
    base(&mut dictionary);
    dictionary.args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"]);
    if exec::output(&mut dictionary).is_ok() {
        return Ok(());
    }
    let mut plain = as_account(Command::new(bin.join("initdb")), account);
    base(&mut plain);
    plain.arg("--no-locale");
    exec::output(&mut plain).map(drop)
}

fn settings_file(data: &Path, socket: &Path, port: u16, durability: Durability) -> Result<()> {
    let mut settings = format!(
        "\nlisten_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\n\
         max_connections = 200\nshared_buffers = '256MB'\ndynamic_shared_memory_type = 'mmap'\n",
        socket.display()
    );
    if durability == Durability::Forgetful {
        settings += "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n";
    }
    let mut file = std::fs::OpenOptions::new().append(true).open(data.join("postgresql.conf"))?;
    file.write_all(settings.as_bytes())?;
    Ok(())
}

/// PostgreSQL rejects to run as root; then it runs as somebody who owns nothing else.
fn unprivileged_account() -> Result<Option<(u32, u32)>> {
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        let id = |flag| exec::output(Command::new("id").args([flag, name]));
        if let (Ok(user), Ok(group)) = (id("-u"), id("-g")) {
            return Ok(Some((user.trim().parse()?, group.trim().parse()?)));
        }
    }
    bail!("running as root, and there is neither a user `postgres` nor `nobody`")
}

fn as_account(mut command: Command, account: Option<(u32, u32)>) -> Command {
    if let Some((user, group)) = account {
        command.uid(user).gid(group);
    }
    command
}

/// One of PostgreSQL's programs.
pub fn program(name: &str) -> Result<PathBuf> {
    exec::find_program(name, &version_folders()).context(MISSING)
}

fn server_folder() -> Result<PathBuf> {
    let server = exec::find_program("postgres", &version_folders()).context(MISSING)?;
    // A link in PATH points to the folder where its companions are.
    let server = server.canonicalize()?;
    Ok(server.parent().map(Path::to_path_buf).unwrap_or_default())
}

/// Debian keeps the server's programs out of PATH, one folder per version; newest first.
fn version_folders() -> Vec<PathBuf> {
    let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") else { return Vec::new() };
    let mut folders: Vec<PathBuf> =
        versions.filter_map(|version| Some(version.ok()?.path().join("bin"))).collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(version_of(folder)));
    folders
}

fn version_of(folder: &Path) -> u32 {
    let name = folder.parent().and_then(Path::file_name).unwrap_or_default();
    name.to_string_lossy().parse().unwrap_or(0)
}

fn first_line(stream: impl std::io::Read) -> String {
    let mut line = String::new();
    // An empty line is the caller's error to report.
    let _ = std::io::BufRead::read_line(&mut std::io::BufReader::new(stream), &mut line);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_answers_and_leaves_nothing_behind() -> Result<()> {
        let cluster = Cluster::start(Durability::Forgetful)?;
        let url = cluster.create_database("second")?;
        let home = std::fs::read_link(format!("/proc/{}/cwd", cluster.server_pid));
        let answer = exec::output(Command::new(program("psql")?).args([
            "-X",
            "-A",
            "-t",
            "-c",
            "SELECT 6 * 7",
            &url,
        ]))?;
        assert_eq!(answer.trim(), "42");
        drop(cluster);
        assert!(!home?.exists(), "the cluster's files are gone");
        Ok(())
    }
}
