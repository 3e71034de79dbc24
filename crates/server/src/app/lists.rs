//! Records of every kind: made, changed and deleted as a whole, and listed page by page.

pub mod cursor;
pub mod pages;
pub mod records;
