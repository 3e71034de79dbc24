//! What the looks of `verax doctor` found.

/// What one look found.
pub struct Finding {
    pub what: &'static str,
    pub state: State,
    pub says: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    Good,
    Bad,
    /// It could not be looked at: that is no good sign, and no bad one.
    NotChecked,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Good => "ok",
            State::Bad => "problem",
            State::NotChecked => "not_checked",
        }
    }

    pub fn mark(self) -> &'static str {
        match self {
            State::Good => "ok",
            State::Bad => "!!",
            State::NotChecked => "??",
        }
    }

    /// The mark in green, red or yellow.
    pub fn colour(self) -> &'static str {
        match self {
            State::Good => "\x1b[32mok\x1b[0m",
            State::Bad => "\x1b[1;31m!!\x1b[0m",
            State::NotChecked => "\x1b[33m??\x1b[0m",
        }
    }
}

pub fn good(what: &'static str, says: impl Into<String>) -> Finding {
    Finding { what, state: State::Good, says: says.into() }
}

pub fn bad(what: &'static str, says: impl Into<String>) -> Finding {
    Finding { what, state: State::Bad, says: says.into() }
}

pub fn unchecked(what: &'static str, says: impl Into<String>) -> Finding {
    Finding { what, state: State::NotChecked, says: says.into() }
}
