//! A row of either database, read column by column.

use crate::StoreError;

/// A row: columns are counted from 0, NULL is `None`.
pub trait Cells {
    fn text(&self, column: usize) -> Result<Option<&str>, StoreError>;
    fn integer(&self, column: usize) -> Result<Option<i64>, StoreError>;
    fn number(&self, column: usize) -> Result<Option<f64>, StoreError>;
    fn boolean(&self, column: usize) -> Result<Option<bool>, StoreError>;
}

/// What is done with each row.
pub type Visit<'a> = &'a mut (dyn FnMut(&dyn Cells) -> Result<(), StoreError> + Send);

impl dyn Cells + '_ {
    /// The text of a column; empty where it is NULL.
    pub fn string(&self, column: usize) -> Result<String, StoreError> {
        Ok(self.text(column)?.unwrap_or_default().to_owned())
    }

    pub fn optional_string(&self, column: usize) -> Result<Option<String>, StoreError> {
        Ok(self.text(column)?.map(str::to_owned))
    }
}
