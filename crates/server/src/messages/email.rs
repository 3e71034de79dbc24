//! Emails: by SMTP, or as files in a folder.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::error::SendError;
use super::texts::EmailText;
use crate::clock::{Clock, Random};
use crate::config::Email;

/// Sends emails from one address. Clones share their connections.
#[derive(Clone)]
pub struct EmailSender {
    from: Mailbox,
    to: Destination,
}

#[derive(Clone)]
enum Destination {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    /// One file a message, readable by its owner alone.
    Folder(Arc<Outbox>),
}

struct Outbox {
    folder: PathBuf,
    clock: Clock,
    random: Random,
    written: AtomicU64,
}

const TIMEOUT: Duration = Duration::from_secs(15);

impl EmailSender {
    /// `None`: no emails are sent.
    ///
    /// # Errors
    /// A setting is wrong; the URL is not repeated, it may hold a password.
    pub fn new(settings: &Email) -> Result<Option<EmailSender>> {
        let url = settings.url.expose();
        if url.is_empty() {
            return Ok(None);
        }
        let from =
            settings.from.parse().ok().context(
                "email.from must be an address, such as \"Acme <no-reply@acme.example>\"",
            )?;
        let to = match url.strip_prefix("file://") {
            Some(folder) if folder.starts_with('/') => {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("email.url: cannot make the folder {folder}"))?;
                let (clock, random) = (Clock::System, Random::System);
                let written = AtomicU64::new(0);
                let folder = PathBuf::from(folder);
                Destination::Folder(Arc::new(Outbox { folder, clock, random, written }))
            }
            Some(_) => bail!("email.url must name a whole path: file:///var/lib/verax/outbox"),
            None => Destination::Smtp(smtp(url)?),
        };
        Ok(Some(EmailSender { from, to }))
    }

    /// # Errors
    /// The server did not take it.
    pub async fn send(&self, to: &str, text: &EmailText) -> Result<(), SendError> {
        let Ok(to) = to.parse() else {
            return Err(SendError::for_good("the address cannot be sent to"));
        };
        let body = MultiPart::alternative_plain_html(text.plain.clone(), text.html.clone());
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&text.subject)
            .multipart(body)
            .map_err(|_| SendError::for_good("the email could not be written"))?;
        match &self.to {
            Destination::Smtp(transport) => match transport.send(message).await {
                Ok(_) => Ok(()),
                // What the server says may name the address: its code is enough.
                Err(error) => {
                    let code = error.status().map_or_else(
                        || "the mail server could not be reached".to_owned(),
                        |code| format!("the mail server answered {code}"),
                    );
                    Err(SendError { reason: code, is_final: error.is_permanent() })
                }
            },
            Destination::Folder(outbox) => {
                let file = outbox.new_file();
                let write = move || {
                    let mut file =
                        OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
                    file.write_all(&message.formatted())
                };
                match tokio::task::spawn_blocking(write).await {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => {
                        Err(SendError::for_now(format!("email.url: {}", error.kind())))
                    }
                    Err(_) => Err(SendError::for_now("email.url: it was not written")),
                }
            }
        }
    }
}

impl Outbox {
    /// Files sort by when they were written. Other processes write here too, and one that begins again counts
    /// anew, in a container even under the same process id: no two choose one name.
    fn new_file(&self) -> PathBuf {
        let written = self.written.fetch_add(1, Ordering::Relaxed);
        let (now, random) = (self.clock.now().0, self.random.number());
        self.folder.join(format!("{now:013}-{written:06}-{random:016x}.eml"))
    }
}

/// Whether one email can be sent to this address, and to the very mailbox that is typed: in ASCII, as letters
/// that look alike or fold to the same are other mailboxes.
pub fn is_sendable(address: &str) -> bool {
    address.is_ascii() && address.parse::<Address>().is_ok()
}

fn smtp(url: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>> {
    const SHAPE: &str = "email.url must be like smtps://user:password@mail.example.com:465 or \
                         smtp://user:password@mail.example.com:587?tls=required";
    let parsed = reqwest::Url::parse(url).ok().context(SHAPE)?;
    let is_local =
        parsed.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
    let is_encrypted = match parsed.scheme() {
        "smtps" => true,
        "smtp" => parsed.query_pairs().any(|(name, value)| name == "tls" && value == "required"),
        _ => bail!(SHAPE),
    };
    if !is_encrypted && !is_local {
        bail!("{SHAPE}: codes are not sent unencrypted");
    }
    // Its error may repeat the URL.
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).ok().context(SHAPE)?;
    Ok(builder.timeout(Some(TIMEOUT)).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_processes_never_choose_one_name() {
        let outbox = || Outbox {
            folder: PathBuf::from("/outbox"),
            clock: Clock::Manual(std::sync::Arc::default()),
            random: Random::System,
            written: AtomicU64::new(0),
        };
        let (one, other) = (outbox(), outbox());
        let names = [one.new_file(), other.new_file(), one.new_file(), other.new_file()];
        let different: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(different.len(), names.len());
        assert!(names[0] < names[2], "files sort by when they were written");
    }

    #[test]
    fn only_one_whole_address_in_ascii_can_be_sent_to() {
        for address in ["jo@example.com", "Jo+1@xn--strae-oqa.example"] {
            assert!(is_sendable(address), "{address}");
        }
        for address in [
            "x,victim2@e.example",
            "a@b..c",
            "jo@straße.example",
            "strauß@e.example",
            "jo",
            "a b@e.example",
        ] {
            assert!(!is_sendable(address), "{address}");
        }
    }
}
