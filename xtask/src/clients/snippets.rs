//! The snippets of the two seed pages, run as they stand, and their request sent by every client.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::compare::{is_signature_time, shortened, text_differences};
use super::drivers::{DRIVERS, Spelling};
use super::{Tally, Target};
use crate::exec;

/// A resource, and the page's own response example.
pub const PAGES: &[(&str, &str)] = &[
    ("biometric-validations", "biometric-validations.json"),
    ("document-liveness", "document-liveness.json"),
];

const ORIGIN: &str = "https://api.verifik.co";
const BIOMETRIC_QUERY: &str = "page=1&perPage=10&populates[]=client&populates[]=project\
    &where_status=validated&where_type=login&sort=-createdAt";
const DOCUMENT_QUERY: &str =
    "page=1&limit=10&status=completed&populates[]=client&populates[]=appRegistration";

/// A snippet: its file, what runs it, and what is swapped besides address and token.
struct Snippet {
    client: &'static str,
    file: &'static str,
    program: &'static str,
    swaps: &'static [(&'static str, &'static str)],
}

const SNIPPETS: &[Snippet] = &[
    Snippet {
        client: "seed: axios 1 (require)",
        file: "biometric-validations.axios.cjs",
        program: "node",
        swaps: &[],
    },
    Snippet {
        client: "seed: axios 0.27 (require)",
        file: "biometric-validations.axios.cjs",
        program: "node",
        swaps: &[("\"axios\"", "\"axios-0\"")],
    },
    Snippet {
        client: "seed: axios 1 (import)",
        file: "document-liveness.axios.mjs",
        program: "node",
        // Shown as JSON: the snippet prints an object.
        swaps: &[("console.log(data)", "console.log(JSON.stringify(data))")],
    },
    Snippet {
        client: "seed: axios 0.27 (import)",
        file: "document-liveness.axios.mjs",
        program: "node",
        swaps: &[
            ("'axios'", "'axios-0'"),
            ("console.log(data)", "console.log(JSON.stringify(data))"),
        ],
    },
    Snippet {
        client: "seed: Python http.client",
        file: "document-liveness.http-client.py",
        program: "python/bin/python",
        // The test server speaks without TLS.
        swaps: &[("HTTPSConnection(\"api.verifik.co\")", "HTTPConnection(\"VERAX_HOST\")")],
    },
    Snippet {
        client: "seed: PHP Guzzle",
        file: "document-liveness.guzzle.php",
        program: "php",
        swaps: &[("<?php\n", "<?php\nrequire 'GuzzleHttp/autoload.php';\n")],
    },
];

/// The whole of it, against a server that holds the two examples.
pub fn check(place: &Path, target: &Target, tally: &mut Tally) -> Result<()> {
    let biometric = expected(place, PAGES[0].1)?;
    let document = expected(place, PAGES[1].1)?;
    for snippet in SNIPPETS.iter().filter(|it| tally.wants(it.client)).collect::<Vec<_>>() {
        let printed = run_snippet(place, target, snippet);
        let expected = if snippet.file.starts_with("biometric") { &biometric } else { &document };
        let complaints = match printed {
            Ok(printed) => seed_complaints(expected, printed.trim()),
            Err(error) => vec![shortened(&format!("{error:#}"))],
        };
        tally.note(snippet.client, snippet.file, &complaints);
    }

    let swift = swift_query(place)?;
    for driver in DRIVERS.iter().filter(|it| tally.wants(it.name)).collect::<Vec<_>>() {
        let (biometrics, documents) = ("/v2/biometric-validations", "/v2/document-liveness");
        let mut requests: Vec<(&str, Spelling)> = vec![
            (biometrics, biometric_params()),
            (biometrics, Spelling::Raw(BIOMETRIC_QUERY.to_owned())),
            (documents, document_params()),
            (documents, Spelling::Raw(DOCUMENT_QUERY.to_owned())),
            (documents, Spelling::Raw(swift.clone())),
        ];
        requests.retain(|(_, spelling)| driver.takes(spelling));
        let replies = driver.ask(place, target, &requests)?;
        for ((path, _), reply) in requests.iter().zip(replies) {
            let is_biometric = path.ends_with("biometric-validations");
            let expected = if is_biometric { &biometric } else { &document };
            let complaints = match reply.status {
                200 => seed_complaints(expected, &reply.body),
                status => vec![format!("{status} {}", shortened(&reply.body))],
            };
            tally.note(driver.name, &format!("the seed's request to {path}"), &complaints);
        }
    }
    Ok(())
}

