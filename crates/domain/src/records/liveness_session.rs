//! A permission to capture one face, once.

use verax_query::{Key, Resource};

use super::biometric_validation::ValidationOrder;
use super::{IllegalTransition, StoredRecord, Transition, UnreadableRecord, Values};
use crate::resources::LIVENESS_SESSIONS;
use crate::{Record, Timestamp};

const TABLE: &Resource = &LIVENESS_SESSIONS;
const ID: Key<str> = Key::text(TABLE, "_id");
const CLIENT: Key<str> = Key::text(TABLE, "client");
const PROJECT: Key<str> = Key::text(TABLE, "project");
const FLOW: Key<str> = Key::text(TABLE, "projectFlow");
const IDENTIFIER: Key<str> = Key::text(TABLE, "identifier");
const STATUS: Key<str> = Key::text(TABLE, "status");
const EXPIRES_AT: Key<Timestamp> = Key::time(TABLE, "expiresAt");
const CREATED_AT: Key<Timestamp> = Key::time(TABLE, "createdAt");
const UPDATED_AT: Key<Timestamp> = Key::time(TABLE, "updatedAt");

/// A liveness session.
#[derive(Clone, Debug, PartialEq)]
pub struct LivenessSession {
    pub id: String,
    pub client: String,
    pub project: Option<String>,
    pub flow: Option<String>,
    pub identifier: Option<String>,
    pub status: SessionStatus,
    pub expires_at: Option<Timestamp>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// Whether a session can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    Active,
    /// It was used.
    Completed,
    Expired,
    /// An imported session's, in another system's word, or none.
    Foreign(Option<String>),
}

impl SessionStatus {
    fn of(word: Option<String>) -> SessionStatus {
        match word.as_deref() {
            Some("active") => SessionStatus::Active,
            Some("completed") => SessionStatus::Completed,
            Some("expired") => SessionStatus::Expired,
            _ => SessionStatus::Foreign(word),
        }
    }

    fn word(&self) -> Option<&str> {
        match self {
            SessionStatus::Active => Some("active"),
            SessionStatus::Completed => Some("completed"),
            SessionStatus::Expired => Some("expired"),
            SessionStatus::Foreign(word) => word.as_deref(),
        }
    }
}

impl StoredRecord for LivenessSession {
    const RESOURCE: &'static Resource = TABLE;

    fn read(values: &Values) -> Result<LivenessSession, UnreadableRecord> {
        Ok(LivenessSession {
            id: values.required(ID, values.text(ID))?,
            client: values.required(CLIENT, values.text(CLIENT))?,
            project: values.text(PROJECT),
            flow: values.text(FLOW),
            identifier: values.text(IDENTIFIER),
            status: SessionStatus::of(values.text(STATUS)),
            expires_at: values.time(EXPIRES_AT),
            created_at: values.time(CREATED_AT),
            updated_at: values.time(UPDATED_AT),
        })
    }

    fn id(&self) -> &str {
        &self.id
    }
}

impl LivenessSession {
    /// A session that begins now, for this validation.
    pub fn open(
        (id, client): (String, String),
        order: &ValidationOrder,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> LivenessSession {
        LivenessSession {
            id,
            client,
            project: order.project.clone(),
            flow: order.flow.clone(),
            identifier: order.identifier.clone(),
            status: SessionStatus::Active,
            expires_at: Some(expires_at),
            created_at: Some(now),
            updated_at: Some(now),
        }
    }

    /// It is used up by an image that was judged.
    ///
    /// # Errors
    /// Unless it is active.
    pub fn complete(&self, now: Timestamp) -> Result<Transition<Self>, IllegalTransition> {
        let (from, to) = ("active", SessionStatus::Completed);
        if self.status != SessionStatus::Active {
            let from = match self.status {
                SessionStatus::Completed => "completed",
                SessionStatus::Expired => "expired",
                _ => "(unknown)",
            };
            return Err(IllegalTransition { from, to: "completed" });
        }
        let after = LivenessSession { status: to, updated_at: Some(now), ..self.clone() };
        let mut changes = Record::of(TABLE, &self.id, &self.client);
        changes.set(STATUS, after.status.word()).set(UPDATED_AT, Some(&now));
        Ok(Transition { from, after, changes, event: None })
    }

    pub fn to_record(&self) -> Record {
        let mut record = Record::of(TABLE, &self.id, &self.client);
        record
            .set(PROJECT, self.project.as_deref())
            .set(FLOW, self.flow.as_deref())
            .set(IDENTIFIER, self.identifier.as_deref())
            .set(STATUS, self.status.word())
            .set(EXPIRES_AT, self.expires_at.as_ref())
            .set(CREATED_AT, self.created_at.as_ref())
            .set(UPDATED_AT, self.updated_at.as_ref());
        record
    }
}
