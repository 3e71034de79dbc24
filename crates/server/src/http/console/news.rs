//! What has just been done, as the page says that is shown afterwards: its address names it.

use verax_pages::Shell;

use super::form::Form;

/// Who they are was proved again, and nothing was done yet.
pub const CONFIRMED: &str = "confirmed";

/// What was done, as the page that follows says it.
const DONE: [&str; 18] = [
    CONFIRMED,
    "member-changed",
    "webhook-changed",
    "resent",
    "saved",
    "password-changed",
    "totp-removed",
    "sessions-ended",
    "token-was-revoked",
    "decided",
    "proposed",
    "released",
    "returned",
    "noted",
    "queue-none-left",
    "view-deleted",
    "setting-was-set",
    "setting-was-unset",
];

/// With the news that the address names, if it names some.
pub fn with_news(shell: Shell, raw: Option<&str>) -> Shell {
    let form = Form::of(raw.unwrap_or_default());
    match DONE.iter().find(|done| **done == form.text("done")) {
        Some(done) => {
            let text = shell.t(done);
            shell.with_news(text)
        }
        None => shell,
    }
}
