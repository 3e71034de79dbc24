//! Saved views of lists: who sees them, who deletes them, and how many there may be.

use axum::http::Method;
use verax_domain::resources::{
    APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, DOCUMENT_VALIDATIONS, EVENTS,
    PERSONS,
};
use verax_domain::role::Role;
use verax_query::{Query, Resource};
use verax_server::app::journal::Origin;
use verax_server::app::members::sessions::Session;
use verax_server::app::views::{DeletableViews, ExistingView, LIMITS, SaveView, ViewError};
use verax_server::http::{Needs, console_pages};

use crate::answer::Answer;
use crate::console_visits::{Visit, got_pages};
use crate::fixtures::{numbered, one_of_each, target_of};
use crate::world::World;

const LIST: &str = "/console/biometric-validations";
const SAVE: &str = "/console/biometric-validations/-/views";

/// Where an answer leads.
#[track_caller]
fn leads_to(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    answer.header("location").to_owned()
}

/// A link to a view as the page marks it: name, and whether it is what is shown.
fn links(page: &Answer) -> Vec<(String, bool)> {
    let Some((_, nav)) = page.text().split_once("<nav class=\"pages views\"") else {
        return Vec::new();
    };
    let nav = nav.split("</nav>").next().unwrap_or_default();
    let names = nav.split("<a ").skip(1).map(|link| {
        let name = link.split("<bdi>").nth(1).and_then(|rest| rest.split("</bdi>").next());
        (name.unwrap_or_default().to_owned(), link.contains("aria-current=\"page\""))
    });
    names.collect()
}

fn names(page: &Answer) -> Vec<String> {
    links(page).into_iter().map(|(name, _)| name).collect()
}

/// Where the views of a page are deleted.
fn deletions(page: &Answer) -> Vec<String> {
    let forms = page.text().split("action=\"").skip(1);
    let targets = forms.filter_map(|rest| rest.split('"').next());
    targets.filter(|it| it.contains("/-/views/")).map(str::to_owned).collect()
}

async fn session(world: &World, visit: &Visit<'_>) -> Session {
    world.app.session(&visit.secret).await.expect("a session")
}

