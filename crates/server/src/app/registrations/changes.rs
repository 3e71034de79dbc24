//! What is changed of a registration: by its client, or by the person with its own token.

use serde_json::{Map, Value};
use verax_domain::events::EventKind;
use verax_domain::records::Values;
use verax_domain::records::app_registration::{
    AppRegistration, ContactDetails, EMAIL_VALIDATION, PHONE_VALIDATION,
};
use verax_domain::resources::APP_REGISTRATIONS;
use verax_query::Tenant;
use verax_store::{Batch, HeldContact, StoreError};

use super::{HeldContacts, RegistrationError, contacts};
use crate::app::App;
use crate::app::journal::Origin;
use crate::app::lists::records::body_record;

/// Its person may change it while it is looked at: so often it is read again.
const READS_MAX: usize = 4;

/// Which contacts a change gives a registration that it did not have.
#[derive(Clone, Copy)]
struct NewContacts {
    email: bool,
    phone: bool,
}

impl NewContacts {
    /// What is not asked for stays.
    fn of(asked: &ContactDetails, before: &ContactDetails) -> NewContacts {
        let after = ContactDetails {
            email: asked.email.clone().or_else(|| before.email.clone()),
            phone: asked.phone.clone().or_else(|| before.phone.clone()),
            country_code: asked.country_code.clone().or_else(|| before.country_code.clone()),
        };
        NewContacts { email: !after.has_email_of(before), phone: !after.has_phone_of(before) }
    }

    /// What was validated was the old one.
    fn drop_validations(self, batch: &mut Batch, client: &str, id: &str) {
        for (is_new, key) in [(self.email, EMAIL_VALIDATION), (self.phone, PHONE_VALIDATION)] {
            if is_new {
                batch.clear(&APP_REGISTRATIONS, (client, id), &[key.field().name]);
            }
        }
    }
}

impl App {
    /// Changes these members of a registration of this client. A completed one holds its new contact
    /// from then on; a new contact is not validated.
    ///
    /// # Errors
    /// `Registered` when another registration holds that.
    pub async fn change_registration(
        &self,
        client: &str,
        id: &str,
        members: Map<String, Value>,
        origin: &Origin,
    ) -> Result<(), RegistrationError> {
        let now = self.clock.now();
        let contact = ContactDetails::read(&Values::of_body(&APP_REGISTRATIONS, &members));
        let record = body_record(&APP_REGISTRATIONS, id, client, members)?;
        if contact.is_empty() {
            let mut batch = Batch::default();
            let entry = self.entry(Some(EventKind::RegistrationUpdated), origin);
            batch.change(&record, now, entry);
            return match self.database.commit(batch).await {
                Err(StoreError::Conflict) => Err(RegistrationError::NotFound),
                done => Ok(done?),
            };
        }
        let tenant = Tenant::Client(client.to_owned());
        for _ in 0..READS_MAX {
            let before: Option<AppRegistration> = self.database.find(&tenant, id).await?;
            let before = before.ok_or(RegistrationError::NotFound)?;
            let project = before.project.as_deref().unwrap_or_default();
            let held =
                self.database.contact_holder(client, project, contacts(&contact), id).await?;
            if let Some(held) = held {
                return Err(RegistrationError::Registered(held));
            }
            let mut batch = Batch::default();
            batch.require_contact(client, id, &before.contact, now);
            NewContacts::of(&contact, &before.contact).drop_validations(&mut batch, client, id);
            let entry = self.entry(Some(EventKind::RegistrationUpdated), origin);
            batch.change(&record, now, entry).move_contact(client, id, now);
            match self.database.commit(batch).await {
                // Another holds it since, or its person has changed it.
                Err(StoreError::Conflict) => {}
                done => return Ok(done?),
            }
        }
        Err(RegistrationError::Moved)
    }

    /// The same by the person, with the registration's own token, while it is open. A contact that was
    /// validated stays: whoever got hold of the token would put their own in its place.
    ///
    /// # Errors
    /// `Over`, `Validated`, or `Registered` where that is told.
    pub async fn change_own_registration(
        &self,
        client: &str,
        id: &str,
        members: Map<String, Value>,
        held: HeldContacts,
        origin: &Origin,
    ) -> Result<(), RegistrationError> {
        let now = self.clock.now();
        let contact = ContactDetails::read(&Values::of_body(&APP_REGISTRATIONS, &members));
        let tenant = Tenant::Client(client.to_owned());
        let before: Option<AppRegistration> = self.database.find(&tenant, id).await?;
        let before = before.ok_or(RegistrationError::NotFound)?;
        let new = NewContacts::of(&contact, &before.contact);
        rejected(&before, new)?;
        if held == HeldContacts::Told && (new.email || new.phone) {
            let project = before.project.as_deref().unwrap_or_default();
            let contacts = contacts(&contact);
            let holder = self.database.contact_holder(client, project, contacts, id).await?;
            if let Some(contact) = holder {
                return Err(RegistrationError::Registered(contact));
            }
        }
        let mut batch = Batch::default();
        batch.require_changeable(client, id, now, [new.email, new.phone]);
        if !contact.is_empty() {
            batch.require_contact(client, id, &before.contact, now);
        }
        let entry = self.entry(Some(EventKind::RegistrationUpdated), origin);
        batch.change(&body_record(&APP_REGISTRATIONS, id, client, members)?, now, entry);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => {
                let now: Option<AppRegistration> = self.database.find(&tenant, id).await?;
                let now = now.ok_or(RegistrationError::NotFound)?;
                Err(rejected(&now, new).err().unwrap_or(RegistrationError::Moved))
            }
            done => Ok(done?),
        }
    }
}

/// Why a person does not change this of their registration.
fn rejected(registration: &AppRegistration, new: NewContacts) -> Result<(), RegistrationError> {
    if !registration.is_open() {
        return Err(RegistrationError::Over);
    }
    if new.email && registration.email_validation.is_some() {
        return Err(RegistrationError::Validated(HeldContact::Email));
    }
    if new.phone && registration.phone_validation.is_some() {
        return Err(RegistrationError::Validated(HeldContact::Phone));
    }
    Ok(())
}
