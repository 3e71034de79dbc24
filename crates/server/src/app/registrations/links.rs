//! A link with which a person goes on with their registration, handed to its client or sent by email.

use verax_domain::Timestamp;
use verax_domain::email_templates::EmailKind;
use verax_domain::records::Values;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::contact_validation::Contact;
use verax_domain::records::project_flow::ProjectFlow;
use verax_domain::resources::APP_REGISTRATIONS;
use verax_query::Tenant;
use verax_store::{Batch, StoreError};

use super::{RegistrationError, page_of};
use crate::app::App;
use crate::app::access::{PageAccess, SANDBOX};
use crate::app::emails::{EmailError, EmailOutcome, WordsOf};
use crate::messages::{Message, is_sendable};

/// How long the token of a link is valid.
const LINK_MINUTES: i64 = 30;
const MINUTE_MS: i64 = 60_000;

/// How a link comes to its person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkDelivery {
    /// Its client is answered it, and passes it on.
    ByClient,
    /// It is sent to the registration's address besides.
    ByEmail,
}

/// A new link for a registration.
pub struct Resent {
    pub token: String,
    pub link: String,
    pub until: Timestamp,
    pub registration: Values,
    pub flow: ProjectFlow,
    /// Where an email was asked for.
    pub email: Option<EmailOutcome>,
}

impl App {
    /// A link with a new token for a registration on its way, as its client asks; older tokens are dead.
    ///
    /// # Errors
    /// `NoLink` when the registration is over. Where an email cannot be sent or may not, older tokens
    /// stay; what a mail server does not take is no error.
    pub async fn resend_link(
        &self,
        client: &str,
        mode: &str,
        id: &str,
        delivery: LinkDelivery,
    ) -> Result<Resent, RegistrationError> {
        let tenant = Tenant::Client(client.to_owned());
        let (now, until) = (self.clock.now(), self.registration_token_until());
        let until = Timestamp(now.0.saturating_add(LINK_MINUTES * MINUTE_MS)).min(until);
        let found: Option<AppRegistration> = self.database.find(&tenant, id).await?;
        let found = found.ok_or(RegistrationError::NotFound)?;
        let project = found.project.as_deref().unwrap_or_default();
        let to = match delivery {
            LinkDelivery::ByClient => None,
            LinkDelivery::ByEmail => Some(self.link_address(mode, &found)?),
        };
        let limits = to.as_ref().map(|to| self.sending_limits(client, project, to, None));
        let limits = limits.unwrap_or_default();
        let mut batch = Batch::default();
        for limit in &limits {
            batch.use_rate_limit(client, limit, now);
        }
        batch.touch_open_registration(client, id, now).revoke_tokens_for(id, now);
        let page = page_of(&found, found.step.as_deref(), PageAccess::Linked);
        let token = self.add_registration_token(&mut batch, (client, mode), id, until, &page)?;
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => {
                let limited = self.rate_limited_for(client, &limits, now).await?;
                return Err(limited.map_or(RegistrationError::NoLink, |seconds| {
                    EmailError::TooMany { seconds }.into()
                }));
            }
            done => done?,
        }
        self.forget_tokens();
        let flow = found.flow.as_deref().unwrap_or_default();
        let flow: ProjectFlow = self.database.find(&tenant, flow).await?.unwrap_or_default();
        let shown = self.find_record(&APP_REGISTRATIONS, &tenant, id).await?;
        let shown = shown.ok_or(RegistrationError::NotFound)?;
        let registration = Values::of_shown(&APP_REGISTRATIONS, &shown);
        let public_url = self.config.now().http.public_url.clone();
        let link = format!("{public_url}/sign-up/{project}?token={token}");
        let email = match &to {
            Some(to) => {
                let message = Message {
                    kind: EmailKind::Registration,
                    language: found.language.as_deref().unwrap_or_default(),
                    project: "",
                    secret: &link,
                    is_registration: true,
                    minutes: until.0.saturating_sub(now.0) / MINUTE_MS,
                    template: None,
                };
                let (project, flow) = (found.project.as_deref(), found.flow.as_deref());
                let words_of = WordsOf { client, project, flow };
                // The token is in this message and in the answer, and nowhere else: no job could send it.
                Some(self.send_email_now(mode, words_of, to, message).await?)
            }
            None => None,
        };
        Ok(Resent { token, link, until, registration, flow, email })
    }

    /// Where the link of a registration is sent.
    fn link_address(
        &self,
        mode: &str,
        registration: &AppRegistration,
    ) -> Result<Contact, RegistrationError> {
        let email = registration.contact.email.clone().filter(|email| is_sendable(email));
        let to = Contact::Email(email.ok_or(RegistrationError::NoEmail)?);
        self.check_email(mode, &to)?;
        let has_pages = !self.config.now().http.public_url.is_empty();
        match has_pages || mode == SANDBOX {
            true => Ok(to),
            false => Err(EmailError::NotConfigured.into()),
        }
    }
}
