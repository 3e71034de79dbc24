//! Tests of the server: HTTP in process and over sockets, and the commands of the real binary.
#![expect(clippy::expect_used, reason = "a test that cannot go on says why and stops")]

#[macro_use]
mod world;

mod accounts;
mod answer;
mod binary;
mod filters;
mod fixtures;
mod imports;
mod keys;
mod moves;
mod pages;
mod problems;
mod protocol;
mod refusals;
mod seeds;
mod sessions;
mod shape;
mod socket;
mod sorting;
mod tenancy;
mod two_worlds;
mod wire;
