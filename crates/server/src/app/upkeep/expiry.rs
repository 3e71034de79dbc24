//! What has its end without anybody: sessions and validations expire, and what a crash left behind ends.

use verax_domain::records::biometric_validation::BiometricValidation;
use verax_query::Tenant;
use verax_store::{Batch, Job, JobKind, StoreError};

use crate::app::App;
use crate::app::journal::Origin;
use crate::app::persons::PersonError;
use crate::app::validations::interrupted;

impl App {
    /// Forgets tokens, sessions and links of members, counts of failed logins, digests of images and comparisons of faces that mean
    /// nothing any more.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut batch = Batch::default();
        batch.delete_expired_record_tokens(now).forget_logins(self.logins_forgotten_before(now));
        batch.delete_expired_sessions(now).delete_expired_invitations(now);
        batch.forget_accepted_images(self.images_forgotten_before(now)).forget_comparisons(now);
        self.database.commit(batch).await
    }

    /// A session or a validation that nobody came for becomes `expired`, unless somebody has come after
    /// all. Answers whether it has.
    pub async fn expire(
        &self,
        kind: JobKind,
        client: &str,
        record: &str,
    ) -> Result<bool, StoreError> {
        let mut batch = Batch::default();
        let stamp = self.stamp(&Origin::system());
        batch.expire(kind, (client, record), self.clock.now(), stamp);
        match self.database.commit(batch).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A validation whose lease has run out becomes `failed`: its image is gone, and so is who was
    /// enrolled by half. Answers whether it was left behind, and has come to its end now.
    pub async fn abandon_validation(&self, job: &Job) -> Result<bool, PersonError> {
        let mut batch = Batch::default();
        let (now, origin) = (self.clock.now(), Origin::system());
        let stamp = self.stamp(&origin);
        batch.abandon_validation(&job.client, &job.record, &interrupted(), now, stamp);
        self.database.commit(batch).await?;
        let tenant = Tenant::Client(job.client.clone());
        let record: Option<BiometricValidation> = self.database.find(&tenant, &job.record).await?;
        // What an older version began has whom it enrols under the validation's own id.
        let person = job.detail.as_deref().unwrap_or(&job.record);
        let of = (job.client.as_str(), job.record.as_str(), &origin);
        self.forget_unfinished(of, person, record.as_ref()).await?;
        let mut batch = Batch::default();
        batch.delete_job(JobKind::BiometricCheck, &job.record);
        match self.database.commit(batch).await {
            Ok(()) => Ok(true),
            // Its worker was only slow, and has ended it in between.
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
