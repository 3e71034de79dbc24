//! Members: joining, signing in, and what they may do.

use std::net::{IpAddr, Ipv4Addr};

use data_encoding::BASE32_NOPAD;
use verax_domain::role::{MemberStatus, Role, SERVER_WIDE};
use verax_domain::{Scope, Timestamp};
use verax_query::Tenant;
use verax_server::app::access::{AccessError, Claims, PageClaims};
use verax_server::app::journal::Origin;
use verax_server::app::members::invitations::{Acceptance, Invite, LINK_PATH};
use verax_server::app::members::passwords::PasswordProblem;
use verax_server::app::members::sessions::{Session, SignedIn};
use verax_server::app::members::signing_in::SignIn;
use verax_server::app::members::totp::code_at;
use verax_server::app::members::{MemberError, SignInError};

use crate::world::{DAY, World};

pub const PASSWORD: &str = "correct horse battery";
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

/// The secret of a link.
pub fn secret_of(url: &str) -> &str {
    url.strip_prefix(LINK_PATH).expect("the path of a link")
}

/// Invites somebody, who joins.
pub async fn member(world: &World, client: Option<&str>, email: &str, role: Role) -> SignedIn {
    let invite = Invite { client, email, name: Some("Ana"), role };
    let link = world.app.invite_member(invite, &Origin::command()).await.expect("an invitation");
    join(world, secret_of(&link.url)).await.expect("joined").expect("signed in")
}

async fn join(world: &World, secret: &str) -> Result<Option<SignedIn>, MemberError> {
    let acceptance =
        Acceptance { email: Some("first@example.com"), name: "Ana", password: PASSWORD };
    world.app.accept_invitation(secret, acceptance, None).await
}

async fn sign_in(
    world: &World,
    (email, password): (&str, &str),
    code: Option<&str>,
) -> Result<SignedIn, SignInError> {
    world.app.sign_in(SignIn { email, password, code, address: HOME }, None).await
}

async fn session(world: &World, signed_in: &SignedIn) -> Session {
    world.app.session(&signed_in.secret).await.expect("a session")
}

/// Gives a member a second factor; answers its secret and the recovery codes.
async fn add_totp(world: &World, signed_in: &SignedIn) -> (Vec<u8>, Vec<String>) {
    let session = session(world, signed_in).await;
    let shown = world.app.begin_totp(&session).await.expect("a secret");
    let secret = BASE32_NOPAD.decode(shown.base32.as_bytes()).expect("base 32");
    let code = code_now(world, &secret);
    let codes = world.app.confirm_totp(&session, &code, &session.origin(None)).await;
    (secret, codes.expect("recovery codes"))
}

fn code_now(world: &World, secret: &[u8]) -> String {
    code_at(secret, world.app.clock.now().0 / 30_000)
}

fn rejected(done: &Result<SignedIn, SignInError>) -> bool {
    matches!(done, Err(SignInError::Rejected))
}

