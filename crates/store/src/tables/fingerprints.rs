//! Which keys and which vault a database belongs with.

use verax_domain::Timestamp;
use verax_query::{Arg, Sql};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::database::Database;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FingerprintKind {
    MasterKey,
    SigningKey,
    /// The id that lies in the location of the vault's keys.
    VaultKeys,
    /// The id that lies in the location of the vault's objects.
    VaultObjects,
}

/// A key or a location, by what tells it from others and opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    pub kind: FingerprintKind,
    /// The id of the key, or that of the location.
    pub id: String,
    /// Empty for a location.
    pub digest: String,
}

/// Of the row that says that all others were written.
const BINDING: &str = "binding";

impl FingerprintKind {
    fn word(self) -> &'static str {
        match self {
            FingerprintKind::MasterKey => "master_key",
            FingerprintKind::SigningKey => "signing_key",
            FingerprintKind::VaultKeys => "vault_keys",
            FingerprintKind::VaultObjects => "vault_objects",
        }
    }

    fn from_word(word: &str) -> Option<FingerprintKind> {
        let all = [
            FingerprintKind::MasterKey,
            FingerprintKind::SigningKey,
            FingerprintKind::VaultKeys,
            FingerprintKind::VaultObjects,
        ];
        all.into_iter().find(|kind| kind.word() == word)
    }
}

impl Database {
    /// What the database belongs with; empty before its first start.
    pub async fn fingerprints(&self) -> Result<Vec<Fingerprint>, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT kind, id, digest FROM fingerprints ORDER BY kind, made_at, id");
        let rows = self.fetch_rows(sql, |row| {
            let kind = FingerprintKind::from_word(row.text(0)?.unwrap_or_default());
            let (id, digest) = (row.string(1)?, row.string(2)?);
            // The row that says that all others were written is of no kind.
            Ok(kind.map(|kind| Fingerprint { kind, id, digest }))
        });
        Ok(rows.await?.into_iter().flatten().collect())
    }

    /// Whether the database holds anything that a key of the vault opens.
    pub async fn holds_encrypted(&self) -> Result<bool, StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT EXISTS (SELECT 1 FROM person_templates) ");
        sql.push("OR EXISTS (SELECT 1 FROM idempotency WHERE answer IS NOT NULL)");
        let holds = self.fetch_row(sql, |row| Ok(row.boolean(0)?.unwrap_or(false))).await?;
        Ok(holds.unwrap_or(false))
    }
}

impl Batch {
    /// Says for the first time what the database belongs with; a `Conflict` when that was said before.
    pub fn bind_first(&mut self, all: &[Fingerprint], now: Timestamp) -> &mut Batch {
        self.insert_fingerprint(BINDING, "", "", now, Rows::Exactly(1));
        self.record_fingerprints(all, now)
    }

    /// Says it anew, whatever was said before.
    pub fn rebind(&mut self, all: &[Fingerprint], now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM fingerprints");
        self.push(sql, Rows::Any);
        self.bind_first(all, now)
    }

    /// Adds these to what the database belongs with.
    pub fn record_fingerprints(&mut self, all: &[Fingerprint], now: Timestamp) -> &mut Batch {
        for it in all {
            self.insert_fingerprint(it.kind.word(), &it.id, &it.digest, now, Rows::Any);
        }
        self
    }

    /// Of this kind the database belongs with this one alone from now on.
    pub fn replace_fingerprint(&mut self, by: &Fingerprint, now: Timestamp) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM fingerprints WHERE kind = ");
        sql.bind(Arg::Text(by.kind.word().to_owned()));
        self.push(sql, Rows::Any).record_fingerprints(std::slice::from_ref(by), now)
    }

    fn insert_fingerprint(
        &mut self,
        kind: &str,
        id: &str,
        digest: &str,
        now: Timestamp,
        rows: Rows,
    ) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO fingerprints (kind, id, digest, made_at) VALUES (");
        sql.bind(Arg::Text(kind.to_owned())).push(", ").bind(Arg::Text(id.to_owned()));
        sql.push(", ").bind(Arg::Text(digest.to_owned())).push(", ");
        sql.bind(Arg::Integer(now.0)).push(") ON CONFLICT (kind, id) DO NOTHING");
        self.push(sql, rows)
    }
}
