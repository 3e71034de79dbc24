//! A node belongs with its database: it has the keys and the vault with which that was written.
//!
//! Otherwise it would acknowledge deletions whose bytes stay in another vault, and find nobody in faces
//! that it cannot open.

use std::fmt;

use anyhow::{Result, bail};
use verax_store::{Batch, Fingerprint, FingerprintKind, StoreError};

use crate::app::App;
use crate::vault::{KeyFound, VaultError};

/// In what a node differs from its database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The database was written with a master key that is not here.
    MasterKey { missing: String, source: String },
    /// Tokens are signed with a key that is not here.
    SigningKey { recorded: String, source: String },
    /// The location of the vault's keys, or of its objects, is another; `found` is false where it is marked as
    /// no vault's.
    Location { kind: FingerprintKind, address: String, found: bool },
}

/// Why it cannot be said whether a node belongs with its database.
#[derive(Debug, thiserror::Error)]
pub enum BindingError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// What is done about what the keys that are here do not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    Rejected,
    /// An operator has said that it is lost.
    Accepted,
}

/// As many keys say whether the master keys are the right ones.
const KEYS_TRIED: usize = 100;
const TEMPLATES_TRIED: u32 = 20;

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::MasterKey { missing, source } => write!(
                f,
                "the master keys are not this database's: what it holds is encrypted under the key \
                 {missing}, which {source} does not hold. Put back the master keys (setting \
                 vault.master_keys_file, or VERAX_MASTER_KEYS)"
            ),
            Difference::SigningKey { recorded, source } => write!(
                f,
                "the signing keys are not this database's: its tokens are signed with the key \
                 {recorded}, which {source} does not hold. Put back the signing keys (setting \
                 tokens.signing_keys_file, or VERAX_SIGNING_KEYS)"
            ),
            Difference::Location { kind, address, found } => {
                let (what, setting) = match kind {
                    FingerprintKind::VaultObjects => ("objects", "vault.objects"),
                    _ => ("keys", "vault.keys"),
                };
                let why = match found {
                    true => "it is the location of another vault",
                    false => {
                        "no vault.id lies in it: it is empty, not mounted, or was never a vault's"
                    }
                };
                write!(
                    f,
                    "{address} is not the location of the {what} of this database's vault: {why}. Name the \
                     right one (setting {setting}), or put back what was in it"
                )
            }
        }
    }
}

/// What all of them come to, with what can be done where the change was meant.
pub fn explain(differences: &[Difference]) -> String {
    let texts: Vec<String> = differences.iter().map(ToString::to_string).collect();
    format!(
        "{}. Where this was meant to change, `verax vault bind` says so to the database",
        texts.join("; ")
    )
}

impl App {
    /// Makes sure that this node belongs with its database, and says so to a database that does not know
    /// yet. A key that was put in front of one that is known becomes known.
    ///
    /// # Errors
    /// It does not: names each difference and what to do.
    pub async fn require_binding(&self) -> Result<()> {
        loop {
            let recorded = self.database.fingerprints().await?;
            if recorded.is_empty() {
                self.require_what_opens(Lost::Rejected).await?;
                let all = self.own_fingerprints().await?;
                let mut batch = Batch::default();
                batch.bind_first(&all, self.clock.now());
                match self.database.commit(batch).await {
                    // Another node was first: it may have other keys.
                    Err(StoreError::Conflict) => continue,
                    bound => return Ok(bound?),
                }
            }
            let differences = self.compare(&recorded).await?;
            if !differences.is_empty() {
                bail!("this node does not start: {}", explain(&differences));
            }
            return self.record_first_keys(&recorded).await;
        }
    }

    /// In what this node differs from its database now; nothing while that knows nothing.
    pub async fn differences(&self) -> Result<Vec<Difference>, BindingError> {
        let recorded = self.database.fingerprints().await?;
        // After the question: a key is in its file before the database knows it.
        for refreshed in [self.keys.refresh(), self.vault.master_keys().refresh()] {
            if let Err(error) = refreshed {
                tracing::warn!(cause = %error, "keys could not be read again");
            }
        }
        self.compare(&recorded).await
    }

    /// Says to the database that it belongs with the keys and the vault that are here.
    ///
    /// # Errors
    /// What is stored does not open with them, and nobody has said that it is lost.
    pub async fn rebind(&self, lost: Lost) -> Result<()> {
        self.require_what_opens(lost).await?;
        let all = self.own_fingerprints().await?;
        let mut batch = Batch::default();
        batch.rebind(&all, self.clock.now());
        Ok(self.database.commit(batch).await?)
    }

    /// Puts a new signing key in front; the database knows it before those before it go.
    pub async fn rotate_signing_key(&self, keep: usize) -> Result<String> {
        let id = self.keys.rotate(keep.max(1), &self.random)?;
        self.replace_first(&self.keys.fingerprints()).await?;
        if keep == 0 {
            self.keys.forget_older(0)?;
        }
        Ok(id)
    }

