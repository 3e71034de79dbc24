//! The statements of both dialects, whole.

use verax_query::{Arg, Dialect, Query, Tenant};

use crate::table::CHECKS;

fn text(raw: &str, dialect: Dialect, tenant: &Tenant) -> String {
    let query = Query::parse(&CHECKS, raw).expect("the request is right");
    query.count_sql(dialect, tenant).text(dialect).into_owned()
}

#[test]
fn both_dialects_read_the_same_text_but_for_membership() {
    let tenant = Tenant::Client("c".to_owned());
    let raw = "status=new&status=failed&wherenot_type=login&?like_identifier=x&?where-null_project";
    assert_eq!(
        text(raw, Dialect::Postgres, &tenant),
        "SELECT count(*) FROM checks WHERE client = $1 AND status = ANY($2) \
         AND (type IS NULL OR NOT type = ANY($3)) \
         AND (identifier_folded LIKE $4 ESCAPE '\\' OR project IS NULL)"
    );
    assert_eq!(
        text(raw, Dialect::Sqlite, &tenant),
        "SELECT count(*) FROM checks WHERE client = $1 \
         AND status IN (SELECT value FROM json_each($2)) \
         AND (type IS NULL OR NOT type IN (SELECT value FROM json_each($3))) \
         AND (identifier_folded LIKE $4 ESCAPE '\\' OR project IS NULL)"
    );
}

#[test]
fn the_id_is_always_the_last_sort_key_in_the_direction_of_the_one_before() {
    let order = |raw: &str| {
        let query = Query::parse(&CHECKS, raw).expect("the request is right");
        let sql = query.page_sql(Dialect::Sqlite, &Tenant::All).sql;
        let text = sql.text(Dialect::Sqlite);
        let (from, to) = (text.find(" ORDER BY ").unwrap(), text.find(" LIMIT ").unwrap());
        text[from + 10..to].to_owned()
    };
    assert_eq!(order(""), "created_at DESC, id DESC");
    assert_eq!(order("sort=createdAt"), "created_at, id");
    assert_eq!(order("sort=-riskScore,type"), "risk_score DESC NULLS LAST, type NULLS LAST, id");
    assert_eq!(order("sort=_id,type"), "id");
    assert_eq!(order("sort=-_id"), "id DESC");
}

#[test]
fn staff_statements_have_no_tenant_and_all_others_do() {
    assert_eq!(text("", Dialect::Sqlite, &Tenant::All), "SELECT count(*) FROM checks");
    let other = text("where_client=a", Dialect::Sqlite, &Tenant::Client("b".to_owned()));
    assert_eq!(other, "SELECT count(*) FROM checks WHERE client = $1 AND client = $2");
}

#[test]
fn wildcards_in_a_searched_text_mean_themselves() {
    let query = Query::parse(&CHECKS, "like_identifier=50%25_%5C").expect("the request is right");
    let sql = query.count_sql(Dialect::Sqlite, &Tenant::All);
    assert_eq!(sql.args(), [Arg::Text("%50\\%\\_\\\\%".to_owned())]);
}

#[test]
fn a_set_is_a_mask_and_a_related_record_is_found_in_the_same_statement() {
    let tenant = Tenant::Client("c".to_owned());
    let raw = "in_failedChecks=printedCopy,quality&notIn_failedChecks=screenReplay";
    assert_eq!(
        text(raw, Dialect::Sqlite, &tenant),
        "SELECT count(*) FROM checks WHERE client = $1 AND (failed_checks <> 0 AND (failed_checks & $2) <> 0) \
         AND (failed_checks IS NULL OR NOT (failed_checks <> 0 AND (failed_checks & $3) <> 0))"
    );
    let query = Query::parse(&CHECKS, raw).expect("the request is right");
    let masks = [Arg::Text("c".to_owned()), Arg::Integer(0b110), Arg::Integer(0b001)];
    assert_eq!(query.count_sql(Dialect::Sqlite, &tenant).args(), masks);
    assert_eq!(
        text("where_project.name=A", Dialect::Sqlite, &tenant),
        "SELECT count(*) FROM checks WHERE client = $1 AND project IN \
         (SELECT id FROM projects WHERE client = $2 AND name_folded = $3)"
    );
    let query = Query::parse(&CHECKS, "where_project.name=A").expect("the request is right");
    let page = query.page_sql(Dialect::Sqlite, &tenant).sql.text(Dialect::Sqlite).into_owned();
    let rows = " FROM checks WHERE rowid IN (SELECT rowid FROM checks WHERE client = $1 AND project IN \
                (SELECT id FROM projects WHERE client = $2 AND name_folded = $3)) \
                ORDER BY created_at DESC, id DESC LIMIT $4 OFFSET $5";
    assert!(page.ends_with(rows), "{page}");
    assert_eq!(
        text("where_project.name=A", Dialect::Sqlite, &Tenant::All),
        "SELECT count(*) FROM checks WHERE (client, project) IN \
         (SELECT client, id FROM projects WHERE name_folded = $1)"
    );
}
