//! What each attempt is answered: drawn from a seed, so that a run can be repeated.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// What a receiver does with one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Answers with this status and nothing else.
    Status(u16),
    /// 301, to another path of the same receiver.
    Moved,
    /// 429 with `Retry-After`.
    TooMany,
    /// 200 and the body that came.
    Echo,
    /// Reads, and never answers.
    Silence,
    ResetInHead,
    /// After 200 and a part of the body.
    ResetInBody,
    /// 200, and a body without an end.
    EndlessBody,
    /// 200, and a body that takes a minute.
    SlowBody,
}

/// The replies to all deliveries. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Plan {
    seed: u64,
    successes: Vec<Reply>,
    faults: Vec<Reply>,
    faults_max: u32,
}

impl Reply {
    /// After all of these a sender tries again. 410 is none of them: it disables the endpoint.
    pub const RETRIED: [Reply; 8] = [
        Reply::Moved,
        Reply::Status(400),
        Reply::TooMany,
        Reply::Status(500),
        Reply::Status(503),
        Reply::Silence,
        Reply::ResetInHead,
        Reply::ResetInBody,
    ];
    pub const SUCCESSES: [Reply; 5] =
        [Reply::Status(200), Reply::Status(204), Reply::Echo, Reply::EndlessBody, Reply::SlowBody];

    /// Whether a sender takes it for a success; nothing where that is a matter of how fast it reads.
    pub fn succeeds(self) -> Option<bool> {
        match self {
            Reply::Status(status) => Some((200..300).contains(&status)),
            Reply::Echo | Reply::EndlessBody | Reply::SlowBody => Some(true),
            Reply::Moved | Reply::TooMany | Reply::Silence | Reply::ResetInHead => Some(false),
            Reply::ResetInBody => None,
        }
    }

    pub fn keeps_connection(self) -> bool {
        matches!(self, Reply::Status(_) | Reply::Moved | Reply::TooMany | Reply::Echo)
    }
}

impl Plan {
    /// Each delivery meets up to so many of these faults, and then one of these successes.
    pub fn new(seed: u64, successes: &[Reply], faults: &[Reply], faults_max: u32) -> Plan {
        Plan { seed, successes: successes.to_vec(), faults: faults.to_vec(), faults_max }
    }

    /// What the attempt with this number, from 0, to deliver this event is answered.
    pub fn reply(&self, id: &str, number: u32) -> Reply {
        let mut hasher = DefaultHasher::new();
        (self.seed, id).hash(&mut hasher);
        let mut random = fastrand::Rng::with_seed(hasher.finish());
        let faults = if self.faults.is_empty() { 0 } else { random.u32(..=self.faults_max) };
        let drawn = if number < faults { &self.faults[..] } else { &self.successes[..] };
        // One draw for each attempt before it.
        let mut place = 0;
        for _ in 0..=number {
            place = random.usize(..);
        }
        drawn[place % drawn.len()]
    }
}
