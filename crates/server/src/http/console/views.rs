//! Saving the list that is shown as a view, and deleting one.

use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::Response;
use verax_domain::Scope;
use verax_pages::Texts;
use verax_pages::cell::list_href;
use verax_pages::list::ViewDraft;
use verax_query::{Query, Resource, is_id};

use super::answers::{html_with, see};
use super::form::Form;
use super::lists::page;
use super::visitor::Visitor;
use crate::app::views::{DeletableViews, ExistingView, SaveView, ViewError};
use crate::http::body::unread::Unread;
use crate::http::error::ApiError;
use crate::http::error_codes::{FORBIDDEN, NOT_FOUND};
use crate::http::layers::allowed::Allowed;
use crate::http::layers::handling::RequestHandling;
use crate::http::path_id::PathId;
use crate::http::state::State;

/// `POST /console/<resource>/-/views`.
pub async fn save(
    Extract(state): Extract<State>,
    visitor: Visitor,
    handling: RequestHandling,
    (allowed, unread): (Allowed, Unread),
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let query = Query::parse(resource, form.text("query")).map_err(ApiError::invalid)?;
    let query = query.from_the_beginning();
    let is_shared = form.text("shared") == "yes";
    if is_shared && !visitor.has(Scope::Write) {
        let error = "Sharing a view needs the scope write.";
        return Err(ApiError::new(&FORBIDDEN, error));
    }
    let existing = match form.text("replace") == "yes" {
        true => ExistingView::Replace,
        false => ExistingView::Keep,
    };
    let save = SaveView { name: form.text("name"), query: &query, is_shared, existing };
    let Err(error) = state.app.save_view(visitor.session()?.key(), save).await else {
        return Ok(see(&format!("{}?{}&done=saved", list_href(resource), query.to_query_string())));
    };
    let draft = ViewDraft {
        name: form.text("name").to_owned(),
        is_shared,
        is_taken: matches!(error, ViewError::NameTaken),
    };
    let (status, problem) = told(visitor.texts, error)?;
    let mut list = page(&state, &visitor, &handling, &query, draft).await?;
    list.shell = list.shell.with_problem(problem);
    html_with(status, &list)
}

/// `POST /console/<resource>/-/views/{id}/delete`.
pub async fn delete(
    Extract(state): Extract<State>,
    visitor: Visitor,
    id: PathId,
    (allowed, unread): (Allowed, Unread),
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let form = Form::read(unread, &state, &allowed).await?;
    let id = id.sent().filter(|id| is_id(id)).ok_or_else(gone)?;
    let key = visitor.session()?.key();
    match state.app.delete_view(key, (resource, id), deletable(&visitor)).await {
        Err(ViewError::Store(error)) => return Err(error.into()),
        Err(_) => return Err(gone()),
        Ok(()) => {}
    }
    // Back to the list that was shown.
    let shown = Query::parse(resource, form.text("query"));
    let query = shown.map(|query| query.to_query_string() + "&").unwrap_or_default();
    Ok(see(&format!("{}?{query}done=view-deleted", list_href(resource))))
}

/// Which views the visitor may delete: owners also those that their colleagues share.
fn deletable(visitor: &Visitor) -> DeletableViews {
    match visitor.has(Scope::WriteMembers) {
        true => DeletableViews::OwnAndShared,
        false => DeletableViews::Own,
    }
}

fn gone() -> ApiError {
    ApiError::new(&NOT_FOUND, "There is no such view.")
}

/// What the visitor can mend, in words; what cannot be helped is an error page.
fn told(texts: Texts, error: ViewError) -> Result<(StatusCode, String), ApiError> {
    let (status, id) = match error {
        ViewError::Store(error) => return Err(error.into()),
        ViewError::Gone => return Err(gone()),
        ViewError::NameInvalid => (StatusCode::BAD_REQUEST, "problem-view-name"),
        ViewError::QueryTooLong => (StatusCode::BAD_REQUEST, "problem-view-long"),
        ViewError::NameTaken => (StatusCode::CONFLICT, "problem-view-taken"),
        ViewError::TooMany => (StatusCode::CONFLICT, "problem-views-many"),
        ViewError::TooManyShared => (StatusCode::CONFLICT, "problem-views-shared"),
    };
    Ok((status, texts.get(id)))
}
