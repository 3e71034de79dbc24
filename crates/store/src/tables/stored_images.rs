//! Which rows name encrypted bytes that lie outside of the database.

use crate::StoreError;
use crate::database::Database;
use verax_query::{Arg, Sql};

/// What a row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encrypted {
    /// The image of a document check.
    Document,
    /// The image of the front of a document that was read.
    ReadFront,
    /// That of its back.
    ReadBack,
    /// The template of the portrait on it.
    ReadPortrait,
    /// The image of a biometric validation.
    Face,
    /// The small image of a template.
    Thumbnail,
    /// The template itself: its bytes are in the row, its key is not.
    Template,
}

/// A row that names something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedRow {
    pub id: String,
    pub client: String,
    /// The person of a template; of others empty.
    pub person: String,
}

impl Encrypted {
    pub const ALL: [Encrypted; 7] = [
        Encrypted::Document,
        Encrypted::ReadFront,
        Encrypted::ReadBack,
        Encrypted::ReadPortrait,
        Encrypted::Face,
        Encrypted::Thumbnail,
        Encrypted::Template,
    ];
}

impl Database {
    /// The rows after this id that name something of this kind, `limit` at most.
    pub async fn encrypted_rows(
        &self,
        encrypted: Encrypted,
        after: &str,
        limit: u32,
    ) -> Result<Vec<EncryptedRow>, StoreError> {
        let mut sql = Sql::default();
        sql.push(match encrypted {
            Encrypted::Document => {
                "SELECT id, client, '' FROM document_liveness WHERE image_saved = TRUE AND id > "
            }
            Encrypted::ReadFront => {
                "SELECT id, client, '' FROM document_validations WHERE image_saved = TRUE \
                 AND url LIKE '/v2/document-validations/%' AND id > "
            }
            Encrypted::ReadBack => {
                "SELECT id, client, '' FROM document_validations WHERE image_saved = TRUE \
                 AND back_url LIKE '/v2/document-validations/%' AND id > "
            }
            Encrypted::ReadPortrait => {
                "SELECT id, client, '' FROM document_validations WHERE portrait_model IS NOT NULL \
                 AND id > "
            }
            Encrypted::Face => {
                "SELECT id, client, '' FROM biometric_validations WHERE image_saved = TRUE AND id > "
            }
            Encrypted::Thumbnail => {
                "SELECT id, client, person FROM person_templates WHERE thumbnail = TRUE AND id > "
            }
            Encrypted::Template => "SELECT id, client, person FROM person_templates WHERE id > ",
        });
        sql.bind(Arg::Text(after.to_owned())).push(" ORDER BY id LIMIT ");
        sql.bind(Arg::Integer(i64::from(limit)));
        self.fetch_rows(sql, |row| {
            Ok(EncryptedRow { id: row.string(0)?, client: row.string(1)?, person: row.string(2)? })
        })
        .await
    }
}
