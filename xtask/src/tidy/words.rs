//! The dictionary of STYLE.md: what this project once called a thing names nothing any more.

/// Whole types, functions and values, and what to write.
const NAMES: &[(&str, &str)] = &[
    ("ChannelsLast", "TransposeNhwc"),
    ("Connected", "Gemm"),
    ("Demands", "Requirements"),
    ("Dense", "Conv2d"),
    ("DoubleByNearest", "UpsampleNearest2x"),
    ("Found", "CheckResult, or what it is the result of"),
    ("HalveByMaximum", "MaxPool2x2"),
    ("Holder", "RecordToken"),
    ("Kept", "Stored"),
    ("Known", "Existing or Cached"),
    ("MeanOfPixels", "GlobalAveragePool"),
    ("Place", "Permit, Position, Membership or Location"),
    ("ScaleShift", "BatchNorm"),
    ("Sent", "CheckedBody"),
    ("Sloped", "PRelu"),
    ("Teller", "Actor"),
    ("Way", "ProjectFlow or Backend"),
    ("beat", "heartbeat"),
    ("brought_to", "resize_to"),
    ("let_go", "evict"),
    ("look", "read_replica, poll or inspect"),
    ("look_at", "inspect"),
    ("minus", "sub"),
    ("robust", "median_and_mad"),
    ("said", "to_record, or what was said"),
    ("take_up", "resume or reclaim"),
    ("tile_least", "tile_min"),
    ("to_its_end", "run_detached"),
    ("to_the_end", "run_detached"),
];

/// Words that no name of ours holds, in lower case, and what to write.
const PARTS: &[(&str, &str)] = &[
    ("narrow", "record_token"),
    ("picture", "image"),
    ("pictures", "images"),
    ("refusal", "rejection"),
    ("refusals", "rejections"),
    ("refuse", "reject"),
    ("refused", "rejected"),
    ("refuses", "rejects"),
    ("seal", "encrypt"),
    ("sealed", "encrypted"),
    ("sealing", "encryption"),
    ("unwell", "unhealthy"),
];

/// The names of other libraries and of the database, which are theirs.
const FOREIGN: &[&str] =
    &["ConnectionRefused", "seal_in_place_append_tag", "seal_in_place_separate_tag"];

/// The old names that a file's code declares or uses.
pub fn problems(path: &str, text: &str) -> Vec<String> {
    if !path.ends_with(".rs") || path.ends_with("tidy/words.rs") {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut found: Vec<_> =
            names(line).filter_map(|name| Some((name, better(name)?))).collect();
        found.dedup();
        for (name, better) in found {
            problems.push(format!("{path}:{number}: `{name}`: write {better} (STYLE.md, Words)"));
        }
    }
    problems
}

/// The names of a line outside of comments and of what stands between quotes.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or_default();
    let code = code.split('"').step_by(2);
    let is_part = |it: char| it.is_alphanumeric() || it == '_';
    code.flat_map(move |code| code.split(move |it| !is_part(it))).filter(|name| !name.is_empty())
}

fn better(name: &str) -> Option<&'static str> {
    if FOREIGN.contains(&name) {
        return None;
    }
    let whole = NAMES.iter().find(|(old, _)| *old == name);
    let part = || PARTS.iter().find(|(old, _)| words(name).iter().any(|word| word == old));
    whole.or_else(part).map(|(_, better)| *better)
}

/// `PersonPlace` and `person_place` are `person`, `place`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut after_small = false;
    for letter in name.chars() {
        if letter == '_' || words.is_empty() || (letter.is_uppercase() && after_small) {
            words.push(String::new());
        }
        if letter != '_'
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        after_small = letter.is_lowercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_found_whole_and_in_parts() {
        for line in [
            "pub struct Place {",
            "let kept_picture = 1;",
            "struct PictureBox;",
            "const REFUSED_MAX: u8 = 1;",
            "plane.minus(&other)",
            "fn narrow_token() {}",
            "Some(Way::Fast) => {}",
        ] {
            assert_eq!(problems("crates/x/src/a.rs", line).len(), 1, "{line}");
        }
    }

    #[test]
    fn text_and_other_names_pass() {
        for line in [
            "// a picture that was refused",
            "let name = \"picture\";",
            "ErrorKind::ConnectionRefused => {}",
            "let unsealable = replaced;",
            "minus_one(way)",
        ] {
            assert!(problems("crates/x/src/a.rs", line).is_empty(), "{line}");
        }
    }
}
