//! Which rows name encrypted bytes that lie outside of the database.

use crate::StoreError;
use crate::database::Database;
use verax_query::{Arg, Sql};

/// What a row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// The image of a document check.
    Document,
    /// The image of a biometric validation.
    Face,
    /// The small image of a template.
    Thumbnail,
    /// The template itself: its bytes are in the row, its key is not.
    Template,
}

/// A row that names something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    pub id: String,
    pub client: String,
    /// The person of a template; of others empty.
    pub person: String,
}

impl Sealed {
    pub const ALL: [Sealed; 4] =
        [Sealed::Document, Sealed::Face, Sealed::Thumbnail, Sealed::Template];
}

impl Database {
    /// The rows after this id that name something of this kind, `limit` at most.
    pub async fn sealed_rows(
        &self,
        sealed: Sealed,
        after: &str,
        limit: u32,
    ) -> Result<Vec<SealedRow>, StoreError> {
        let mut sql = Sql::default();
        sql.push(match sealed {
            Sealed::Document => {
                "SELECT id, client, '' FROM document_liveness WHERE image_saved = TRUE AND id > "
            }
            Sealed::Face => {
                "SELECT id, client, '' FROM biometric_validations WHERE image_saved = TRUE AND id > "
            }
            Sealed::Thumbnail => {
                "SELECT id, client, person FROM person_templates WHERE thumbnail = TRUE AND id > "
            }
            Sealed::Template => "SELECT id, client, person FROM person_templates WHERE id > ",
        });
        sql.bind(Arg::Text(after.to_owned())).push(" ORDER BY id LIMIT ");
        sql.bind(Arg::Integer(i64::from(limit)));
        self.fetch_rows(sql, |row| {
            Ok(SealedRow { id: row.string(0)?, client: row.string(1)?, person: row.string(2)? })
        })
        .await
    }
}
