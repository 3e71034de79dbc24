//! Real HTTP clients against the real binary: the seeds' own snippets, one request in all its spellings, and
//! the life of one person in the words of the protocol's own clients.

mod compare;
mod drivers;
mod install;
mod life;
mod questions;
mod records;
mod snippets;
mod wire;

use anyhow::{Result, bail};

use crate::postgres::{Cluster, Durability};
use crate::running::{Binary, Profile, Server, Site};

pub use install::{
    console_check, environment, folder, generators, needs_program, node_packages,
    python_environment, s3_environment, webhook_libraries,
};

/// What the clients talk to.
struct Target {
    url: String,
    address: std::net::SocketAddr,
    token: String,
    // Stops when this is dropped; the site's folder outlives it.
    _server: Server,
    _site: Site,
}

/// `cargo xtask clients`.
pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    use lexopt::prelude::*;
    let (mut file, mut with_postgres, mut only) = (None, false, Vec::new());
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("bin") => file = Some(arguments.value()?.into()),
            Long("postgres") => with_postgres = true,
            Long("only") => {
                only = arguments.value()?.string()?.split(',').map(str::to_owned).collect();
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let binary = Binary::find(file, Profile::Dev)?;
    let cluster = with_postgres.then(|| Cluster::start(Durability::Forgetful)).transpose()?;
    check(&binary, cluster.as_ref(), &only)
}

/// Every client, or those whose name is in `only`, against this binary.
pub fn check(binary: &Binary, cluster: Option<&Cluster>, only: &[String]) -> Result<()> {
    let place = install::install()?;
    let database = |name: &str| cluster.map(|it| it.create_database(name)).transpose();
    let mut tally = Tally { only, ..Tally::default() };

    let seeds = Target::start(Site::new(binary, database("clients_seeds")?)?, |site| {
        for (resource, page) in snippets::PAGES {
            site.import(resource, &place.join("fixtures").join(page))?;
        }
        site.token("client_123456789")
    })?;
    snippets::check(&place, &seeds, &mut tally)?;

    let matrix = Target::start(Site::new(binary, database("clients_matrix")?)?, |site| {
        records::import(site)?;
        site.token(records::CLIENT)
    })?;
    wire::check(&place, &matrix, &mut tally)?;

    life::check(binary, cluster, &mut tally)?;

    tally.conclude()
}

impl Target {
    fn start(site: Site, fill: impl FnOnce(&Site) -> Result<String>) -> Result<Target> {
        let token = fill(&site)?;
        let server = site.serve(&[])?;
        let (url, address) = (server.url(), server.address);
        Ok(Target { url, address, token, _server: server, _site: site })
    }
}

/// How many answers were looked at, and what was wrong with them.
#[derive(Default)]
struct Tally<'a> {
    only: &'a [String],
    lines: Vec<(String, usize, usize)>,
    mismatches: usize,
}

impl Tally<'_> {
    fn wants(&self, client: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == client)
    }

    /// Notes one answer; an empty list of complaints is a good answer.
    fn note(&mut self, client: &str, question: &str, complaints: &[String]) {
        for complaint in complaints {
            println!("clients: {client}: {question}: {complaint}");
        }
        let bad = usize::from(!complaints.is_empty());
        self.mismatches += bad;
        match self.lines.iter_mut().find(|(name, ..)| name == client) {
            Some((_, asked, wrong)) => {
                *asked += 1;
                *wrong += bad;
            }
            None => self.lines.push((client.to_owned(), 1, bad)),
        }
    }

    fn conclude(&self) -> Result<()> {
        let mut asked_in_all = 0;
        for (client, asked, wrong) in &self.lines {
            println!("  {client:<34} {asked:>4} answers, {wrong} wrong");
            asked_in_all += asked;
        }
        if asked_in_all == 0 {
            bail!("no client was run");
        }
        if self.mismatches > 0 {
            bail!("{} of {asked_in_all} answers are wrong", self.mismatches);
        }
        println!("clients: {asked_in_all} answers, all as they should be");
        Ok(())
    }
}
