//! Load: keep-alive connections that ask again as soon as they are answered, and exact percentiles.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::http::{Answer, Connection};

const WARM_UP: Duration = Duration::from_millis(700);

/// What was measured.
pub struct Measured {
    pub requests_per_second: f64,
    /// All of them, those of the warm-up too.
    pub answers: u64,
    pub p50: Duration,
    pub p99: Duration,
}

/// Sends one request over and over on so many connections.
pub fn drive(
    address: SocketAddr,
    request: &[u8],
    connections: usize,
    duration: Duration,
) -> Result<Measured> {
    let begin = Instant::now() + WARM_UP;
    let end = begin + duration;
    let latencies: Vec<Result<(u64, Vec<Duration>)>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|_| scope.spawn(move || ask_until(address, request, begin, end)))
            .collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.map(|it| it.unwrap_or_else(|_| anyhow::bail!("a connection panicked"))).collect()
    });
    let mut all: Vec<Duration> = Vec::new();
    let mut answers = 0;
    for of_one in latencies {
        let (answered, of_one) = of_one?;
        answers += answered;
        all.extend(of_one);
    }
    all.sort_unstable();
    Ok(Measured {
        answers,
        requests_per_second: all.len() as f64 / duration.as_secs_f64(),
        p50: percentile(&all, 50)?,
        p99: percentile(&all, 99)?,
    })
}

/// How many answers there were, and the latencies of those that came between `begin` and `end`.
fn ask_until(
    address: SocketAddr,
    request: &[u8],
    begin: Instant,
    end: Instant,
) -> Result<(u64, Vec<Duration>)> {
    let mut connection = Connection::open(address)?;
    let mut answer = Answer::default();
    let mut latencies = Vec::new();
    let mut answered = 0;
    loop {
        let sent = Instant::now();
        connection.exchange(request, &mut answer)?;
        let received = Instant::now();
        answered += 1;
        ensure!(
            answer.status == 200,
            "{} {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        if received >= end {
            return Ok((answered, latencies));
        }
        if received >= begin {
            latencies.push(received - sent);
        }
    }
}

/// The smallest value that so many of a hundred do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Result<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().context("no answer came within the time; use more --seconds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() -> Result<()> {
        let sorted: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 50)?, Duration::from_millis(100));
        assert_eq!(percentile(&sorted, 99)?, Duration::from_millis(198));
        assert_eq!(percentile(&sorted[..1], 99)?, Duration::from_millis(1));
        assert!(percentile(&[], 50).is_err());
        Ok(())
    }
}
