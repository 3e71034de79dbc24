//! The commands of `verax`.

mod backup;
mod bench_documents;
mod bench_face_grid;
mod bench_faces;
mod bench_reading;
mod check_document;
mod client;
mod completions;
mod doctor;
mod eval_documents;
mod eval_faces;
mod eval_reading;
mod eval_reviews;
mod export;
mod head_output;
mod import;
mod install_models;
mod listen;
mod locations;
mod man;
mod member;
mod move_data;
mod output;
mod progress;
mod read_document;
mod reference;
mod restore;
mod sdk_names;
mod serve;
mod serve_demo;
mod service_manager;
mod settings;
mod tallies;
mod token;
mod train_attacks;
mod train_documents;
mod trigger;
mod vault;
mod webhook;
mod worker;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use self::locations::Locations;
use self::output::{OUTPUT_CLOSED_CODE, Output, is_output_closed, report_line};
use crate::clock::Clock;
use crate::config::Models;
use crate::document_models::load_document_engine;
use crate::hardening;
use crate::installed_models::{load_backbone, load_reader, read_face_models};

/// Checks faces and identity documents on your own machine, keeps every check as a record, and
/// lists the records through an API that speaks the Verifik v2 protocol.
#[derive(Parser)]
#[command(name = "verax", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    locations: Locations,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API.
    Serve(serve::Arguments),
    /// Run background jobs (expiry, recovery) without serving the API.
    Worker(worker::Arguments),
    /// Create, list and delete clients: the companies whose records are stored.
    #[command(subcommand)]
    Client(client::Command),
    /// Create, list and revoke access tokens; rotate the keys that sign them.
    #[command(subcommand)]
    Token(token::Command),
    /// Invite, list, change and remove the people who sign in.
    #[command(subcommand)]
    Member(member::Command),
    /// Make, list and try webhooks: endpoints that are called when something has happened.
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Make one event of a synthetic record, to try a webhook with.
    Trigger(trigger::Arguments),
    /// List and change the settings that all nodes share.
    #[command(subcommand)]
    Settings(settings::Command),
    /// Look after the keys that open images and templates, and whether they open them.
    #[command(subcommand)]
    Vault(vault::Command),
    /// Store records from NDJSON, or from pages as the API (or Verifik's) answers them.
    Import(import::Arguments),
    /// Write records as NDJSON.
    Export(export::Arguments),
    /// Forward the events of a sandbox to an application on this machine, as signed webhooks.
    Listen(listen::Arguments),
    /// Check the configuration and report problems.
    Doctor(doctor::Arguments),
    /// Bring the database's schema up to date.
    Migrate(doctor::Migrate),
    /// Write one encrypted file that holds everything, while it is in use, and try to restore it.
    Backup(backup::Backup),
    /// Restore everything of a backup into an empty data folder.
    Restore(restore::Restore),
    /// Move everything to another database: from SQLite to PostgreSQL, or back.
    Move(move_data::Move),
    /// Install and list the models that measure images.
    #[command(subcommand)]
    Models(install_models::ModelsCommand),
    /// Check one image and print all that was found.
    #[command(subcommand)]
    Check(Check),
    /// Read a document: its text, its machine-readable zone and its barcodes.
    Read(read_document::ReadDocument),
    /// Measure error rates on images of your own.
    #[command(subcommand)]
    Eval(Eval),
    /// Train checks on images of your own.
    #[command(subcommand)]
    Train(Train),
    /// Measure speed and memory on this machine.
    #[command(subcommand)]
    Bench(Bench),
    /// Write the reference pages and the OpenAPI document; with --sdk the names of the clients, too.
    Reference(reference::Arguments),
    /// Print the script with which a shell completes commands and options.
    Completions(completions::Arguments),
    /// Write a manual page for each command.
    Man(man::Arguments),
}

impl Command {
    /// Whether the files that it makes are the server's own. Whoever asks for a file of results has
    /// it with the mode that the shell gives.
    fn makes_private_files(&self) -> bool {
        match self {
            Command::Serve(_)
            | Command::Worker(_)
            | Command::Client(_)
            | Command::Token(_)
            | Command::Member(_)
            | Command::Webhook(_)
            | Command::Trigger(_)
            | Command::Settings(_)
            | Command::Vault(_)
            | Command::Import(_)
            | Command::Listen(_)
            | Command::Doctor(_)
            | Command::Migrate(_)
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::Move(_) => true,
            Command::Export(_)
            | Command::Models(_)
            | Command::Check(_)
            | Command::Read(_)
            | Command::Eval(_)
            | Command::Train(_)
            | Command::Bench(_)
            | Command::Reference(_)
            | Command::Completions(_)
            | Command::Man(_) => false,
        }
    }
}

#[derive(Subcommand)]
enum Eval {
    /// How often faces are taken for the same, or not, on labelled pairs.
    Faces(eval_faces::EvalFacesArgs),
    /// How often presentation attacks pass, and bona fide images do not.
    Attacks(eval_faces::EvalAttacksArgs),
    /// How well the document checks tell genuine documents from attacks.
    Documents(eval_documents::EvalDocuments),
    /// How well text, machine-readable zones and barcodes are read.
    Reading(eval_reading::EvalReading),
    /// How often checks were wrong, as reviewers have decided.
    Reviews(eval_reviews::EvalReviews),
}

#[derive(Subcommand)]
enum Train {
    /// A document check, on photographs of documents and of attacks on them.
    Documents(train_documents::TrainDocuments),
    /// The check of faces for presentation attacks, on photographs of people and of attacks.
    Attacks(train_attacks::TrainAttacks),
}

#[derive(Subcommand)]
enum Check {
    /// The checks of an identity document.
    Document(check_document::CheckDocument),
}

