//! The nodes of a graph, as the plan reads them.

use std::collections::HashMap;

use crate::onnx_fold::proto::{AttributeProto, GraphProto, NodeProto, TensorProto};

/// The graph without the nodes that only give another name to a value, and the first name of each such value.
pub(crate) fn without_identities(mut graph: GraphProto) -> (GraphProto, HashMap<String, String>) {
    let mut sources: HashMap<String, String> = HashMap::new();
    graph.node.retain_mut(|node| {
        for input in &mut node.input {
            if let Some(source) = sources.get(input.as_str()) {
                input.clone_from(source);
            }
        }
        let is_identity = kind(node) == "Identity";
        if let (true, [input], [output]) = (is_identity, &node.input[..], &node.output[..]) {
            sources.insert(output.clone(), input.clone());
        }
        !is_identity
    });
    for output in &mut graph.output {
        if let Some(source) = output.name.as_ref().and_then(|name| sources.get(name)) {
            output.name = Some(source.clone());
        }
    }
    (graph, sources)
}

pub(crate) fn kind(node: &NodeProto) -> &str {
    node.op_type.as_deref().unwrap_or_default()
}

pub(crate) fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name))
}

pub(crate) fn ints<'a>(node: &'a NodeProto, name: &str) -> Option<&'a [i64]> {
    Some(&attribute(node, name)?.ints)
}

// The one number that all entries of an attribute are.
pub(crate) fn same(node: &NodeProto, name: &str, default: usize) -> Option<usize> {
    let Some(values) = ints(node, name) else { return Some(default) };
    let first = *values.first()?;
    values.iter().all(|value| *value == first).then_some(usize::try_from(first).ok()?)
}

pub(crate) fn text<'a>(node: &'a NodeProto, name: &str) -> Option<&'a [u8]> {
    attribute(node, name)?.s.as_deref()
}

pub(crate) fn floats_of(tensor: &TensorProto) -> Option<Vec<f32>> {
    crate::onnx_fold::float_values(tensor)
}
