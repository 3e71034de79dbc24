//! The records that a case is decided on: its subject, its registration, and the registration's other checks.

use axum::http::StatusCode;
use serde_json::Value;
use verax_domain::document_reading::{DocumentSide, ReadValue};
use verax_domain::resources::{
    self, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, DOCUMENT_VALIDATIONS,
    PROJECT_FLOWS,
};
use verax_pages::case::checks::CheckGroup;
use verax_pages::case::images::{Region, StoredImage};
use verax_pages::cell::{Cell, Reader, called, record_href};
use verax_pages::names;
use verax_query::{Key, Query, Resource, Retrieval, Tenant};

use super::finding::{beside, find, rows};
use super::images;
use super::visitor::Visitor;
use crate::http::error::ApiError;
use crate::http::state::State;

const OF_REGISTRATION: Key<str> = Key::text(&DOCUMENT_LIVENESS, "appRegistration");

/// The records of a case that its visitor may read, the subject first. Of what was deleted there is none.
pub struct CaseRecords {
    all: Vec<(&'static Resource, Value)>,
    flow: String,
    /// Among whose records they are.
    pub tenant: Tenant,
}

impl CaseRecords {
    pub async fn of(
        state: &State,
        visitor: &Visitor,
        review: &Value,
    ) -> Result<CaseRecords, ApiError> {
        let mut records = CaseRecords {
            all: Vec::new(),
            flow: text(review, "projectFlow").to_owned(),
            tenant: beside(visitor, review)?,
        };
        if let Some(resource) = resources::by_name(text(review, "subjectResource")) {
            records.add(state, visitor, resource, text(review, "subjectId")).await?;
        }
        let registration = text(review, "appRegistration").to_owned();
        records.add(state, visitor, &APP_REGISTRATIONS, &registration).await?;
        let Some(registration) = records.one(&APP_REGISTRATIONS) else { return Ok(records) };
        let id = text(registration, "_id").to_owned();
        let others = [
            (&DOCUMENT_VALIDATIONS, text(registration, "documentValidation").to_owned()),
            (&BIOMETRIC_VALIDATIONS, text(registration, "biometricValidation").to_owned()),
        ];
        for (resource, id) in others {
            records.add(state, visitor, resource, &id).await?;
        }
        if visitor.may_read(&DOCUMENT_LIVENESS) {
            let newest =
                Query::of(&DOCUMENT_LIVENESS).equal(OF_REGISTRATION, id.as_str()).at_most(1);
            let found = state.app.page(&newest, &records.tenant).await?;
            for check in rows(&found.rows)? {
                records.add(state, visitor, &DOCUMENT_LIVENESS, text(&check, "_id")).await?;
            }
        }
        Ok(records)
    }

    async fn add(
        &mut self,
        state: &State,
        visitor: &Visitor,
        resource: &'static Resource,
        id: &str,
    ) -> Result<(), ApiError> {
        let is_there =
            self.all.iter().any(|(of, it)| of.name == resource.name && text(it, "_id") == id);
        if id.is_empty() || is_there || !visitor.may_read(resource) {
            return Ok(());
        }
        let found = find(state, &Retrieval::whole(resource), &self.tenant, id).await;
        match found {
            Ok(record) => self.all.push((resource, record)),
            Err(error) if error.status() == StatusCode::NOT_FOUND => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn one(&self, resource: &Resource) -> Option<&Value> {
        self.all.iter().find(|(of, _)| of.name == resource.name).map(|(_, record)| record)
    }

    pub fn ids(&self) -> impl Iterator<Item = String> {
        self.all.iter().map(|(_, record)| text(record, "_id").to_owned())
    }

    /// What the registration's person is called.
    pub fn person(&self) -> Option<&str> {
        called(self.one(&APP_REGISTRATIONS)?.as_object()?)
    }

    /// The records by their names, and the flow.
    pub fn about(&self, visitor: &Visitor) -> Vec<(String, Cell)> {
        let link = |resource: &'static Resource, id: &str| {
            let label = id.to_owned();
            let cell = Cell::Link { href: record_href(resource, id), label, is_id: true };
            (names::singular(visitor.texts, resource), cell)
        };
        let mut about: Vec<(String, Cell)> =
            self.all.iter().map(|(resource, record)| link(resource, text(record, "_id"))).collect();
        if !self.flow.is_empty() && visitor.may_read(&PROJECT_FLOWS) {
            about.push(link(&PROJECT_FLOWS, &self.flow));
        }
        about
    }

    /// What was found, record by record.
    pub fn checks(&self, visitor: &Visitor, reader: &Reader<'_>) -> Vec<CheckGroup> {
        let checked =
            self.all.iter().filter(|(resource, _)| resource.name != APP_REGISTRATIONS.name);
        let group = |(resource, record): &(&'static Resource, Value)| {
            let href = record_href(resource, text(record, "_id"));
            CheckGroup::of(names::singular(visitor.texts, resource), href, reader, record)
        };
        checked.map(group).collect()
    }

    /// How the face was compared with the document's portrait.
    pub fn comparison(&self) -> Option<&Value> {
        self.one(&APP_REGISTRATIONS)?.get("compareFaceVerification")
    }

    /// Where the image of one of these records is opened; `None`: there is none, or the visitor may not.
    pub fn image_href(&self, visitor: &Visitor, resource: &str, id: &str) -> Option<String> {
        let of = |(known, record): &&(&'static Resource, Value)| {
            known.name == resource && text(record, "_id") == id
        };
        let (resource, record) = self.all.iter().find(of)?;
        images::links(visitor, resource, record).into_iter().next().map(|(_, href)| href)
    }

    /// The stored images, with what was read on them.
    pub async fn images(
        &self,
        state: &State,
        visitor: &Visitor,
    ) -> Result<Vec<StoredImage>, ApiError> {
        let mut images = Vec::new();
        for (resource, record) in &self.all {
            let links = images::links(visitor, resource, record);
            let is_read = resource.name == DOCUMENT_VALIDATIONS.name && !links.is_empty();
            let regions = match is_read {
                true => regions(state, visitor, (&self.tenant, text(record, "_id"))).await?,
                false => Default::default(),
            };
            for ((title, href), regions) in links.into_iter().zip(regions) {
                let overlays = match resource.name == DOCUMENT_LIVENESS.name {
                    true => images::heat_maps(visitor, record),
                    false => Vec::new(),
                };
                images.push(StoredImage { title, href, overlays, regions });
            }
        }
        Ok(images)
    }
}

/// Where each value stands that was read, on the front and on the back.
async fn regions(
    state: &State,
    visitor: &Visitor,
    (tenant, id): (&Tenant, &str),
) -> Result<[Vec<Region>; 2], ApiError> {
    let reading = state.app.read_document_values(tenant, id).await?;
    let (mut front, mut back) = (Vec::new(), Vec::new());
    for side in reading.into_iter().flat_map(|reading| reading.sides) {
        let of = if side.side == DocumentSide::Back { &mut back } else { &mut front };
        of.extend(side.values.iter().filter_map(|value| region(visitor, value)));
        of.extend(side.lines.iter().map(|line| Region::of(line.text.clone(), &line.corners)));
    }
    Ok([front, back])
}

fn region(visitor: &Visitor, value: &ReadValue) -> Option<Region> {
    let field = serde_json::to_value(value.field).ok()?;
    let field = names::field(visitor.texts, field.as_str()?);
    Some(Region::of(format!("{field}: {}", value.text), value.corners.as_ref()?))
}

fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}
