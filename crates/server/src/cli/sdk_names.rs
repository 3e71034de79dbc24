//! The names that the clients of `sdk/` have of the API: one file a language, made from the tables.

mod listed;
mod php;
mod python;
mod shape;
mod typescript;

use listed::Named;

/// Each file below the folder of the clients, and its text.
pub fn files() -> Vec<(&'static str, String)> {
    let named = Named::of_api();
    vec![
        ("typescript/src/names.ts", typescript::names(&named)),
        ("python/src/verax_client/_names.py", python::names(&named)),
        ("php/src/Names.php", php::names(&named)),
    ]
}
