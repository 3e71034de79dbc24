//! What is said of a verdict. A rejection and a pass have words of their own, so that a sentence
//! cannot speak against its outcome: a rejection accuses and names what speaks for it, a pass notes
//! what was measured and accuses nobody.

use super::colour::{GREY_COPY_CHROMA, GREY_FILE_SHARE};
use crate::document_check::DocumentCheck;
use crate::document_findings::{CheckFinding, CheckLimit, ColourFindings, DocumentEvidence};

const NAMED_MAX: usize = 3;

/// `pixels_reject`: the score fails before any evidence caps it.
pub(super) fn rejected(
    check: DocumentCheck,
    finding: &CheckFinding,
    pixels_reject: bool,
) -> String {
    let mut against: Vec<&DocumentEvidence> =
        finding.evidence.iter().filter(|evidence| speaks_against(evidence)).collect();
    // The strongest first; a stable sort keeps the order in which they were found.
    against.sort_by(|a, b| a.score_cap().total_cmp(&b.score_cap()));
    let words = &check.entry().words;
    let by_evidence = against.first().and_then(|first| (words.rejected_by)(first, pixels_reject));
    let subject = by_evidence.unwrap_or(words.rejected);
    let named: Vec<String> = against.into_iter().take(NAMED_MAX).map(accusing_words).collect();
    let seen = if named.is_empty() { String::new() } else { format!(": {}", named.join(", ")) };
    let caveat =
        if finding.limits.contains(&CheckLimit::PortraitPlaceAssumed) { PLACE_ASSUMED } else { "" };
    format!("{subject}{seen}{caveat}.{}", not_read(finding))
}

pub(super) fn passed(check: DocumentCheck, finding: &CheckFinding) -> String {
    let noted: Vec<String> =
        finding.evidence.iter().filter_map(noted_words).take(NAMED_MAX).collect();
    let words = &check.entry().words;
    let subject = if noted.is_empty() { words.unremarkable } else { words.passed };
    let seen =
        if noted.is_empty() { String::new() } else { format!("; measured: {}", noted.join(", ")) };
    let caveat = if finding.limits.contains(&CheckLimit::TracesLost) {
        " (the image was made small or saved again, which hides most traces)"
    } else if finding.limits.contains(&CheckLimit::PortraitPlaceAssumed) {
        PLACE_ASSUMED
    } else {
        ""
    };
    let unseen = finding.limits.contains(&CheckLimit::EditedPixelsNotChecked);
    let unseen = if unseen { " Edits of its pixels were not looked for." } else { "" };
    format!("{subject}{seen}{caveat}.{unseen}{}", not_read(finding))
}

/// What nobody looked at is said, or a pass would cover it.
fn not_read(finding: &CheckFinding) -> &'static str {
    match finding.limits.contains(&CheckLimit::ManifestNotRead) {
        true => {
            " Its signed manifest (C2PA) was not checked: this server was built without their reader."
        }
        false => "",
    }
}

const PLACE_ASSUMED: &str = " (the portrait's place was assumed)";

pub(super) fn has_colour(colour: &ColourFindings) -> String {
    let reached = colour.chroma_residual_p90.unwrap_or(0.0);
    format!(
        "Not a grey copy: the document has colour up to {reached:.1} Lab units beside the light's. Prints in colour \
         were not looked for."
    )
}

pub(super) fn colourless(colour: &ColourFindings) -> String {
    if colour.grey_share >= GREY_FILE_SHARE {
        return format!(
            "The file has no colour: {:.1} % of its pixels are grey.",
            100.0 * colour.grey_share
        );
    }
    // Rounded down: what lies below the limit must read so.
    let reached = (colour.chroma_residual_p90.unwrap_or(0.0) * 10.0).floor() / 10.0;
    format!(
        "A grey copy: beside the colour of the light, its own reaches {reached:.1} Lab units, {GREY_COPY_CHROMA} at least on a document in colour."
    )
}

/// A camera's signature explains an image and rejects none.
fn speaks_against(evidence: &DocumentEvidence) -> bool {
    !matches!(evidence, DocumentEvidence::ProvenanceCamera { .. })
}

