//! After an update that folds text in another way: every row is folded again, in batches.
//!
//! SQL cannot do it. Each batch says how far it has come in a row of its own, and is committed only where
//! that row still says where it began: a walk that was interrupted goes on, and of several nodes each
//! batch is one's.

use verax_domain::resources::{ALL, APP_REGISTRATIONS};
use verax_query::{Arg, Dialect, Field, Kind, Resource, Sql, nfc};

use crate::StoreError;
use crate::batch::{Batch, Rows};
use crate::connection::Connection;
use crate::database::Database;
use crate::row::Cells;
use crate::tables::records::push_record_key;

/// Of `verax_query::fold` and `Field::fold`: another number where they give another text.
const FOLDING_VERSION: i64 = 2;

/// Few enough that a statement has its end within its limit, so many that committing them is the least of it.
const ROWS_AT_ONCE: i64 = 5000;

/// Where the walk is: a resource of [`ALL`], and a record of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cursor {
    resource: usize,
    client: String,
    id: String,
}

impl Database {
    /// Folds all text again, whoever has folded it: a node of an older version may have written since the
    /// last time.
    pub async fn refold_again(&self) -> Result<(), StoreError> {
        let mut sql = Sql::default();
        sql.push("UPDATE text_folding SET version = 1, place = '' WHERE id = 'all'");
        let mut batch = Batch::default();
        batch.push(sql, Rows::Exactly(1));
        self.commit(batch).await?;
        self.refold().await
    }

    /// Which version has folded the text, and how far a walk has come.
    async fn folding_state(&self) -> Result<(i64, String), StoreError> {
        let mut sql = Sql::default();
        sql.push("SELECT version, place FROM text_folding WHERE id = 'all'");
        let state =
            self.fetch_row(sql, |row| Ok((row.integer(0)?.unwrap_or_default(), row.string(1)?)));
        Ok(state.await?.unwrap_or_default())
    }

