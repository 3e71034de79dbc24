//! Tests of the server: HTTP in process and over sockets, and the commands of the real binary.

#[macro_use]
mod world;

mod accounts;
mod answer;
mod binary;
mod document_checks;
mod documents;
mod face_calls;
mod filters;
mod fixtures;
mod hostile_documents;
mod imports;
mod keys;
mod logs;
mod moves;
mod pages;
mod problems;
mod protocol;
mod refusals;
mod seeds;
mod serving;
mod sessions;
mod shape;
mod socket;
mod sorting;
mod tenancy;
mod two_worlds;
mod wire;