on_both_databases! {
    async fn the_first_owner_joins_by_one_link_alone(world) {
        let old = world.app.first_owner_link().await.expect("a database").expect("no member");
        let link = world.app.first_owner_link().await.expect("a database").expect("no member");
        let (old, secret) = (secret_of(&old), secret_of(&link));
        assert!(matches!(world.app.open_invitation(old).await, Err(MemberError::LinkInvalid)));
        let invitation = world.app.open_invitation(secret).await.expect("a valid link");
        assert!(invitation.is_first_owner());
        assert_eq!(invitation.role, Role::Owner);
        let both = tokio::join!(join(world, secret), join(world, secret));
        let joined = [both.0, both.1].into_iter().filter_map(Result::ok).flatten();
        let joined: Vec<SignedIn> = joined.collect();
        assert_eq!(joined.len(), 1);
        let session = session(world, &joined[0]).await;
        assert_eq!((session.member.email.as_str(), session.member.role), ("first@example.com", Role::Owner));
        assert_eq!(session.caller.tenant(), Tenant::All);
        assert!(session.caller.has(Scope::WriteMembers) && !session.caller.has(Scope::Staff));
        assert_eq!(world.app.first_owner_link().await.expect("a database"), None);
        assert!(matches!(world.app.open_invitation(secret).await, Err(MemberError::LinkInvalid)));
    }

    async fn the_first_link_is_nothing_once_somebody_was_invited(world) {
        let link = world.app.first_owner_link().await.expect("a database").expect("no member");
        member(world, None, "ana@example.com", Role::Viewer).await;
        assert!(matches!(join(world, secret_of(&link)).await, Err(MemberError::LinkInvalid)));
        world.turn_clock(DAY);
        assert_eq!(world.app.members(None).await.expect("a list").len(), 1);
    }

    async fn a_link_is_used_once_and_not_for_ever(world) {
        world.client("acme").await;
        let invite = Invite { client: Some("acme"), email: "ana@example.com", name: None, role: Role::Editor };
        let link = world.app.invite_member(invite, &Origin::command()).await.expect("an invitation");
        let again = world.app.invite_member(invite, &Origin::command()).await;
        assert!(matches!(again, Err(MemberError::EmailTaken)));
        let key = ("acme", link.member.as_str());
        let second = world.app.invite_again(key, &Origin::command()).await.expect("another link");
        assert!(matches!(join(world, secret_of(&link.url)).await, Err(MemberError::LinkInvalid)));
        let secret = secret_of(&second.url);
        let opened = world.app.open_invitation(secret).await.expect("a valid link");
        assert_eq!((opened.email.as_deref(), opened.has_joined), (Some("ana@example.com"), false));
        world.turn_clock(3 * DAY);
        assert!(matches!(join(world, secret).await, Err(MemberError::LinkInvalid)));
        let third = world.app.invite_again(key, &Origin::command()).await.expect("a third link");
        let secret = secret_of(&third.url);
        let all = tokio::join!(join(world, secret), join(world, secret), join(world, secret));
        let joined = [all.0, all.1, all.2].into_iter().filter(|done| matches!(done, Ok(Some(_))));
        assert_eq!(joined.count(), 1);
        let again = world.app.invite_again(key, &Origin::command()).await;
        assert!(matches!(again, Err(MemberError::Joined)));
        let nowhere = Invite { client: Some("nobody"), ..invite };
        let nowhere = world.app.invite_member(nowhere, &Origin::command()).await;
        assert!(matches!(nowhere, Err(MemberError::NoClient)));
    }

    async fn what_is_wrong_of_a_sign_in_is_not_told(world) {
        world.client("acme").await;
        let joined = member(world, Some("acme"), "ana@example.com", Role::Viewer).await;
        let session = session(world, &joined).await;
        assert!(sign_in(world, (" ANA@example.com ", PASSWORD), None).await.is_ok());
        assert!(rejected(&sign_in(world, ("ana@example.com", "correct horse"), None).await));
        assert!(rejected(&sign_in(world, ("nobody@example.com", PASSWORD), None).await));
        let invite = Invite { client: None, email: "new@example.com", name: None, role: Role::Owner };
        world.app.invite_member(invite, &Origin::command()).await.expect("an invitation");
        assert!(rejected(&sign_in(world, ("new@example.com", ""), None).await));
        let owner = member(world, Some("acme"), "bo@example.com", Role::Owner).await;
        world.app.disable_member(session.key(), &Origin::command()).await.expect("disabled");
        assert!(rejected(&sign_in(world, ("ana@example.com", PASSWORD), None).await));
        let session = world.app.session(&owner.secret).await.expect("another member");
        assert_eq!(session.member.email, "bo@example.com");
    }

    async fn an_account_is_locked_whether_it_is_there_or_not(world) {
        member(world, None, "ana@example.com", Role::Owner).await;
        for email in ["ana@example.com", "nobody@example.com"] {
            for _ in 0..5 {
                assert!(rejected(&sign_in(world, (email, "a wrong password"), None).await));
            }
            let until = Timestamp(world.app.clock.now().0 + MINUTE);
            let locked = sign_in(world, (email, PASSWORD), None).await;
            assert!(matches!(locked, Err(SignInError::Locked { until: it }) if it == until), "{email}");
        }
        world.turn_clock(MINUTE);
        assert!(sign_in(world, ("ana@example.com", PASSWORD), None).await.is_ok());
        // Whoever signs in has nothing counted any more.
        for _ in 0..4 {
            assert!(rejected(&sign_in(world, ("ana@example.com", "a wrong password"), None).await));
        }
        assert!(sign_in(world, ("ana@example.com", PASSWORD), None).await.is_ok());
    }

    async fn a_link_of_the_operator_opens_a_locked_account_again(world) {
        let joined = member(world, None, "ana@example.com", Role::Owner).await;
        let session = session(world, &joined).await;
        for _ in 0..5 {
            assert!(rejected(&sign_in(world, ("ana@example.com", "a wrong password"), None).await));
        }
        let link = world.app.password_link(session.key(), &Origin::command()).await.expect("a link");
        let acceptance = Acceptance { email: None, name: "Ana", password: "another long password" };
        let joined = world.app.accept_invitation(secret_of(&link.url), acceptance, None).await;
        assert!(matches!(joined, Ok(Some(_))));
        assert!(sign_in(world, ("ana@example.com", "another long password"), None).await.is_ok());
        assert!(rejected(&sign_in(world, ("ana@example.com", PASSWORD), None).await));
    }

    async fn a_code_is_taken_once(world) {
        let joined = member(world, None, "ana@example.com", Role::Owner).await;
        let (secret, recovery) = add_totp(world, &joined).await;
        assert_eq!(recovery.len(), 10);
        let with = ("ana@example.com", PASSWORD);
        assert!(matches!(sign_in(world, with, None).await, Err(SignInError::CodeNeeded)));
        assert!(matches!(sign_in(world, with, Some(" ")).await, Err(SignInError::CodeNeeded)));
        // The code that has confirmed the secret is used.
        let used = code_now(world, &secret);
        assert!(matches!(sign_in(world, with, Some(&used)).await, Err(SignInError::CodeWrong)));
        world.turn_clock(MINUTE);
        let code = code_now(world, &secret);
        let both = tokio::join!(sign_in(world, with, Some(&code)), sign_in(world, with, Some(&code)));
        assert_eq!([&both.0, &both.1].into_iter().filter(|done| done.is_ok()).count(), 1);
        let failed = [both.0, both.1].into_iter().find_map(Result::err).expect("one of both");
        assert!(matches!(failed, SignInError::CodeWrong), "{failed:?}");
        // Without the password a code says nothing.
        world.turn_clock(MINUTE);
        let code = code_now(world, &secret);
        assert!(rejected(&sign_in(world, ("ana@example.com", "a wrong password"), Some(&code)).await));
        assert!(sign_in(world, with, Some(&code)).await.is_ok());
    }

    async fn a_recovery_code_is_taken_once(world) {
        let joined = member(world, None, "ana@example.com", Role::Owner).await;
        let (_, recovery) = add_totp(world, &joined).await;
        let with = ("ana@example.com", PASSWORD);
        let code = Some(recovery[3].as_str());
        let both = tokio::join!(sign_in(world, with, code), sign_in(world, with, code));
        assert_eq!([both.0, both.1].into_iter().filter(Result::is_ok).count(), 1);
        let session = session(world, &joined).await;
        assert_eq!(world.app.recovery_codes_left(&session).await.expect("a count"), 9);
        let written = recovery[4].to_uppercase().replace('-', " ");
        assert!(sign_in(world, with, Some(&written)).await.is_ok());
        let renewed = world.app.renew_recovery_codes(&session, &session.origin(None)).await.expect("ten");
        assert!(matches!(sign_in(world, with, Some(&recovery[5])).await, Err(SignInError::CodeWrong)));
        assert!(sign_in(world, with, Some(&renewed[0])).await.is_ok());
        world.app.remove_totp(&session, &session.origin(None)).await.expect("removed");
        assert!(sign_in(world, with, None).await.is_ok());
    }

    async fn guessing_codes_locks_the_account(world) {
        let joined = member(world, None, "ana@example.com", Role::Owner).await;
        add_totp(world, &joined).await;
        let with = ("ana@example.com", PASSWORD);
        for _ in 0..5 {
            // That the password was right forgives no code.
            assert!(matches!(sign_in(world, with, None).await, Err(SignInError::CodeNeeded)));
            assert!(matches!(sign_in(world, with, Some("abcdef")).await, Err(SignInError::CodeWrong)));
        }
        assert!(matches!(sign_in(world, with, None).await, Err(SignInError::Locked { .. })));
    }

    async fn a_new_password_needs_the_second_factor_as_before(world) {
        let joined = member(world, None, "ana@example.com", Role::Owner).await;
        let (secret, _) = add_totp(world, &joined).await;
        let before = session(world, &joined).await;
        let link = world.app.password_link(before.key(), &Origin::command()).await.expect("a link");
        assert!(join(world, secret_of(&link.url)).await.expect("a new password").is_none());
        assert!(matches!(world.app.session(&joined.secret).await, Err(AccessError::Revoked)));
        world.turn_clock(MINUTE);
        let code = code_now(world, &secret);
        assert!(sign_in(world, ("ana@example.com", PASSWORD), Some(&code)).await.is_ok());
        world.app.reset_totp(before.key(), &Origin::command()).await.expect("removed");
        assert!(sign_in(world, ("ana@example.com", PASSWORD), None).await.is_ok());
    }

    async fn a_session_ends_when_it_is_not_used_and_after_twelve_hours(world) {
        let signed_in = member(world, None, "ana@example.com", Role::Owner).await;
        for _ in 0..24 {
            world.turn_clock(29 * MINUTE);
            session(world, &signed_in).await;
        }
        world.turn_clock(24 * MINUTE);
        assert!(matches!(world.app.session(&signed_in.secret).await, Err(AccessError::Expired)));
        let signed_in = sign_in(world, ("ana@example.com", PASSWORD), None).await.expect("a session");
        world.turn_clock(30 * MINUTE);
        assert!(matches!(world.app.session(&signed_in.secret).await, Err(AccessError::Expired)));
        world.turn_clock(12 * HOUR);
        world.app.sweep().await.expect("a sweep");
        assert!(matches!(world.app.session(&signed_in.secret).await, Err(AccessError::Invalid)));
    }

    async fn a_member_is_what_their_record_says_now(world) {
        world.client("acme").await;
        let owner = member(world, Some("acme"), "bo@example.com", Role::Owner).await;
        let signed_in = member(world, Some("acme"), "ana@example.com", Role::Viewer).await;
        let viewer = session(world, &signed_in).await;
        assert_eq!(viewer.caller.tenant(), Tenant::Client("acme".to_owned()));
        assert!(viewer.caller.within("acme").is_some() && viewer.caller.within("globex").is_none());
        for scope in Scope::ALL {
            assert_eq!(viewer.caller.has(scope), Role::Viewer.scopes().contains(&scope), "{scope:?}");
        }
        world.app.change_role(viewer.key(), Role::Admin, &Origin::command()).await.expect("changed");
        assert!(session(world, &signed_in).await.caller.has(Scope::WriteWebhooks));
        let owner = session(world, &owner).await;
        assert!(owner.caller.may_manage_members("acme") && !viewer.caller.may_manage_members("acme"));
        assert!(!owner.caller.may_manage_members("globex"));
        assert!(!owner.caller.may_manage_members(SERVER_WIDE));
        world.app.disable_member(viewer.key(), &owner.origin(None)).await.expect("disabled");
        assert!(matches!(world.app.session(&signed_in.secret).await, Err(AccessError::Revoked)));
        world.app.enable_member(viewer.key(), &owner.origin(None)).await.expect("enabled");
        assert!(matches!(world.app.session(&signed_in.secret).await, Err(AccessError::Revoked)));
        assert!(sign_in(world, ("ana@example.com", PASSWORD), None).await.is_ok());
    }

    async fn a_session_is_no_token_and_a_token_no_session(world) {
        world.client("acme").await;
        let signed_in = member(world, Some("acme"), "ana@example.com", Role::Owner).await;
        let session = session(world, &signed_in).await;
        let now = world.app.clock.now().0 / 1000;
        let claims = Claims {
            client: "acme".to_owned(),
            jti: session.id.clone(),
            iat: now,
            exp: Some(now + 600),
            scopes: vec!["write".to_owned()],
            mode: "live".to_owned(),
            page: PageClaims::default(),
        };
        let forged = world.app.keys.sign(&claims).expect("a token");
        assert_eq!(world.get(&forged, "/v2/projects").await.status, 401);
        let token = world.token("acme").await;
        assert_eq!(world.get(&token, "/v2/projects").await.status, 200);
        let tokens = world.app.database.tokens(Some("acme")).await.expect("the tokens");
        assert_eq!(tokens.len(), 1, "sessions are not listed among them");
        for secret in [tokens[0].id.as_str(), session.id.as_str(), token.as_str(), ""] {
            assert!(world.app.session(secret).await.is_err(), "{secret}");
        }
    }

    async fn who_signs_out_is_signed_out(world) {
        let first = member(world, None, "ana@example.com", Role::Owner).await;
        world.turn_clock(MINUTE);
        let second = sign_in(world, ("ana@example.com", PASSWORD), None).await.expect("a session");
        let third = sign_in(world, ("ana@example.com", PASSWORD), None).await.expect("a session");
        let own = session(world, &second).await;
        assert_eq!(world.app.sessions_of(own.key()).await.expect("a list").len(), 3);
        world.app.sign_out(&first.secret).await.expect("signed out");
        assert!(matches!(world.app.session(&first.secret).await, Err(AccessError::Revoked)));
        let password = "another long password";
        world.app.change_password(&own, password, &own.origin(None)).await.expect("changed");
        assert!(matches!(world.app.session(&third.secret).await, Err(AccessError::Revoked)));
        assert_eq!(world.app.sessions_of(own.key()).await.expect("a list").len(), 1);
        assert!(rejected(&sign_in(world, ("ana@example.com", PASSWORD), None).await));
        assert!(sign_in(world, ("ana@example.com", password), None).await.is_ok());
    }

    async fn what_is_dangerous_asks_again_after_a_while(world) {
        let signed_in = member(world, None, "ana@example.com", Role::Owner).await;
        world.turn_clock(11 * MINUTE);
        let late = session(world, &signed_in).await;
        assert!(matches!(world.app.begin_totp(&late).await, Err(MemberError::ConfirmFirst)));
        let confirm = async |password| world.app.confirm_password(&late, (password, None), HOME).await;
        assert!(matches!(confirm("a wrong password").await, Err(SignInError::Rejected)));
        confirm(PASSWORD).await.expect("confirmed");
        let confirmed = session(world, &signed_in).await;
        assert_eq!(confirmed.expires_at, late.expires_at);
        assert!(world.app.begin_totp(&confirmed).await.is_ok());
    }

    async fn the_last_owner_stays(world) {
        world.client("acme").await;
        let ana = member(world, Some("acme"), "ana@example.com", Role::Owner).await;
        let bo = member(world, Some("acme"), "bo@example.com", Role::Owner).await;
        member(world, None, "operator@example.com", Role::Owner).await;
        let (ana, bo) = (session(world, &ana).await, session(world, &bo).await);
        let origin = Origin::command();
        let both = tokio::join!(
            world.app.change_role(ana.key(), Role::Viewer, &origin),
            world.app.disable_member(bo.key(), &origin),
        );
        assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
        let left = if both.0.is_ok() { &bo } else { &ana };
        let deleted = world.app.delete_member(left.key(), &origin).await;
        assert!(matches!(deleted, Err(MemberError::LastOwner)), "{deleted:?}");
        let owners = world.app.members(Some("acme")).await.expect("a list");
        let is_owner = |it: &&verax_store::Member| it.role == Role::Owner && it.status == MemberStatus::Active;
        assert_eq!(owners.iter().filter(is_owner).count(), 1);
    }

    async fn one_address_may_be_of_two_clients(world) {
        world.client("acme").await;
        world.client("globex").await;
        member(world, Some("acme"), "ana@example.com", Role::Viewer).await;
        let invite = Invite { client: Some("globex"), email: "Ana@Example.com", name: None, role: Role::Owner };
        let link = world.app.invite_member(invite, &Origin::command()).await.expect("nobody is told");
        let acceptance = Acceptance { email: None, name: "Ana", password: "a second password" };
        world.app.accept_invitation(secret_of(&link.url), acceptance, None).await.expect("joined");
        for (password, client) in [(PASSWORD, "acme"), ("a second password", "globex")] {
            let signed_in = sign_in(world, ("ana@example.com", password), None).await.expect(client);
            assert_eq!(session(world, &signed_in).await.member.client, client);
        }
    }

    async fn a_password_is_checked_before_the_link_is_used(world) {
        let invite = Invite { client: None, email: "ana@example.com", name: None, role: Role::Owner };
        let link = world.app.invite_member(invite, &Origin::command()).await.expect("an invitation");
        for (password, problem) in [
            ("short", PasswordProblem::TooShort),
            ("ANA@example.com", PasswordProblem::IsEmail),
        ] {
            let acceptance = Acceptance { email: None, name: "Ana", password };
            let done = world.app.accept_invitation(secret_of(&link.url), acceptance, None).await;
            assert!(matches!(done, Err(MemberError::Password(it)) if it == problem), "{password}");
        }
        let acceptance = Acceptance { email: None, name: " ", password: PASSWORD };
        let done = world.app.accept_invitation(secret_of(&link.url), acceptance, None).await;
        assert!(matches!(done, Err(MemberError::NameInvalid)));
        assert!(join(world, secret_of(&link.url)).await.is_ok());
    }

    async fn nothing_secret_is_in_the_database(world) {
        let signed_in = member(world, None, "ana@example.com", Role::Owner).await;
        let (secret, recovery) = add_totp(world, &signed_in).await;
        let invite = Invite { client: None, email: "bo@example.com", name: None, role: Role::Viewer };
        let link = world.app.invite_member(invite, &Origin::command()).await.expect("an invitation");
        let bytes = world.database_bytes().await;
        let base32 = BASE32_NOPAD.encode(&secret);
        let plain = recovery[0].replace('-', "");
        for secret in [PASSWORD, signed_in.secret.as_str(), base32.as_str(), recovery[0].as_str(), plain.as_str(), secret_of(&link.url)] {
            assert!(!bytes.windows(secret.len()).any(|some| some == secret.as_bytes()), "{secret}");
        }
        assert!(!bytes.windows(secret.len()).any(|some| some == secret));
        let known = b"ana@example.com";
        assert!(bytes.windows(known.len()).any(|some| some == known), "the test looks at something");
    }

    async fn members_go_with_their_client(world) {
        world.client("acme").await;
        world.client("globex").await;
        let gone = member(world, Some("acme"), "ana@example.com", Role::Owner).await;
        let invite = Invite { client: Some("acme"), email: "bo@example.com", name: None, role: Role::Viewer };
        let link = world.app.invite_member(invite, &Origin::command()).await.expect("an invitation");
        let stays = member(world, Some("globex"), "cy@example.com", Role::Owner).await;
        world.app.delete_client("acme").await.expect("deleted");
        assert!(matches!(world.app.session(&gone.secret).await, Err(AccessError::Invalid)));
        assert!(rejected(&sign_in(world, ("ana@example.com", PASSWORD), None).await));
        let opened = world.app.open_invitation(secret_of(&link.url)).await;
        assert!(matches!(opened, Err(MemberError::LinkInvalid)));
        session(world, &stays).await;
        assert_eq!(world.app.members(None).await.expect("a list").len(), 1);
    }
}
