//! Look-ups that are built, not parsed.

use verax_query::{Arg, Dialect, Key, Query, Sql, Tenant};

use crate::table::CHECKS;

const STATUS: Key<str> = Key::text(&CHECKS, "status");
const PROJECT: Key<str> = Key::text(&CHECKS, "project");
const IDENTIFIER: Key<str> = Key::text(&CHECKS, "identifier");
const REQUIRES_2FA: Key<bool> = Key::flag(&CHECKS, "requires2FA");

fn acme() -> Tenant {
    Tenant::Client("acme".to_owned())
}

#[test]
fn a_look_up_means_what_its_spelling_on_the_wire_means() {
    let built = Query::of(&CHECKS).equal(STATUS, "new").equal(REQUIRES_2FA, &true).at_most(1);
    let raw = "where_status=new&where_requires2FA=true&perPage=1&skipTotal=true";
    assert_eq!(built, Query::parse(&CHECKS, raw).expect("the request is right"));
    assert!(built.skips_total(), "nobody counts for a look-up");
    let built = Query::of(&CHECKS)
        .one_of(PROJECT, ["a".to_owned(), "b".to_owned()])
        .oldest_first()
        .at_most(7)
        .showing(&[STATUS.field()]);
    let raw = "in_project=a&in_project=b&sort=createdAt&perPage=7\
               &columns=_id,status&skipTotal=true";
    let parsed = Query::parse(&CHECKS, raw).expect("the request is right");
    let sql = |query: &Query| query.page_sql(Dialect::Postgres, &acme()).sql;
    assert_eq!(sql(&built), sql(&parsed));
}

#[test]
fn what_is_looked_for_is_bound_and_never_text_of_the_statement() {
    let hostile = "x' OR '1'='1&where_status=new";
    let statement = Query::of(&CHECKS).equal(IDENTIFIER, hostile).first();
    let statement = statement.records_sql(Dialect::Sqlite, &acme());
    let text = statement.sql.text(Dialect::Sqlite);
    assert!(text.ends_with(
        " FROM checks WHERE client = $1 AND identifier = $2 \
         ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4"
    ));
    let [client, identifier, ..] = statement.sql.args() else { panic!("too few") };
    assert_eq!(*client, Arg::Text("acme".to_owned()));
    assert_eq!(*identifier, Arg::Text(hostile.to_owned()));
    assert_eq!(statement.fields.len(), CHECKS.fields.len(), "the whole record is read");
}

#[test]
fn a_join_reads_every_field_under_its_alias() {
    let mut sql = Sql::default();
    CHECKS.push_columns(&mut sql, "done");
    let text = sql.text(Dialect::Sqlite);
    assert_eq!(text.matches("done.").count(), CHECKS.fields.len());
    assert!(text.starts_with("done.id, done.client, "));
}
