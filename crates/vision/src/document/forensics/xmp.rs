//! Properties of an XMP packet: what programs write about themselves, and no text of people.

use verax_domain::document_findings::DocumentEvidence;

use super::names::{holds_word, name_evidence, shortened, tag_evidence};

/// What the IPTC calls sources that a model made, wholly or in part.
const GENERATED_SOURCES: [&str; 3] =
    ["trainedalgorithmicmedia", "compositewithtrainedalgorithmicmedia", "algorithmicmedia"];

/// Adds what the packet tells. Answers the Adobe program that signed it, if one did.
pub(super) fn xmp_evidence(packet: &str, evidence: &mut Vec<DocumentEvidence>) -> Option<String> {
    let mut adobe = None;
    for (name, value) in properties(packet) {
        match name {
            "xmp:CreatorTool" | "xap:CreatorTool" | "stEvt:softwareAgent" | "tiff:Software" => {
                name_evidence(&format!("XMP {name}"), value, evidence);
                if holds_word(&value.to_lowercase(), "adobe") {
                    adobe.get_or_insert_with(|| shortened(value));
                }
            }
            "Iptc4xmpExt:DigitalSourceType" => {
                let term = value.rsplit(['/', '#']).next().unwrap_or_default();
                if GENERATED_SOURCES.contains(&term.trim().to_ascii_lowercase().as_str()) {
                    tag_evidence("XMP DigitalSourceType", &shortened(value), true, evidence);
                }
            }
            // Apple's cameras write photoshop:DateCreated, so only what editing leaves is asked for.
            "photoshop:DocumentAncestors" | "photoshop:History" | "photoshop:ColorMode" => {
                tag_evidence(&format!("XMP {name}"), "Adobe Photoshop", false, evidence);
            }
            // Cameras of drones write these too, as False.
            "crs:HasSettings" | "crs:AlreadyApplied" if value.eq_ignore_ascii_case("true") => {
                tag_evidence(&format!("XMP {name}"), "Adobe Camera Raw", false, evidence);
            }
            _ => {}
        }
    }
    adobe
}

/// Attributes and elements of the packet with their values, in order. An address in
/// `rdf:resource` is the value of its element.
fn properties(packet: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = packet;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let skipped = [("!--", "-->"), ("![CDATA[", "]]>"), ("?", "?>"), ("!", ">"), ("/", ">")]
            .into_iter()
            .find(|(start, _)| rest.starts_with(start));
        if let Some((_, end)) = skipped {
            let Some(after) = rest.find(end) else { break };
            rest = &rest[after + end.len()..];
            continue;
        }
        let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '>' | '=' | '<');
        let (element, after) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        rest = after;
        while let Some((name, value, after)) = attribute(rest) {
            let name = if name == "rdf:resource" { element } else { name };
            found.push((name, value));
            rest = after;
        }
        rest = rest.trim_start();
        let text = match rest.strip_prefix('>') {
            Some(inner) => inner.split('<').next().unwrap_or_default().trim(),
            None => "",
        };
        found.push((element, text));
    }
    found
}

/// The attribute at the beginning, and what comes after it.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start();
    // The search ends with the tag: a packet is read once, however many tags it has.
    let (name, after) = text.split_at(text.find(['=', '/', '<', '>'])?);
    let name = name.trim_end();
    if name.is_empty() || name.contains(|c: char| c.is_whitespace()) {
        return None;
    }
    let after = after.strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, rest) = after[1..].split_once(quote)?;
    Some((name, value, rest))
}
