//! What a type of event is.

use verax_query::Resource;

use crate::resources::PROJECT_MEMBERS;

/// A type of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    ValidationCreated,
    ValidationStarted,
    ValidationReleased,
    ValidationCompleted,
    ValidationFailed,
    ValidationExpired,
    ValidationUpdated,
    ValidationDeleted,
    DocumentCheckCreated,
    DocumentCheckStarted,
    DocumentCheckCompleted,
    DocumentCheckFailed,
    DocumentCheckUpdated,
    DocumentCheckDeleted,
    DocumentValidationCreated,
    DocumentValidationActive,
    DocumentValidationUnverified,
    DocumentValidationNeedsManualVerification,
    DocumentValidationNotFound,
    DocumentValidationFailed,
    DocumentValidationExpired,
    DocumentValidationUpdated,
    DocumentValidationDeleted,
    RegistrationCreated,
    RegistrationUpdated,
    RegistrationSyncInstructions,
    RegistrationSyncSignUpForm,
    RegistrationSyncBasicInformation,
    RegistrationSyncDocument,
    RegistrationSyncLiveness,
    RegistrationSyncForm,
    RegistrationCompleted,
    RegistrationCompletedWithoutKyc,
    RegistrationFailed,
    RegistrationNeedsManualVerification,
    RegistrationExpired,
    RegistrationReopened,
    RegistrationDeleted,
    LoginPending,
    LoginCompleted,
    LoginFailed,
    LoginDeleted,
    EmailValidationCreated,
    EmailValidationSent,
    EmailValidationResent,
    EmailValidationValidated,
    EmailValidationCodeIncorrect,
    EmailValidationFailed,
    EmailValidationExpired,
    EmailValidationDeleted,
    PhoneValidationCreated,
    PhoneValidationSent,
    PhoneValidationResent,
    PhoneValidationValidated,
    PhoneValidationCodeIncorrect,
    PhoneValidationFailed,
    PhoneValidationExpired,
    PhoneValidationDeleted,
    PersonCreated,
    PersonUpdated,
    PersonDeleted,
    CollectionCreated,
    CollectionUpdated,
    CollectionDeleted,
    ProjectCreated,
    ProjectUpdated,
    ProjectDeleted,
    FlowCreated,
    FlowUpdated,
    FlowDeleted,
    PromptTemplateCreated,
    PromptTemplateUpdated,
    PromptTemplateDeleted,
    MemberInvited,
    MemberJoined,
    MemberSignedIn,
    MemberRoleChanged,
    MemberDisabled,
    MemberEnabled,
    MemberPasswordChanged,
    MemberTotpAdded,
    MemberTotpRemoved,
    MemberUpdated,
    MemberDeleted,
    ReviewOpened,
    ReviewClaimed,
    ReviewReleased,
    ReviewProposed,
    ReviewReturned,
    ReviewDecided,
    ReviewWithdrawn,
    WebhookCreated,
    WebhookUpdated,
    WebhookDisabled,
    WebhookEnabled,
    WebhookSecretShown,
    WebhookSecretRotated,
    WebhookDeleted,
}

/// One row: everything about a type of event.
#[derive(Debug)]
pub struct EventType {
    pub kind: EventKind,
    /// `<resource>.<what happened>`.
    pub name: &'static str,
    pub resource: &'static Resource,
    pub effect: Effect,
    /// The states in which it can happen; none: in any.
    pub from: &'static [&'static str],
    /// The state that it leads to; none: the record stays where it was.
    pub to: Option<&'static str>,
    /// What Verifik calls it behind the type of the flow; none: Verifik has no such event.
    pub verifik: &'static [&'static str],
    /// What Verifik tells besides, where the record says this.
    pub verifik_also: Option<(&'static str, Finding)>,
    pub doc: &'static str,
}

impl EventType {
    /// Whether webhooks are called for it. Who makes them need not be allowed to see who the members are.
    pub fn is_delivered(&self) -> bool {
        self.resource.name != PROJECT_MEMBERS.name
    }
}

/// What a record may say after its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A face check found that the face is no live one.
    LivenessFailed,
    /// A face check has enrolled a person.
    PersonCreated,
}

/// What becomes of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Created,
    Changed,
    Deleted,
}
