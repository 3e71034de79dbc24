//! `verax serve`.

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::bench_faces::PORTRAIT_1080P;
use super::install_models::{InstallArgs, install};
use super::locations::Locations;
use super::output::{announce, report_line, takes_colour};
use super::{serve_demo, service_manager};

use crate::app::App;
use crate::app::document_validations::reading::DocumentReader;
use crate::app::faces::Faces;
use crate::config::{self, Log, LogFormat};
use crate::document_models::load_document_engine;
use crate::http::{self, DemoDoor, Serving, Tls};
use crate::installed_models::{load_reader, read_face_models};
use crate::jobs::{self, Node, Role};
use crate::open_files;

/// A card of no country, drawn and photographed by our own code: `assets/README.md`.
static SAMPLE_CARD: &[u8] = include_bytes!("../../assets/card.jpg");

#[derive(Args)]
pub struct Arguments {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080", env = "VERAX_LISTEN", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The certificate chain, in PEM, in place of the setting http.tls_certificate; with --tls-key the
    /// server speaks TLS alone.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM, in place of the setting http.tls_key.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serve a throw-away folder with a client and a few hundred synthetic records, and print how to
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

pub async fn run(locations: &Locations, arguments: Arguments) -> Result<ExitCode> {
    let throw_away =
        arguments.demo.then(|| tempfile::Builder::new().prefix("verax-demo-").tempdir());
    let throw_away = throw_away.transpose().with_context(|| {
        let folder = std::env::temp_dir();
        format!("cannot make a folder in {}: set TMPDIR to another", folder.display())
    })?;
    // A demo has records of its own, but looks at faces with the models that are installed.
    let models = locations.models();
    if arguments.install_models {
        locations.create()?;
        let fetched = install(&InstallArgs::default(), &models, &mut std::io::stderr());
        if let Err(error) = fetched {
            report_line(format_args!("the models are not installed: {error:#}"));
        }
    }
    let mut locations = locations.clone();
    if let Some(folder) = &throw_away {
        locations.data = folder.path().to_owned();
        locations.database_url = None;
        locations.database_replica_url = None;
    }
    start_log(&locations.config()?.log)?;
    open_files::raise_limit();
    locations.create()?;
    let _in_use = locations.shared()?;
    let app = locations.open_or_make().await?;
    locations.make_vault_private(&locations.config()?);
    locations.warn_of_open_folder();
    let documents = load_document_engine(&models, &app.config.now())?;
    let reader = Arc::new(load_reader(&models, &app.config.now().models)?);
    let reads_text = reader.reads_text();
    let app = app.with_documents(documents).with_document_reader(DocumentReader::with(reader));
    app.admission.start()?;
    let faces = Faces::load_within(
        read_face_models(&models, &app.config.now().models)?,
        app.config.now().images.decode_limits(),
    )?;
    report_missing(&faces);
    if !reads_text {
        tracing::warn!(
            "documents are read by their barcodes alone until `verax models install --for reading` was run"
        );
    }
    let app = app.with_faces(faces).with_disks(locations.disks(&locations.config()?));
    let tls = tls_files(arguments.tls_cert.zip(arguments.tls_key), &app.config.now().http);
    if tls.is_none() && !arguments.listen.ip().is_loopback() {
        tracing::warn!(
            address = %arguments.listen,
            "plain HTTP: tokens and faces can be read on the way. Set http.tls_certificate and \
             http.tls_key, or listen on 127.0.0.1 behind a proxy that has TLS"
        );
    }
    let serving = Serving::bind(arguments.listen, tls.as_ref()).await?;
    let serving = serving.counted_by(app.metrics.clone());
    let url = serving.url()?;
    // Listened for before anybody is told that the server is there.
    let stopped = stopped()?;
    let mut door = DemoDoor::default();
    if arguments.demo {
        let demo = serve_demo::prepare(&app, (SAMPLE_CARD, PORTRAIT_1080P)).await?;
        let (selfie, card) = (locations.data.join("selfie.jpg"), locations.data.join("card.jpg"));
        for (path, image) in [(&selfie, PORTRAIT_1080P), (&card, SAMPLE_CARD)] {
            std::fs::write(path, image)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        serve_demo::print(&url, &demo, &card);
        if app.faces.missing().is_empty() {
            print_look(&url, &demo.token, &selfie);
        }
        door = demo.door;
    } else {
        announce(format_args!("listening on {url}"));
        announce_first_owner(&app, &url).await?;
    }
    service_manager::ready();
    let role = if arguments.no_jobs { Role::Serves } else { Role::ServesAndWorks };
    let backup_source = locations.backup_source(app.database.clone())?;
    let certificate = serving.certificate();
    let jobs = jobs::start(&Node { app: app.clone(), role, backup_source, certificate });
    let router = http::router(http::State::of_demo(app.clone(), door));
    let feed = app.feed.clone();
    let stopped = async move {
        stopped.await;
        feed.close();
    };
    http::serve(serving, router, &app.config.now().http, stopped).await?;
    jobs.drain().await;
    app.deliveries.drain().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// Where nobody was ever invited, the link by which the owner joins.
async fn announce_first_owner(app: &App, url: &str) -> Result<()> {
    if !app.config.now().console.enabled {
        return Ok(());
    }
    if let Some(link) = app.first_owner_link().await? {
        let url = if link.starts_with('/') { url } else { "" };
        announce(format_args!(
            "\nThis server has no members yet. Whoever opens this link becomes its owner; it opens once, \
             for 24 hours:\n\n{url}{link}"
        ));
    }
    Ok(())
}

/// The certificate's files: what the command line says comes before the settings.
pub fn tls_files(given: Option<(PathBuf, PathBuf)>, settings: &config::Http) -> Option<Tls> {
    let set = (!settings.tls_certificate.is_empty())
        .then(|| (settings.tls_certificate.clone().into(), settings.tls_key.clone().into()));
    given.or(set).map(|(certificates, key)| Tls { certificates, key })
}

pub fn report_missing(faces: &Faces) {
    let missing = faces.missing();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        tracing::warn!(missing, "face calls answer 503 until `verax models install` was run");
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
        service_manager::stopping();
        tracing::info!("stopping: requests at work may finish");
    })
}

/// A real check of a face.
fn print_look(url: &str, token: &str, portrait: &Path) {
    announce(format_args!(
        "\nThe models are installed. Is the face of this portrait a live one?\n\n\
         printf '{{\"os\":\"DESKTOP\",\"image\":\"%s\"}}' \"$(base64 < {} | tr -d '\\n')\" | \
         curl -H 'Authorization: Bearer {token}' --data-binary @- \
         '{url}/v2/face-recognition/liveness'",
        portrait.display()
    ));
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
        ("", LogFormat::Text) => {
            let builder = builder.with_ansi(takes_colour(&std::io::stderr()));
            builder.with_writer(std::io::stderr).try_init()
        }
        (path, format) => {
            let cannot_write = || {
                format!(
                    "cannot write the log to {path}: set log.file to a file of yours, or to \"\""
                )
            };
            let file = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o600)
                .open(path)
                .with_context(cannot_write)?;
            if file.metadata().with_context(cannot_write)?.is_file() {
                // Also one that was there: routes and times are nobody else's business.
                let private = file.set_permissions(Permissions::from_mode(0o600));
                private.with_context(cannot_write)?;
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
                let location = panic.location().map(ToString::to_string);
                tracing::error!(location, "panic caught; task aborted");
            }));
            Ok(())
        }
        Err(error) => bail!("the log cannot be started: {error}"),
    }
}
