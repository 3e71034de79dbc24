//! HTTP: the only place that knows a status code or a header.

mod account;
mod answers;
mod api_docs;
mod body;
mod documents;
mod error;
mod error_codes;
mod face_service;
mod faces;
mod families;
mod health;
mod layers;
mod listing;
mod lists;
pub mod openapi;
mod operation;
mod path_id;
mod persons;
mod polls;
mod projects;
mod query_string;
mod registrations;
mod routes;
mod state;
mod swagger_ui;
mod validations;

pub use crate::certificate::{Certificate, Tls, certificate_expiry};
pub use error_codes::ErrorCode;
pub use face_service::answers as face_answers;
pub use families::{codes, operations};
pub use layers::listen::{Serving, serve};
pub use layers::{request_line, source_address};
pub use listing::streams::BYTE_ORDER_MARK;
pub use routes::{health_router, router};
pub use state::State;