#[derive(Subcommand)]
enum Bench {
    /// Images a second and time per stage.
    Faces(bench_faces::BenchFacesArgs),
    /// One photograph of a document, decoded and put through the checks.
    Documents(bench_documents::BenchDocumentsArgs),
    /// Documents, read: time on one core, and memory.
    Reading(bench_reading::BenchReadingArgs),
}

/// Runs the command of the process's arguments. Exit codes: 0 done, 1 it failed, 2 the arguments
/// are wrong, 141 nobody reads the output any more.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = hardening::reject_core_dumps() {
        report_line(format_args!(
            "a core dump could hold keys, and the system does not reject it: {error}"
        ));
    }
    if cli.command.makes_private_files() {
        hardening::make_files_private();
    }
    match run(cli) {
        Ok(code) => code,
        Err(error) if is_output_closed(&error) => ExitCode::from(OUTPUT_CLOSED_CODE),
        Err(error) => {
            report_line(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    let locations = cli.locations;
    match &cli.command {
        Command::Reference(arguments) => return reference::run(arguments, Cli::command()),
        Command::Completions(arguments) => return completions::run(arguments, Cli::command()),
        Command::Man(arguments) => return man::run(arguments, Cli::command()),
        _ => {}
    }
    if let Some(done) = measuring(&locations, &cli.command) {
        return done.map(|()| ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(arguments) => serve::run(&locations, arguments).await,
            Command::Worker(arguments) => worker::run(&locations, &arguments).await,
            Command::Client(command) => client::run(&locations, command).await,
            Command::Token(command) => token::run(&locations, command).await,
            Command::Member(command) => member::run(&locations, command).await,
            Command::Webhook(command) => webhook::run(&locations, command).await,
            Command::Trigger(arguments) => trigger::run(&locations, arguments).await,
            Command::Settings(command) => settings::run(&locations, command).await,
            Command::Vault(command) => vault::run(&locations, command).await,
            Command::Import(arguments) => import::run(&locations, &arguments).await,
            Command::Export(arguments) => export::run(&locations, &arguments).await,
            Command::Eval(Eval::Reviews(arguments)) => {
                eval_reviews::run(&locations, &arguments).await
            }
            Command::Listen(arguments) => listen::run(arguments).await,
            Command::Doctor(arguments) => doctor::run(&locations, &arguments).await,
            Command::Migrate(arguments) => doctor::migrate(&locations, &arguments).await,
            Command::Backup(arguments) => backup::run(&locations, arguments).await,
            Command::Restore(arguments) => restore::run(&locations, &arguments).await,
            Command::Move(arguments) => move_data::run(&locations, &arguments).await,
            Command::Reference(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Models(_)
            | Command::Check(_)
            | Command::Read(_)
            | Command::Eval(_)
            | Command::Train(_)
            | Command::Bench(_) => Ok(ExitCode::SUCCESS),
        }
    })
}

/// The commands that work on images alone: they need no database.
fn measuring(locations: &Locations, command: &Command) -> Option<Result<()>> {
    let models = || read_face_models(&locations.models(), &locations.config()?.models);
    // What replaces a head of the settings does not need it.
    let models_without_head = || {
        let settings = Models { face_attack_head: String::new(), ..locations.config()?.models };
        read_face_models(&locations.models(), &settings)
    };
    let backbone = || load_backbone(&locations.models(), &locations.config()?.models);
    let documents = || load_document_engine(&locations.models(), &locations.config()?);
    let reader = || load_reader(&locations.models(), &locations.config()?.models);
    let out = &mut Output;
    match command {
        Command::Read(arguments) => {
            Some(reader().and_then(|it| read_document::run(arguments, &it, current_year()?, out)))
        }
        Command::Eval(Eval::Reading(arguments)) => {
            Some(reader().and_then(|it| eval_reading::run(arguments, &it, current_year()?, out)))
        }
        Command::Bench(Bench::Reading(arguments)) => {
            Some(reader().and_then(|it| bench_reading::run(arguments, &it, current_year()?, out)))
        }
        Command::Models(command) => Some(install_models::run(command, &locations.models(), out)),
        Command::Eval(Eval::Faces(arguments)) => {
            Some(models().and_then(|models| eval_faces::run_faces(arguments, models, out)))
        }
        Command::Eval(Eval::Attacks(arguments)) => {
            Some(models().and_then(|models| eval_faces::run_attacks(arguments, models, out)))
        }
        Command::Eval(Eval::Documents(arguments)) => {
            Some(backbone().and_then(|backbone| eval_documents::run(arguments, backbone)))
        }
        Command::Train(Train::Documents(arguments)) => {
            Some(backbone().and_then(|backbone| train_documents::run(arguments, backbone)))
        }
        Command::Train(Train::Attacks(arguments)) => Some(
            models_without_head()
                .and_then(|models| train_attacks::run(arguments, models, backbone()?)),
        ),
        Command::Check(Check::Document(arguments)) => {
            let engine = match &arguments.weights {
                Some(folder) => backbone().and_then(|it| eval_documents::load_engine(folder, it)),
                None => documents(),
            };
            Some(engine.and_then(|engine| check_document::run(arguments, models()?, &engine)))
        }
        Command::Bench(Bench::Faces(arguments)) => {
            Some(models().and_then(|models| bench_faces::run(arguments, models, out)))
        }
        Command::Bench(Bench::Documents(arguments)) => {
            Some(documents().and_then(|engine| bench_documents::run(arguments, &engine, out)))
        }
        _ => None,
    }
}

/// Four digits.
fn current_year() -> Result<u16> {
    let mut now = Vec::new();
    Clock::System.now().write_to(&mut now);
    let year = now.get(..4).map(String::from_utf8_lossy).unwrap_or_default();
    Ok(year.parse()?)
}
