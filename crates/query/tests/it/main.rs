//! Tests of the list grammar and its SQL.

mod grammar;
mod property;
mod statement;
mod table;
mod time;
