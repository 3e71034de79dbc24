//! The settings that image generators leave in a PNG, known by their shape: anybody may write a
//! text under the keyword `workflow`.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, IgnoredAny};

/// Graphs of hundreds of nodes stay below it.
const TEXT_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The generator whose settings `text` holds.
pub(super) fn generator_of(keyword: &str, text: &[u8]) -> Option<&'static str> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let text = String::from_utf8_lossy(text);
    let text = text.trim();
    match keyword {
        "parameters" if steps_and_sampler(text) => Some("Automatic1111"),
        "parameters" if has_all(text, &["prompt", "seed", "steps", "sampler"]) => Some("Fooocus"),
        "prompt" | "workflow" if is_node_graph(text) || is_workflow(text) => Some("ComfyUI"),
        "invokeai_metadata" | "invokeai_graph" | "invokeai_workflow" if has_all(text, &[]) => {
            Some("InvokeAI")
        }
        "sd-metadata" if has_all(text, &["model", "image"]) => Some("InvokeAI"),
        "Dream" if [" -s ", " -S ", " -W "].iter().all(|flag| text.contains(flag)) => {
            Some("InvokeAI")
        }
        _ => None,
    }
}

/// `Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1`, in one line.
fn steps_and_sampler(text: &str) -> bool {
    text.lines().any(|line| {
        line.match_indices("Steps: ").any(|(at, start)| {
            let rest = &line[at + start.len()..];
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let sampler = rest[digits..].split_once(", Sampler: ").map(|(_, name)| name.trim());
            digits > 0
                && rest[digits..].starts_with(',')
                && sampler.is_some_and(|name| name.starts_with(|c: char| c.is_alphanumeric()))
        })
    })
}

/// The graph as it ran: every node has a class and inputs.
fn is_node_graph(text: &str) -> bool {
    let nodes: Option<BTreeMap<String, BTreeMap<String, IgnoredAny>>> = read(text);
    nodes.is_some_and(|nodes| {
        !nodes.is_empty()
            && nodes.values().all(|n| n.contains_key("class_type") && n.contains_key("inputs"))
    })
}

/// The graph as it is drawn: nodes with a number and a type, and the links between them.
fn is_workflow(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Workflow {
        nodes: Vec<BTreeMap<String, IgnoredAny>>,
    }
    let workflow: Option<Workflow> = read(text);
    has_all(text, &["links"])
        && workflow.is_some_and(|workflow| {
            !workflow.nodes.is_empty()
                && workflow.nodes.iter().all(|n| n.contains_key("id") && n.contains_key("type"))
        })
}

/// A JSON object that has these members, and at least one.
fn has_all(text: &str, members: &[&str]) -> bool {
    let object: Option<BTreeMap<String, IgnoredAny>> = read(text);
    object.is_some_and(|object| {
        !object.is_empty() && members.iter().all(|name| object.contains_key(*name))
    })
}

fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    if !text.starts_with('{') {
        return None;
    }
    // Python writes NaN, which JSON does not have.
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&text.replace("NaN", "null"))).ok()
}
