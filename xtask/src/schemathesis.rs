//! The OpenAPI document against the running server: generated requests, checked answers.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::running::{Binary, Profile, Site};
use crate::{clients, exec, http};

/// What must hold of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_schema_conformance";
/// One record of each: a fixture, and the id in `schemathesis.toml`.
const RESOURCES: [&str; 4] =
    ["biometric-validations", "document-liveness", "project-flows", "liveness-sessions"];
const CLIENT: &str = "client_123456789";
const REVOKING_PATH: &str = "/v2/auth/renew-and-revoke";
/// These take the token of one record, and reject every other.
const RECORD_TOKEN_PATHS: [&str; 10] = [
    "/v2/app-registrations/me",
    "/v2/auth/project-login",
    "/v2/biometric-validations/app-login",
    "/v2/biometric-validations/app-registration",
    "/v2/biometric-validations/validate",
    "/v2/biometric-validations/{id}/validate",
    "/v2/email-validations/app-registration",
    "/v2/identity-images",
    "/v2/phone-validations/app-registration",
    "/v2/face-recognition/compare/app-registration",
];
/// These ask for a scope that a token has only where it is named.
const NAMED_SCOPES: &str = "members:write,review,audit:read";
const NAMED_SCOPE_PATHS: [&str; 14] = [
    "/v2/project-members",
    "/v2/project-members/{id}",
    "/v2/project-members/{id}/invitation",
    "/v2/review-reasons",
    "/v2/reviews",
    "/v2/reviews/{id}",
    "/v2/reviews/{id}/claim",
    "/v2/reviews/{id}/release",
    "/v2/reviews/{id}/decide",
    "/v2/reviews/{id}/confirm",
    "/v2/reviews/{id}/return",
    "/v2/reviews/{id}/notes",
    "/v2/accesses",
    "/v2/accesses/{id}",
];
/// The same requests each time: a red run can be run again.
const SEED: &str = "1";

/// It does not end by itself.
const STREAM_PATH: &str = "/v2/events/stream";

/// `cargo xtask schemathesis`.
pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    use lexopt::prelude::*;
    let (mut file, mut examples) = (None, 50);
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("bin") => file = Some(arguments.value()?.into()),
            Long("examples") => examples = arguments.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    check(&Binary::find(file, Profile::Dev)?, examples)
}

/// At most so many generated requests for each operation.
pub fn check(binary: &Binary, examples_max: u32) -> Result<()> {
    let python = clients::python_environment()?;
    let site = Site::new(binary, None)?;
    for resource in RESOURCES {
        let fixture = exec::root().join(format!("xtask/clients/fixtures/{resource}.json"));
        site.import(resource, &fixture)?;
    }
    let server = site.serve(&[])?;
    let document = http::get(server.address, "/openapi.json", None)?;
    ensure!(document.status == 200, "/openapi.json answers {}", document.status);
    // The operation that revokes its own token is asked apart, the others keep theirs.
    let apart: Vec<&str> = [REVOKING_PATH, STREAM_PATH]
        .into_iter()
        .chain(RECORD_TOKEN_PATHS)
        .chain(NAMED_SCOPE_PATHS)
        .collect();
    // From its second request on the revoking operation's token is gone, and the records' operations
    // see one of the wrong kind: 401 and 403 are what they should answer.
    let rounds = [
        ("--exclude-path", apart, site.token(CLIENT)?, true),
        ("--include-path", NAMED_SCOPE_PATHS.to_vec(), site.token_for(CLIENT, NAMED_SCOPES)?, true),
        ("--include-path", vec![REVOKING_PATH], site.token(CLIENT)?, false),
        ("--include-path", RECORD_TOKEN_PATHS.to_vec(), site.token(CLIENT)?, false),
    ];
    for (choice, paths, token, warns) in rounds {
        let paths = paths.into_iter().flat_map(|path| [choice, path]);
        let mut command = Command::new(python.join("schemathesis"));
        command
            .arg("--config-file")
            .arg(exec::root().join("xtask/clients/schemathesis.toml"))
            .args(["run", &format!("{}/openapi.json", server.url())])
            .args(["--url", &server.url()])
            .args(paths)
            .args(["--header", &format!("Authorization: Bearer {token}")])
            .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"])
            .args(["--max-examples", &examples_max.to_string(), "--seed", SEED])
            // One worker: `ast` of CPython before 3.12 fails now and then when two threads parse.
            .args(["--generation-database", "none", "--workers", "1"])
            .args(["--continue-on-failure", "--request-timeout", "30", "--no-color"])
            // It writes what it learned into the folder where it runs.
            .current_dir(site.data());
        if !warns {
            command.args(["--warnings", "off"]);
        }
        if let Err(error) = exec::run(&mut command) {
            server.print_errors()?;
            return Err(error);
        }
    }
    Ok(())
}
