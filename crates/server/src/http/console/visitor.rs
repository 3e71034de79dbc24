//! Who looks at a page: their session, their language, and where they may go.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use verax_domain::Scope;
use verax_domain::resources;
use verax_pages::cell::{Reader, list_href};
use verax_pages::shell::Visitor as Named;
use verax_pages::{Language, Section, SectionLink, Shell, Texts, names};
use verax_query::{Resource, Tenant};

use super::cookies::{LANGUAGE_COOKIE, cookie};
use super::form::Form;
use crate::app::access::Caller;
use crate::app::journal::Origin;
use crate::app::members::sessions::Session;
use crate::app::reviews::ReviewActor;
use crate::http::error::ApiError;
use crate::http::layers::allowed::may_read;
use crate::http::state::State;

/// Sections of the console, and which resources are in which; those that none names are records.
const SET_UP: &[&str] = &["projects", "project-flows", "prompt-templates", "webhooks"];
const ACTIVITY: &[&str] = &["events", "accesses", "webhook-events"];
const ACCESS: &[&str] = &["project-members"];
/// What most visitors look for comes first.
const FIRST: &[&str] = &[
    "reviews",
    "app-registrations",
    "biometric-validations",
    "document-validations",
    "document-liveness",
    "persons",
];

/// Whoever looks at a page.
#[derive(Clone)]
pub struct Visitor {
    pub texts: Texts,
    /// `None`: nobody has signed in.
    session: Option<Session>,
    request: Option<String>,
    path: String,
    /// Where this server is: `https://verax.example`.
    pub origin: String,
    pub is_demo: bool,
}

impl Visitor {
    pub fn stranger(state: &State, language: Language, path: &str) -> Visitor {
        Visitor {
            texts: Texts(language),
            session: None,
            request: None,
            path: path.to_owned(),
            origin: String::new(),
            is_demo: state.demo.is_there(),
        }
    }

    pub fn signed_in(self, session: Session, origin: String, request: Option<String>) -> Visitor {
        Visitor { session: Some(session), origin, request, ..self }
    }

    /// # Errors
    /// Nobody has signed in, and the page is for whoever has: its `Needs` lets them in.
    pub fn session(&self) -> Result<&Session, ApiError> {
        let missing = || ApiError::internal().caused("a page for members let a stranger in");
        self.session.as_ref().ok_or_else(missing)
    }

    pub fn caller(&self) -> Result<&Caller, ApiError> {
        Ok(&self.session()?.caller)
    }

    /// Whoever is said to have made a change.
    pub fn change_origin(&self) -> Result<Origin, ApiError> {
        Ok(self.session()?.origin(self.request.clone()))
    }

    /// What the visitor is called.
    pub fn name(&self) -> Result<&str, ApiError> {
        let member = &self.session()?.member;
        Ok(member.name.as_deref().unwrap_or(&member.email))
    }

    /// Who the visitor is as a reviewer.
    pub fn reviewer(&self) -> Result<ReviewActor, ApiError> {
        Ok(ReviewActor::of(self.caller()?, &self.change_origin()?))
    }

    pub fn request(&self) -> Option<String> {
        self.request.clone()
    }

    pub fn may_read(&self, resource: &Resource) -> bool {
        let Some(session) = &self.session else { return false };
        match resource.scopes == [Scope::WriteMembers.word()] {
            // Not for staff, who may read all else.
            true => session.caller.has(Scope::WriteMembers),
            false => may_read(&session.caller, resource.scopes),
        }
    }

    pub fn has(&self, scope: Scope) -> bool {
        self.session.as_ref().is_some_and(|session| session.caller.has(scope))
    }

    pub fn is_of_all(&self) -> bool {
        let session = self.session.as_ref();
        session.is_some_and(|session| session.caller.tenant() == Tenant::All)
    }

    /// What is around a page of this title.
    pub fn shell(&self, title: impl Into<String>) -> Shell {
        let shell = Shell::new(self.texts, title);
        let Some(session) = &self.session else { return shell };
        let member = &session.member;
        let visitor = Named {
            name: member.name.clone().unwrap_or_else(|| member.email.clone()),
            role: self.texts.get(&format!("role-{}", member.role.word())),
            client: if self.is_of_all() { String::new() } else { member.client.clone() },
        };
        let sections = self.sections();
        Shell { visitor: Some(visitor), sections, is_demo: self.is_demo, ..shell }
    }

    /// The pages that the visitor may see.
    fn sections(&self) -> Vec<Section> {
        let mut readable: Vec<&'static Resource> = resources::ALL.to_vec();
        readable.retain(|resource| !resource.versions.is_empty() && self.may_read(resource));
        readable.sort_by_key(|resource| {
            FIRST.iter().position(|name| *name == resource.name).unwrap_or(FIRST.len())
        });
        let of = |names: &[&str]| -> Vec<SectionLink> {
            let named = readable.iter().filter(|it| names.contains(&it.name));
            named.map(|it| self.link(&list_href(it), names::plural(self.texts, it))).collect()
        };
        let named = [SET_UP, ACTIVITY, ACCESS].concat();
        let others: Vec<&str> =
            readable.iter().map(|it| it.name).filter(|name| !named.contains(name)).collect();
        let mut records = vec![self.link("/console/", self.texts.get("home"))];
        if self.has(Scope::Review) {
            records.push(self.link("/console/queue", self.texts.get("queue")));
        }
        records.extend(of(&others));
        let mut access = of(ACCESS);
        if self.has(Scope::WriteMembers) {
            access.push(self.link("/console/tokens", self.texts.get("tokens")));
            if self.is_of_all() {
                access.push(self.link("/console/settings", self.texts.get("settings")));
            }
        }
        access.push(self.link("/docs/", self.texts.get("api-docs")));
        let sections = [
            ("section-records", records),
            ("section-set-up", of(SET_UP)),
            ("section-activity", of(ACTIVITY)),
            ("section-people", access),
        ];
        let titled = sections.into_iter().filter(|(_, links)| !links.is_empty());
        titled.map(|(title, links)| Section { title: self.texts.get(title), links }).collect()
    }

    fn link(&self, href: &str, label: String) -> SectionLink {
        let below = self.path.strip_prefix(href);
        let is_current = match href {
            "/console/" => matches!(below, Some("")) || self.path == "/console",
            _ => below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        SectionLink { href: href.to_owned(), label, is_current }
    }

    /// For whom values are shown.
    pub fn reader<'a>(&self, may_open: &'a (dyn Fn(&Resource) -> bool + 'a)) -> Reader<'a> {
        Reader { texts: self.texts, may_open }
    }
}

/// The language of a request: what its address says, what this browser was told, what the member chose, what
/// the browser says.
pub fn language(parts: &Parts, member: Option<&str>) -> Language {
    let chosen = || cookie(&parts.headers, LANGUAGE_COOKIE).and_then(Language::from_code);
    let wanted = || Language::from_code(member?);
    let accepted = || {
        let header = parts.headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        Language::accepted(header)
    };
    let asked = asked_language(parts.uri.query());
    asked.or_else(chosen).or_else(wanted).or_else(accepted).unwrap_or_default()
}

/// The language that a request names, and that holds from now on.
pub fn asked_language(query: Option<&str>) -> Option<Language> {
    Language::from_code(Form::of(query.unwrap_or_default()).text("lang"))
}

/// What the guard has left.
impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visitor, ApiError> {
        let missing = || ApiError::internal().caused("a page without a guard");
        parts.extensions.get().cloned().ok_or_else(missing)
    }
}