    /// Puts a new master key in front and wraps the keys of all clients with it. The database knows both
    /// while keys are wrapped with either. Answers the new key's id and how many keys were wrapped.
    pub async fn rotate_master_key(&self) -> Result<(String, u64)> {
        let id = self.vault.rotate_master_key()?;
        let recorded = self.database.fingerprints().await?;
        self.record_first_keys(&recorded).await?;
        let mut count = 0;
        loop {
            // Until nobody has wrapped one with the key before in between.
            match self.vault.rewrap().await? {
                0 => break,
                wrapped => count += wrapped,
            }
        }
        self.replace_first(&self.vault.master_keys().fingerprints()).await?;
        Ok((id, count))
    }

    async fn replace_first(&self, keys: &[Fingerprint]) -> Result<()> {
        let mut batch = Batch::default();
        if let Some(first) = keys.first() {
            batch.replace_fingerprint(first, self.clock.now());
        }
        Ok(self.database.commit(batch).await?)
    }

    /// The keys that this node uses for what is new are known from now on.
    async fn record_first_keys(&self, recorded: &[Fingerprint]) -> Result<()> {
        let now = self.clock.now();
        let mut batch = Batch::default();
        if let Some(first) = self.vault.master_keys().fingerprints().first()
            && !recorded.contains(first)
        {
            // What the others have wrapped must go on being opened.
            batch.record_fingerprints(std::slice::from_ref(first), now);
        }
        if let Some(first) = self.keys.fingerprints().first()
            && !recorded.contains(first)
        {
            batch.replace_fingerprint(first, now);
        }
        if !batch.is_empty() {
            self.database.commit(batch).await?;
        }
        Ok(())
    }

    async fn own_fingerprints(&self) -> Result<Vec<Fingerprint>, VaultError> {
        let mut all = self.vault.mark_places().await?;
        all.extend(self.vault.master_keys().fingerprints().into_iter().take(1));
        all.extend(self.keys.fingerprints().into_iter().take(1));
        Ok(all)
    }

    async fn compare(&self, recorded: &[Fingerprint]) -> Result<Vec<Difference>, BindingError> {
        if recorded.is_empty() {
            return Ok(Vec::new());
        }
        let mut differences = Vec::new();
        let master = self.vault.master_keys();
        // All of them wrap something.
        if let Some(missing) = missing(recorded, FingerprintKind::MasterKey, &master.fingerprints())
        {
            let (missing, source) = (missing.id.clone(), master.source());
            differences.push(Difference::MasterKey { missing, source });
        }
        if let Some(signing) =
            missing(recorded, FingerprintKind::SigningKey, &self.keys.fingerprints())
        {
            let (recorded, source) = (signing.id.clone(), self.keys.source());
            differences.push(Difference::SigningKey { recorded, source });
        }
        let here = self.vault.location_fingerprints().await?;
        for kind in [FingerprintKind::VaultKeys, FingerprintKind::VaultObjects] {
            if missing(recorded, kind, &here).is_some() {
                let address = self.vault.address(kind).to_owned();
                let found = here.iter().any(|it| it.kind == kind);
                differences.push(Difference::Location { kind, address, found });
            }
        }
        Ok(differences)
    }

    /// That the keys which are here open what is stored: of clients, and of the faces in the database.
    async fn require_what_opens(&self, lost: Lost) -> Result<()> {
        if lost == Lost::Accepted {
            return Ok(());
        }
        let cure =
            "Put back the right keys. `verax vault bind --lost` goes on without what they open";
        let keys = self.vault.address(FingerprintKind::VaultKeys);
        for client in self.vault.clients_with_keys().await?.iter().take(KEYS_TRIED) {
            if let KeyFound::Unreadable(error) = self.vault.look_at_client_key(client).await? {
                let source = self.vault.master_keys().source();
                bail!(
                    "the master keys in {source} do not open the key of the client {client} in {keys}: \
                     {error}. {cure}"
                );
            }
        }
        let (mut opened, mut unreadable) = (0, None);
        for client in self.database.clients().await?.iter().take(KEYS_TRIED) {
            let start = (String::new(), String::new());
            let some = self.database.templates_after(&client.id, start, TEMPLATES_TRIED).await?;
            for template in some {
                match self.open_template(&client.id, &template).await {
                    Ok(_) => opened += 1,
                    Err(error) => unreadable = Some((client.id.clone(), error)),
                }
            }
        }
        match unreadable {
            // One that a crash has left is no other vault.
            Some((client, error)) if opened == 0 => bail!(
                "the keys in {keys} do not open the faces that the database holds, such as of the client \
                 {client}: {error}. {cure}"
            ),
            _ => Ok(()),
        }
    }
}

/// What the database knows of this kind and this node does not have.
fn missing<'a>(
    recorded: &'a [Fingerprint],
    kind: FingerprintKind,
    here: &[Fingerprint],
) -> Option<&'a Fingerprint> {
    recorded.iter().find(|it| it.kind == kind && !here.contains(it))
}
