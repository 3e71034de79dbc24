//! Tests of the server: HTTP in process and over sockets, and the commands of the real binary.

#[macro_use]
mod world;

mod accounts;
mod answer;
mod binary;
mod biometrics;
mod collections;
mod cursors;
mod document_checks;
mod documents;
mod face_calls;
mod face_images;
mod filters;
mod fixtures;
mod forgetting;
mod given_faces;
mod hostile_documents;
mod http_client;
mod idempotency;
mod imports;
mod keys;
mod logs;
mod moves;
mod nodes;
mod pages;
mod person_searches;
mod persons;
mod problems;
mod projects;
mod protocol;
mod refusals;
mod registrations;
mod seeds;
mod serving;
mod sessions;
mod shape;
mod socket;
mod sorting;
mod streams;
mod tenancy;
mod two_worlds;
mod validators;
mod vault;
mod wire;
