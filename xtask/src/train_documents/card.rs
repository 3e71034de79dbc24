//! The measured part of the model card: from the manifests of the weights, so that it cannot say
//! anything else than they do.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use verax_vision::document::weights::{CheckWeights, MeasuredRate};

const BEGIN: &str = "<!-- measured -->\n";
const END: &str = "<!-- end -->\n";

/// Which side of a target is good.
#[derive(Clone, Copy)]
enum Target {
    AtLeast(f64),
    AtMost(f64),
}

/// Check, rate of the manifest, what the figure is, what must hold.
const TARGETS: [(&str, &str, &str, Target); 7] = [
    ("screen", "AUC", "photographs, unseen sources", Target::AtLeast(0.88)),
    ("screen", "EER", "photographs, unseen sources", Target::AtMost(0.21)),
    ("screen", "APCER at BPCER 5 %", "photographs, unseen sources", Target::AtMost(0.45)),
    ("print", "EER", "simulated and four real prints", Target::AtMost(0.22)),
    ("print", "APCER REGULAR grey", "grey copies, at BPCER 2.5 %", Target::AtMost(0.05)),
    ("portrait", "EER", "simulated swaps, all three savings together", Target::AtMost(0.25)),
    ("digital", "AUC", "simulated edits and edited collections", Target::AtLeast(0.65)),
];

/// Writes what the manifests in `weights` say between the two marks of `card`.
pub fn write(weights: &Path, card: &Path) -> Result<(), String> {
    let all = ["screen", "print", "portrait", "digital"]
        .map(|check| read(&weights.join(format!("{check}.json"))));
    let all: Vec<CheckWeights> = all.into_iter().collect::<Result<_, _>>()?;
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
        "## Measured\n\nWith whole sources held out (a simulated picture goes with the source of its \
         motif); 95 % intervals by\nbootstrap over sources. `cargo xtask train documents --card` writes \
         this part from the manifests.\n",
    );
    for weights in all {
        let of = |label: &str| -> usize {
            let counts = weights.manifest.sources.iter().filter(|count| count.label == label);
            counts.map(|count| count.pictures).sum()
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
    out.push_str(
        "\n### Against the targets\n\n| check | figure | must | reached | 95 % interval | holds |\n\
         |---|---|---|---|---|---|\n",
    );
    for (check, name, what, target) in TARGETS {
        let weights = all.iter().find(|weights| weights.check == check);
        let rate = weights.and_then(|w| w.manifest.measured.iter().find(|r| r.name == name));
        let Some(rate) = rate else { continue };
        let (sign, must) = match target {
            Target::AtLeast(value) => ("at least", value),
            Target::AtMost(value) => ("at most", value),
        };
        let _ = writeln!(
            out,
            "| {check} | {name}: {what} | {sign} {:.0} % | {:.1} % | {:.1} to {:.1} % | {} |",
            100.0 * must,
            100.0 * rate.value,
            100.0 * rate.low,
            100.0 * rate.high,
            held(rate, target)
        );
    }
    out.push('\n');
    out
}

/// A figure holds when its whole interval does; else the interval says that it might not.
fn held(rate: &MeasuredRate, target: Target) -> &'static str {
    let good = |value: f64| match target {
        Target::AtLeast(limit) => value >= limit,
        Target::AtMost(limit) => value <= limit,
    };
    match (good(rate.value), good(rate.low) && good(rate.high)) {
        (true, true) => "yes",
        (true, false) => "here, not certainly elsewhere",
        (false, _) => "no",
    }
}
