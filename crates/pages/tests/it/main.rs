//! Tests of the pages: their texts, their files, and that what records say stays text.

mod files;
mod hostile;
mod lists;
mod texts;
