//! `verax token …`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use verax_domain::{Scope, Timestamp};
use verax_store::{Batch, StoreError, Token};

use super::locations::Locations;
use super::output::print_line;
use crate::app::access::{LIVE, Mint, SANDBOX};

#[derive(Subcommand)]
pub enum Command {
    /// Create a token and print it, and nothing else.
    Create(Create),
    /// List the tokens that were created. The tokens themselves are stored nowhere.
    List(List),
    /// Revoke one token with its renewals, or all of a client and its sandbox. It takes effect within
    /// 5 seconds.
    Revoke(Revoke),
    /// Put a new signing key in front; tokens that older keys signed stay valid.
    RotateKey(RotateKey),
}

#[derive(Args)]
pub struct Create {
    /// The client's id.
    #[arg(long)]
    client: String,
    /// What it may do, with commas between: validations:read, documents:read, media:read,
    /// events:read, webhooks:write, write, review, members:write, audit:read, staff. Without it: all that its client
    /// may, but none of the last four.
    #[arg(long, value_delimiter = ',', value_parser = parse_scope)]
    scope: Option<Vec<Scope>>,
    /// How long it is valid: 12h, 30d. Without it: the setting tokens.days.
    #[arg(long, value_parser = parse_duration)]
    expires: Option<Duration>,
    /// How long renewals of it may be valid, counted from now: 12h, 365d. Without it: the setting
    /// tokens.renewable_days; never less than it is valid itself.
    #[arg(long, value_parser = parse_duration)]
    renewable: Option<Duration>,
    /// See the records of all clients.
    #[arg(long, conflicts_with = "sandbox")]
    staff: bool,
    /// For the client's sandbox, which has records of its own; it is made when there is none.
    #[arg(long)]
    sandbox: bool,
    /// Print a JSON object with the token.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct List {
    /// Of one client and its sandbox.
    #[arg(long)]
    client: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["id", "client"])))]
pub struct Revoke {
    /// The token's id: the `jti` that `token list` shows.
    id: Option<String>,
    /// All tokens of this client and its sandbox.
    #[arg(long)]
    client: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct RotateKey {
    /// How many older keys still verify.
    #[arg(long, default_value_t = 3)]
    keep: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub async fn run(locations: &Locations, command: Command) -> Result<ExitCode> {
    let app = locations.open().await?;
    match command {
        Command::Create(arguments) => {
            let days = u64::from(app.config.now().tokens.days);
            let mint = Mint {
                client: &arguments.client,
                scopes: arguments.scope,
                staff: arguments.staff,
                mode: if arguments.sandbox { SANDBOX } else { LIVE },
                valid: arguments.expires.unwrap_or(Duration::from_secs(days * 24 * 60 * 60)),
                renewable: arguments.renewable,
            };
            let token = app.mint_token(&mint).await?;
            if arguments.json {
                print_line(json!({ "token": token, "tokenType": "bearer" }))?;
            } else {
                print_line(token)?;
            }
        }
        Command::List(arguments) => {
            let tokens = app.database.tokens(arguments.client.as_deref()).await?;
            let now = app.clock.now();
            if arguments.json {
                print_line(Value::from_iter(tokens.iter().map(|token| shown(token, now))))?;
            } else {
                for token in &tokens {
                    let state = state(token, now);
                    let until = token.expires_at;
                    let (id, client, scopes) = (&token.id, &token.client, &token.scopes);
                    print_line(format_args!("{id}\t{client}\t{state}\tuntil {until}\t{scopes}"))?;
                }
            }
        }
        Command::Revoke(arguments) => {
            let mut batch = Batch::default();
            let now = app.clock.now();
            if let Some(id) = &arguments.id {
                batch.revoke_token(id, now).revoke_renewals(id, now);
            }
            if let Some(client) = &arguments.client {
                if app.database.client(client).await?.is_none() {
                    bail!("there is no client {client}: see `verax client list`");
                }
                for client in app.with_sandbox(client).await? {
                    batch.revoke_tokens_of(&client, now);
                }
            }
            match app.database.commit(batch).await {
                Ok(()) if arguments.json => print_line(json!({ "revoked": true }))?,
                Ok(()) => print_line("revoked")?,
                Err(StoreError::Conflict) => bail!("there is no such token that is not revoked"),
                Err(error) => return Err(error.into()),
            }
        }
        Command::RotateKey(arguments) => {
            let id = app.rotate_signing_key(arguments.keep).await?;
            if arguments.json {
                print_line(json!({ "kid": id }))?;
            } else {
                print_line(format_args!("new tokens are signed with the key {id}"))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn state(token: &Token, now: Timestamp) -> &'static str {
    match token.revoked_at {
        Some(_) => "revoked",
        None if token.is_valid(now) => "valid",
        None => "expired",
    }
}

fn shown(token: &Token, now: Timestamp) -> Value {
    let mut shown = json!({
        "jti": token.id,
        "client": token.client,
        "scopes": token.scopes.split(' ').collect::<Vec<_>>(),
        "mode": token.mode,
        "state": state(token, now),
        "createdAt": token.created_at.to_string(),
        "expiresAt": token.expires_at.to_string(),
    });
    if let Some(until) = token.renewable_until {
        shown["renewableUntil"] = until.to_string().into();
    }
    if let Some(first) = &token.renewal_of {
        shown["renewalOf"] = first.as_str().into();
    }
    if let Some(revoked) = token.revoked_at {
        shown["revokedAt"] = revoked.to_string().into();
    }
    shown
}

pub fn parse_scope(word: &str) -> Result<Scope, String> {
    Scope::from_word(word.trim()).ok_or_else(|| {
        let all: Vec<&str> = Scope::ALL.into_iter().map(Scope::word).collect();
        format!("must be one of {}", all.join(", "))
    })
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || "must be a number and a unit: 90s, 30m, 12h, 30d".to_owned();
    let (number, unit) = text.split_at(text.len().saturating_sub(1));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match number.checked_mul(seconds) {
        Some(seconds @ 1..=315_360_000) => Ok(Duration::from_secs(seconds)),
        _ => Err("must be from 1s to 3650d".to_owned()),
    }
}
