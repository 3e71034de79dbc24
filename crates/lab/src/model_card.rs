//! The measured part of the model card: from the manifests of the weights, so that it cannot say
//! anything else than they do.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use verax_vision::document::weights::Manifest;

const BEGIN: &str = "<!-- measured -->\n";
const END: &str = "<!-- end -->\n";

/// The files whose manifests are written, and what each is.
const FILES: [(&str, &str); 3] = [
    ("screen-head.json", "screenReplay, on the backbone"),
    ("screen.json", "screenReplay, without the backbone"),
    ("portrait.json", "portraitSubstitution"),
];

/// The part of a weights file that the card shows.
#[derive(Deserialize)]
struct Weights {
    manifest: Manifest,
}

/// Writes what the manifests in `weights` say between the two marks of `card`.
pub fn write(weights: &Path, card: &Path) -> Result<(), String> {
    let all: Result<Vec<(&str, Manifest)>, String> =
        FILES.iter().map(|(file, what)| Ok((*what, read(&weights.join(file))?))).collect();
    let all = all?;
    let text = fs::read_to_string(card).map_err(|e| format!("{}: {e}", card.display()))?;
    let marks = text.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?)));
    let Some((head, (_, tail))) = marks else {
        return Err(format!("{}: the marks are missing", card.display()));
    };
    let text = format!("{head}{BEGIN}{}{END}{tail}", measured(&all));
    fs::write(card, text).map_err(|e| format!("{}: {e}", card.display()))
}

fn read(path: &Path) -> Result<Manifest, String> {
    let json = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let weights: Weights =
        serde_json::from_str(&json).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(weights.manifest)
}

fn measured(all: &[(&str, Manifest)]) -> String {
    let mut out = String::from(
        "## Measured\n\nWith whole sources held out (a simulated image goes with the source of its \
         motif); 95 % intervals by\nbootstrap over sources. `verax-lab card` writes this part \
         from the manifests.\n",
    );
    for (what, manifest) in all {
        let of = |label: &str| -> usize {
            let counts = manifest.sources.iter().filter(|count| count.label == label);
            counts.map(|count| count.images).sum()
        };
        let _ = write!(
            out,
            "\n### {}\n\n{} genuine rows and {} of attacks, seed {}. {}\n\n\
             | rate | value | 95 % interval |\n|---|---|---|\n",
            what,
            of("genuine"),
            of("attack"),
            manifest.seed,
            manifest.note
        );
        for rate in &manifest.measured {
            let _ = writeln!(
                out,
                "| {} | {:.1} % | {:.1} to {:.1} % |",
                rate.name,
                100.0 * rate.value,
                100.0 * rate.low,
                100.0 * rate.high
            );
        }
    }
    out.push('\n');
    out
}
