//! What is asked of the feed.

use std::time::Duration;

use axum::http::HeaderMap;
use verax_query::Problem;

use crate::http::query_string::{decoded, parts};

/// Events of one answer, and as many when nothing is said.
pub const LIMIT_MAX: u32 = 100;
/// Proxies often close what is quiet for half a minute.
pub const WAIT_SECONDS_MAX: u64 = 25;
/// The largest whole number that JavaScript counts to.
pub const AFTER_MAX: i64 = (1 << 53) - 1;

const LAST_EVENT_ID: &str = "Last-Event-ID";

/// A page of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedRequest {
    pub after: i64,
    pub limit: u32,
    pub wait: Duration,
}

impl FeedRequest {
    /// Reads the query of a list; `None`: it asks for no feed.
    pub fn read(raw: &str) -> Result<Option<FeedRequest>, Vec<Problem>> {
        let pairs = pairs(raw);
        if !pairs.iter().any(|(name, _)| name == "after" || name == "wait") {
            return Ok(None);
        }
        let mut words = Words { pairs, problems: Vec::new() };
        let after = words.number("after", 0, AFTER_MAX);
        let limit = words.number("limit", 1, LIMIT_MAX.into());
        let wait = words.number("wait", 0, WAIT_SECONDS_MAX as i64);
        let is_feed = words.pairs.iter().any(|(name, _)| name == "after");
        match is_feed {
            true => words.reject_others(&["after", "limit", "wait"]),
            false => words.reject("wait", "means nothing without after".to_owned()),
        }
        let request = FeedRequest {
            after: after.unwrap_or(0),
            limit: limit.and_then(|it| u32::try_from(it).ok()).unwrap_or(LIMIT_MAX),
            wait: Duration::from_secs(wait.map_or(0, i64::unsigned_abs)),
        };
        if words.problems.is_empty() { Ok(Some(request)) } else { Err(words.problems) }
    }
}

/// After which number a stream begins; `None`: after the last one that there is.
pub fn stream_begin(raw: &str, headers: &HeaderMap) -> Result<Option<i64>, Vec<Problem>> {
    let mut words = Words { pairs: pairs(raw), problems: Vec::new() };
    let after = words.number("after", 0, AFTER_MAX);
    words.reject_others(&["after"]);
    let last = headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or("?"));
    let last = last.filter(|last| !last.is_empty());
    words.pairs.extend(last.map(|last| (LAST_EVENT_ID.to_owned(), last.to_owned())));
    let last = words.number(LAST_EVENT_ID, 0, AFTER_MAX);
    if words.problems.is_empty() { Ok(last.or(after)) } else { Err(words.problems) }
}

struct Words {
    pairs: Vec<(String, String)>,
    problems: Vec<Problem>,
}

impl Words {
    /// The number that is sent under this name. Of two it is not known which one was meant.
    fn number(&mut self, name: &str, min: i64, max: i64) -> Option<i64> {
        let mut values = self.pairs.iter().filter(|(sent, _)| sent == name).map(|(_, value)| value);
        let value = values.next()?;
        let number = value.parse().ok().filter(|number| (min..=max).contains(number));
        if number.is_none() || values.next().is_some() {
            self.reject(name, format!("must be one whole number from {min} to {max}"));
        }
        number
    }

    fn reject_others(&mut self, allowed: &[&str]) {
        let others = self.pairs.iter().filter(|(name, _)| !allowed.contains(&name.as_str()));
        let others: Vec<String> = others.map(|(name, _)| name.clone()).collect();
        for name in others {
            self.reject(&name, format!("is not allowed here: only {}", allowed.join(", ")));
        }
    }

    fn reject(&mut self, parameter: &str, message: String) {
        self.problems.push(Problem { parameter: parameter.to_owned(), message });
    }
}

fn pairs(raw: &str) -> Vec<(String, String)> {
    let sent = parts(raw).filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let name = part.split('=').next().unwrap_or(part);
        decoded(part).unwrap_or_else(|| (name.to_owned(), String::new()))
    };
    sent.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(raw: &str) -> Vec<String> {
        let problems = FeedRequest::read(raw).expect_err("a wrong request");
        problems.into_iter().map(|problem| problem.parameter).collect()
    }

    #[test]
    fn a_query_without_the_words_of_the_feed_is_a_list() {
        for raw in ["", "limit=5&where_type=x", "cursor=*", "&", "x=after"] {
            assert_eq!(FeedRequest::read(raw), Ok(None), "{raw}");
        }
    }

    #[test]
    fn the_words_of_the_feed_are_read_and_what_is_wrong_is_named() {
        let all = FeedRequest { after: 7, limit: 5, wait: Duration::from_secs(25) };
        assert_eq!(FeedRequest::read("after=7&limit=5&wait=25"), Ok(Some(all)));
        let least = FeedRequest { after: 0, limit: 100, wait: Duration::ZERO };
        assert_eq!(FeedRequest::read("after=0"), Ok(Some(least)));
        for (raw, names) in [
            ("after=", vec!["after"]),
            ("after=-1", vec!["after"]),
            ("after=1e3", vec!["after"]),
            ("after=9007199254740992", vec!["after"]),
            ("after=1&after=2", vec!["after"]),
            ("after=1&wait=26&limit=101", vec!["limit", "wait"]),
            ("after=1&limit=0", vec!["limit"]),
            ("wait=5", vec!["wait"]),
            ("wait=5&where_type=x", vec!["wait"]),
            ("after=1&where_type=x&sort=createdAt", vec!["where_type", "sort"]),
            ("after=1&%FF=1", vec!["%FF"]),
        ] {
            assert_eq!(wrong(raw), names, "{raw}");
        }
    }

    #[test]
    fn a_stream_goes_on_after_the_last_event_that_came() {
        let headers = |last: Option<&'static str>| {
            let value = last.map(axum::http::HeaderValue::from_static);
            value.map(|value| (axum::http::HeaderName::from_static("last-event-id"), value))
        };
        let begin = |raw: &str, last| {
            stream_begin(raw, &headers(last).into_iter().collect()).map_err(|problems| {
                problems.into_iter().map(|problem| problem.parameter).collect::<Vec<_>>()
            })
        };
        assert_eq!(begin("", None), Ok(None));
        assert_eq!(begin("", Some("")), Ok(None));
        assert_eq!(begin("after=3", None), Ok(Some(3)));
        assert_eq!(begin("after=3", Some("9")), Ok(Some(9)));
        assert_eq!(begin("", Some("x")), Err(vec!["Last-Event-ID".to_owned()]));
        assert_eq!(begin("limit=3", None), Err(vec!["limit".to_owned()]));
    }
}
