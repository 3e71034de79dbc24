//! How many codes are sent, and how many wrong ones are taken.

use std::net::IpAddr;

use verax_domain::Timestamp;
use verax_domain::records::contact_validation::{Channel, Contact};
use verax_store::{AttemptLimit, RateLimit, StoreError};

use super::errors::ContactError;
use crate::app::App;

/// What the keys are derived for: no other digest equals one of these.
const PURPOSE: &str = "limits of codes";
const SECOND_MS: i64 = 1000;
const HOUR_MS: i64 = 60 * 60 * SECOND_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Between two codes to one contact.
pub(super) const PAUSE_SECONDS: u64 = 30;
const BETWEEN_CODES_MS: i64 = PAUSE_SECONDS as i64 * SECOND_MS;
/// So many emails of templates a client tries out in an hour.
const TEST_EMAILS_PER_HOUR: u32 = 30;

impl App {
    /// What a code to this contact uses up; `source` is where somebody without a client's token asks from.
    pub(in crate::app) fn sending_limits(
        &self,
        client: &str,
        project: &str,
        contact: &Contact,
        source: Option<IpAddr>,
    ) -> Vec<RateLimit> {
        let config = self.config.now();
        let codes = &config.codes;
        let key = contact.key();
        let channel = channel_word(contact.channel());
        let source = source.map(|source| source.to_string());
        let mut limits = Vec::new();
        let mut add = |name: &str, whose: &[&str], max: u32, window_ms: i64| {
            if max > 0 {
                let parts = [&[name, client], whose].concat();
                limits.push(RateLimit { id: self.limited_as(&parts), max, window_ms });
            }
        };
        // Of each project its own: strangers of an open one use up nothing of another.
        add("contact: at once", &[project, channel, &key], 1, BETWEEN_CODES_MS);
        add("contact: hour", &[project, channel, &key], codes.per_contact_hour, HOUR_MS);
        add("contact: day", &[project, channel, &key], codes.per_contact_day, DAY_MS);
        add("project: hour", &[project], codes.per_project_hour, HOUR_MS);
        let is_text = contact.channel() == Channel::Phone;
        if is_text {
            add("texts: day", &[], codes.texts_per_client_day, DAY_MS);
        }
        if let Some(source) = &source {
            add("address: hour", &[source], codes.per_address_hour, HOUR_MS);
            let share = share_of_strangers(codes.per_project_hour);
            add("project: hour, strangers", &[project], share, HOUR_MS);
            if is_text {
                let share = share_of_strangers(codes.texts_per_client_day);
                add("texts: day, strangers", &[], share, DAY_MS);
            }
        }
        in_order(limits)
    }

    /// What a test email to this contact uses up: what a code does, and one of few.
    pub(in crate::app) fn test_email_limits(
        &self,
        client: &str,
        project: &str,
        contact: &Contact,
    ) -> Vec<RateLimit> {
        let id = self.limited_as(&["test emails: hour", client]);
        let of_client = RateLimit { id, max: TEST_EMAILS_PER_HOUR, window_ms: HOUR_MS };
        let mut limits = self.sending_limits(client, project, contact, None);
        limits.push(of_client);
        in_order(limits)
    }

    /// For how many seconds the last of these limits stays used up; `None`: none is.
    pub(in crate::app) async fn rate_limited_for(
        &self,
        client: &str,
        limits: &[RateLimit],
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let until = self.database.rate_limited_until(client, limits, now).await?;
        Ok(until.map(|until| seconds_until(until, now)))
    }

    /// What wrong codes for this contact are counted under, and what locks it.
    pub(super) fn code_lock(&self, client: &str, project: &str, contact: &Contact) -> AttemptLimit {
        let config = self.config.now();
        let lock_ms = i64::from(config.codes.lock_seconds) * SECOND_MS;
        let channel = channel_word(contact.channel());
        AttemptLimit {
            id: self.limited_as(&["wrong codes", client, project, channel, &contact.key()]),
            tries_max: config.codes.failures_max,
            lock_ms,
            lock_ms_max: lock_ms,
            forget_ms: DAY_MS,
        }
    }

    /// What wrong codes from one source address are counted under: as failed logins are. `None`: they are
    /// not limited.
    pub(super) fn code_source(&self, client: &str, source: IpAddr) -> Option<AttemptLimit> {
        let config = self.config.now();
        let logins = &config.logins;
        (logins.failures_per_address_max > 0).then(|| AttemptLimit {
            id: self.limited_as(&["wrong codes from", client, &source.to_string()]),
            tries_max: logins.failures_per_address_max,
            lock_ms: i64::from(logins.lock_seconds) * SECOND_MS,
            lock_ms_max: i64::from(logins.address_lock_seconds_max) * SECOND_MS,
            forget_ms: i64::from(logins.forget_seconds) * SECOND_MS,
        })
    }

    /// # Errors
    /// So many wrong codes came for this contact that it is locked.
    pub(super) async fn check_code_lock(
        &self,
        client: &str,
        lock: &AttemptLimit,
        now: Timestamp,
    ) -> Result<(), ContactError> {
        let locks = self.database.login_locks(client, vec![lock.id.clone()], now).await?;
        match locks.first() {
            Some((_, until)) => Err(ContactError::Locked { seconds: seconds_until(*until, now) }),
            None => Ok(()),
        }
    }

    fn limited_as(&self, parts: &[&str]) -> String {
        self.keys.digest(PURPOSE, parts)
    }
}

/// Half of what there is: the rest is for the client's own token, whatever strangers do.
fn share_of_strangers(max: u32) -> u32 {
    max.div_ceil(2)
}

/// Always in this order, so that two transactions never wait for each other.
fn in_order(mut limits: Vec<RateLimit>) -> Vec<RateLimit> {
    limits.sort_by(|one, other| one.id.cmp(&other.id));
    limits
}

pub(super) fn seconds_until(until: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0).div_ceil(1000)
}

fn channel_word(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::Phone => "phone",
    }
}
