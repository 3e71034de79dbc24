//! A validation and its session are opened.

use serde_json::{Map, Value};
use verax_domain::records::Values;
use verax_domain::records::app_login::AppLogin;
use verax_domain::records::biometric_validation::{BiometricValidation, ValidationOrder};
use verax_domain::records::liveness_session::LivenessSession;
use verax_domain::resources::BIOMETRIC_VALIDATIONS;
use verax_domain::{RecordTokenScope, Timestamp};
use verax_store::{Batch, StoreError};

use super::{Opened, ValidationError};
use crate::app::App;
use crate::app::access::RecordTokenMint;
use crate::app::journal::Origin;
use crate::app::registrations::UsableFlow;
use crate::app::webhooks::validation_endpoint;

const LANGUAGE_DEFAULT: &str = "en";

impl App {
    /// Opens a validation and its session. `members` are those of a body, checked; `login` is the
    /// app login whose second factor it is.
    pub async fn open_validation(
        &self,
        client: &str,
        mode: &str,
        members: Map<String, Value>,
        login: Option<&AppLogin>,
        origin: &Origin,
    ) -> Result<Opened, ValidationError> {
        let order = ValidationOrder::read(&Values::of_body(&BIOMETRIC_VALIDATIONS, &members));
        let order = order.map_err(StoreError::from)?;
        let usable = self.usable_flow(client, &order).await?.ok_or(ValidationError::NoProject)?;
        let now = self.clock.now();
        let usual =
            now.0.saturating_add(i64::from(self.config.now().validations.session_seconds) * 1000);
        let until = order.expires_at.unwrap_or(Timestamp(usual));
        let order = ValidationOrder {
            expires_at: Some(until),
            requires_2fa: order.requires_2fa.or(Some(false)),
            language: order.language.or_else(|| Some(LANGUAGE_DEFAULT.to_owned())),
            ..order
        };
        let (session, id) = (self.new_id(), self.new_id());
        let session = LivenessSession::open((session, client.to_owned()), &order, until, now);
        let validation = BiometricValidation::open(
            (id, client.to_owned()),
            Some(session.id.clone()),
            order,
            &usable.project,
            now,
        );
        let scope = RecordTokenScope::Session;
        let mint = RecordTokenMint { scope, subject: &session.id, client, mode, until };
        let (token, stored) = self.record_token(&mint)?;
        let (opened, record) = (session.to_record(), validation.to_record());
        let mut batch = Batch::default();
        batch.create_session(&opened, now, until);
        batch.create_validation(&record, now, until, self.stamp(origin));
        batch.insert_token(&stored);
        if let Some(url) = &validation.order.webhook_url {
            let endpoint = validation_endpoint(client, url);
            batch.ensure_validation_endpoint((client, &endpoint), url, now);
        }
        if let Some(login) = login {
            batch.bind_second_factor(client, &validation.id, &login.id);
            batch.transition(&login.ask_second_factor(&validation.id), now, self.stamp(origin));
        }
        self.database.commit(batch).await?;
        Ok(Opened { session: opened.to_json(), validation: record.to_json(), token })
    }

    /// Whether this is a flow that the project opens to strangers for logging in. Another kind of
    /// flow, or one that is not in use yet, may have lower limits.
    pub async fn is_login_flow(
        &self,
        client: &str,
        members: &Map<String, Value>,
    ) -> Result<bool, StoreError> {
        let order = ValidationOrder::read(&Values::of_body(&BIOMETRIC_VALIDATIONS, members))?;
        let usable = self.usable_flow(client, &order).await?;
        Ok(usable.is_some_and(|usable| usable.flow.is_public_login()))
    }

    async fn usable_flow(
        &self,
        client: &str,
        order: &ValidationOrder,
    ) -> Result<Option<UsableFlow>, StoreError> {
        self.find_usable_flow(client, order.project.as_deref(), order.flow.as_deref()).await
    }
}
