//! The measured part of the model card: from the manifests of the weights, so that it cannot say
//! anything else than they do.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use verax_domain::document_check::DocumentCheck;
use verax_vision::document::weights::CheckWeights;

const BEGIN: &str = "<!-- measured -->\n";
const END: &str = "<!-- end -->\n";

/// Writes what the manifests in `weights` say between the two marks of `card`.
pub fn write(weights: &Path, card: &Path) -> Result<(), String> {
    let files = DocumentCheck::ALL.map(|check| format!("{}.json", check.entry().short_name));
    let all: Result<Vec<CheckWeights>, String> =
        files.iter().map(|file| read(&weights.join(file))).collect();
    let all = all?;
    let text = fs::read_to_string(card).map_err(|e| format!("{}: {e}", card.display()))?;
    let marks = text.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?)));
    let Some((head, (_, tail))) = marks else {
        return Err(format!("{}: the marks are missing", card.display()));
    };
    let text = format!("{head}{BEGIN}{}{END}{tail}", measured(&all));
    fs::write(card, text).map_err(|e| format!("{}: {e}", card.display()))
}

fn read(path: &Path) -> Result<CheckWeights, String> {
    let json = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_json::from_str(&json).map_err(|e| format!("{}: {e}", path.display()))
}

fn measured(all: &[CheckWeights]) -> String {
    let mut out = String::from(
        "## Measured\n\nWith whole sources held out (a simulated image goes with the source of its \
         motif); 95 % intervals by\nbootstrap over sources. `verax-lab card` writes this part \
         from the manifests.\n",
    );
    for weights in all {
        let of = |label: &str| -> usize {
            let counts = weights.manifest.sources.iter().filter(|count| count.label == label);
            counts.map(|count| count.images).sum()
        };
        let _ = write!(
            out,
            "\n### {}\n\n{} genuine rows and {} of attacks, seed {}. {}\n\n\
             | rate | value | 95 % interval |\n|---|---|---|\n",
            weights.check,
            of("genuine"),
            of("attack"),
            weights.manifest.seed,
            weights.manifest.note
        );
        for rate in &weights.manifest.measured {
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
