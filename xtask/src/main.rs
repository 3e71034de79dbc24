//! The team's tools: `cargo xtask` alone lists them.

mod alerts;
mod bench;
mod ci;
mod clients;
mod console;
mod demo;
mod dist;
mod docs;
mod exec;
mod faults;
mod fuzz;
mod generators;
mod http;
mod postgres;
mod running;
mod sbom;
mod schemathesis;
mod sdk;
mod tidy;

use std::process::ExitCode;

/// One tool: its name, what it takes, what it does.
struct Tool {
    name: &'static str,
    usage: &'static str,
    what: &'static str,
    run: fn(lexopt::Parser) -> anyhow::Result<()>,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "ci",
        usage: "[--only STEP,…] [--skip STEP,…] [--list]",
        what: "everything that must hold before a change lands",
        run: ci::run,
    },
    Tool {
        name: "tidy",
        usage: "",
        what: "the walls between the crates and the house rules of files",
        run: tidy::run,
    },
    Tool {
        name: "alerts",
        usage: "",
        what: "the alert rules of docs/monitoring and their tests, with promtool",
        run: alerts::run,
    },
    Tool {
        name: "postgres",
        usage: "[-- CMD…]",
        what: "a throwaway PostgreSQL while CMD runs (a shell without CMD)",
        run: postgres::run,
    },
    Tool {
        name: "clients",
        usage: "[--bin FILE] [--postgres] [--only NAME,…]",
        what: "real HTTP clients against the real binary",
        run: clients::run,
    },
    Tool {
        name: "sdk",
        usage: "[--bin FILE] [--only typescript,python,php]",
        what: "the clients of sdk/, from their packages, against the running binary",
        run: sdk::run,
    },
    Tool {
        name: "generators",
        usage: "[--bin FILE] [--only NAME,…]",
        what: "clients that published generators make of the OpenAPI document, against the running binary",
        run: generators::run,
    },
    Tool {
        name: "console",
        usage: "[--bin FILE] [--images DIR]",
        what: "every page of the demo's console in Chromium: what it loads, and what axe-core says",
        run: console::run,
    },
    Tool {
        name: "docs",
        usage: "[--bin FILE] [--models DIR] [--only PAGE,…]",
        what: "the code blocks of README and docs as they stand, their answers and links",
        run: docs::run,
    },
    Tool {
        name: "schemathesis",
        usage: "[--bin FILE] [--examples N]",
        what: "the OpenAPI document against the running binary",
        run: schemathesis::run,
    },
    Tool {
        name: "bench",
        usage: "lists [--records N,…] [--seconds N] [--postgres | --database-url URL] \
                 [--bin FILE] [--data DIR] [--only ROW] | \
                faces --models DIR [--requests N] [--seconds N] [--bin FILE]",
        what: "lists: requests per second beside plain COUNT and OFFSET; faces: selfies, bursts, memory",
        run: bench::run,
    },
    Tool {
        name: "faults",
        usage: "[kill [--cycles N] [--postgres] [--models DIR] | nodes | disk | feed | s3 | overload [--seconds N] | \
                door [--sockets N] [--only PART]] [--bin FILE]",
        what: "the server killed, its nodes, disk, database, object store and clock failing, too much asked of it, \
               strangers at its door, readers of its feed that drop out",
        run: faults::run,
    },
    Tool {
        name: "sbom",
        usage: "[--out FILE]",
        what: "the bill of materials of the binary, as CycloneDX",
        run: sbom::run,
    },
    Tool {
        name: "dist",
        usage: "[--bin FILE] [--out DIR]",
        what: "an archive, a Debian package and an image of the release binary, with checksums",
        run: dist::run,
    },
    Tool {
        name: "fuzz",
        usage: "[--seconds N] [--only TARGET]",
        what: "each fuzz target for a while, on the stable toolchain",
        run: fuzz::run,
    },
];

fn main() -> ExitCode {
    let mut arguments = lexopt::Parser::from_env();
    let name = match arguments.next() {
        Ok(Some(lexopt::Arg::Value(name))) => name.to_string_lossy().into_owned(),
        _ => return help(ExitCode::SUCCESS),
    };
    let Some(tool) = TOOLS.iter().find(|tool| tool.name == name) else {
        eprintln!("xtask: there is no tool `{name}`");
        return help(ExitCode::from(2));
    };
    match (tool.run)(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn help(code: ExitCode) -> ExitCode {
    println!("cargo xtask TOOL");
    for tool in TOOLS {
        println!("  {:<13} {}", tool.name, tool.what);
        if !tool.usage.is_empty() {
            println!("  {:<13}   {}", "", tool.usage);
        }
    }
    code
}
