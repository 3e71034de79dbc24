//! `/v2/document-validations`: a registration's document is read, and what is said of it afterwards.

use axum::extract::{RawQuery, State as Extract};
use axum::response::Response;
use serde_json::{Value, json};
use verax_domain::RecordTokenScope;
use verax_domain::lifecycle::Actor;
use verax_domain::records::document_validation::{DocumentValidation, ManualRequest, NameReview};
use verax_domain::resources::DOCUMENT_VALIDATIONS;
use verax_query::Tenant;

use super::errors::METHOD_NOT_SET;
use super::reading::{
    BACK, FRONT, INPUT, SAVE, about_document, await_reading, finish, shown_record, take_document,
};
use crate::app::access::{Bearer, Caller};
use crate::app::document_validations::changes::{Change, ChangeOf};
use crate::app::journal::Origin;
use crate::http::answers::json as json_response;
use crate::http::body::reading::{read, read_measured};
use crate::http::body::table::{BodyField, Default, Purpose, Rule, field_as, optional};
use crate::http::body::unread::Unread;
use crate::http::error::{ApiError, access_denied};
use crate::http::layers::allowed::Allowed;
use crate::http::path_id::PathId;
use crate::http::query_string::{decoded, parts};
use crate::http::state::State;

pub static DOCUMENT_BODY: &[BodyField] = &[
    FRONT,
    BACK,
    optional("force", Rule::Flag, "Whether a document that the registration has is replaced.")
        .or(Default::Flag(false)),
    INPUT,
    SAVE,
    optional("appRegistration", Rule::Id, "The registration, with a client's token."),
];

/// Nothing of such a body is read but how long it is.
pub static NOTHING: &[BodyField] = &[];

pub static VALIDATE_BODY: &[BodyField] =
    &[optional("force", Rule::Flag, "As `force` of the query.").or(Default::Flag(false))];

pub static MANUAL_BODY: &[BodyField] = &[
    optional("reason", Rule::Text(1, 500), "Why a reviewer is asked for."),
    optional("timeoutType", Rule::Text(1, 100), "What took too long, as the page calls it."),
    optional("elapsedTime", Rule::Number(0.0, 1e9), "How long it took, in the page's unit."),
];

/// What a reviewer says of names, in the words of a dashboard.
const SAME: &str = "match";
const OTHER: &str = "mismatch";

pub static REVIEW_BODY: &[BodyField] = &[
    optional("namesMatch", Rule::Flag, "Whether the names are those that the person stated."),
    optional("decision", Rule::Word(&[SAME, OTHER]), "The same in a word; one of both is needed."),
    optional("note", Rule::Text(1, 1000), "What the reviewer says besides."),
];

pub static TYPE_BODY: &[BodyField] =
    &[field_as(&DOCUMENT_VALIDATIONS, "documentType", Rule::Text(1, 64)).required()];

/// `POST /v2/document-validations/app-registration`, with the registration's token, or with a client's that
/// names the registration.
pub async fn read_for_registration(
    Extract(state): Extract<State>,
    bearer: Bearer,
    origin: Origin,
    allowed: Allowed,
    body: Unread,
) -> Result<Response, ApiError> {
    let own = match &bearer {
        Bearer::Caller(_) => None,
        Bearer::RecordToken(record_token) => record_token.subject(RecordTokenScope::Registration),
    };
    let (mut sent, slot) = read_measured(&state, &allowed, body, DOCUMENT_BODY).await?;
    let named = sent.text("appRegistration").map(str::to_owned);
    let (registration, actor) = match (own, named) {
        (Some(own), _) => (own.to_owned(), Actor::Person),
        (None, Some(named)) => (named, Actor::Reviewer),
        (None, None) => {
            sent.wrong("appRegistration", "is required with a client's token");
            (String::new(), Actor::Reviewer)
        }
    };
    if !sent.has_image("image") && !sent.has_image("backImage") {
        sent.wrong("image", "is required");
    }
    let sent = take_document(&state, finish(sent)?).await?;
    let (permit, engine) = state.app.admission.try_document_permit()?;
    // The work goes on although its caller does not wait: its slot is taken until then.
    let permit = (permit.holding(slot), engine);
    let whose = (bearer.client(), registration.as_str());
    let begun =
        state.app.read_document_of_registration(whose, sent, actor, permit, &origin).await?;
    let id = begun.0.clone();
    let status = await_reading(&state, begun).await?;
    let record = shown_record(&state, &bearer, &id).await?;
    let body = json!({ "success": true, "data": { "documentValidation": record } });
    let mut response = json_response(body.to_string().into_bytes());
    *response.status_mut() = status;
    Ok(about_document(&id, response))
}

/// `PUT /v2/document-validations/{id}/validate`: the names that the person states now are compared again. With
/// `force` a client says that they are the same; from a device it says nothing.
pub async fn validate(
    Extract(state): Extract<State>,
    bearer: Bearer,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    RawQuery(raw): RawQuery,
    body: Unread,
) -> Result<Response, ApiError> {
    let (id, actor) = own_document(&state, &bearer, id).await?;
    let sent = finish(read(&state, &allowed, body, VALIDATE_BODY, Purpose::Change).await?)?;
    let of = ChangeOf { client: bearer.client(), document: &id, actor, origin: &origin };
    let change = match actor {
        Actor::Reviewer if sent.flag("force") || is_forced(raw.as_deref()) => {
            Change::Review(NameReview {
                are_same: true,
                note: None,
                by: bearer.client().to_owned(),
            })
        }
        _ => Change::Names,
    };
    state.app.change_document(of, &change).await?;
    answer(&state, &bearer, &id).await
}

