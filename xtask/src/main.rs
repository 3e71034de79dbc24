//! The team's tools.

mod train_documents;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.iter().map(String::as_str).take(2).collect::<Vec<_>>()[..] {
        ["train", "documents"] => train_documents::run(&args[2..]),
        _ => Err("cargo xtask train documents DIR… [--seed N]".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
