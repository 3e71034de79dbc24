//! A login that is tried: whom it is compared with, what it is counted under, and what locks it.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verax_domain::Timestamp;
use verax_domain::contact::{email_key, phone_key};
use verax_domain::identification::Identification;
use verax_domain::records::app_login::AppLogin;
use verax_domain::records::biometric_validation::BiometricValidation;
use verax_store::{AttemptLimit, Batch, SecondFactor, StoreError};
use verax_vision::faces::Template;

use super::{LockedLogin, ValidationError};
use crate::app::App;
use crate::app::faces::Sha256Digest;
use crate::app::persons::PersonError;
use crate::app::persons::galleries::{Hit, Search};
use crate::app::registrations::UsableFlow;
use crate::mac_key::MacKey;

/// What the keys are derived for: no other digest equals one of these.
const PURPOSE: &str = "login attempts";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A face login that is tried.
pub struct LoginAttempt {
    client: String,
    /// The app login whose second factor it is.
    pub app_login: Option<AppLogin>,
    /// Whom the face is compared with; none where nobody is enrolled, or the person is locked.
    pub person: Option<String>,
    pub person_is_locked: bool,
    /// Among whom the person is looked for, where the flow says so; the identifier is a name then.
    pub search: Option<FaceSearch>,
    identifier_limit: Option<AttemptLimit>,
    person_limit: Option<AttemptLimit>,
    address_limit: Option<AttemptLimit>,
}

/// A person is looked for by face.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceSearch {
    /// The id of the collection.
    pub collection: String,
    pub score_min: f64,
}

impl LoginAttempt {
    /// Counts the try as failed, before it is made.
    pub fn reserve(&self, batch: &mut Batch, now: Timestamp) {
        for limit in self.limits() {
            batch.reserve_login(&self.client, limit, now);
        }
    }

    /// It was passed: whoever it was may try again. Where it came from others may have failed.
    pub fn pass(&self, batch: &mut Batch) {
        for limit in [&self.identifier_limit, &self.person_limit].into_iter().flatten() {
            batch.clear_logins(&self.client, &limit.id);
        }
        if let Some(limit) = &self.address_limit {
            batch.return_login(&self.client, &limit.id);
        }
    }

    /// It was not judged, so it has not failed.
    pub fn give_back(&self, batch: &mut Batch) {
        for limit in self.limits() {
            batch.return_login(&self.client, &limit.id);
        }
    }

    /// The image could not be measured: nobody has failed, but looking at it was work. It stays
    /// counted for where it came from.
    pub fn give_back_image(&self, batch: &mut Batch) {
        for limit in [&self.identifier_limit, &self.person_limit].into_iter().flatten() {
            batch.return_login(&self.client, &limit.id);
        }
    }

    // Always in this order, so that two transactions never wait for each other.
    fn limits(&self) -> impl Iterator<Item = &AttemptLimit> {
        [&self.identifier_limit, &self.person_limit, &self.address_limit].into_iter().flatten()
    }
}

