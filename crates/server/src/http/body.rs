//! JSON bodies: a table says what may be sent, everything that is wrong is collected in the words
//! that Joi uses, and the OpenAPI document is made from the same table.

pub mod checked;
pub mod images;
mod parse;
pub mod reading;
mod rules;
pub mod schema;
pub mod table;
pub mod unread;
pub mod unreadable;
mod urls;
