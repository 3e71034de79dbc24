//! The rows of the table of events, in the order of [`EventKind`].

use verax_query::Resource;

use super::kinds::{Effect, EventKind, EventType, Finding};
use crate::resources::{
    APP_LOGINS, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, COLLECTIONS, DOCUMENT_LIVENESS,
    DOCUMENT_VALIDATIONS, EMAIL_VALIDATIONS, PERSONS, PHONE_VALIDATIONS, PROJECT_FLOWS,
    PROJECT_MEMBERS, PROJECTS, PROMPT_TEMPLATES, REVIEWS, WEBHOOKS,
};

/// Every type of event.
pub static TYPES: &[EventType] = &[
    row(
        EventKind::ValidationCreated,
        &BIOMETRIC_VALIDATIONS,
        "biometric_validation.created",
        "A face check was opened.",
    )
    .creates()
    .to("new")
    .verifik(&["biometric_validation_new"]),
    row(
        EventKind::ValidationStarted,
        &BIOMETRIC_VALIDATIONS,
        "biometric_validation.started",
        "An image came, and is being measured.",
    )
    .from(&["new"])
    .to("pending"),
    row(
        EventKind::ValidationReleased,
        &BIOMETRIC_VALIDATIONS,
        "biometric_validation.released",
        "The image could not be measured: another may come.",
    )
    .from(&["pending"])
    .to("new"),
    row(
        EventKind::ValidationCompleted,
        &BIOMETRIC_VALIDATIONS,
        "biometric_validation.completed",
        "The face check was passed.",
    )
    .from(&["pending"])
    .to("completed")
    .verifik(&["biometric_validation_validated"])
    .also("biometric_validation_created_person", Finding::PersonCreated),
    row(
        EventKind::ValidationFailed,
        &BIOMETRIC_VALIDATIONS,
        "biometric_validation.failed",
        "The face check was not passed, or was interrupted.",
    )
    .from(&["pending"])
    .to("failed")
    .verifik(&["biometric_validation_failed"])
    .also("biometric_validation_liveness_failed", Finding::LivenessFailed),
    row(
        EventKind::ValidationExpired,
        &BIOMETRIC_VALIDATIONS,
        "biometric_validation.expired",
        "Nobody came in time.",
    )
    .from(&["new"])
    .to("expired"),
    row(
        EventKind::ValidationUpdated,
        &BIOMETRIC_VALIDATIONS,
        "biometric_validation.updated",
        "The record says something else than before, in the same status.",
    ),
    row(
        EventKind::ValidationDeleted,
        &BIOMETRIC_VALIDATIONS,
        "biometric_validation.deleted",
        "The record was deleted, with its session.",
    )
    .deletes(),
    row(
        EventKind::DocumentCheckCreated,
        &DOCUMENT_LIVENESS,
        "document_liveness.created",
        "A document check was ordered.",
    )
    .creates()
    .to("new"),
    row(
        EventKind::DocumentCheckStarted,
        &DOCUMENT_LIVENESS,
        "document_liveness.started",
        "The checks are being made; again after a crash.",
    )
    .from(&["new"])
    .to("processing"),
    row(
        EventKind::DocumentCheckCompleted,
        &DOCUMENT_LIVENESS,
        "document_liveness.completed",
        "The checks were made: the record says with what result.",
    )
    .from(&["processing"])
    .to("completed")
    .verifik(&["document_liveness_completed"]),
    row(
        EventKind::DocumentCheckFailed,
        &DOCUMENT_LIVENESS,
        "document_liveness.failed",
        "The checks could not be made, or were interrupted too often.",
    )
    .from(&["new", "processing"])
    .to("failed")
    .verifik(&["document_liveness_failed"]),
    row(
        EventKind::DocumentCheckUpdated,
        &DOCUMENT_LIVENESS,
        "document_liveness.updated",
        "The record says something else than before, in the same status.",
    ),
    row(
        EventKind::DocumentCheckDeleted,
        &DOCUMENT_LIVENESS,
        "document_liveness.deleted",
        "The record was deleted, with its image.",
    )
    .deletes(),
    row(
        EventKind::DocumentValidationCreated,
        &DOCUMENT_VALIDATIONS,
        "document_validation.created",
        "An image of a document came, and is being read.",
    )
    .creates()
    .to("ASSESSING")
    .verifik(&["document_validation_created"]),
    row(
        EventKind::DocumentValidationActive,
        &DOCUMENT_VALIDATIONS,
        "document_validation.active",
        "The document was read, and its values prove each other; or a reviewer said so.",
    )
    .from(&["ASSESSING", "ACTIVE_BUT_UNVERIFIED", "NEEDS_MANUAL_VERIFICATION"])
    .to("ACTIVE"),
    row(
        EventKind::DocumentValidationUnverified,
        &DOCUMENT_VALIDATIONS,
        "document_validation.unverified",
        "The document was read, and nothing on it proves its values.",
    )
    .from(&["ASSESSING", "ACTIVE", "NEEDS_MANUAL_VERIFICATION"])
    .to("ACTIVE_BUT_UNVERIFIED"),
    row(
        EventKind::DocumentValidationNeedsManualVerification,
        &DOCUMENT_VALIDATIONS,
        "document_validation.needs_manual_verification",
        "A reviewer has to look at the document.",
    )
    .from(&["ASSESSING", "ACTIVE", "ACTIVE_BUT_UNVERIFIED", "NOT_FOUND", "FAILED", "EXPIRED"])
    .to("NEEDS_MANUAL_VERIFICATION")
    .verifik(&["document_validation_manual_verification_required"]),
    row(
        EventKind::DocumentValidationNotFound,
        &DOCUMENT_VALIDATIONS,
        "document_validation.not_found",
        "No value was read on the image.",
    )
    .from(&["ASSESSING", "ACTIVE", "ACTIVE_BUT_UNVERIFIED", "NEEDS_MANUAL_VERIFICATION"])
    .to("NOT_FOUND"),
    row(
        EventKind::DocumentValidationFailed,
        &DOCUMENT_VALIDATIONS,
        "document_validation.failed",
        "A check was not passed, the image could not be read, or reading was interrupted.",
    )
    .from(&["ASSESSING", "ACTIVE", "ACTIVE_BUT_UNVERIFIED", "NEEDS_MANUAL_VERIFICATION"])
    .to("FAILED"),
    row(
        EventKind::DocumentValidationExpired,
        &DOCUMENT_VALIDATIONS,
        "document_validation.expired",
        "The day on the document is over.",
    )
    .from(&["ASSESSING", "ACTIVE", "ACTIVE_BUT_UNVERIFIED", "NEEDS_MANUAL_VERIFICATION"])
    .to("EXPIRED"),
    row(
        EventKind::DocumentValidationUpdated,
        &DOCUMENT_VALIDATIONS,
        "document_validation.updated",
        "The record says something else than before, in the same status.",
    ),
    row(
        EventKind::DocumentValidationDeleted,
        &DOCUMENT_VALIDATIONS,
        "document_validation.deleted",
        "The record was deleted, with its images.",
    )
    .deletes(),
    row(
        EventKind::RegistrationCreated,
        &APP_REGISTRATIONS,
        "app_registration.created",
        "A person was registered.",
    )
    .creates()
    .to("STARTED")
    .verifik(&["app_registration_created"]),
    row(
        EventKind::RegistrationUpdated,
        &APP_REGISTRATIONS,
        "app_registration.updated",
        "Its data, its checks or its person changed, in the same status.",
    ),
    row(
        EventKind::RegistrationSyncInstructions,
        &APP_REGISTRATIONS,
        "app_registration.sync_instructions",
        "The person was instructed.",
    )
    .to("ONGOING")
    .verifik(&["app_registration_sync_instructions"]),
    row(
        EventKind::RegistrationSyncSignUpForm,
        &APP_REGISTRATIONS,
        "app_registration.sync_sign_up_form",
        "The sign-up form was filled in.",
    )
    .to("ONGOING")
    .verifik(&["app_registration_sync_sign_up_form"]),
    row(
        EventKind::RegistrationSyncBasicInformation,
        &APP_REGISTRATIONS,
        "app_registration.sync_basic_information",
        "The person gave the basic information.",
    )
    .to("ONGOING")
    .verifik(&["app_registration_sync_basic_information"]),
    row(
        EventKind::RegistrationSyncDocument,
        &APP_REGISTRATIONS,
        "app_registration.sync_document",
        "The person reached, or passed, the document step.",
    )
    .to("ONGOING")
    .verifik(&["app_registration_sync_document"]),
    row(
        EventKind::RegistrationSyncLiveness,
        &APP_REGISTRATIONS,
        "app_registration.sync_liveness",
        "The person reached, or passed, the face step.",
    )
    .to("ONGOING")
    .verifik(&["app_registration_sync_liveness"]),
    row(
        EventKind::RegistrationSyncForm,
        &APP_REGISTRATIONS,
        "app_registration.sync_form",
        "The form was filled in.",
    )
    .to("ONGOING")
    .verifik(&["app_registration_sync_form"]),
    row(
        EventKind::RegistrationCompleted,
        &APP_REGISTRATIONS,
        "app_registration.completed",
        "All that the flow demands was passed, or a reviewer said so.",
    )
    .to("COMPLETED")
    .verifik(&["app_registration_completed"]),
    row(
        EventKind::RegistrationCompletedWithoutKyc,
        &APP_REGISTRATIONS,
        "app_registration.completed_without_kyc",
        "It was completed without checks.",
    )
    .to("COMPLETED_WITHOUT_KYC")
    .verifik(&["app_registration_completed_without_kyc"]),
    row(
        EventKind::RegistrationFailed,
        &APP_REGISTRATIONS,
        "app_registration.failed",
        "It was ended without success.",
    )
    .to("FAILED")
    .verifik(&["app_registration_failed"]),
    row(
        EventKind::RegistrationNeedsManualVerification,
        &APP_REGISTRATIONS,
        "app_registration.needs_manual_verification",
        "A reviewer has to look at it.",
    )
    .to("NEEDS_MANUAL_VERIFICATION")
    .verifik(&["app_registration_needs_manual_verification"]),
    row(
        EventKind::RegistrationExpired,
        &APP_REGISTRATIONS,
        "app_registration.expired",
        "A reviewer has called it expired.",
    )
    .to("EXPIRED"),
    row(
        EventKind::RegistrationReopened,
        &APP_REGISTRATIONS,
        "app_registration.reopened",
        "A reviewer has put it on its way again.",
    ),
    row(
        EventKind::RegistrationDeleted,
        &APP_REGISTRATIONS,
        "app_registration.deleted",
        "The record was deleted.",
    )
    .deletes(),
    row(EventKind::LoginPending, &APP_LOGINS, "app_login.pending", "A second factor is asked for.")
        .to("pending")
        .verifik(&["app_login_pending"]),
    row(EventKind::LoginCompleted, &APP_LOGINS, "app_login.completed", "The person is in.")
        .to("completed")
        .verifik(&["app_login_completed"]),
    row(
        EventKind::LoginFailed,
        &APP_LOGINS,
        "app_login.failed",
        "The second factor was not passed.",
    )
    .to("failed")
    .verifik(&["app_login_failed"]),
    row(EventKind::LoginDeleted, &APP_LOGINS, "app_login.deleted", "The record was deleted.")
        .deletes(),
    row(
        EventKind::EmailValidationCreated,
        &EMAIL_VALIDATIONS,
        "email_validation.created",
        "A code for an email address was made.",
    )
    .creates()
    .to("new")
    .verifik(&["email_validation_created"]),
    row(
        EventKind::EmailValidationSent,
        &EMAIL_VALIDATIONS,
        "email_validation.sent",
        "The code was sent.",
    )
    .from(&["new"])
    .to("sent"),
    row(
        EventKind::EmailValidationResent,
        &EMAIL_VALIDATIONS,
        "email_validation.resent",
        "A new code was made; the old one is not taken any more.",
    )
    .verifik(&["email_validation_resend"]),
    row(
        EventKind::EmailValidationValidated,
        &EMAIL_VALIDATIONS,
        "email_validation.validated",
        "The right code came.",
    )
    .from(&["new", "sent"])
    .to("validated")
    .verifik(&["email_validation_validated"]),
    row(
        EventKind::EmailValidationCodeIncorrect,
        &EMAIL_VALIDATIONS,
        "email_validation.code_incorrect",
        "A wrong code came.",
    )
    .verifik(&["email_validation_otp_incorect"]),
    row(
        EventKind::EmailValidationFailed,
        &EMAIL_VALIDATIONS,
        "email_validation.failed",
        "The code could not be sent, or wrong codes came too often.",
    )
    .from(&["new", "sent"])
    .to("failed")
    .verifik(&["email_validation_failed"]),
    row(
        EventKind::EmailValidationExpired,
        &EMAIL_VALIDATIONS,
        "email_validation.expired",
        "No right code came in time.",
    )
    .from(&["new", "sent"])
    .to("expired")
    .verifik(&["email_validation_expired"]),
    row(
        EventKind::EmailValidationDeleted,
        &EMAIL_VALIDATIONS,
        "email_validation.deleted",
        "The record was deleted.",
    )
    .deletes(),
    row(
        EventKind::PhoneValidationCreated,
        &PHONE_VALIDATIONS,
        "phone_validation.created",
        "A code for a phone number was made.",
    )
    .creates()
    .to("new")
    .verifik(&["phone_validation_created"]),
    row(
        EventKind::PhoneValidationSent,
        &PHONE_VALIDATIONS,
        "phone_validation.sent",
        "The code was sent.",
    )
    .from(&["new"])
    .to("sent"),
    row(
        EventKind::PhoneValidationResent,
        &PHONE_VALIDATIONS,
        "phone_validation.resent",
        "A new code was made; the old one is not taken any more.",
    )
    .verifik(&["phone_validation_resend"]),
    row(
        EventKind::PhoneValidationValidated,
        &PHONE_VALIDATIONS,
        "phone_validation.validated",
        "The right code came.",
    )
    .from(&["new", "sent"])
    .to("validated")
    .verifik(&["phone_validation_validated"]),
    row(
        EventKind::PhoneValidationCodeIncorrect,
        &PHONE_VALIDATIONS,
        "phone_validation.code_incorrect",
        "A wrong code came.",
    )
    .verifik(&["phone_validation_otp_incorect"]),
    row(
        EventKind::PhoneValidationFailed,
        &PHONE_VALIDATIONS,
        "phone_validation.failed",
        "The code could not be sent, or wrong codes came too often.",
    )
    .from(&["new", "sent"])
    .to("failed")
    .verifik(&["phone_validation_failed"]),
    row(
        EventKind::PhoneValidationExpired,
        &PHONE_VALIDATIONS,
        "phone_validation.expired",
        "No right code came in time.",
    )
    .from(&["new", "sent"])
    .to("expired")
    .verifik(&["phone_validation_expired"]),
    row(
        EventKind::PhoneValidationDeleted,
        &PHONE_VALIDATIONS,
        "phone_validation.deleted",
        "The record was deleted.",
    )
    .deletes(),
    row(EventKind::PersonCreated, &PERSONS, "person.created", "A person was enrolled.").creates(),
    row(
        EventKind::PersonUpdated,
        &PERSONS,
        "person.updated",
        "The person's data, faces or collections changed.",
    ),
    row(
        EventKind::PersonDeleted,
        &PERSONS,
        "person.deleted",
        "The person was deleted, with all faces.",
    )
    .deletes(),
    row(EventKind::CollectionCreated, &COLLECTIONS, "collection.created", "A collection was made.")
        .creates(),
    row(
        EventKind::CollectionUpdated,
        &COLLECTIONS,
        "collection.updated",
        "What is said of the collection changed.",
    ),
    row(
        EventKind::CollectionDeleted,
        &COLLECTIONS,
        "collection.deleted",
        "The collection was deleted; its persons stay.",
    )
    .deletes(),
    row(EventKind::ProjectCreated, &PROJECTS, "project.created", "A project was made.").creates(),
    row(EventKind::ProjectUpdated, &PROJECTS, "project.updated", "The project was changed."),
    row(
        EventKind::ProjectDeleted,
        &PROJECTS,
        "project.deleted",
        "The project was deleted, with its flows.",
    )
    .deletes(),
    row(EventKind::FlowCreated, &PROJECT_FLOWS, "project_flow.created", "A flow was made.")
        .creates(),
    row(EventKind::FlowUpdated, &PROJECT_FLOWS, "project_flow.updated", "The flow was changed."),
    row(EventKind::FlowDeleted, &PROJECT_FLOWS, "project_flow.deleted", "The flow was deleted.")
        .deletes(),
    row(
        EventKind::PromptTemplateCreated,
        &PROMPT_TEMPLATES,
        "prompt_template.created",
        "A template was made.",
    )
    .creates(),
    row(
        EventKind::PromptTemplateUpdated,
        &PROMPT_TEMPLATES,
        "prompt_template.updated",
        "The template was changed.",
    ),
    row(
        EventKind::PromptTemplateDeleted,
        &PROMPT_TEMPLATES,
        "prompt_template.deleted",
        "The template was deleted.",
    )
    .deletes(),
    row(
        EventKind::MemberInvited,
        &PROJECT_MEMBERS,
        "project_member.created",
        "Somebody was invited.",
    )
    .creates()
    .to("invited"),
    row(
        EventKind::MemberJoined,
        &PROJECT_MEMBERS,
        "project_member.joined",
        "The member has set a password by the link of the invitation.",
    )
    .from(&["invited"])
    .to("active"),
    row(
        EventKind::MemberSignedIn,
        &PROJECT_MEMBERS,
        "project_member.signed_in",
        "The member has signed in.",
    ),
    row(
        EventKind::MemberRoleChanged,
        &PROJECT_MEMBERS,
        "project_member.role_changed",
        "The member may do something else than before.",
    ),
    row(
        EventKind::MemberDisabled,
        &PROJECT_MEMBERS,
        "project_member.disabled",
        "The member cannot sign in any more, and was signed out.",
    )
    .from(&["active"])
    .to("disabled"),
    row(
        EventKind::MemberEnabled,
        &PROJECT_MEMBERS,
        "project_member.enabled",
        "The member can sign in again.",
    )
    .from(&["disabled"])
    .to("active"),
    row(
        EventKind::MemberPasswordChanged,
        &PROJECT_MEMBERS,
        "project_member.password_changed",
        "The member has another password, and was signed out everywhere else.",
    ),
    row(
        EventKind::MemberTotpAdded,
        &PROJECT_MEMBERS,
        "project_member.totp_added",
        "Signing in takes a code from now on, or has new recovery codes.",
    ),
    row(
        EventKind::MemberTotpRemoved,
        &PROJECT_MEMBERS,
        "project_member.totp_removed",
        "Signing in takes the password alone.",
    ),
    row(
        EventKind::MemberUpdated,
        &PROJECT_MEMBERS,
        "project_member.updated",
        "The member has another name, or a new link.",
    ),
    row(
        EventKind::MemberDeleted,
        &PROJECT_MEMBERS,
        "project_member.deleted",
        "The member was deleted, and signed out.",
    )
    .deletes(),
    row(EventKind::ReviewOpened, &REVIEWS, "review.opened", "A case waits for a reviewer.")
        .creates()
        .to("open"),
    row(
        EventKind::ReviewClaimed,
        &REVIEWS,
        "review.claimed",
        "A reviewer has begun with the case.",
    )
    .from(&["open"])
    .to("claimed"),
    row(
        EventKind::ReviewReleased,
        &REVIEWS,
        "review.released",
        "The reviewer has left the case to others, their time ran out, or its evidence changed.",
    )
    .from(&["claimed"])
    .to("open"),
    row(
        EventKind::ReviewProposed,
        &REVIEWS,
        "review.proposed",
        "A reviewer has decided, and another one has to confirm it.",
    )
    .from(&["claimed"])
    .to("proposed"),
    row(
        EventKind::ReviewReturned,
        &REVIEWS,
        "review.returned",
        "The second reviewer did not confirm, or the evidence changed: the case is open again.",
    )
    .from(&["proposed"])
    .to("open"),
    row(EventKind::ReviewDecided, &REVIEWS, "review.decided", "The case is decided.")
        .from(&["claimed", "proposed"])
        .to("decided"),
    row(
        EventKind::ReviewWithdrawn,
        &REVIEWS,
        "review.withdrawn",
        "There is nothing to decide any more: what it is about was deleted or judged anew.",
    )
    .from(&["open", "claimed", "proposed"])
    .to("withdrawn"),
    row(EventKind::WebhookCreated, &WEBHOOKS, "webhook.created", "A webhook was made.").creates(),
    row(EventKind::WebhookUpdated, &WEBHOOKS, "webhook.updated", "The webhook was changed."),
    row(
        EventKind::WebhookDisabled,
        &WEBHOOKS,
        "webhook.disabled",
        "The webhook is not called any more: nothing reached it for days, it answered 410, or \
         somebody disabled it.",
    ),
    row(EventKind::WebhookEnabled, &WEBHOOKS, "webhook.enabled", "The webhook is called again."),
    row(
        EventKind::WebhookSecretShown,
        &WEBHOOKS,
        "webhook.secret_shown",
        "Somebody was shown the webhook's secret.",
    ),
    row(
        EventKind::WebhookSecretRotated,
        &WEBHOOKS,
        "webhook.secret_rotated",
        "The webhook has a new secret; the old one counts for a while.",
    ),
    row(EventKind::WebhookDeleted, &WEBHOOKS, "webhook.deleted", "The webhook was deleted.")
        .deletes(),
];

const fn row(
    kind: EventKind,
    resource: &'static Resource,
    name: &'static str,
    doc: &'static str,
) -> EventType {
    let effect = Effect::Changed;
    let (from, to, verifik, verifik_also) = (&[], None, &[], None);
    EventType { kind, name, resource, effect, from, to, verifik, verifik_also, doc }
}

impl EventType {
    const fn creates(self) -> EventType {
        EventType { effect: Effect::Created, ..self }
    }

    const fn deletes(self) -> EventType {
        EventType { effect: Effect::Deleted, ..self }
    }

    const fn from(self, from: &'static [&'static str]) -> EventType {
        EventType { from, ..self }
    }

    const fn to(self, to: &'static str) -> EventType {
        EventType { to: Some(to), ..self }
    }

    const fn verifik(self, verifik: &'static [&'static str]) -> EventType {
        EventType { verifik, ..self }
    }

    const fn also(self, name: &'static str, finding: Finding) -> EventType {
        EventType { verifik_also: Some((name, finding)), ..self }
    }
}