fn accusing_words(evidence: &DocumentEvidence) -> String {
    match evidence {
        DocumentEvidence::MoirePeak { frequency, tiles, tiles_tried, .. } => {
            format!("moiré peak at {frequency:.2} cycles/px in {tiles} of {tiles_tried} tiles")
        }
        DocumentEvidence::EdgeFalloff { correlation } => {
            format!("light falls off to the edges (correlation {correlation:.2})")
        }
        DocumentEvidence::ChannelDecorrelation { correlation, .. } => {
            format!("colour channels disagree in fine detail (correlation {correlation:.2})")
        }
        DocumentEvidence::InconsistentRegion { measure, z, .. } => {
            format!("{measure} of a region stands out by {z:.1} deviations")
        }
        DocumentEvidence::CopiedRegion { matches, .. } => {
            format!("a region occurs twice ({matches} matching points)")
        }
        DocumentEvidence::GhostPortraitDiffers { similarity, required } => {
            let (similarity, required) = told_apart(*similarity, *required);
            format!("the second portrait shows another person ({similarity}, {required} required)")
        }
        DocumentEvidence::EditorTables { editor } => {
            format!("saved with the quantisation tables of {editor}")
        }
        DocumentEvidence::EditorTag { field, value, generator: false } => {
            format!("{field} names the editor \"{value}\"")
        }
        DocumentEvidence::EditorTag { field, value, generator: true } => {
            format!("{field} names the generator \"{value}\"")
        }
        DocumentEvidence::ThumbnailDiffers { correlation } => {
            format!("the embedded preview shows another image (correlation {correlation:.2})")
        }
        DocumentEvidence::UnknownTables => {
            "unknown quantisation tables and contradicting camera fields".to_owned()
        }
        DocumentEvidence::ProvenanceEdited { action } => {
            format!("its signed manifest states {action}")
        }
        DocumentEvidence::ProvenanceGenerated { source_type } => {
            format!("its signed manifest states the source {source_type}")
        }
        DocumentEvidence::ProvenanceBroken { status } => {
            format!("its signed manifest does not fit the file ({status})")
        }
        DocumentEvidence::ModifiedAfterCapture { .. }
        | DocumentEvidence::SizeDisagrees { .. }
        | DocumentEvidence::ProvenanceCamera { .. } => stated_words(evidence).unwrap_or_default(),
    }
}

/// The same measurement without a conclusion; none for evidence that never passes.
fn noted_words(evidence: &DocumentEvidence) -> Option<String> {
    Some(match evidence {
        DocumentEvidence::MoirePeak { frequency, tiles, tiles_tried, .. } => {
            format!(
                "a periodic pattern at {frequency:.2} cycles/px in {tiles} of {tiles_tried} tiles"
            )
        }
        DocumentEvidence::EdgeFalloff { correlation } => {
            format!("brightness and distance from the middle correlate by {correlation:.2}")
        }
        DocumentEvidence::ChannelDecorrelation { correlation, .. } => {
            format!("colour channels correlate by {correlation:.2} in fine detail")
        }
        DocumentEvidence::InconsistentRegion { measure, z, .. } => {
            format!("{measure} of one region {z:.1} deviations from the rest")
        }
        DocumentEvidence::CopiedRegion { matches, .. } => {
            format!("{matches} matching points between two regions")
        }
        DocumentEvidence::UnknownTables => {
            "quantisation tables that are not known, and camera fields that do not fit".to_owned()
        }
        other => return stated_words(other),
    })
}

/// What the file states, in words that serve either outcome.
fn stated_words(evidence: &DocumentEvidence) -> Option<String> {
    match evidence {
        DocumentEvidence::ModifiedAfterCapture { seconds } => {
            Some(format!("modified {seconds} s after it was taken"))
        }
        DocumentEvidence::SizeDisagrees { stated, actual } => Some(format!(
            "the file states {} x {} pixels and has {} x {}",
            stated.0, stated.1, actual.0, actual.1
        )),
        DocumentEvidence::ProvenanceCamera { claim_generator } => {
            Some(format!("signed by the camera {claim_generator}"))
        }
        _ => None,
    }
}

/// Two decimals, or as many as it takes to see that the numbers differ.
fn told_apart(low: f32, high: f32) -> (String, String) {
    let short = (format!("{low:.2}"), format!("{high:.2}"));
    if short.0 == short.1 { (low.to_string(), high.to_string()) } else { short }
}
