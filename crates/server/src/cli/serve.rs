//! `verax serve`.

use std::fs::Permissions;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use verax_store::Batch;

use super::Place;
use super::bench_faces::PORTRAIT_1080P;
use super::install_models::{InstallArgs, install};
use crate::app::access::{Mint, SANDBOX};
use crate::app::faces::Faces;
use crate::app::{App, demo};
use crate::config::{Log, LogFormat};
use crate::http::{self, Serving, Tls};
use crate::installed_models::read_face_models;
use crate::open_files;

/// A card of no country, drawn and photographed by our own code: `assets/README.md`.
static SAMPLE_CARD: &[u8] = include_bytes!("../../assets/card.jpg");

#[derive(Args)]
pub struct Arguments {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080", env = "VERAX_LISTEN", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The certificate chain, in PEM; with --tls-key the server speaks TLS alone.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serve a throw-away folder with a client and a few hundred drawn records, and print how to
    /// call it. Other data and databases are left alone.
    #[arg(long)]
    demo: bool,
    /// First fetch the models that are missing, as `verax models install` does. Where that fails the
    /// server starts without them and says what is off.
    #[arg(long)]
    install_models: bool,
    /// Leave interrupted work, and what has to happen by itself, to `verax worker`.
    #[arg(long)]
    no_jobs: bool,
}

pub async fn run(place: &Place, arguments: Arguments) -> Result<ExitCode> {
    let throw_away =
        arguments.demo.then(|| tempfile::Builder::new().prefix("verax-demo-").tempdir());
    let throw_away = throw_away.transpose().context("cannot make a throw-away folder")?;
    // A demo has records of its own, but looks at faces with the models that are installed.
    let models = place.models();
    if arguments.install_models {
        place.create()?;
        let fetched = install(&InstallArgs { from: None }, &models, &mut std::io::stderr());
        if let Err(error) = fetched {
            eprintln!("verax: the models are not installed: {error:#}");
        }
    }
    let mut place = place.clone();
    if let Some(folder) = &throw_away {
        place.data = folder.path().to_owned();
        place.database_url = None;
        place.database_replica_url = None;
    }
    start_log(&place.config()?.log)?;
    open_files::raise_limit();
    let app = place.open().await?;
    place.make_vault_private(&place.config()?);
    app.measuring.start()?;
    let faces = Faces::load_within(
        read_face_models(&models, &app.config.now().models)?,
        app.config.now().images.decode_limits(),
    )?;
    report_missing(&faces);
    let app = app.with_faces(faces);
    let tls = arguments.tls_cert.zip(arguments.tls_key);
    if tls.is_none() && !arguments.listen.ip().is_loopback() {
        tracing::warn!("tokens and faces travel unencrypted unless a proxy with TLS is in front");
    }
    let tls = tls.map(|(certificates, key)| Tls { certificates, key });
    let serving = Serving::bind(arguments.listen, tls.as_ref()).await?;
    let url = serving.url()?;
    // Listened for before anybody is told that the server is there.
    let stopped = stopped()?;
    if arguments.demo {
        let token = prepare_demo(&app).await?;
        let (selfie, card) = (place.data.join("selfie.jpg"), place.data.join("card.jpg"));
        std::fs::write(&selfie, PORTRAIT_1080P).context("cannot write the sample selfie")?;
        std::fs::write(&card, SAMPLE_CARD).context("cannot write the sample card")?;
        print_demo(&url, &token, &card)?;
        if app.faces.missing().is_empty() {
            print_look(&url, &token, &selfie)?;
        }
    } else {
        let mut out = std::io::stdout().lock();
        writeln!(out, "listening on {url}")?;
        out.flush()?;
    }
    tokio::spawn(keep_keys_fresh(app.clone()));
    tokio::spawn(app.clone().keep_settings_fresh());
    // Also where a worker does: whoever has written records makes the tallies that its lists read.
    tokio::spawn(app.clone().keep_tallies());
    tokio::spawn(app.clone().keep_galleries_short());
    if !arguments.no_jobs {
        tokio::spawn(app.clone().keep_document_checks());
        tokio::spawn(app.clone().keep_validations());
        tokio::spawn(app.clone().keep_answers_short());
    }
    let router = http::router(http::State::new(app.clone()));
    http::serve(serving, router, &app.config.now().http, stopped).await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

pub fn report_missing(faces: &Faces) {
    let missing = faces.missing();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        tracing::warn!(missing, "face calls answer 503 until `verax models install` was run");
    }
}

/// A key that another process put into the file is used within seconds.
pub async fn keep_keys_fresh(app: App) {
    let mut tick = tokio::time::interval(Duration::from_secs(2));
    loop {
        tick.tick().await;
        if let Err(error) = app.keys.refresh() {
            tracing::error!(cause = %error, "the signing keys could not be read again");
        }
    }
}

/// Ready when somebody ends the process; listens from now on.
pub fn stopped() -> Result<impl Future<Output = ()>> {
    let mut terminated = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        tracing::info!("stopping: requests at work may finish");
    })
}

async fn prepare_demo(app: &App) -> Result<String> {
    const SEED: u64 = 2026;
    app.store_demo(SEED).await?;
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
    Ok(app.mint_token(&mint).await?)
}

fn print_demo(url: &str, token: &str, card: &Path) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "listening on {url}\n\n\
         This is a demo: its records are synthetic, nothing was measured, and all of it is gone when \
         you stop it.\n\n\
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
    )?;
    out.flush()?;
    Ok(())
}

/// A face that is really looked at.
fn print_look(url: &str, token: &str, portrait: &Path) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "\nThe models are installed. Is the face of this portrait a live one?\n\n\
         printf '{{\"os\":\"DESKTOP\",\"image\":\"%s\"}}' \"$(base64 < {} | tr -d '\\n')\" | \
         curl -H 'Authorization: Bearer {token}' --data-binary @- \
         '{url}/v2/face-recognition/liveness'",
        portrait.display()
    )?;
    out.flush()?;
    Ok(())
}

pub fn start_log(log: &Log) -> Result<()> {
    // At debug the PostgreSQL driver logs what statements are given: emails, identifiers.
    let directives = format!("{},access=info,refinery_core=warn,tokio_postgres=info", log.level);
    let filter = EnvFilter::try_new(directives).context("the setting log.level")?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
    // What cannot be logged because the disk is full is lost; complaining about that on the same
    // disk would end the request.
    let builder = builder.log_internal_errors(false);
    let started = match (log.file.as_str(), log.format) {
        ("", LogFormat::Json) => {
            builder.json().flatten_event(true).with_writer(std::io::stderr).try_init()
        }
        ("", LogFormat::Text) => builder.with_writer(std::io::stderr).try_init(),
        (path, format) => {
            let file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o600)
                .open(path)
                .with_context(|| format!("cannot write the log to {path}"))?;
            if file.metadata()?.is_file() {
                // Also one that was there: routes and times are nobody else's business.
                file.set_permissions(Permissions::from_mode(0o600))?;
            }
            let builder = builder.with_ansi(false).with_writer(std::sync::Mutex::new(file));
            match format {
                LogFormat::Json => builder.json().flatten_event(true).try_init(),
                LogFormat::Text => builder.try_init(),
            }
        }
    };
    match started {
        Ok(()) => {
            // A line like any other, without the panic's own words: they may quote what was read.
            std::panic::set_hook(Box::new(|panic| {
                let place = panic.location().map(ToString::to_string);
                tracing::error!(place, "a panic: the work that met it was given up");
            }));
            Ok(())
        }
        Err(error) => bail!("the log cannot be started: {error}"),
    }
}