/// Saves a view of all records of a resource.
async fn save_whole(
    world: &World,
    session: &Session,
    (resource, name): (&'static Resource, &str),
    is_shared: bool,
) -> Result<(), ViewError> {
    let query = Query::whole(resource);
    let save = SaveView { name, query: &query, is_shared, existing: ExistingView::Keep };
    world.app.save_view(session.key(), save).await
}

on_both_databases! {
    async fn what_is_saved_is_opened_and_marked_and_deleted(world) {
        numbered(world, "acme", 53).await;
        let viewer = Visit::of(world, Some("acme"), Role::Viewer).await;
        assert!(links(&viewer.get(LIST).await).is_empty());
        // Neither the page, nor a place in a walk, nor what means nothing is kept.
        let printed = "where_status=failed&sort=-createdAt&perPage=7&offset=0";
        let location = format!("{LIST}?{printed}&done=saved");
        for begin in ["page%3D2", "offset%3D9%26utm%3D%253Cb%253E", "cursor%3Dx%26count%3Dtrue"] {
            let query = format!("where_status%3Dfailed%26perPage%3D7%26{begin}");
            let form = format!("name=+Failed+ones+&replace=yes&query={query}");
            assert_eq!(leads_to(&viewer.post(SAVE, &form).await), location, "{begin}");
        }
        let page = viewer.get(&location).await;
        assert!(page.text().contains("role=\"status\">Saved.</p>"), "{}", page.text());
        assert_eq!(links(&page), [("Failed ones".to_owned(), true)]);
        let href = format!("href=\"{LIST}?{}\"", printed.replace('&', "&#38;"));
        assert!(page.text().contains(&href), "{href}");
        let other_spelling = format!("{LIST}?status=failed&limit=7&page=2&lang=es");
        assert_eq!(links(&viewer.get(&other_spelling).await), [("Failed ones".to_owned(), true)]);
        for other in ["", "?where_status=failed", "?where_status=new&perPage=7", "?nothing=1"] {
            let page = viewer.get(&format!("{LIST}{other}")).await;
            assert_eq!(links(&page), [("Failed ones".to_owned(), false)], "{other}");
        }
        // It is of this list alone, and the way to it where another query is wrong.
        assert!(links(&viewer.get("/console/document-liveness").await).is_empty());
        assert_eq!(names(&viewer.get(&format!("{LIST}?sort=x")).await), ["Failed ones"]);
        let [target] = &deletions(&page)[..] else { panic!("one view") };
        let elsewhere = target.replace("biometric-validations", "document-liveness");
        assert_eq!(viewer.post(&elsewhere, "").await.status, 404);
        let deleted = viewer.post(target, "query=where_status%3Dnew").await;
        let shown = "where_status=new&sort=-createdAt&perPage=20&offset=0";
        assert_eq!(leads_to(&deleted), format!("{LIST}?{shown}&done=view-deleted"));
        let page = viewer.get(deleted.header("location")).await;
        assert!(page.text().contains("The view is deleted.") && links(&page).is_empty());
        assert_eq!(viewer.post(target, "").await.status, 404);
        assert_eq!(viewer.post(&format!("{SAVE}/a%00b/delete"), "").await.status, 404);
    }

    async fn what_is_shared_is_for_colleagues_and_what_is_not_for_nobody_else(world) {
        for client in ["acme", "rival"] {
            world.client(client).await;
        }
        let editor = Visit::of(world, Some("acme"), Role::Editor).await;
        let viewer = Visit::of(world, Some("acme"), Role::Viewer).await;
        let owner = Visit::of(world, Some("acme"), Role::Owner).await;
        let rival = Visit::of(world, Some("rival"), Role::Owner).await;
        let of_all = Visit::of(world, None, Role::Owner).await;
        let second_of_all = Visit::of(world, None, Role::Viewer).await;
        leads_to(&editor.post(SAVE, "name=for+all+of+acme&shared=yes").await);
        leads_to(&editor.post(SAVE, "name=for+me").await);
        leads_to(&of_all.post(SAVE, "name=for+the+server&shared=yes").await);
        let rejected = viewer.post(SAVE, "name=for+everybody&shared=yes").await;
        assert_eq!(rejected.status, 403);
        assert!(editor.get(LIST).await.text().contains("name=\"shared\""));
        assert!(!viewer.get(LIST).await.text().contains("name=\"shared\""));
        assert_eq!(names(&editor.get(LIST).await), ["for all of acme", "for me"]);
        assert_eq!(names(&owner.get(LIST).await), ["for all of acme"]);
        let seen = viewer.get(LIST).await;
        assert_eq!(names(&seen), ["for all of acme"]);
        assert!(seen.text().contains("<small>of a colleague</small>") && deletions(&seen).is_empty());
        assert!(names(&rival.get(LIST).await).is_empty());
        for visit in [&of_all, &second_of_all] {
            assert_eq!(names(&visit.get(LIST).await), ["for the server"]);
        }

        let of_editor = deletions(&editor.get(LIST).await);
        assert_eq!(of_editor.len(), 2);
        for (who, visit) in [("viewer", &viewer), ("rival", &rival), ("of all", &of_all)] {
            for target in &of_editor {
                assert_eq!(visit.post(target, "").await.status, 404, "{who}");
            }
        }
        // An owner deletes what is shared, and nothing else.
        let [shared] = &deletions(&owner.get(LIST).await)[..] else { panic!("one view") };
        for target in of_editor.iter().filter(|target| *target != shared) {
            assert_eq!(owner.post(target, "").await.status, 404);
        }
        leads_to(&owner.post(shared, "").await);
        assert_eq!(names(&editor.get(LIST).await), ["for me"]);
    }

    async fn the_views_of_a_deleted_member_go_with_them(world) {
        world.client("acme").await;
        let editor = Visit::of(world, Some("acme"), Role::Editor).await;
        let viewer = Visit::of(world, Some("acme"), Role::Viewer).await;
        let of_editor = session(world, &editor).await;
        save_whole(world, &of_editor, (&EVENTS, "shared"), true).await.expect("a view");
        save_whole(world, &of_editor, (&PERSONS, "own"), false).await.expect("a view");
        assert_eq!(names(&viewer.get("/console/events").await), ["shared"]);
        let origin = Origin::command();
        world.app.delete_member(of_editor.key(), &origin).await.expect("deleted");
        assert!(names(&viewer.get("/console/events").await).is_empty());
        for resource in [&EVENTS, &PERSONS] {
            let left = world.app.views(of_editor.key(), resource).await.expect("views");
            assert!(left.is_empty(), "{left:?}");
        }
        let late = save_whole(world, &of_editor, (&EVENTS, "late"), true).await;
        assert!(matches!(late, Err(ViewError::Gone)), "{late:?}");
    }

    async fn there_are_so_many_views_and_no_more(world) {
        world.client("acme").await;
        let editor = Visit::of(world, Some("acme"), Role::Editor).await;
        let admin = Visit::of(world, Some("acme"), Role::Admin).await;
        let first = session(world, &editor).await;
        let second = session(world, &admin).await;
        let shared = [&BIOMETRIC_VALIDATIONS, &APP_REGISTRATIONS, &PERSONS, &DOCUMENT_LIVENESS];
        for resource in shared {
            for number in 1..LIMITS.of_member {
                let name = format!("view {number}");
                save_whole(world, &first, (resource, &name), true).await.expect("a view");
            }
            // Of two at once there is one too many.
            let both = tokio::join!(
                save_whole(world, &first, (resource, "one"), true),
                save_whole(world, &first, (resource, "other"), true),
            );
            let [one, other] = [both.0, both.1].map(|saved| saved.is_ok());
            assert!(one != other, "{one} {other}");
        }
        let full = editor.post(SAVE, "name=too+many&query=where_status%3Dnew").await;
        assert_eq!(full.status, 409);
        assert!(full.text().contains("You have 50 views of this list: delete one first."));
        assert!(full.text().contains("name=\"name\" value=\"too many\""), "what was typed is there");
        // The limit is of each list; in place of another there is room.
        save_whole(world, &first, (&DOCUMENT_VALIDATIONS, "x"), false).await.expect("a view");
        let replaced = "name=view+7&replace=yes&query=where_status%3Dnew&shared=yes";
        leads_to(&editor.post(SAVE, replaced).await);
        assert_eq!(names(&editor.get(LIST).await).len(), 50);

        // 200 are shared: colleagues keep theirs for themselves.
        let target = "/console/events/-/views";
        let full = admin.post(target, "name=mine&shared=yes").await;
        assert_eq!(full.status, 409);
        assert!(full.text().contains("You and your colleagues share 200 views"));
        assert!(full.text().contains("value=\"yes\" checked"));
        leads_to(&admin.post(target, "name=mine").await);
        let not_shared = admin.post(target, "name=mine&shared=yes&replace=yes").await;
        assert_eq!(not_shared.status, 409);
        let kept = world.app.views(second.key(), &EVENTS).await.expect("views");
        assert_eq!(kept.len(), 1, "what could not be replaced is there: {kept:?}");
        assert!(!kept[0].is_shared);
        let of_first = world.app.views(first.key(), &PERSONS).await.expect("views");
        let gone = (&PERSONS, of_first[0].id.as_str());
        let deletable = DeletableViews::Own;
        world.app.delete_view(first.key(), gone, deletable).await.expect("deleted");
        leads_to(&admin.post(target, "name=mine&shared=yes&replace=yes").await);
    }

    async fn one_name_is_one_view_that_is_replaced_when_its_owner_says_so(world) {
        world.client("acme").await;
        let editor = Visit::of(world, Some("acme"), Role::Editor).await;
        let admin = Visit::of(world, Some("acme"), Role::Admin).await;
        leads_to(&editor.post(SAVE, "name=Mine&query=where_status%3Dnew&shared=yes").await);
        let twice = editor.post(SAVE, "name=Mine&query=where_status%3Dfailed").await;
        assert_eq!(twice.status, 409);
        assert!(twice.text().contains("You have a view of this name already"));
        assert!(twice.text().contains("<button name=\"replace\" value=\"yes\""));
        assert_eq!(links(&twice), [("Mine".to_owned(), false)], "the list that was to be saved");
        leads_to(&editor.post(SAVE, "name=Mine&query=where_status%3Dfailed&replace=yes").await);
        let page = editor.get(&format!("{LIST}?where_status=failed")).await;
        assert_eq!(links(&page), [("Mine".to_owned(), true)]);
        assert!(names(&admin.get(LIST).await).is_empty(), "it is not shared any more");
        // Of a colleague, and of another list, it is another view.
        leads_to(&admin.post(SAVE, "name=Mine&shared=yes").await);
        leads_to(&editor.post("/console/events/-/views", "name=Mine").await);
        assert_eq!(names(&editor.get(LIST).await), ["Mine", "Mine"]);
    }
}

#[tokio::test]
async fn a_view_has_a_name_and_a_query_that_is_understood() {
    let world = World::sqlite().await;
    world.client("acme").await;
    let editor = Visit::of(&world, Some("acme"), Role::Editor).await;
    let longest = "%C3%A9".repeat(60);
    for (name, is_right) in [
        ("", false),
        ("+++", false),
        ("a%01b", false),
        ("a%0Ab", false),
        (&format!("{longest}x")[..], false),
        (&longest[..], true),
        ("%F0%9F%94%8D", true),
    ] {
        let answer = editor.post(SAVE, &format!("name={name}")).await;
        assert_eq!(answer.status, if is_right { 303 } else { 400 }, "{name}");
        assert!(is_right || answer.text().contains("must have 1 to 60 characters"), "{name}");
    }
    let long = format!("name=long&query=search%3D{}", "x".repeat(2100));
    let answer = editor.post(SAVE, &long).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("too many filters to be saved"));
    for query in ["where_statu%3Dnew", "sort%3Dx", "perPage%3D100000", &"x".repeat(9000)] {
        let answer = editor.post(SAVE, &format!("name=wrong&query={query}")).await;
        assert_eq!(answer.status, 400, "{query}");
    }
    assert!([400, 413].contains(&editor.post(SAVE, &"x".repeat(40_000)).await.status));
    assert_eq!(names(&editor.get(LIST).await).len(), 2);
}

