//! Emails in the words of a flow: those of codes, and those that are sent within a request.

use std::time::Duration;

use verax_domain::email_templates::EmailKind;
use verax_domain::records::StoredRecord as _;
use verax_domain::records::contact_validation::{Channel, Contact};
use verax_domain::records::project::Project;
use verax_domain::records::project_flow::FlowEmails;
use verax_query::Tenant;
use verax_store::{Batch, StoreError};

use crate::app::App;
use crate::app::access::SANDBOX;
use crate::messages::{Message, SendError, is_sendable};
use crate::metrics::MessageOutcome;

/// What a test says: a code that is none, and a link that leads nowhere (RFC 2606).
const TEST_CODE: &str = "000000";
const TEST_LINK: &str = "https://example.invalid/";
const TEST_MINUTES: i64 = 10;
const NOT_IN_A_SANDBOX: &str = "nothing leaves a sandbox";
const TOO_SLOW: &str = "the mail server did not answer in time";

/// Why no email is tried to be sent.
#[derive(Debug, thiserror::Error)]
pub enum EmailError {
    #[error("nothing is configured to send such an email by")]
    NotConfigured,
    #[error("it is not one address in ASCII")]
    AddressNotAllowed,
    #[error("too many emails were asked for: the next in {seconds} seconds")]
    TooMany { seconds: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of an email.
#[derive(Debug)]
pub enum EmailOutcome {
    /// The mail server has taken it.
    Accepted,
    /// It is a sandbox's.
    Withheld,
    /// The mail server has not taken it.
    Rejected(SendError),
}

impl EmailOutcome {
    pub fn is_accepted(&self) -> bool {
        matches!(self, EmailOutcome::Accepted)
    }

    /// Why it was not sent.
    pub fn reason(&self) -> Option<&str> {
        match self {
            EmailOutcome::Accepted => None,
            EmailOutcome::Withheld => Some(NOT_IN_A_SANDBOX),
            EmailOutcome::Rejected(error) => Some(&error.reason),
        }
    }
}

/// In whose words a message is sent.
#[derive(Clone, Copy)]
pub struct WordsOf<'a> {
    pub client: &'a str,
    pub project: Option<&'a str>,
    pub flow: Option<&'a str>,
}

impl App {
    /// Sends an email of a flow with example values.
    pub async fn send_test_email(
        &self,
        (client, mode): (&str, &str),
        flow: &FlowEmails,
        to: &str,
        (kind, language): (EmailKind, &str),
    ) -> Result<EmailOutcome, EmailError> {
        if !is_sendable(to) {
            return Err(EmailError::AddressNotAllowed);
        }
        let to = Contact::Email(to.to_owned());
        self.check_email(mode, &to)?;
        let project = flow.project.as_deref();
        let limits = self.test_email_limits(client, project.unwrap_or_default(), &to);
        let now = self.clock.now();
        let mut batch = Batch::default();
        for limit in &limits {
            batch.use_rate_limit(client, limit, now);
        }
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => {
                let seconds = self.rate_limited_for(client, &limits, now).await?.unwrap_or(1);
                return Err(EmailError::TooMany { seconds });
            }
            done => done?,
        }
        let secret = if kind == EmailKind::Code { TEST_CODE } else { TEST_LINK };
        let minutes = TEST_MINUTES;
        let message = Message {
            kind,
            language,
            project: "",
            secret,
            is_registration: false,
            minutes,
            template: None,
        };
        let words_of = WordsOf { client, project, flow: Some(flow.id()) };
        Ok(self.send_email_now(mode, words_of, &to, message).await?)
    }

    /// # Errors
    /// There is nothing to send emails by; a sandbox needs nothing.
    pub(in crate::app) fn check_email(&self, mode: &str, to: &Contact) -> Result<(), EmailError> {
        match mode == SANDBOX || self.messenger.can_reach(to) {
            true => Ok(()),
            false => Err(EmailError::NotConfigured),
        }
    }

    /// Sends an email within a request, which has a time limit.
    pub(in crate::app) async fn send_email_now(
        &self,
        mode: &str,
        words_of: WordsOf<'_>,
        to: &Contact,
        message: Message<'_>,
    ) -> Result<EmailOutcome, StoreError> {
        if mode == SANDBOX {
            return Ok(EmailOutcome::Withheld);
        }
        let patience = Duration::from_secs(self.config.now().http.request_seconds) * 2 / 3;
        let sending = self.send_in_words_of(words_of, to, message);
        let sent = match tokio::time::timeout(patience, sending).await {
            Ok(sent) => sent?,
            Err(_) => Err(SendError { reason: TOO_SLOW.to_owned(), is_final: false }),
        };
        let (outcome, counted) = match sent {
            Ok(()) => (EmailOutcome::Accepted, MessageOutcome::Accepted),
            Err(error) if error.is_final => {
                (EmailOutcome::Rejected(error), MessageOutcome::Rejected)
            }
            Err(error) => (EmailOutcome::Rejected(error), MessageOutcome::Failed),
        };
        self.metrics.message_sent(Channel::Email, counted);
        Ok(outcome)
    }

    /// Sends a message in the name of a project; an email in the words of its flow, as far as it has some.
    pub(in crate::app) async fn send_in_words_of(
        &self,
        words_of: WordsOf<'_>,
        to: &Contact,
        message: Message<'_>,
    ) -> Result<Result<(), SendError>, StoreError> {
        let tenant = Tenant::Client(words_of.client.to_owned());
        let project: Option<Project> = match words_of.project {
            Some(project) => self.database.find(&tenant, project).await?,
            None => None,
        };
        let name = project.and_then(|project| project.name).unwrap_or_default();
        let flow: Option<FlowEmails> = match (to, words_of.flow) {
            (Contact::Email(_), Some(flow)) => self.database.find(&tenant, flow).await?,
            _ => None,
        };
        let template = flow.map(|flow| flow.template(message.kind, message.language()));
        let message = Message { project: &name, template: template.as_ref(), ..message };
        Ok(self.messenger.send(to, &message).await.map(drop))
    }
}
