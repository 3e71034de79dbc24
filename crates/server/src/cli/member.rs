//! `verax member …`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use verax_domain::role::{Role, SERVER_WIDE};
use verax_store::{Member, MemberKey};

use super::locations::Locations;
use super::output::print_line;
use crate::app::App;
use crate::app::journal::Origin;
use crate::app::members::invitations::{InvitationLink, Invite};

#[derive(Subcommand)]
pub enum Command {
    /// Invite somebody, and print the link by which they join.
    Invite(InviteArgs),
    /// List the members.
    List(List),
    /// Change what a member may do.
    Role(RoleArgs),
    /// Sign a member out, and let them in no more.
    Disable(Named),
    /// Let a disabled member in again.
    Enable(Named),
    /// Delete a member.
    Remove(Named),
    /// Print a link by which a member joins, or sets a new password.
    Link(Link),
}

#[derive(Args)]
pub struct InviteArgs {
    /// The address that they sign in with.
    email: String,
    /// What they may do: viewer, editor, admin, owner.
    #[arg(long, value_parser = parse_role)]
    role: Role,
    /// The id of the client whose records they see. Without it: those of all clients.
    #[arg(long)]
    client: Option<String>,
    /// Their name.
    #[arg(long)]
    name: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct List {
    /// Of one client; `_server`: those who see all clients.
    #[arg(long)]
    client: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Named {
    /// The member's address, or id.
    member: String,
    /// The member's client, where several have one with this address; `_server`: the one who sees all.
    #[arg(long)]
    client: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct RoleArgs {
    #[command(flatten)]
    named: Named,
    /// viewer, editor, admin or owner.
    #[arg(value_parser = parse_role)]
    role: Role,
}

#[derive(Args)]
pub struct Link {
    #[command(flatten)]
    named: Named,
    /// Also take away the second factor, of somebody who has lost theirs.
    #[arg(long)]
    remove_totp: bool,
}

pub async fn run(locations: &Locations, command: Command) -> Result<ExitCode> {
    let app = match command {
        Command::Invite(_) => locations.open_or_make().await?,
        _ => locations.open().await?,
    };
    let origin = Origin::command();
    match command {
        Command::Invite(arguments) => {
            let InviteArgs { email, role, client, name, json } = &arguments;
            let (client, name) = (client.as_deref(), name.as_deref());
            let invite = Invite { client, email, name, role: *role };
            print_link(&app.invite_member(invite, &origin).await?, *json)?;
        }
        Command::List(arguments) => list(&app, &arguments).await?,
        Command::Role(RoleArgs { named, role }) => {
            let member = find(&app, &named).await?;
            app.change_role(key(&member), role, &origin).await?;
            print_member(&app, &member, named.json).await?;
        }
        Command::Disable(named) => {
            let member = find(&app, &named).await?;
            app.disable_member(key(&member), &origin).await?;
            print_member(&app, &member, named.json).await?;
        }
        Command::Enable(named) => {
            let member = find(&app, &named).await?;
            app.enable_member(key(&member), &origin).await?;
            print_member(&app, &member, named.json).await?;
        }
        Command::Remove(named) => {
            let member = find(&app, &named).await?;
            app.delete_member(key(&member), &origin).await?;
            if named.json {
                print_line(json!({ "_id": member.id, "deleted": true }))?;
            } else {
                print_line(format_args!("deleted {}", member.email))?;
            }
        }
        Command::Link(Link { named, remove_totp }) => {
            let member = find(&app, &named).await?;
            if remove_totp && member.has_totp {
                app.reset_totp(key(&member), &origin).await?;
            }
            print_link(&app.password_link(key(&member), &origin).await?, named.json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(app: &App, arguments: &List) -> Result<()> {
    let members = app.members(arguments.client.as_deref()).await?;
    if arguments.json {
        return Ok(print_line(Value::from_iter(members.iter().map(shown)))?);
    }
    for member in &members {
        print_line(in_words(member))?;
    }
    Ok(())
}

/// The one member that is meant.
async fn find(app: &App, named: &Named) -> Result<Member> {
    let mut members = app.members(named.client.as_deref()).await?;
    let email = verax_query::fold_address(&named.member);
    members.retain(|it| it.id == named.member || verax_query::fold_address(&it.email) == email);
    match (members.pop(), members.is_empty()) {
        (Some(member), true) => Ok(member),
        (Some(_), false) => bail!("several clients have this member: name one by --client"),
        (None, _) => bail!("there is no member {}: see `verax member list`", named.member),
    }
}

fn key(member: &Member) -> MemberKey<'_> {
    (&member.client, &member.id)
}

fn print_link(link: &InvitationLink, json: bool) -> Result<()> {
    let InvitationLink { member, url, expires_at } = link;
    if json {
        let expires_at = expires_at.to_string();
        print_line(json!({ "_id": member, "url": url, "expiresAt": expires_at }))?;
    } else {
        print_line(url)?;
    }
    Ok(())
}

async fn print_member(app: &App, before: &Member, json: bool) -> Result<()> {
    let member = app.member(key(before)).await?;
    let line = if json { shown(&member).to_string() } else { in_words(&member) };
    Ok(print_line(line)?)
}

fn in_words(member: &Member) -> String {
    let Member { id, email, role, status, .. } = member;
    let client = if member.is_server_wide() { "all clients" } else { &member.client };
    let second = if member.has_totp { "with codes" } else { "by password alone" };
    format!("{id}\t{email}\t{}\t{}\t{client}\t{second}", role.word(), status.word())
}

fn shown(member: &Member) -> Value {
    json!({
        "_id": member.id,
        "client": (member.client != SERVER_WIDE).then_some(&member.client),
        "name": member.name,
        "email": member.email,
        "role": member.role.word(),
        "status": member.status.word(),
        "hasTotp": member.has_totp,
        "lastSignInAt": member.last_sign_in_at.map(|at| at.to_string()),
        "createdAt": member.created_at.to_string(),
    })
}

fn parse_role(word: &str) -> Result<Role, String> {
    Role::from_word(word).ok_or_else(|| format!("must be one of {}", Role::WORDS.join(", ")))
}
