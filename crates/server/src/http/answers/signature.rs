//! `signature{dateTime, message}` of signed answers.

use jiff::tz::TimeZone;
use verax_domain::Timestamp;

use crate::config::Signature;

/// The signature as JSON text: `dateTime` like `April 11, 2023 12:25 PM`.
pub fn signature(settings: &Signature, now: Timestamp) -> String {
    let zone = TimeZone::get(&settings.time_zone).unwrap_or(TimeZone::UTC);
    let moment = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default().to_zoned(zone);
    let date = moment.strftime("%B %-d, %Y %-I:%M %p").to_string();
    let message = format!("Certified by {}", settings.issuer);
    serde_json::json!({ "dateTime": date, "message": message }).to_string()
}