#[tokio::test]
async fn a_name_with_markup_is_text() {
    let world = World::sqlite().await;
    world.client("acme").await;
    let editor = Visit::of(&world, Some("acme"), Role::Editor).await;
    let viewer = Visit::of(&world, Some("acme"), Role::Viewer).await;
    let name = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%3E%3Csvg+onload%3Dalert(2)%3E%E2%80%AE";
    let form = format!("name={name}&shared=yes&query=search%3D%2522%253E%253Csvg%253E");
    let saved = editor.post(SAVE, &form).await;
    let twice = editor.post(SAVE, &form).await;
    assert_eq!(twice.status, 409);
    let shown = [
        editor.get(&leads_to(&saved)).await,
        viewer.get(LIST).await,
        viewer.get(&format!("{LIST}?sort=x")).await,
        twice,
    ];
    for page in shown {
        let text = page.text();
        assert!(text.contains("<bdi>&#60;script&#62;alert(1)"), "{text}");
        for element in ["<script>", "<svg", "\"'>"] {
            assert!(!text.contains(element), "{element}");
        }
    }
}

/// Who may not read a list may not save one, and is not told what others have saved of it.
#[tokio::test]
async fn each_role_saves_views_of_what_it_reads_alone() {
    let world = World::sqlite().await;
    world.client("acme").await;
    let owner = Visit::of(&world, Some("acme"), Role::Owner).await;
    let forms = || {
        let forms = console_pages().into_iter().filter(|page| page.method == Method::POST);
        forms.filter(|page| page.path.contains("/-/views"))
    };
    assert!(forms().count() > 30, "two for each resource");
    for page in forms().filter(|page| page.path.ends_with("/-/views")) {
        leads_to(&owner.post(&page.path, "name=secret+plan&shared=yes").await);
    }
    for role in [Role::Viewer, Role::Editor, Role::Admin] {
        let visit = Visit::of(&world, Some("acme"), role).await;
        for page in forms() {
            let Needs::Reading(resource) = page.needs else { panic!("{}", page.path) };
            let scopes = role.scopes().iter();
            let reads = scopes.clone().any(|scope| resource.scopes.contains(&scope.word()));
            let answer = visit.post(&target_of(&page.path, "acme"), "name=mine").await;
            let status = match (reads, page.path.ends_with("/delete")) {
                (false, _) => 403,
                (true, false) => 303,
                (true, true) => 404,
            };
            assert_eq!(answer.status, status, "{} as {role:?}: {}", page.path, answer.text());
        }
        for (path, needs) in got_pages("acme") {
            let reads = match needs {
                Needs::Reading(resource) => {
                    role.scopes().iter().any(|scope| resource.scopes.contains(&scope.word()))
                }
                _ => false,
            };
            let is_told = visit.get(&path).await.text().contains("secret plan");
            assert!(reads || !is_told, "{path} as {role:?}");
        }
        assert_eq!(names(&visit.get(LIST).await), ["mine", "secret plan"]);
    }
}

