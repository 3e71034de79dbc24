//! `POST /v2/app-registrations`: by a client, or by the person where the project lets anybody register.

use axum::extract::State as Extract;
use axum::response::Response;
use serde_json::{Map, Value, json};
use verax_domain::records::project::Project;
use verax_domain::records::project_flow::FlowKind;
use verax_domain::resources::APP_REGISTRATIONS;
use verax_query::{Audience, Tenant};

use crate::app::access::Bearer;
use crate::app::journal::Origin;
use crate::app::registrations::{HeldContacts, RegistrationError};
use crate::http::answers::brief::brief;
use crate::http::answers::shown;
use crate::http::body::checked::CheckedBody;
use crate::http::body::reading::read;
use crate::http::body::table::Purpose;
use crate::http::body::unread::Unread;
use crate::http::error::{ApiError, anonymous_rejected, anonymous_rejection, for_clients_only};
use crate::http::error_codes::MISSING_PARAMETER;
use crate::http::layers::allowed::{Allowed, may_read};
use crate::http::layers::authorize::MaybeBearer;
use crate::http::layers::idempotency::about;
use crate::http::layers::quota::{take, take_guess};
use crate::http::layers::source_address::SourceAddress;
use crate::http::registrations::calls::{REGISTRATION_BODY, answer, check_phone};
use crate::http::state::State;

/// Who registers somebody.
struct Registrar {
    client: String,
    mode: String,
    audience: Audience,
    /// Whether the answer may say more than was sent.
    reads: bool,
    held: HeldContacts,
}

/// Each gives a registration of its own, which knows nothing of others with the same address or number;
/// when one of those is completed, it is rejected.
pub async fn create(
    Extract(state): Extract<State>,
    MaybeBearer(bearer): MaybeBearer,
    origin: Origin,
    allowed: Allowed,
    SourceAddress(source): SourceAddress,
    body: Unread,
) -> Result<Response, ApiError> {
    let read = read(&state, &allowed, body, REGISTRATION_BODY, Purpose::Create).await;
    let (registrar, sent) = match &bearer {
        Some(Bearer::Caller(caller)) => {
            let registrar = Registrar {
                client: caller.client().to_owned(),
                mode: caller.mode().to_owned(),
                audience: Audience::Client,
                reads: may_read(caller, APP_REGISTRATIONS.scopes),
                held: HeldContacts::Told,
            };
            (registrar, read?)
        }
        Some(Bearer::RecordToken(_)) => return Err(for_clients_only()),
        None => {
            let sent = read.map_err(anonymous_rejection)?;
            (stranger(&state, &sent).await?, sent)
        }
    };
    let members = checked(sent)?;
    let told = members.clone();
    let (client, mode) = (registrar.client.as_str(), registrar.mode.as_str());
    let made = state.app.register(client, mode, members, registrar.held, &origin).await;
    let (id, token) = match made {
        // Whoever asks for many addresses finds out who is registered.
        Err(error @ RegistrationError::Registered(_)) if bearer.is_none() => {
            take_guess(&state, source)?;
            return Err(error.into());
        }
        Err(RegistrationError::NoProject) if bearer.is_none() => return Err(anonymous_rejected()),
        made => made?,
    };
    let tenant = Tenant::Client(client.to_owned());
    let record = match registrar.reads {
        true => state.app.find_record(&APP_REGISTRATIONS, &tenant, &id).await?,
        false => Some(brief(&id, &told)),
    };
    let record = record.map(|record| shown(registrar.audience, &APP_REGISTRATIONS, record));
    // Nothing is asked of data sources here, so there is no validation of what the person said.
    let data = json!({ "appRegistration": record, "informationValidation": null, "token": token });
    Ok(about(&APP_REGISTRATIONS, &id, answer(&data)))
}

fn checked(mut sent: CheckedBody) -> Result<Map<String, Value>, ApiError> {
    if sent.text("email").is_none() && sent.text("phone").is_none() {
        sent.wrong("email", "or \"phone\" is required: Needs an email or a phone at least");
    }
    check_phone(&mut sent, None);
    Ok(sent.finish(&MISSING_PARAMETER)?.members)
}

/// In whose name a stranger registers: the client's whose project lets anybody, in a flow for that which is
/// in use. Whether there is such a project is not said.
async fn stranger(state: &State, sent: &CheckedBody) -> Result<Registrar, ApiError> {
    let project = sent.text("project").ok_or_else(anonymous_rejected)?;
    let found: Option<Project> = state.app.find(&Tenant::All, project).await?;
    let found = found.filter(|project| project.allows_anonymous);
    let found = found.ok_or_else(anonymous_rejected)?;
    // Nobody has a token to be counted by: the project is.
    take(state, &format!("anonymous:{project}"), "without a token for this project", None)?;
    let flow = sent.text("projectFlow");
    let usable = state.app.find_usable_flow(&found.client, Some(project), flow).await?;
    if !usable.is_some_and(|usable| usable.flow.is_public_of(FlowKind::Onboarding)) {
        return Err(anonymous_rejected());
    }
    let tells = state.app.config.now().validations.tell_registered;
    Ok(Registrar {
        mode: state.app.mode_of(&found.client).await?.to_owned(),
        client: found.client,
        audience: Audience::Device,
        reads: true,
        held: if tells { HeldContacts::Told } else { HeldContacts::NotTold },
    })
}