fn biometric_params() -> Spelling {
    Spelling::Params(json!([
        ["page", 1],
        ["perPage", 10],
        ["populates[]", ["client", "project"]],
        ["where_status", "validated"],
        ["where_type", "login"],
        ["sort", "-createdAt"],
    ]))
}

fn document_params() -> Spelling {
    Spelling::Params(json!([
        ["page", 1],
        ["limit", 10],
        ["status", "completed"],
        ["populates[]", ["client", "appRegistration"]],
    ]))
}

fn expected(place: &Path, page: &str) -> Result<Value> {
    let text = std::fs::read_to_string(place.join("fixtures").join(page))?;
    serde_json::from_str(&text).with_context(|| page.to_owned())
}

/// The seed's answer but for the signature, whose time is now and whose issuer is ours.
fn seed_complaints(expected: &Value, found: &str) -> Vec<String> {
    let mut expected = expected.clone();
    let mut complaints = Vec::new();
    if let Some(signature) = expected.get_mut("signature") {
        signature["message"] = json!("Certified by Verax");
        let answer: Value = serde_json::from_str(found).unwrap_or_default();
        let time = &answer["signature"]["dateTime"];
        if !time.as_str().is_some_and(is_signature_time) {
            complaints.push(format!("$.signature.dateTime: {time} has another form"));
        }
        signature["dateTime"] = time.clone();
    }
    complaints.extend(text_differences(&expected, found));
    complaints
}

fn run_snippet(place: &Path, target: &Target, snippet: &Snippet) -> Result<String> {
    let folder = place.join("snippets");
    let mut text = std::fs::read_to_string(folder.join(snippet.file))?;
    for (from, to) in snippet.swaps {
        text = swapped(&text, from, to)?;
    }
    text = text.replace(ORIGIN, &target.url).replace("VERAX_HOST", &target.address.to_string());
    text = text.replace("YOUR_ACCESS_TOKEN", &target.token).replace("<your_token>", &target.token);
    // Node finds packages above the script's folder.
    let script = place.join(format!("run.{}", snippet.file));
    std::fs::write(&script, text)?;
    let program = match snippet.program {
        "python/bin/python" => place.join(snippet.program),
        program => program.into(),
    };
    exec::output(Command::new(program).arg(script).current_dir(place))
}

fn swapped(text: &str, from: &str, to: &str) -> Result<String> {
    anyhow::ensure!(text.contains(from), "the snippet does not say {from}");
    Ok(text.replace(from, to))
}

/// There is no Swift here: the query of its URL, which Swift sends as it is.
fn swift_query(place: &Path) -> Result<String> {
    let text = std::fs::read_to_string(place.join("snippets/document-liveness.swift"))?;
    let (_, rest) = text.split_once("NSURL(string: \"").context("no URL in the Swift snippet")?;
    let (url, _) = rest.split_once('"').context("no URL in the Swift snippet")?;
    let (_, query) = url.split_once('?').context("no query in the Swift snippet")?;
    Ok(query.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Value {
        json!({"success": true, "signature": {"dateTime": "April 11, 2023 12:25 PM",
            "message": "Certified by Verifik.co"}})
    }

    #[test]
    fn only_the_signature_may_differ_and_only_in_its_form() {
        let good = r#"{"success":true,"signature":{"dateTime":"May 1, 2026 1:05 AM",
            "message":"Certified by Verax"}}"#;
        assert_eq!(seed_complaints(&example(), good), Vec::<String>::new());
        for bad in [
            good.replace("May 1, 2026 1:05 AM", "2026-05-01T01:05:00Z"),
            good.replace("Verax", "Verifik.co"),
            good.replace("dateTime", "datetime"),
            good.replace(r#""success":true,"#, ""),
        ] {
            assert!(!seed_complaints(&example(), &bad).is_empty(), "{bad}");
        }
    }
}
