//! Members: the people who sign in, what they may do by their role, and how their accounts stand.

use crate::scope::Scope;

/// What stands in the place of a client for members of the whole server, who see the records of all clients.
/// No client has this id.
pub const SERVER_WIDE: &str = "_server";

/// What a member may do. Each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Reads records, without images.
    Viewer,
    /// Sees images, changes records and decides cases.
    Editor,
    /// Looks after webhooks.
    Admin,
    /// Looks after members, and sees who has looked at images.
    Owner,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Viewer, Role::Editor, Role::Admin, Role::Owner];
    pub const WORDS: &[&str] = &["viewer", "editor", "admin", "owner"];

    pub fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Editor => "editor",
            Role::Admin => "admin",
            Role::Owner => "owner",
        }
    }

    pub fn from_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What it may do. Never [`Scope::Staff`]: that a member sees the records of all clients is said by
    /// [`SERVER_WIDE`], and what they read of them by these.
    pub fn scopes(self) -> &'static [Scope] {
        use Scope::{
            ReadAccesses, ReadDocuments, ReadEvents, ReadMedia, ReadValidations, Review, Write,
            WriteMembers, WriteWebhooks,
        };
        match self {
            Role::Viewer => &[ReadValidations, ReadDocuments, ReadEvents],
            Role::Editor => &[ReadValidations, ReadDocuments, ReadEvents, ReadMedia, Review, Write],
            Role::Admin => &[
                ReadValidations,
                ReadDocuments,
                ReadEvents,
                ReadMedia,
                Review,
                Write,
                WriteWebhooks,
            ],
            Role::Owner => &[
                ReadValidations,
                ReadDocuments,
                ReadEvents,
                ReadMedia,
                Review,
                Write,
                WriteWebhooks,
                WriteMembers,
                ReadAccesses,
            ],
        }
    }
}

/// How the account of a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberStatus {
    /// Has a link, and no password yet.
    Invited,
    Active,
    /// Cannot sign in.
    Disabled,
}

impl MemberStatus {
    pub const ALL: [MemberStatus; 3] =
        [MemberStatus::Invited, MemberStatus::Active, MemberStatus::Disabled];
    pub const WORDS: &[&str] = &["invited", "active", "disabled"];

    pub fn word(self) -> &'static str {
        match self {
            MemberStatus::Invited => "invited",
            MemberStatus::Active => "active",
            MemberStatus::Disabled => "disabled",
        }
    }

    pub fn from_word(word: &str) -> Option<MemberStatus> {
        MemberStatus::ALL.into_iter().find(|status| status.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_do_what_those_before_it_may_and_more() {
        for pair in Role::ALL.windows(2) {
            let [lower, higher] = pair else { panic!("two") };
            assert!(lower < higher);
            assert!(lower.scopes().iter().all(|scope| higher.scopes().contains(scope)));
            assert!(lower.scopes().len() < higher.scopes().len(), "{higher:?}");
        }
    }

    #[test]
    fn an_owner_may_do_everything_but_what_staff_may() {
        let all = Scope::ALL.into_iter().filter(|scope| *scope != Scope::Staff);
        for scope in all {
            assert!(Role::Owner.scopes().contains(&scope), "{scope:?}");
        }
        assert!(!Role::Owner.scopes().contains(&Scope::Staff));
    }

    #[test]
    fn a_viewer_sees_no_image_and_changes_nothing() {
        for scope in [Scope::ReadMedia, Scope::Write, Scope::Review, Scope::WriteMembers] {
            assert!(!Role::Viewer.scopes().contains(&scope), "{scope:?}");
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        assert!(Role::ALL.map(Role::word).iter().eq(Role::WORDS));
        assert!(MemberStatus::ALL.map(MemberStatus::word).iter().eq(MemberStatus::WORDS));
        assert!(Role::ALL.iter().all(|role| Role::from_word(role.word()) == Some(*role)));
        let back = |it: &MemberStatus| MemberStatus::from_word(it.word()) == Some(*it);
        assert!(MemberStatus::ALL.iter().all(back));
        assert_eq!(Role::from_word("Owner"), None);
    }
}