#[tokio::test]
async fn two_worlds_that_differ_in_the_views_of_others_are_alike() {
    let worlds = [World::sqlite().await, World::sqlite().await];
    let mut visits = Vec::new();
    for world in &worlds {
        for client in ["acme", "rival"] {
            world.client(client).await;
        }
        one_of_each(world, "acme").await;
        let viewer = Visit::of(world, Some("acme"), Role::Viewer).await;
        let colleague = Visit::of(world, Some("acme"), Role::Editor).await;
        let rival = Visit::of(world, Some("rival"), Role::Owner).await;
        let of_all = Visit::of(world, None, Role::Owner).await;
        leads_to(&viewer.post(SAVE, "name=own").await);
        visits.push((viewer, [colleague, rival, of_all]));
    }
    let (_, [colleague, rival, of_all]) = &visits[1];
    for page in console_pages().into_iter().filter(|page| page.path.ends_with("/-/views")) {
        for (visit, form) in
            [(rival, "name=x&shared=yes"), (of_all, "name=x&shared=yes"), (colleague, "name=x")]
        {
            let status = visit.post(&page.path, form).await.status;
            assert!([303, 403].contains(&status), "{}: {status}", page.path);
        }
    }
    assert_eq!(names(&colleague.get(LIST).await), ["x"]);
    let lists = got_pages("acme").into_iter().map(|(path, _)| path);
    for path in lists.filter(|path| !path.starts_with("/console/account")) {
        let (one, other) = (visits[0].0.get(&path).await, visits[1].0.get(&path).await);
        assert_eq!((one.status, one.text()), (other.status, other.text()), "{path}");
    }
    for target in deletions(&rival.get(LIST).await) {
        let answers = [visits[0].0.post(&target, "").await, visits[1].0.post(&target, "").await];
        assert_eq!(answers[0].text(), answers[1].text());
        assert_eq!(answers[0].status, 404);
    }
}
