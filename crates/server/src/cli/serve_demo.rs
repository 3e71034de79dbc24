//! The demo of `verax serve`: its records, its token, and its owner.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use verax_store::Batch;

use super::output::announce;
use crate::app::access::{Mint, SANDBOX};
use crate::app::members::invitations::Acceptance;
use crate::app::{App, demo};
use crate::http::DemoDoor;

const EMAIL: &str = "demo@example.com";

/// What a demo is entered by.
pub struct Demo {
    pub token: String,
    pub door: DemoDoor,
    /// Of the link that is signed in, once.
    code: String,
    /// Of its owner, who signs in with it afterwards.
    password: String,
}

/// Stores the records, with these images of a card and of a face, and makes a token and an owner.
pub async fn prepare(app: &App, images: (&[u8], &[u8])) -> Result<Demo> {
    const SEED: u64 = 2026;
    let stored = app.store_demo(SEED).await?;
    app.complete_demo(&stored, images).await?;
    // Nothing was measured for its records: its tokens say sandbox.
    let mut batch = Batch::default();
    batch.mark_sandbox(demo::CLIENT);
    app.database.commit(batch).await?;
    let mint = Mint {
        client: demo::CLIENT,
        scopes: None,
        staff: false,
        mode: SANDBOX,
        valid: Duration::from_secs(24 * 60 * 60),
        renewable: None,
    };
    let token = app.mint_token(&mint).await?;
    let link = app.first_owner_link().await?.context("the demo has an owner already")?;
    let secret = link.rsplit('/').next().unwrap_or_default();
    let (code, password) = (app.random_bits(), app.random_bits());
    let acceptance = Acceptance { email: Some(EMAIL), name: "Demo", password: &password };
    let signed_in = app.accept_invitation(secret, acceptance, None).await?;
    let signed_in = signed_in.context("the demo's owner is asked for a code")?;
    Ok(Demo { token, door: DemoDoor::new(code.clone(), signed_in), code, password })
}

pub fn print(url: &str, demo: &Demo, card: &Path) {
    let Demo { token, code, password, .. } = demo;
    announce(format_args!(
        "listening on {url}\n\n\
         This is a demo: its records are synthetic, nothing was measured, and all of it is gone when \
         you stop it.\n\n\
         Open the console, signed in; the link opens once:\n\n\
         {url}/console/demo/{code}\n\n\
         Afterwards sign in as {EMAIL} with the password {password}\n\n\
         token: {token}\n\n\
         Try, in another terminal:\n\n\
         curl -H 'Authorization: Bearer {token}' '{url}/v2/biometric-validations?perPage=2&\
         populates%5B%5D=client&populates%5B%5D=project'\n\n\
         curl -H 'Authorization: Bearer {token}' '{url}/v2/document-liveness?limit=2&\
         status=completed&populates%5B%5D=appRegistration'\n\n\
         curl -H 'Authorization: Bearer {token}' '{url}/v2/biometric-validations?statu=x&\
         where_statu=completed&perPage=1000'\n\n\
         This card is synthetic. Is it a genuine photograph of a document?\n\n\
         printf '{{\"image\":\"%s\"}}' \"$(base64 < {card} | tr -d '\\n')\" | \
         curl -H 'Authorization: Bearer {token}' --data-binary @- '{url}/v2/document-liveness'\n\n\
         The API is described at {url}/docs/",
        card = card.display()
    ));
}
