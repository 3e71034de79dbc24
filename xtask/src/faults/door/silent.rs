//! Thousands of connections of each kind that does nothing: each is closed in time, and who asks is
//! answered meanwhile.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::Options;
use super::health::{Speaks, certificate, while_asked};
use super::sockets::{connect_from, raise_file_limit, stranger};
use crate::running::{Binary, Server, Site};

/// After the limit.
const LATE_MAX: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A socket drips at one probe of so many: about a byte a second, and not all of them at once.
const LOOKS_PER_DRIP: usize = 10;
const SMALL_BUFFER_BYTES: usize = 4096;
/// Files that the server may have opened for itself meanwhile.
const FILES_MORE_MAX: usize = 20;

/// A kind of connection that holds its place for nothing.
struct Kind {
    name: &'static str,
    /// Over TLS.
    tls: bool,
    sends: &'static [u8],
    then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Nothing,
    /// A byte a second.
    Drips,
    /// Waits until it was answered, and asks no more: its time counts from there.
    IsAnswered,
    /// Never reads the answer.
    ReadsNothing,
}

const KINDS: &[Kind] = &[
    Kind { name: "nothing sent", tls: false, sends: b"", then: Then::Nothing },
    Kind { name: "one byte", tls: false, sends: b"G", then: Then::Nothing },
    Kind { name: "a dripped line", tls: false, sends: b"GET /", then: Then::Drips },
    Kind {
        name: "dripped headers",
        tls: false,
        sends: b"GET /healthz HTTP/1.1\r\nHost: verax.test\r\nX: ",
        then: Then::Drips,
    },
    Kind { name: "half a preface", tls: false, sends: b"PRI * HT", then: Then::Nothing },
    Kind {
        name: "HTTP/2 that asks nothing",
        tls: false,
        sends: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        then: Then::Nothing,
    },
    Kind {
        name: "half a TLS greeting",
        tls: true,
        sends: b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        then: Then::Nothing,
    },
    Kind {
        name: "idle after an answer",
        tls: false,
        sends: b"GET /healthz HTTP/1.1\r\nHost: verax.test\r\n\r\n",
        then: Then::IsAnswered,
    },
    Kind {
        name: "an answer that nobody reads",
        tls: false,
        sends: b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: verax.test\r\n\r\n",
        then: Then::ReadsNothing,
    },
];

pub fn run(binary: &Binary, options: &Options) -> Result<()> {
    raise_file_limit(options.sockets + 200)?;
    let seconds = options.header_seconds;
    let settings = format!(
        "[http]\nheader_seconds = {seconds}\nidle_seconds = {seconds}\nwrite_seconds = {seconds}\n\
         [log]\naccess = false\n"
    );
    let site = Site::new(binary, None)?.with_settings(&settings)?;
    for tls in [false, true] {
        let (server, speaks) = if tls {
            let (certificates, key) = certificate();
            let (certificates, key) =
                (certificates.display().to_string(), key.display().to_string());
            let words = ["serve", "--tls-cert", &certificates, "--tls-key", &key];
            (site.start("tls", &[], &words)?, Speaks::tls()?)
        } else {
            (site.serve(&[])?, Speaks::Plain)
        };
        for kind in KINDS.iter().filter(|kind| kind.tls == tls) {
            try_kind(kind, &server, &speaks, options).with_context(|| kind.name)?;
        }
    }
    Ok(())
}

fn try_kind(kind: &Kind, server: &Server, speaks: &Speaks, options: &Options) -> Result<()> {
    let limit = Duration::from_secs(options.header_seconds);
    let files_before = server.open_files()?;
    let (slowest, health) = while_asked(speaks, server.address, || {
        let held = open(kind, server.address, options.sockets)?;
        match kind.then {
            Then::ReadsNothing => wait_until_given_up(server, &held, files_before, limit),
            then => wait_until_closed(held, then, limit),
        }
    })?;
    println!(
        "door: {} × {}: all closed, the last after {:.1} s of {:.0}; /healthz in {:.1} ms (p99)",
        options.sockets,
        kind.name,
        slowest.as_secs_f64(),
        limit.as_secs_f64(),
        health.as_secs_f64() * 1000.0,
    );
    ensure!(health <= options.health_max, "/healthz took {health:?} (p99)");
    let files = server.open_files()?;
    ensure!(
        files <= files_before + FILES_MORE_MAX,
        "{files} files are open, {files_before} before"
    );
    Ok(())
}

/// A connection, and since when the server may close it.
struct Held {
    stream: TcpStream,
    since: Instant,
    answered: bool,
}

fn open(kind: &Kind, address: SocketAddr, count: usize) -> Result<Vec<Held>> {
    let buffer = (kind.then == Then::ReadsNothing).then_some(SMALL_BUFFER_BYTES);
    let open_one = |number| {
        let mut stream = connect_from(stranger(number)?, address, buffer)?;
        let since = Instant::now();
        stream.write_all(kind.sends)?;
        stream.set_nonblocking(true)?;
        Ok(Held { stream, since, answered: false })
    };
    (0..count).map(open_one).collect()
}

/// The longest that one of them was open.
fn wait_until_closed(mut held: Vec<Held>, then: Then, limit: Duration) -> Result<Duration> {
    let (mut first, mut slowest) = (Duration::MAX, Duration::ZERO);
    for probe in 0.. {
        if held.is_empty() {
            break;
        }
        if then == Then::Drips {
            let dripping = held.iter_mut().skip(probe % LOOKS_PER_DRIP).step_by(LOOKS_PER_DRIP);
            // One that is closed shows it where it is read.
            dripping.for_each(|it| drop(it.stream.write(b"y")));
        }
        let mut late = 0;
        held.retain_mut(|it| {
            let open = is_open(it, then);
            let age = it.since.elapsed();
            if !open {
                (first, slowest) = (first.min(age), slowest.max(age));
            } else if age > limit + LATE_MAX {
                late += 1;
            }
            open
        });
        ensure!(late == 0, "{late} are open after {:?}", limit + LATE_MAX);
        std::thread::sleep(LOOK_EVERY);
    }
    // Who is closed at once was not let in, and shows nothing.
    ensure!(first >= limit.mul_f64(0.9), "one was closed after {first:?}");
    Ok(slowest)
}

fn is_open(held: &mut Held, then: Then) -> bool {
    let mut bytes = [0; 4096];
    loop {
        match held.stream.read(&mut bytes) {
            Ok(0) => return false,
            Ok(_) => {
                if then == Then::IsAnswered && !held.answered {
                    (held.answered, held.since) = (true, Instant::now());
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
            Err(_) => return false,
        }
    }
}

/// Their own end does not show it: what is on its way was never read. The server's files do.
fn wait_until_given_up(
    server: &Server,
    held: &[Held],
    files_before: usize,
    limit: Duration,
) -> Result<Duration> {
    let last = held.last().context("nothing is held")?.since;
    while server.open_files()? < files_before + held.len() {
        ensure!(last.elapsed() < LATE_MAX, "not all are let in");
        std::thread::sleep(LOOK_EVERY / 10);
    }
    loop {
        let (files, age) = (server.open_files()?, last.elapsed());
        if files <= files_before + FILES_MORE_MAX {
            return Ok(age);
        }
        if age > limit + LATE_MAX {
            bail!("{} are open after {age:?}", files - files_before);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