impl App {
    /// Whom a login is compared with, and what it is counted under. The same is asked and counted
    /// where nobody is enrolled.
    ///
    /// # Errors
    /// `Conflict`: the login whose second factor it is was deleted.
    pub(super) async fn login_attempt(
        &self,
        validation: &BiometricValidation,
        second_factor: SecondFactor,
        address: IpAddr,
        usable: &UsableFlow,
    ) -> Result<LoginAttempt, ValidationError> {
        let client = validation.client.as_str();
        let project = validation.order.project.as_deref().unwrap_or_default();
        let identifier = validation.order.identifier.as_deref().unwrap_or_default();
        let app_login = match second_factor {
            SecondFactor::OfNone => None,
            SecondFactor::Of(login) => Some(*login),
            SecondFactor::OfDeleted => return Err(ValidationError::Ended),
        };
        // A second factor is of the person who has passed the first.
        let identification = match (&app_login, usable.flow.login_search_score_min) {
            (None, Some(score_min)) => Some(self.identification(usable, score_min).await?),
            _ => None,
        };
        let enrolled = match &identification {
            Some(_) => None,
            None => self.database.person_by_identifier(client, project, identifier).await?,
        };
        let known = app_login.as_ref().and_then(|login| login.person.clone());
        let person = known.or(enrolled);
        let config = self.config.now();
        let logins = &config.logins;
        let limit = |id: String, tries_max: u32, lock_seconds_max: u32| {
            (tries_max > 0).then(|| AttemptLimit {
                id,
                tries_max,
                lock_ms: millis(logins.lock_seconds),
                lock_ms_max: millis(lock_seconds_max),
                forget_ms: millis(logins.forget_seconds),
            })
        };
        let person_id = match &person {
            Some(person) => self.person_count(client, person),
            // Who is looked for among many is nobody yet: it counts as its identifier does.
            None => self.counted_as(&["nobody", client, project, &identifier_key(identifier)]),
        };
        let identifier_limit = limit(
            self.identifier_count(client, project, identifier),
            logins.failures_per_identifier_max,
            logins.lock_seconds_max,
        );
        let person_limit =
            limit(person_id, logins.failures_per_person_max, logins.lock_seconds_max);
        let (address_id, tries_max) = match &identification {
            Some((_, limits)) => {
                let tries_max = logins.failures_per_address_max.min(limits.tries_max);
                (self.identification_count(client, address), tries_max)
            }
            None => (self.address_count(client, address), logins.failures_per_address_max),
        };
        let address_limit = limit(address_id, tries_max, logins.address_lock_seconds_max);
        Ok(LoginAttempt {
            client: client.to_owned(),
            app_login,
            person,
            person_is_locked: false,
            search: identification.map(|(search, _)| search),
            identifier_limit,
            person_limit,
            address_limit,
        })
    }

    /// Among whom a face is looked for in this flow, and how much it must be alike.
    async fn identification(
        &self,
        usable: &UsableFlow,
        score_min: f64,
    ) -> Result<(FaceSearch, Identification), ValidationError> {
        let project = &usable.project;
        let wanted = project.assigned_collection.as_deref().unwrap_or_default();
        let collection = self.collection(&project.client, wanted).await?;
        let collection = collection.ok_or(ValidationError::NoCollection)?.id;
        let persons = self.count_searched(&project.client, &collection).await?;
        let limits = Identification::among(persons, score_min);
        Ok((FaceSearch { collection, score_min: limits.score_min }, limits))
    }

    /// Whose face this is, of those of a collection. Two who are as much alike are as good as none: nobody
    /// may be taken for the other.
    pub(super) async fn find_among(
        &self,
        client: &str,
        search: &FaceSearch,
        face: &Template,
    ) -> Result<Option<Hit>, PersonError> {
        let asked = Search {
            probes: vec![face.clone()],
            collection: Some(search.collection.clone()),
            active_only: true,
            min_score: search.score_min,
            max: 2,
        };
        let mut hits = self.search_faces(client, asked).await?;
        let Some(hit) = hits.pop().filter(|_| hits.is_empty()) else { return Ok(None) };
        match self.database.may_be_identified(client, &hit.person).await? {
            true => Ok(Some(hit)),
            false => Ok(None),
        }
    }