    /// Folds all text again where an older version of the server has folded it.
    pub(crate) async fn refold(&self) -> Result<(), StoreError> {
        loop {
            let (version, place) = self.folding_state().await?;
            if version >= FOLDING_VERSION {
                return Ok(());
            }
            let cursor = Cursor::read(&place).unwrap_or_default();
            let (mut batch, next) = match ALL.get(cursor.resource) {
                Some(resource) => {
                    self.read(async move |connection| {
                        fold_rows(connection, resource, &cursor).await
                    })
                    .await?
                }
                None => (Batch::default(), None),
            };
            batch.move_folding(&place, next.as_ref());
            match self.commit(batch).await {
                // Another node was at the same rows, and is done with them.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Cursor {
    fn read(place: &str) -> Option<Cursor> {
        let (resource, rest) = place.split_once(' ')?;
        let (client_bytes, rest) = rest.split_once(' ')?;
        let (client, id) = rest.split_at_checked(client_bytes.parse().ok()?)?;
        Some(Cursor {
            resource: resource.parse().ok()?,
            client: client.to_owned(),
            id: id.to_owned(),
        })
    }

    /// An id may hold any character: so its length is in front of it.
    fn text(&self) -> String {
        format!("{} {} {}{}", self.resource, self.client.len(), self.client, self.id)
    }
}

/// The changes of the next rows, and where to go on; `None`: all were walked.
async fn fold_rows(
    connection: &mut Connection,
    resource: &'static Resource,
    cursor: &Cursor,
) -> Result<(Batch, Option<Cursor>), StoreError> {
    let texts: Vec<&'static Field> =
        resource.fields.iter().filter(|field| matches!(field.kind, Kind::Text)).collect();
    let sql = rows_sql(connection.dialect(), resource, &texts, cursor);
    let mut batch = Batch::default();
    let mut last = None;
    connection
        .fetch(&sql, &mut |row| {
            let text =
                |column| Ok::<_, StoreError>(row.text(column)?.unwrap_or_default().to_owned());
            let record = Record { resource, client: text(0)?, id: text(1)? };
            fold_row(&mut batch, &record, &texts, row)?;
            last = Some(Cursor { client: record.client, id: record.id, ..cursor.clone() });
            Ok(())
        })
        .await?;
    let next = match last {
        Some(last) => Some(last),
        None if cursor.resource + 1 < ALL.len() => {
            Some(Cursor { resource: cursor.resource + 1, ..Cursor::default() })
        }
        None => None,
    };
    Ok((batch, next))
}

/// What comes after the client and the id, and before the texts with their folded columns.
const OF_REGISTRATIONS: &str = ", project, created_at, held_email";
const FIRST_TEXT: usize = 5;

fn rows_sql(
    dialect: Dialect,
    resource: &'static Resource,
    texts: &[&'static Field],
    cursor: &Cursor,
) -> Sql {
    let text = |text: &str| Arg::Text(text.to_owned());
    let mut sql = Sql::default();
    sql.push("SELECT ").push(resource.tenant_column).push(", id");
    sql.push(if holds_contacts(resource) { OF_REGISTRATIONS } else { ", NULL, NULL, NULL" });
    for field in texts {
        sql.push(", ").push(field.column).push(", ").push(field.folded.unwrap_or("NULL"));
    }
    sql.push(" FROM ").push(resource.table);
    // In the order of the key that each database has.
    if dialect == Dialect::Sqlite || resource.tenant_column == "id" {
        sql.push(" WHERE id > ").bind(text(&cursor.id)).push(" ORDER BY id");
    } else {
        sql.push(" WHERE (client, id) > (").bind(text(&cursor.client)).push(", ");
        sql.bind(text(&cursor.id)).push(") ORDER BY client, id");
    }
    sql.push(" LIMIT ").bind(Arg::Integer(ROWS_AT_ONCE));
    sql
}

fn holds_contacts(resource: &Resource) -> bool {
    resource.table == APP_REGISTRATIONS.table
}

struct Record {
    resource: &'static Resource,
    client: String,
    id: String,
}

fn fold_row(
    batch: &mut Batch,
    record: &Record,
    texts: &[&'static Field],
    row: &dyn Cells,
) -> Result<(), StoreError> {
    for (index, field) in texts.iter().enumerate() {
        let Some(before) = row.text(FIRST_TEXT + 2 * index)? else { continue };
        if before.is_ascii() && field.typed.is_none() {
            continue;
        }
        let after = nfc(before);
        let folded = field.folded.map(|column| (column, field.fold(&after)));
        let folded_before = row.text(FIRST_TEXT + 2 * index + 1)?;
        let is_folded = folded.as_ref().is_none_or(|(_, it)| Some(it.as_str()) == folded_before);
        if *after == *before && is_folded {
            continue;
        }
        batch.fold_text(record, field, before, &after, folded.as_ref());
        let held = match field.name {
            "email" if holds_contacts(record.resource) => row.text(4)?,
            _ => None,
        };
        if let (Some(held), Some((_, key))) = (held, folded) {
            let project = row.text(2)?.unwrap_or_default();
            let created = row.integer(3)?.unwrap_or_default();
            batch.fold_held_email(record, project, created, held, &key);
        }
    }
    Ok(())
}

impl Batch {
    fn fold_text(
        &mut self,
        record: &Record,
        field: &'static Field,
        before: &str,
        after: &str,
        folded: Option<&(&'static str, String)>,
    ) {
        let mut sql = Sql::default();
        sql.push("UPDATE ").push(record.resource.table).push(" SET ").push(field.column);
        sql.push(" = ").bind(Arg::Text(after.to_owned()));
        if let Some((column, folded)) = folded {
            sql.push(", ").push(column).push(" = ").bind(Arg::Text(folded.clone()));
        }
        push_record_key(&mut sql, record.resource, &record.client, &record.id);
        // What was changed meanwhile is folded already.
        sql.push(" AND ").push(field.column).push(" = ").bind(Arg::Text(before.to_owned()));
        self.push(sql, Rows::Any);
    }

    /// Of two registrations of a project that are completed with what is one address now, the older one
    /// holds it.
    fn fold_held_email(
        &mut self,
        record: &Record,
        project: &str,
        created: i64,
        before: &str,
        key: &str,
    ) {
        let text = |text: &str| Arg::Text(text.to_owned());
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET held_email = NULL WHERE client = ");
        sql.bind(text(&record.client)).push(" AND project = ").bind(text(project));
        sql.push(" AND held_email = ").bind(text(key)).push(" AND id <> ").bind(text(&record.id));
        sql.push(" AND (COALESCE(created_at, 0), id) > (").bind(Arg::Integer(created));
        sql.push(", ").again(4).push(")");
        self.push(sql, Rows::Any);
        let mut sql = Sql::default();
        sql.push("UPDATE app_registrations SET held_email = CASE WHEN EXISTS (SELECT 1 FROM ");
        sql.push("app_registrations AS other WHERE other.client = app_registrations.client");
        sql.push(" AND other.project = app_registrations.project");
        sql.push(" AND other.id <> app_registrations.id AND other.held_email = ").bind(text(key));
        sql.push(") THEN NULL ELSE NULLIF(").again(1).push(", '') END");
        push_record_key(&mut sql, &APP_REGISTRATIONS, &record.client, &record.id);
        sql.push(" AND held_email = ").bind(text(before));
        self.push(sql, Rows::Any);
    }

    /// The walk goes on from there; `None`: it is over.
    fn move_folding(&mut self, before: &str, next: Option<&Cursor>) {
        let mut sql = Sql::default();
        sql.push("UPDATE text_folding SET ");
        if next.is_none() {
            sql.push("version = ").bind(Arg::Integer(FOLDING_VERSION)).push(", ");
        }
        sql.push("place = ").bind(Arg::Text(next.map(Cursor::text).unwrap_or_default()));
        sql.push(" WHERE id = 'all' AND place = ").bind(Arg::Text(before.to_owned()));
        sql.push(" AND version < ").bind(Arg::Integer(FOLDING_VERSION));
        self.push(sql, Rows::Exactly(1));
    }
}
