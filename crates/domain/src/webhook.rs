//! When a webhook is called again, when it is paused and disabled, and which events it can ask for. Pure.

use verax_query::Timestamp;

use crate::events::EventKind;

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// From one attempt to the next; after the last a delivery is given up.
pub const RETRY_DELAYS_MS: [i64; 10] = [
    5 * SECOND_MS,
    30 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
];
/// What a receiver asks for by `Retry-After` counts no longer.
const RETRY_AFTER_MS_MAX: i64 = DAY_MS;

/// So many failures in a row pause an endpoint.
pub const FAILURES_BEFORE_PAUSE: i64 = 5;
pub const PAUSE_MS_MIN: i64 = 30 * SECOND_MS;
pub const PAUSE_MS_MAX: i64 = 15 * MINUTE_MS;
/// An endpoint that nothing has reached for so long is disabled.
pub const DISABLED_AFTER_MS: i64 = 5 * DAY_MS;
/// What is held for an endpoint that is not called is given up after so long.
pub const HELD_MS: i64 = 30 * DAY_MS;
/// Deliveries, their attempts and their numbers are kept so long after their end.
pub const HISTORY_MS: i64 = 30 * DAY_MS;
/// What was sent and answered is kept so long after the delivery's end.
pub const BODIES_MS: i64 = 7 * DAY_MS;
/// A later event of a record waits so long for an earlier one that fails, and then overtakes it.
pub const ORDER_WAIT_MS: i64 = MINUTE_MS;

/// When a delivery that failed `attempts` times is attempted again; `None`: never. `jitter` is 0 to 1.
pub fn retry_at(
    now: Timestamp,
    attempts: i64,
    jitter: f64,
    retry_after_ms: Option<i64>,
) -> Option<Timestamp> {
    let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
    let delay = *RETRY_DELAYS_MS.get(index)?;
    // Not all that failed together comes again together.
    let delay = delay + (delay as f64 * 0.2 * jitter.clamp(0.0, 1.0)) as i64;
    let asked = retry_after_ms.map_or(0, |it| it.clamp(0, RETRY_AFTER_MS_MAX));
    Some(Timestamp(now.0.saturating_add(delay.max(asked))))
}

/// How long an endpoint is paused that was paused so long the last time.
pub fn next_pause_ms(last: i64) -> i64 {
    last.saturating_mul(2).clamp(PAUSE_MS_MIN, PAUSE_MS_MAX)
}

/// Whether a webhook can ask for this: a type of event, or `<resource>.*`.
pub fn is_event_pattern(text: &str) -> bool {
    let mut delivered = EventKind::all().filter(|row| row.is_delivered());
    match text.strip_suffix(".*") {
        Some(resource) => delivered.any(|row| prefix_of(row.name) == resource),
        None => delivered.any(|row| row.name == text),
    }
}

/// What matches all types that begin as this one does.
pub fn pattern_of(name: &str) -> String {
    format!("{}.*", prefix_of(name))
}

fn prefix_of(name: &str) -> &str {
    name.split_once('.').map_or(name, |(prefix, _)| prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_attempted_eleven_times_over_three_days() {
        let now = Timestamp(0);
        let mut last = 0;
        for attempts in 1..=10 {
            let next = retry_at(now, attempts, 0.0, None).expect("again").0;
            assert!(next > last, "{attempts}");
            let latest = retry_at(now, attempts, 1.0, None).expect("again").0;
            assert_eq!(latest, next + next / 5, "{attempts}");
            last = next;
        }
        assert_eq!(retry_at(now, 11, 0.0, None), None);
        let days = RETRY_DELAYS_MS.iter().sum::<i64>() / DAY_MS;
        assert_eq!(days, 3);
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_but_not_for_less_or_for_ever() {
        let at = |asked| retry_at(Timestamp(0), 1, 0.0, Some(asked)).expect("again").0;
        assert_eq!(at(1000), 5000);
        assert_eq!(at(60_000), 60_000);
        assert_eq!(at(i64::MAX), DAY_MS);
        assert_eq!(at(-5), 5000);
    }

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour() {
        let mut pauses = vec![next_pause_ms(0)];
        for _ in 0..6 {
            pauses.push(next_pause_ms(pauses[pauses.len() - 1]));
        }
        assert_eq!(pauses, [30_000, 60_000, 120_000, 240_000, 480_000, 900_000, 900_000]);
    }

    #[test]
    fn a_webhook_asks_for_types_that_there_are() {
        for text in ["biometric_validation.completed", "app_login.*", "webhook.disabled"] {
            assert!(is_event_pattern(text), "{text}");
        }
        for text in ["", "*", ".*", "biometric_validation", "app_login.x", "app.*", "app_login.c*"]
        {
            assert!(!is_event_pattern(text), "{text}");
        }
        assert_eq!(pattern_of("app_login.completed"), "app_login.*");
    }
}