    /// Why a try could not be reserved: an identifier or an address that is locked is told. That a
    /// person is, is not: it would say that two identifiers are of one person. The login then goes
    /// on, and is compared with nobody. Answers whether it does.
    pub(super) async fn meet_locks(
        &self,
        attempt: &mut LoginAttempt,
        now: Timestamp,
    ) -> Result<bool, ValidationError> {
        let ids = attempt.limits().map(|limit| limit.id.clone()).collect();
        let locks = self.database.login_locks(&attempt.client, ids, now).await?;
        let until = |limit: &Option<AttemptLimit>| {
            let id = limit.as_ref().map(|limit| &limit.id)?;
            locks.iter().find(|(locked, _)| locked == id).map(|(_, until)| *until)
        };
        let told = until(&attempt.identifier_limit).max(until(&attempt.address_limit));
        if let Some(until) = told {
            let millis = until.0.saturating_sub(now.0).max(0);
            let seconds = u64::try_from(millis).unwrap_or(0).div_ceil(1000);
            return Err(ValidationError::LoginLocked { seconds });
        }
        if until(&attempt.person_limit).is_none() {
            return Ok(false);
        }
        attempt.person = None;
        attempt.person_limit = None;
        attempt.person_is_locked = true;
        Ok(true)
    }

    /// Lifts the locks of logins, and forgets what was counted. With an identifier also those of the
    /// person who is enrolled under it. Answers how many locks there were.
    pub async fn unlock_logins(
        &self,
        client: &str,
        locked: &LockedLogin,
    ) -> Result<usize, StoreError> {
        let mut ids = Vec::new();
        if let Some((project, identifier)) = &locked.identifier {
            ids.push(self.identifier_count(client, project, identifier));
            let person = self.database.person_by_identifier(client, project, identifier).await?;
            ids.extend(person.map(|person| self.person_count(client, &person)));
        }
        ids.extend(locked.person.as_ref().map(|person| self.person_count(client, person)));
        if let Some(address) = locked.address {
            ids.push(self.address_count(client, address));
            ids.push(self.identification_count(client, address));
        }
        let now = self.clock.now();
        let locks = self.database.login_locks(client, ids.clone(), now).await?;
        let mut batch = Batch::default();
        for id in &ids {
            batch.clear_logins(client, id);
        }
        self.database.commit(batch).await?;
        Ok(locks.len())
    }

    /// What was counted before this moment means nothing any more.
    pub(in crate::app) fn logins_forgotten_before(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_sub(millis(self.config.now().logins.forget_seconds)))
    }

    /// Images that were accepted before this moment may be accepted again.
    pub(in crate::app) fn images_forgotten_before(&self, now: Timestamp) -> Timestamp {
        let days = i64::from(self.config.now().validations.accepted_image_days);
        Timestamp(now.0.saturating_sub(days * DAY_MS))
    }

    /// What the digests of an image are stored as. Who has the image can find it out, so the key
    /// need not be secret: it only keeps clients apart.
    pub(super) fn stored_digests(client: &str, digests: &[Sha256Digest; 2]) -> Vec<String> {
        let kinds = ["file", "pixels"].into_iter().zip(digests);
        let digest = |(kind, digest): (&str, &Sha256Digest)| {
            let text = [kind.as_bytes(), digest.as_slice()].concat();
            STANDARD.encode(MacKey::new(client.as_bytes()).sign(&text))
        };
        kinds.map(digest).collect()
    }

    /// Spellings that find the same registration are counted together.
    fn identifier_count(&self, client: &str, project: &str, identifier: &str) -> String {
        self.counted_as(&["identifier", client, project, &identifier_key(identifier)])
    }

    fn person_count(&self, client: &str, person: &str) -> String {
        self.counted_as(&["person", client, person])
    }

    /// Faces that were looked for among many, from one source address.
    fn identification_count(&self, client: &str, address: IpAddr) -> String {
        self.counted_as(&["identification", client, &address.to_string()])
    }

    fn address_count(&self, client: &str, address: IpAddr) -> String {
        self.counted_as(&["address", client, &address.to_string()])
    }

    /// When the signing key is changed the counts begin again.
    fn counted_as(&self, parts: &[&str]) -> String {
        self.keys.digest(PURPOSE, parts)
    }
}

/// What `person_by_identifier` looks for.
fn identifier_key(identifier: &str) -> String {
    phone_key(identifier).unwrap_or_else(|| email_key(identifier))
}

fn millis(seconds: u32) -> i64 {
    i64::from(seconds) * 1000
}
