//! Codes are sent, by a job and after the commit that made them.

use anyhow::Result;
use verax_domain::Timestamp;
use verax_domain::email_templates::EmailKind;
use verax_domain::records::contact_validation::{
    Channel, ContactStatus, ContactValidation, Method,
};
use verax_query::Tenant;
use verax_store::{Batch, CodeSeed, Job, JobKind, StoreError};

use super::opening::is_not_to_be_sent;
use crate::app::App;
use crate::app::access::SANDBOX;
use crate::app::emails::WordsOf;
use crate::app::journal::Origin;
use crate::messages::{Message, SendError};
use crate::metrics::MessageOutcome;

/// Path of the page that a link opens.
const LINK_PATH: &str = "/confirm-email";
const GIVEN_UP: &str = "it could not be sent in time";
/// So many overdue validations are ended at once.
const OVERDUE_MAX: u32 = 200;

impl App {
    /// Sends the code of a job. Answers whether there was one to send.
    ///
    /// # Errors
    /// It was not taken: it is tried again when the lease has run out.
    pub async fn send_code(&self, channel: Channel, job: &Job) -> Result<bool> {
        let tenant = Tenant::Client(job.client.clone());
        let validation = self.database.contact_validation(channel, &tenant, &job.record).await?;
        let seed = self.database.code_seed(channel, &job.client, &job.record).await?;
        let now = self.clock.now();
        let waiting = validation.filter(|it| it.status == ContactStatus::New && it.is_open_at(now));
        let Some((validation, seed)) = waiting.zip(seed) else {
            return Ok(self.end_code_job(job).await?);
        };
        match self.try_to_send(&validation, &seed).await? {
            Ok(()) => {
                self.metrics.message_sent(channel, MessageOutcome::Accepted);
                let mut batch = Batch::default();
                let sent = validation.send().map_err(StoreError::from)?;
                batch.hold_code(&validation, &seed);
                batch.transition(&sent, self.clock.now(), self.stamp(&Origin::system()));
                batch.delete_job(job.kind, &job.record);
                match self.database.commit(batch).await {
                    // The code came back before, or a newer one was made, which has a job of its own.
                    Err(StoreError::Conflict) => Ok(false),
                    done => Ok(done.map(|()| true)?),
                }
            }
            Err(error) if error.is_final => {
                self.metrics.message_sent(channel, MessageOutcome::Rejected);
                self.give_up_code((&validation, &seed), job, &error.reason).await
            }
            Err(error) => {
                self.metrics.message_sent(channel, MessageOutcome::Failed);
                Err(error.into())
            }
        }
    }

    /// Ends a job whose code was not taken often enough.
    pub async fn bury_code(&self, channel: Channel, job: &Job) -> Result<bool> {
        let tenant = Tenant::Client(job.client.clone());
        let validation = self.database.contact_validation(channel, &tenant, &job.record).await?;
        let seed = self.database.code_seed(channel, &job.client, &job.record).await?;
        match validation.filter(|it| it.status == ContactStatus::New).zip(seed) {
            Some((validation, seed)) => {
                self.give_up_code((&validation, &seed), job, GIVEN_UP).await
            }
            None => Ok(self.end_code_job(job).await?),
        }
    }

    async fn give_up_code(
        &self,
        (validation, seed): (&ContactValidation, &CodeSeed),
        job: &Job,
        reason: &str,
    ) -> Result<bool> {
        let mut batch = Batch::default();
        batch.hold_code(validation, seed);
        let failed = validation.fail(reason).map_err(StoreError::from)?;
        batch.transition(&failed, self.clock.now(), self.stamp(&Origin::system()));
        batch.delete_job(job.kind, &job.record);
        match self.database.commit(batch).await {
            Err(StoreError::Conflict) => Ok(false),
            done => Ok(done.map(|()| true)?),
        }
    }

    async fn end_code_job(&self, job: &Job) -> Result<bool, StoreError> {
        let mut batch = Batch::default();
        batch.delete_any_job(job.kind, &job.record);
        self.database.commit(batch).await.map(|()| false)
    }

    async fn try_to_send(
        &self,
        validation: &ContactValidation,
        seed: &CodeSeed,
    ) -> Result<Result<(), SendError>, StoreError> {
        // Nothing leaves a sandbox.
        if self.mode_of(&validation.client).await? == SANDBOX {
            return Ok(match is_not_to_be_sent(&validation.contact) {
                true => {
                    Err(SendError { reason: "asked for by its address".into(), is_final: true })
                }
                false => Ok(()),
            });
        }
        let Some(code) = self.code(validation, seed) else {
            let reason = "the key of its code is gone".to_owned();
            return Ok(Err(SendError { reason, is_final: true }));
        };
        let (kind, secret) = match validation.method {
            // Behind `#`: no server, and no log on the way, sees it.
            Method::Link => {
                let public_url = self.config.now().http.public_url.clone();
                let id = &validation.id;
                (EmailKind::Link, format!("{public_url}{LINK_PATH}/{id}#{}", code.as_str()))
            }
            Method::Code => (EmailKind::Code, code.to_string()),
        };
        let message = Message {
            kind,
            language: validation.language.as_deref().unwrap_or_default(),
            project: "",
            secret: &secret,
            is_registration: validation.registration.is_some(),
            minutes: minutes_until(validation.expires_at, self.clock.now()),
            template: None,
        };
        let words_of = WordsOf {
            client: &validation.client,
            project: validation.project.as_deref(),
            flow: validation.flow.as_deref(),
        };
        self.send_in_words_of(words_of, &validation.contact, message).await
    }

    /// Ends validations whose code did not come in time. Answers how many.
    pub async fn expire_contacts(&self) -> Result<u64, StoreError> {
        let mut count = 0;
        for channel in Channel::ALL {
            let now = self.clock.now();
            for (client, id) in
                self.database.overdue_contact_validations(channel, now, OVERDUE_MAX).await?
            {
                let tenant = Tenant::Client(client);
                let found = self.database.contact_validation(channel, &tenant, &id).await?;
                let Some(validation) = found.filter(|it| !it.is_open_at(now)) else { continue };
                let Ok(expired) = validation.expire() else { continue };
                let mut batch = Batch::default();
                batch.transition(&expired, now, self.stamp(&Origin::system()));
                batch.delete_any_job(JobKind::of_code(channel), &validation.id);
                match self.database.commit(batch).await {
                    // Somebody has ended it, or asked for another code.
                    Err(StoreError::Conflict) => {}
                    done => {
                        done?;
                        count += 1;
                    }
                }
            }
        }
        Ok(count)
    }
}

/// Whole minutes: one that has begun counts.
fn minutes_until(until: Timestamp, now: Timestamp) -> i64 {
    const MINUTE_MS: i64 = 60_000;
    until.0.saturating_sub(now.0).saturating_add(MINUTE_MS - 1) / MINUTE_MS
}
