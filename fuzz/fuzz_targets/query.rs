//! Query strings: parsing never panics, and what was parsed prints as what it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verax_domain::resources;
use verax_query::{Dialect, Query, Retrieval, Tenant};

// The first byte chooses the resource: `K` is biometric validations, `L` document liveness.
fuzz_target!(|input: (u8, &str)| {
    let (choice, raw) = input;
    let resource = resources::ALL[usize::from(choice) % resources::ALL.len()];
    // A retrieve reads the same grammar.
    let _ = Retrieval::parse(resource, raw);
    let query = match Query::parse(resource, raw) {
        Ok(query) => query,
        Err(problems) => {
            assert!(!problems.is_empty(), "a rejection says why");
            return;
        }
    };
    let printed = query.to_query_string();
    let again = Query::parse(resource, &printed)
        .unwrap_or_else(|problems| panic!("{printed} is rejected: {problems:?}"));
    assert_eq!(printed, again.to_query_string(), "printing what was printed changes nothing");

    let tenant = Tenant::Client("client_fuzz".to_owned());
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let (page, page_again) =
            (query.page_sql(dialect, &tenant), again.page_sql(dialect, &tenant));
        assert_eq!(page.sql.text(dialect), page_again.sql.text(dialect), "{printed}");
        assert_eq!(
            format!("{:?}", page.sql.args()),
            format!("{:?}", page_again.sql.args()),
            "{printed}"
        );
        let count = query.count_sql(dialect, &tenant);
        let tenancy = format!(" WHERE {} = $1", resource.tenant_column);
        assert!(count.text(dialect).contains(&tenancy), "no tenant in {}", count.text(dialect));
    }
});
