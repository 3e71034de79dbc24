//! What clients of the protocol (a dashboard, the hosted pages) expect of each resource beside the grammar
//! of lists: names, relations that no table holds yet, and where totals stand.
//!
//! A relation that gets a table leaves its list of `unstored` here: the field then says what it points to.

use verax_query::{Compat, Totals, Unstored};

/// Clients that fill a picker ask for all at once.
const PAGE_SIZE_MAX: u32 = 500;

/// Totals beside `data` too, as the documentation of these families shows them.
const FLAT: Compat = Compat { totals: Totals::NestedAndFlat, ..Compat::NONE };

pub(super) const APP_REGISTRATIONS: Compat = Compat {
    aliases: &[("name", "fullName")],
    unstored: &[
        Unstored::one("informationValidation"),
        Unstored::one("face"),
        Unstored::one("documentFace"),
        Unstored::one("compareFaceVerification"),
        Unstored::one("cryptoValidation"),
        // Written so in the protocol.
        Unstored::one("formSubmittion"),
        Unstored::one("signature"),
        Unstored::one("accessControlLog"),
        Unstored::one("smartLink"),
        Unstored::one("consentSession"),
        Unstored::many("failedBiometricValidations").with(&["face"]),
        Unstored::many("manualReviewLog").with(&["reviewedByClient", "reviewedByStaff"]),
    ],
    ..FLAT
};

pub(super) const APP_LOGINS: Compat = Compat {
    // A login is named after the address or the number that it began with.
    aliases: &[("email", "name"), ("phone", "name")],
    unstored: &[Unstored::one("face"), Unstored::one("accessControlLog")],
    ..FLAT
};

pub(super) const BIOMETRIC_VALIDATIONS: Compat =
    Compat { unstored: &[Unstored::one("face")], ..Compat::NONE };

pub(super) const DOCUMENT_VALIDATIONS: Compat =
    Compat { unstored: &[Unstored::one("documentLiveness")], ..Compat::NONE };

pub(super) const PROJECTS: Compat = Compat {
    // A dashboard lists them without a page, and shows no second one.
    unpaged_size: Some(100),
    unstored: &[Unstored::many("projectMembers").with(&["staff"])],
    unshown: &["demoOTP"],
    ..FLAT
};

pub(super) const PROJECT_FLOWS: Compat =
    Compat { unpaged_size: Some(100), unstored: &[Unstored::one("webhook")], ..Compat::NONE };

pub(super) const COLLECTIONS: Compat =
    Compat { page_size_max: PAGE_SIZE_MAX, unpaged_size: Some(PAGE_SIZE_MAX), ..FLAT };

pub(super) const PERSONS: Compat = Compat { page_size_max: PAGE_SIZE_MAX, ..FLAT };

// There a member belongs to a project, and a person of the staff may be one; here to a client.
pub(super) const PROJECT_MEMBERS: Compat =
    Compat { unstored: &[Unstored::one("project"), Unstored::one("staff")], ..FLAT };

pub(super) const WEBHOOKS: Compat = FLAT;

pub(super) const WEBHOOK_EVENTS: Compat =
    Compat { aliases: &[("response.status", "responseStatus")], ..FLAT };

#[cfg(test)]
mod tests {
    use verax_query::Kind;

    use crate::resources::ALL;

    #[test]
    fn a_relation_with_a_table_is_not_listed_as_one_without() {
        for resource in ALL {
            for unstored in resource.compat.unstored {
                let (name, field) = (unstored.name, resource.field(unstored.name));
                let holds_ids = |kind: &Kind| matches!(kind, Kind::Text | Kind::Json(_));
                assert!(
                    field.is_none_or(|field| holds_ids(&field.kind)),
                    "{}: {name}",
                    resource.name
                );
            }
        }
    }

    #[test]
    fn an_alias_means_a_field_and_is_none_itself() {
        for resource in ALL {
            for (theirs, ours) in resource.compat.aliases {
                assert!(resource.field(theirs).is_none(), "{}: {theirs}", resource.name);
                assert!(resource.field(ours).is_some(), "{}: {ours}", resource.name);
            }
        }
    }

    #[test]
    fn the_documented_lists_are_as_documented() {
        for name in ["biometric-validations", "document-liveness"] {
            let compat = &crate::resources::by_name(name).expect("a resource").compat;
            assert_eq!((compat.page_size_max, compat.unpaged_size), (100, None));
            assert_eq!(compat.totals, verax_query::Totals::Nested);
        }
    }
}
