//! `verax worker`: what `verax serve` does beside serving, in a process of its own.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::locations::Locations;
use super::output::announce;
use super::serve::{report_missing, start_log, stopped};
use super::service_manager;
use crate::app::faces::Faces;
use crate::document_models::load_document_engine;
use crate::http::{self, Serving};
use crate::installed_models::read_face_models;
use crate::jobs::{self, Node, Role};
use crate::open_files;

#[derive(Args)]
pub struct Arguments {
    /// An address for /healthz, /readyz and /metrics; nothing listens without it.
    #[arg(long, env = "VERAX_WORKER_LISTEN", value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

pub async fn run(locations: &Locations, arguments: &Arguments) -> Result<ExitCode> {
    start_log(&locations.config()?.log)?;
    open_files::raise_limit();
    let app = locations.open().await?;
    let _in_use = locations.shared()?;
    locations.make_vault_private(&locations.config()?);
    let documents = load_document_engine(&locations.models(), &app.config.now())?;
    let app = app.with_documents(documents);
    app.admission.start()?;
    let faces = Faces::load_within(
        read_face_models(&locations.models(), &app.config.now().models)?,
        app.config.now().images.decode_limits(),
    )?;
    report_missing(&faces);
    let app = app.with_faces(faces).with_disks(locations.disks(&locations.config()?));
    let serving = match arguments.listen {
        Some(address) => Some(Serving::bind(address, None).await?.counted_by(app.metrics.clone())),
        None => None,
    };
    let stopped = stopped()?;
    match &serving {
        Some(serving) => announce(format_args!("listening on {}", serving.url()?)),
        None => announce("at work"),
    }
    service_manager::ready();
    let backup_source = locations.backup_source(app.database.clone())?;
    let node = Node { app: app.clone(), role: Role::Works, backup_source, certificate: None };
    let jobs = jobs::start(&node);
    match serving {
        Some(serving) => {
            let router = http::health_router(http::State::new(app.clone()));
            http::serve(serving, router, &app.config.now().http, stopped).await?;
        }
        None => stopped.await,
    }
    jobs.drain().await;
    app.deliveries.drain().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}
