//! Milliseconds in UTC, and their RFC 3339 form.

use std::fmt;

/// The day of a date or of an RFC 3339 time, as it is written there: `1990-05-01`. `None` when it
/// is neither.
pub fn date(text: &str) -> Option<String> {
    Timestamp::parse(text).and_then(|_| text.get(..10)).map(str::to_owned)
}

/// Milliseconds since 1970-01-01T00:00:00Z, within the years 0000 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

const DAY_MS: i64 = 86_400_000;

impl Timestamp {
    /// Reads RFC 3339, the same without a zone (then UTC), or a bare date (then midnight UTC).
    /// Digits finer than a millisecond are dropped. `24:00` is the next midnight (ISO 8601), and a leap
    /// second, `23:59:60` in UTC, the second after it. `None` when it is none of these.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let bytes = text.as_bytes();
        if !text.is_ascii() || bytes.len() < 10 {
            return None;
        }
        let (date, rest) = text.split_at(10);
        let date_bytes = date.as_bytes();
        if date_bytes[4] != b'-' || date_bytes[7] != b'-' {
            return None;
        }
        let year = digits(&date[0..4])?;
        let month = digits(&date[5..7])?;
        let day = digits(&date[8..10])?;
        if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
            return None;
        }
        let midnight = days_from_civil(year, month, day) * DAY_MS;
        if rest.is_empty() {
            return Some(Timestamp(midnight));
        }
        if !matches!(rest.as_bytes()[0], b'T' | b't' | b' ') {
            return None;
        }
        let (clock, zone) = parse_clock(&rest[1..])?;
        let offset_ms = parse_zone(zone)?;
        let millis = midnight + clock.millis - offset_ms;
        // A leap second is the last of its day in UTC.
        let fits = !clock.is_leap_second || millis.rem_euclid(DAY_MS) < 1000;
        (fits && (MIN_MS..=MAX_MS).contains(&millis)).then_some(Timestamp(millis))
    }

    /// Reads a bare date: its midnight in UTC.
    pub fn parse_day(text: &str) -> Option<Timestamp> {
        if text.len() == 10 { Timestamp::parse(text) } else { None }
    }

    /// The last millisecond of the day that begins at this moment.
    pub fn day_end(self) -> Timestamp {
        Timestamp(self.0 + DAY_MS - 1)
    }

    /// The day in UTC: `2024-12-01`.
    pub fn day_text(self) -> String {
        self.to_string().chars().take(10).collect()
    }

    /// Appends the RFC 3339 form with `Z`; milliseconds are written only when they are not zero.
    pub fn write_to(self, out: &mut Vec<u8>) {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY_MS));
        let in_day = self.0.rem_euclid(DAY_MS) as u32;
        let (seconds, millis) = (in_day / 1000, in_day % 1000);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        put_digits(&mut text[0..4], year as u32);
        put_digits(&mut text[5..7], month as u32);
        put_digits(&mut text[8..10], day as u32);
        put_digits(&mut text[11..13], seconds / 3600);
        put_digits(&mut text[14..16], seconds / 60 % 60);
        put_digits(&mut text[17..19], seconds % 60);
        if millis == 0 {
            text[19] = b'Z';
            return out.extend_from_slice(&text[..20]);
        }
        put_digits(&mut text[20..23], millis);
        out.extend_from_slice(&text);
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::with_capacity(24);
        self.write_to(&mut out);
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

const MIN_MS: i64 = -62_167_219_200_000;
const MAX_MS: i64 = 253_402_300_799_999;

struct Clock {
    /// Since midnight.
    millis: i64,
    is_leap_second: bool,
}

/// `HH:MM[:SS[.f…]]`, and what follows.
fn parse_clock(text: &str) -> Option<(Clock, &str)> {
    let bytes = text.as_bytes();
    if bytes.len() < 5 || bytes[2] != b':' {
        return None;
    }
    let hour = digits(&text[0..2])?;
    let minute = digits(&text[3..5])?;
    let mut rest = &text[5..];
    let (mut second, mut millis) = (0, 0);
    if let Some(after) = rest.strip_prefix(':') {
        second = digits(after.get(0..2)?)?;
        rest = &after[2..];
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(after.len());
            if !(1..=12).contains(&end) {
                return None;
            }
            let padded = format!("{:0<3}", &after[..end]);
            millis = digits(&padded[..3])?;
            rest = &after[end..];
        }
    }
    let is_leap_second = second == 60;
    let is_midnight = (hour, minute, second, millis) == (24, 0, 0, 0);
    let fits = minute < 60 && second <= 60 && (hour < 24 || is_midnight);
    let millis = ((hour * 60 + minute) * 60 + second) * 1000 + millis;
    fits.then_some((Clock { millis, is_leap_second }, rest))
}

fn parse_zone(text: &str) -> Option<i64> {
    if text.is_empty() || text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    // A raw `+` in a query string arrives as a space.
    let sign = match text.as_bytes()[0] {
        b'+' | b' ' => 1,
        b'-' => -1,
        _ => return None,
    };
    let body = &text[1..];
    let (hour, minute) = match (body.len(), body.as_bytes().get(2)) {
        (5, Some(b':')) => (digits(&body[0..2])?, digits(&body[3..5])?),
        (4, _) => (digits(&body[0..2])?, digits(&body[2..4])?),
        _ => return None,
    };
    (hour < 24 && minute < 60).then_some(sign * (hour * 60 + minute) * 60_000)
}

fn digits(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[inline]
fn put_digits(slots: &mut [u8], mut value: u32) {
    for slot in slots.iter_mut().rev() {
        *slot = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

// Both directions of the proleptic Gregorian calendar: Howard Hinnant, "chrono-Compatible
// Low-Level Date Algorithms".
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year, month, day)
}
