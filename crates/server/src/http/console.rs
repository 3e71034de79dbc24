//! The console: pages for the people who work with records. They call `app` as the API does, and show
//! nothing that the API would reject.

pub mod account;
pub mod actors;
pub mod answers;
pub mod case_records;
pub mod cases;
pub mod controls;
pub mod cookies;
pub mod demo;
pub mod errors;
pub mod finding;
pub mod form;
pub mod form_body;
pub mod guard;
pub mod home;
pub mod images;
pub mod lists;
pub mod members;
pub mod needs;
pub mod news;
pub mod page;
pub mod queue;
pub mod records;
pub mod set_up;
pub mod settings;
pub mod sign_in;
pub mod tokens;
pub mod typed_form;
pub mod typed_values;
pub mod views;
pub mod visitor;
pub mod webhooks;

use axum::extract::RawQuery;
use axum::extract::State as Extract;
use verax_domain::resources::{self, REVIEWS};
use verax_query::Resource;

use self::needs::Needs;
pub use self::page::Page;
use self::visitor::Visitor;
use super::body::unread::Unread;
use super::layers::allowed::Allowed;
use super::layers::caching::IfNoneMatch;
use super::layers::handling::RequestHandling;
use super::path_id::PathId;
use super::state::State;

/// Every page of the console.
pub fn pages() -> Vec<Page> {
    let mut all = vec![
        Page::get("/console/assets/{file}", Needs::Nothing, answers::asset),
        Page::get("/console/sign-in", Needs::Nothing, sign_in::page),
        Page::post("/console/sign-in", Needs::Nothing, sign_in::sign_in),
        Page::post("/console/sign-out", Needs::Nothing, sign_in::sign_out),
        Page::get("/console/join/{secret}", Needs::Nothing, sign_in::invitation),
        Page::post("/console/join/{secret}", Needs::Nothing, sign_in::join),
        Page::get("/console/demo/{code}", Needs::Nothing, demo::enter),
        Page::get("/console", Needs::SignedIn, home::home),
        Page::get("/console/", Needs::SignedIn, home::home),
    ];
    all.extend(account::pages());
    all.extend(settings::pages());
    all.extend(tokens::pages());
    all.extend(members::pages());
    all.extend(webhooks::pages());
    all.extend(set_up::pages());
    all.extend(queue::pages());
    all.extend(cases::pages());
    all.extend(images::pages());
    let listed = resources::ALL.into_iter().filter(|resource| !resource.versions.is_empty());
    all.extend(listed.flat_map(of_resource));
    all.push(Page::get("/console/{*rest}", Needs::SignedIn, answers::not_found));
    all
}

/// The pages that a resource has by existing.
fn of_resource(resource: &'static Resource) -> [Page; 7] {
    let needs = Needs::Reading(resource);
    let path = |rest: &str| format!("/console/{}{rest}", resource.name);
    let list =
        move |state: Extract<State>,
              visitor: Visitor,
              handling: RequestHandling,
              query: RawQuery| { lists::list(state, visitor, handling, query, resource) };
    let csv = move |state: Extract<State>,
                    visitor: Visitor,
                    known: IfNoneMatch,
                    handling: RequestHandling,
                    query: RawQuery| {
        lists::csv(state, visitor, (known, handling), query, resource)
    };
    let filter = move |query: RawQuery| lists::filter(query, resource);
    let record = move |state: Extract<State>, visitor: Visitor, id: PathId, query: RawQuery| {
        records::record(state, visitor, id, query, resource)
    };
    let json = move |state: Extract<State>, visitor: Visitor, id: PathId| {
        records::json(state, visitor, id, resource)
    };
    let save_view = move |state: Extract<State>,
                          visitor: Visitor,
                          handling: RequestHandling,
                          allowed: Allowed,
                          unread: Unread| {
        views::save(state, visitor, handling, (allowed, unread), resource)
    };
    let delete_view = move |state: Extract<State>,
                            visitor: Visitor,
                            id: PathId,
                            allowed: Allowed,
                            unread: Unread| {
        views::delete(state, visitor, id, (allowed, unread), resource)
    };
    [
        Page::get(path(""), needs, list),
        Page::get(path(".csv"), needs, csv),
        Page::get(path("/-/filter"), needs, filter),
        match resource.name == REVIEWS.name {
            true => Page::get(path("/{id}"), needs, cases::case),
            false => Page::get(path("/{id}"), needs, record),
        },
        Page::get(path("/{id}/json"), needs, json),
        Page::post(path("/-/views"), needs, save_view),
        Page::post(path("/-/views/{id}/delete"), needs, delete_view),
    ]
}
