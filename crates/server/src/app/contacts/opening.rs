//! A validation is opened, and its code left to a job that sends it.

use std::net::IpAddr;

use verax_domain::countries::is_in_countries;
use verax_domain::events::EventKind;
use verax_domain::records::app_registration::AppRegistration;
use verax_domain::records::contact_validation::{
    Contact, ContactPurpose, ContactStatus, ContactValidation,
};
use verax_domain::records::project_flow::FlowKind;
use verax_domain::{RecordTokenScope, Timestamp};
use verax_query::Tenant;
use verax_store::{Batch, ContactOf, RateLimit, StoreError};

use super::errors::ContactError;
use super::limits::PAUSE_SECONDS;
use super::order::{ContactOrder, OpenedContact};
use crate::app::App;
use crate::app::access::{RecordToken, SANDBOX};
use crate::app::journal::Origin;
use crate::app::registrations::UsableFlow;
use crate::messages::is_sendable;

/// One that is open may end while another is asked for: so often it is read again.
const READS_MAX: usize = 3;
/// How many codes may be tried.
const ATTEMPTS_MAX: i64 = 3;

/// What a sandbox's address asks for, at the end of the name in it.
const SENT_FAILED: &str = "+sent_failed";
const EXPIRED: &str = "+expired";
const MAX_ATTEMPTS: &str = "+max_attempts";

impl App {
    /// Opens a validation, or sends another code for one that is open and was asked for in the same words.
    /// `source` is where somebody without a client's token asks from.
    pub async fn open_contact(
        &self,
        client: &str,
        mode: &str,
        order: ContactOrder,
        source: Option<IpAddr>,
        origin: &Origin,
    ) -> Result<OpenedContact, ContactError> {
        check_address(&order.contact)?;
        let usable = self.find_usable_flow(client, Some(&order.project), Some(&order.flow)).await?;
        let usable = usable.ok_or(ContactError::NoProject)?;
        self.check_reach(mode, &order.contact, &usable)?;
        let lock = self.code_lock(client, &order.project, &order.contact);
        self.check_code_lock(client, &lock, self.clock.now()).await?;
        let in_sandbox = mode == SANDBOX;
        for _ in 0..READS_MAX {
            match self.try_to_open((client, in_sandbox), &order, source, origin).await {
                Err(ContactError::Moved) => {}
                done => return done,
            }
        }
        Err(ContactError::Moved)
    }

    /// # Errors
    /// `Moved`: one that was open has ended.
    async fn try_to_open(
        &self,
        (client, in_sandbox): (&str, bool),
        order: &ContactOrder,
        source: Option<IpAddr>,
        origin: &Origin,
    ) -> Result<OpenedContact, ContactError> {
        let now = self.clock.now();
        let limits = self.sending_limits(client, &order.project, &order.contact, source);
        let channel = order.contact.channel();
        let of = ContactOf {
            client,
            flow: &order.flow,
            registration: order.registration.as_deref(),
            key: &order.contact.key(),
            purpose: Some(order.purpose),
        };
        let before = self.database.newest_contact_validation(channel, of).await?;
        let before = before.filter(|it| it.expires_at > now);
        let mut order = order.clone();
        // What a client has asked for no stranger undoes, nor by wrong codes that end it.
        let is_unfinished = |it: &ContactValidation| it.status != ContactStatus::Validated;
        order.requires_2fa |= source.is_some()
            && before.as_ref().is_some_and(|it| is_unfinished(it) && it.requires_2fa);
        let open = before.filter(|it| it.is_open_at(now));
        let until = self.code_until(&order.contact, in_sandbox);
        let seed = self.new_code_seed();
        let mut batch = Batch::default();
        for limit in &limits {
            batch.use_rate_limit(client, limit, now);
        }
        let is_asked_again = open.as_ref().is_some_and(|open| order.is_of(open));
        let validation = match open {
            Some(open) if is_asked_again => {
                batch.renew_code(&open, &seed, until, now, self.stamp(origin));
                open
            }
            open => {
                if let Some(open) = open {
                    batch.replace_code(&open, now, self.stamp(origin));
                }
                let validation = self.new_validation(client, &order, until, in_sandbox);
                let kind = channel
                    .event(EventKind::EmailValidationCreated, EventKind::PhoneValidationCreated);
                let record = validation.to_record(now);
                batch.insert_record(&record, now, self.entry(Some(kind), origin));
                batch.set_code(&validation, &seed, now);
                validation
            }
        };
        let is_sent = match self.database.commit(batch).await {
            Err(StoreError::Conflict) => {
                let error = self.why_limited(client, &limits, now).await?;
                // A page that is loaded again asks again: the code that is on its way is the answer.
                let is_pause = matches!(error, ContactError::TooManyCodes { seconds } if seconds <= PAUSE_SECONDS);
                if !(is_pause && is_asked_again && order.registration.is_some()) {
                    return Err(error);
                }
                false
            }
            done => done.map(|()| true)?,
        };
        self.codes_to_send.notify_one();
        let tenant = Tenant::Client(client.to_owned());
        let shown = self.find_record(channel.resource(), &tenant, &validation.id).await?;
        let code = match in_sandbox && is_sent {
            true => self.code(&validation, &seed).map(|code| code.to_string()),
            false => None,
        };
        let shown = shown.ok_or(ContactError::NotFound(channel))?;
        Ok(OpenedContact { validation: shown, code })
    }