/// `PUT /v2/document-validations/{id}/manual-verification`: the page has given up, and a reviewer is asked for.
pub async fn ask_for_review(
    Extract(state): Extract<State>,
    bearer: Bearer,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let (id, actor) = own_document(&state, &bearer, id).await?;
    let sent = read(&state, &allowed, body, MANUAL_BODY, Purpose::Change).await?;
    let sent = finish(sent)?;
    let text = |name: &str| sent.text(name).map(str::to_owned);
    let request = ManualRequest {
        reason: text("reason"),
        timeout_type: text("timeoutType"),
        elapsed_time: sent.members.get("elapsedTime").and_then(Value::as_f64),
    };
    let of = ChangeOf { client: bearer.client(), document: &id, actor, origin: &origin };
    state.app.ask_for_document_review(of, &request).await?;
    answer(&state, &bearer, &id).await
}

/// `PUT /v2/document-validations/{id}/manual-name-review`: a reviewer says whether the names are the same.
pub async fn review_names(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = clients_document(&state, &caller, id).await?;
    let mut sent = read(&state, &allowed, body, REVIEW_BODY, Purpose::Create).await?;
    let decided = sent.text("decision").map(|word| word == SAME);
    let stated = sent.members.get("namesMatch").and_then(Value::as_bool);
    match (stated, decided) {
        (None, None) => sent.wrong("namesMatch", "is required"),
        (Some(stated), Some(decided)) if stated != decided => {
            sent.wrong("decision", "must say the same as namesMatch");
        }
        _ => {}
    }
    let sent = finish(sent)?;
    let review = NameReview {
        are_same: stated.or(decided).unwrap_or(false),
        note: sent.text("note").map(str::to_owned),
        by: caller.client().to_owned(),
    };
    let of = of_client(&caller, &id, &origin);
    state.app.change_document(of, &Change::Review(review)).await?;
    answer(&state, &Bearer::Caller(caller), &id).await
}

/// `PUT /v2/document-validations/{id}/document-type`.
pub async fn rename(
    Extract(state): Extract<State>,
    caller: Caller,
    origin: Origin,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    let id = clients_document(&state, &caller, id).await?;
    let sent = read(&state, &allowed, body, TYPE_BODY, Purpose::Create).await?;
    let sent = finish(sent)?;
    let document_type = sent.text("documentType").unwrap_or_default();
    state.app.rename_document(of_client(&caller, &id, &origin), document_type).await?;
    answer(&state, &Bearer::Caller(caller), &id).await
}

/// `PUT /v2/document-validations/{id}`: the protocol has no such change.
pub async fn change(
    Extract(state): Extract<State>,
    caller: Caller,
    allowed: Allowed,
    id: PathId,
    body: Unread,
) -> Result<Response, ApiError> {
    clients_document(&state, &caller, id).await?;
    read(&state, &allowed, body, NOTHING, Purpose::Change).await?;
    let error = "A document validation is not changed as a whole.";
    Err(ApiError::new(&METHOD_NOT_SET, error).with_member("message", METHOD_NOT_SET.code.into()))
}

fn of_client<'a>(caller: &'a Caller, id: &'a str, origin: &'a Origin) -> ChangeOf<'a> {
    ChangeOf { client: caller.client(), document: id, actor: Actor::Reviewer, origin }
}

/// The document that a path names. With a registration's token its own alone; whether there is another is not
/// said.
async fn own_document(
    state: &State,
    bearer: &Bearer,
    id: PathId,
) -> Result<(String, Actor), ApiError> {
    let record_token = match bearer {
        Bearer::Caller(caller) => {
            return Ok((clients_document(state, caller, id).await?, Actor::Reviewer));
        }
        Bearer::RecordToken(record_token) => record_token,
    };
    let own = record_token.subject(RecordTokenScope::Registration).ok_or_else(access_denied)?;
    let id = id.of(&DOCUMENT_VALIDATIONS).map_err(|_| access_denied())?;
    let tenant = Tenant::Client(record_token.client().to_owned());
    let found: Option<DocumentValidation> = state.app.find(&tenant, &id).await?;
    match found.is_some_and(|it| it.registration.as_deref() == Some(own)) {
        true => Ok((id, Actor::Person)),
        false => Err(access_denied()),
    }
}

/// The document of a client that a path names: looked for before anything is read of a body.
async fn clients_document(state: &State, caller: &Caller, id: PathId) -> Result<String, ApiError> {
    let unknown = || ApiError::not_found(&DOCUMENT_VALIDATIONS);
    let id = id.of(&DOCUMENT_VALIDATIONS)?;
    let tenant = Tenant::Client(caller.client().to_owned());
    let found: Option<DocumentValidation> = state.app.find(&tenant, &id).await?;
    found.map(|_| id).ok_or_else(unknown)
}

fn is_forced(raw: Option<&str>) -> bool {
    let mut all = parts(raw.unwrap_or_default()).filter_map(decoded);
    all.any(|(name, value)| name == "force" && (value == "1" || value.eq_ignore_ascii_case("true")))
}

async fn answer(state: &State, bearer: &Bearer, id: &str) -> Result<Response, ApiError> {
    let record = shown_record(state, bearer, id).await?;
    let body = json!({ "success": true, "data": record });
    Ok(about_document(id, json_response(body.to_string().into_bytes())))
}
