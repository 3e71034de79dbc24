//! Tests of the list grammar and its SQL.

mod forgiving;
mod grammar;
mod lookup;
mod property;
mod statement;
mod table;
mod text;
mod time;