    /// The registration on its way whose token it is.
    pub async fn registration_of_token(
        &self,
        record_token: &RecordToken,
    ) -> Result<AppRegistration, ContactError> {
        let id = record_token.subject(RecordTokenScope::Registration);
        let id = id.ok_or(ContactError::NoRegistration)?;
        let tenant = Tenant::Client(record_token.client().to_owned());
        let registration: Option<AppRegistration> = self.database.find(&tenant, id).await?;
        let registration = registration.ok_or(ContactError::NoRegistration)?;
        match registration.is_open() {
            true => Ok(registration),
            false => Err(ContactError::RegistrationOver),
        }
    }

    /// Whether a stranger may validate a contact in this flow for this purpose, and whose it is.
    pub async fn stranger_may_validate(
        &self,
        client: &str,
        project: &str,
        flow: &str,
        purpose: ContactPurpose,
    ) -> Result<bool, StoreError> {
        let usable = self.find_usable_flow(client, Some(project), Some(flow)).await?;
        Ok(usable.is_some_and(|usable| {
            let kind = match purpose {
                ContactPurpose::Login => FlowKind::Login,
                ContactPurpose::Onboarding => FlowKind::Onboarding,
                ContactPurpose::Validation | ContactPurpose::OneTimeLink => return false,
            };
            usable.project.allows_anonymous && usable.flow.is_public_of(kind)
        }))
    }

    /// # Errors
    /// There is nothing to send it by, or the project does not send there.
    fn check_reach(
        &self,
        mode: &str,
        contact: &Contact,
        usable: &UsableFlow,
    ) -> Result<(), ContactError> {
        if let Contact::Phone(phone, _) = contact {
            let number = phone.textable().ok_or(ContactError::TakesNoTexts)?;
            if !is_in_countries(&number, &usable.project.allowed_countries) {
                return Err(ContactError::CountryNotAllowed);
            }
        }
        match mode == SANDBOX || self.messenger.can_reach(contact) {
            true => Ok(()),
            false => Err(ContactError::NotConfigured),
        }
    }

    fn new_validation(
        &self,
        client: &str,
        order: &ContactOrder,
        expires_at: Timestamp,
        in_sandbox: bool,
    ) -> ContactValidation {
        let used_up = in_sandbox && is_magic(&order.contact, MAX_ATTEMPTS);
        ContactValidation {
            id: self.new_id(),
            client: client.to_owned(),
            contact: order.contact.clone(),
            project: Some(order.project.clone()),
            flow: Some(order.flow.clone()),
            registration: order.registration.clone(),
            purpose: order.purpose,
            method: order.method,
            status: ContactStatus::New,
            expires_at,
            redirect_url: order.redirect_url.clone(),
            requires_2fa: order.requires_2fa,
            ip_address: order.ip_address.clone(),
            language: order.language.clone(),
            attempts: if used_up { ATTEMPTS_MAX } else { 0 },
            attempts_max: ATTEMPTS_MAX,
        }
    }

    fn code_until(&self, contact: &Contact, in_sandbox: bool) -> Timestamp {
        let now = self.clock.now();
        if in_sandbox && is_magic(contact, EXPIRED) {
            return now;
        }
        let seconds = i64::from(self.config.now().codes.seconds);
        Timestamp(now.0.saturating_add(seconds * 1000))
    }

    /// Why a batch that uses limits was a conflict.
    async fn why_limited(
        &self,
        client: &str,
        limits: &[RateLimit],
        now: Timestamp,
    ) -> Result<ContactError, StoreError> {
        let limited = self.rate_limited_for(client, limits, now).await?;
        Ok(limited.map_or(ContactError::Moved, |seconds| ContactError::TooManyCodes { seconds }))
    }
}

/// # Errors
/// It is no address that one email can be sent to, or letters in it fold to others: the mailbox of the typed
/// address would prove another one.
fn check_address(contact: &Contact) -> Result<(), ContactError> {
    match contact {
        Contact::Email(email) if !is_sendable(email) => Err(ContactError::AddressNotAllowed),
        _ => Ok(()),
    }
}

/// Whether an address asks a sandbox for what cannot be had otherwise.
fn is_magic(contact: &Contact, wish: &str) -> bool {
    let Contact::Email(email) = contact else { return false };
    email.rsplit_once('@').is_some_and(|(name, _)| name.ends_with(wish))
}

/// Whether a sandbox is asked to fail to send.
pub(super) fn is_not_to_be_sent(contact: &Contact) -> bool {
    is_magic(contact, SENT_FAILED)
}
