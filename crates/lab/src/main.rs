//! `verax-lab`: trains the weights of the document checks and writes what they measured.

mod model_card;
mod train;

use std::path::Path;
use std::process::ExitCode;

/// The weights that a release ships, and the page that describes them: from the repository's root.
const WEIGHTS: &str = "models/docliveness";
const CARD: &str = "docs/documents.md";

const USAGE: &str = "verax-lab train DIR…    train the weights of the document checks\n\
                     verax-lab card [DIR]    write the rates that the weights in DIR state into \
                     the model card";

fn main() -> ExitCode {
    let words: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match &words[..] {
        ["train", rest @ ..] => train::run(rest),
        ["card"] => model_card::write(Path::new(WEIGHTS), Path::new(CARD)),
        ["card", folder] => model_card::write(Path::new(folder), Path::new(CARD)),
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("verax-lab: {error}");
            ExitCode::FAILURE
        }
    }
}
