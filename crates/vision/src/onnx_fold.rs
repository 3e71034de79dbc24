//! Rewrites a model with block-quantised weights into one that any runtime reads. Bytes to bytes.
//!
//! Each weight of such a model is `initializer(int8) -> DequantizeLinear(axis, block_size) ->
//! Reshape -> Conv/Gemm`. Folding computes the weight once and stores it as f32 under the name that
//! the last of these nodes gave it. `Dropout`, which does nothing at inference, goes as well; inputs
//! that are only weights leave the list of inputs; height and width can be made free.

pub mod proto;

use std::collections::{HashMap, HashSet};

use prost::Message as _;
use proto::{DimensionProto, GraphProto, ModelProto, NodeProto, TensorProto};

pub(crate) const FLOAT: i32 = 1;
const INT8: i32 = 3;
const INT64: i32 = 7;

/// What else is changed beside the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpatialShape {
    /// Height and width stay what the file says.
    Fixed,
    /// Height and width of the first input become symbolic, so that one model serves every size.
    Free,
}

/// Why a model cannot be folded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    #[error("the bytes are not an ONNX model: {0}")]
    NotOnnx(String),
    #[error("the model has no graph")]
    NoGraph,
    #[error("the node that makes {output} lacks {what}")]
    Incomplete { output: String, what: &'static str },
    #[error("the weight {name} has a shape or a type that is not known here")]
    UnknownWeight { name: String },
}

/// Folds `model`. Folding a folded model changes nothing.
pub fn fold(model: &[u8], spatial_shape: SpatialShape) -> Result<Vec<u8>, FoldError> {
    let mut model =
        ModelProto::decode(model).map_err(|error| FoldError::NotOnnx(error.to_string()))?;
    let graph = model.graph.as_mut().ok_or(FoldError::NoGraph)?;
    fold_weights(graph)?;
    drop_dropout(graph);
    drop_unused(graph);
    if spatial_shape == SpatialShape::Free {
        free_height_and_width(graph);
    }
    Ok(model.encode_to_vec())
}

fn fold_weights(graph: &mut GraphProto) -> Result<(), FoldError> {
    let mut constants: HashMap<String, TensorProto> = graph
        .initializer
        .drain(..)
        .map(|tensor| (tensor.name.clone().unwrap_or_default(), tensor))
        .collect();
    let mut kept = Vec::with_capacity(graph.node.len());
    // Nodes of an ONNX graph are in topological order, so one pass meets a weight before its use.
    for node in graph.node.drain(..) {
        let is_constant = node.input.first().is_some_and(|name| constants.contains_key(name));
        let folded = match node.op_type.as_deref() {
            Some("DequantizeLinear") if is_constant => Some(dequantized(&node, &constants)?),
            Some("Reshape") if is_constant => Some(reshaped(&node, &constants)?),
            _ => None,
        };
        match folded {
            Some(tensor) => {
                constants.insert(tensor.name.clone().unwrap_or_default(), tensor);
            }
            None => kept.push(node),
        }
    }
    graph.node = kept;
    let mut initializer: Vec<TensorProto> = constants.into_values().collect();
    initializer.sort_by(|left, right| left.name.cmp(&right.name));
    graph.initializer = initializer;
    Ok(())
}

fn operand<'a>(
    node: &NodeProto,
    constants: &'a HashMap<String, TensorProto>,
    index: usize,
    what: &'static str,
) -> Result<&'a TensorProto, FoldError> {
    let name = node.input.get(index).filter(|name| !name.is_empty());
    name.and_then(|name| constants.get(name))
        .ok_or_else(|| FoldError::Incomplete { output: output_of(node), what })
}

fn output_of(node: &NodeProto) -> String {
    node.output.first().cloned().unwrap_or_default()
}

// w = (q - zero_point[block]) * scale[block] along the axis; the last block may be short.
fn dequantized(
    node: &NodeProto,
    constants: &HashMap<String, TensorProto>,
) -> Result<TensorProto, FoldError> {
    let quantized = operand(node, constants, 0, "its weight")?;
    let scales = operand(node, constants, 1, "its scale")?;
    let unknown = || FoldError::UnknownWeight { name: output_of(node) };
    let levels = int8_values(quantized).ok_or_else(unknown)?;
    let scale_values = float_values(scales).ok_or_else(unknown)?;
    let zero_points = match node.input.get(2).filter(|name| !name.is_empty()) {
        Some(_) => {
            int8_values(operand(node, constants, 2, "its zero point")?).ok_or_else(unknown)?
        }
        None => vec![0; scale_values.len()],
    };
    let dims = dimensions(quantized).ok_or_else(unknown)?;
    let axis = attribute(node, "axis").unwrap_or(1);
    let rank = dims.len() as i64;
    let axis = usize::try_from(if axis < 0 { axis + rank } else { axis }).map_err(|_| unknown())?;
    let block_size = attribute(node, "block_size").unwrap_or(0);
    let layout =
        ScaleLayout::of(&dims, axis, block_size, scale_values.len()).ok_or_else(unknown)?;
    if zero_points.len() != scale_values.len() || levels.len() != dims.iter().product::<usize>() {
        return Err(unknown());
    }
    let weights = levels.iter().enumerate().map(|(at, level)| {
        let block = layout.block_of(at);
        (f32::from(*level) - f32::from(zero_points[block])) * scale_values[block]
    });
    Ok(float_tensor(output_of(node), quantized.dims.clone(), weights))
}

// Which scale belongs to which weight.
struct ScaleLayout {
    axis_len: usize,
    inner_len: usize,
    block_size: usize,
    blocks: usize,
    // The scale is one per block along the axis only, or also per position of the other axes.
    per_position: bool,
}

impl ScaleLayout {
    fn of(dims: &[usize], axis: usize, block_size: i64, scales: usize) -> Option<ScaleLayout> {
        if scales == 1 && block_size == 0 {
            let all = dims.iter().product::<usize>().max(1);
            let layout = ScaleLayout {
                axis_len: all,
                inner_len: 1,
                block_size: all,
                blocks: 1,
                per_position: false,
            };
            return Some(layout);
        }
        let axis_len = *dims.get(axis)?;
        let inner_len: usize = dims[axis + 1..].iter().product();
        let outer_len: usize = dims[..axis].iter().product();
        let per_position = block_size > 0;
        let block_size = if per_position { usize::try_from(block_size).ok()? } else { 1 };
        let blocks = axis_len.div_ceil(block_size);
        let expected = if per_position { outer_len * blocks * inner_len } else { axis_len };
        (scales == expected && axis_len > 0).then_some(ScaleLayout {
            axis_len,
            inner_len,
            block_size,
            blocks,
            per_position,
        })
    }

    fn block_of(&self, at: usize) -> usize {
        let inner = at % self.inner_len;
        let along = at / self.inner_len % self.axis_len;
        let outer = at / self.inner_len / self.axis_len;
        let block = along / self.block_size;
        if self.per_position {
            (outer * self.blocks + block) * self.inner_len + inner
        } else {
            block
        }
    }
}

fn reshaped(
    node: &NodeProto,
    constants: &HashMap<String, TensorProto>,
) -> Result<TensorProto, FoldError> {
    let tensor = operand(node, constants, 0, "its weight")?;
    let shape = operand(node, constants, 1, "its shape")?;
    let unknown = || FoldError::UnknownWeight { name: output_of(node) };
    let asked = int64_values(shape).ok_or_else(unknown)?;
    let old = dimensions(tensor).ok_or_else(unknown)?;
    let total: usize = old.iter().product();
    let mut dims = Vec::with_capacity(asked.len());
    for (index, dim) in asked.iter().enumerate() {
        // Zero keeps the dimension, -1 takes what is left.
        dims.push(if *dim == 0 { *old.get(index).ok_or_else(unknown)? as i64 } else { *dim });
    }
    let known: usize = dims
        .iter()
        .filter(|dim| **dim != -1)
        .map(|dim| usize::try_from(*dim).unwrap_or(0))
        .product();
    for dim in dims.iter_mut().filter(|dim| **dim == -1) {
        *dim = (total / known.max(1)) as i64;
    }
    if dims.iter().map(|dim| usize::try_from(*dim).unwrap_or(0)).product::<usize>() != total {
        return Err(unknown());
    }
    let mut reshaped = tensor.clone();
    reshaped.dims = dims;
    reshaped.name = Some(output_of(node));
    Ok(reshaped)
}

fn drop_dropout(graph: &mut GraphProto) {
    let mut renamed: HashMap<String, String> = HashMap::new();
    graph.node.retain_mut(|node| {
        for input in &mut node.input {
            if let Some(source) = renamed.get(input) {
                input.clone_from(source);
            }
        }
        let (Some(input), Some(output)) = (node.input.first(), node.output.first()) else {
            return true;
        };
        let is_output = graph.output.iter().any(|value| value.name.as_ref() == Some(output));
        if node.op_type.as_deref() != Some("Dropout") || is_output {
            return true;
        }
        renamed.insert(output.clone(), input.clone());
        false
    });
}

// Weights that nothing reads any more, and inputs that are weights or that nothing reads.
fn drop_unused(graph: &mut GraphProto) {
    let used: HashSet<&str> =
        graph.node.iter().flat_map(|node| &node.input).map(String::as_str).collect();
    let is_used = |name: &Option<String>| name.as_deref().is_some_and(|name| used.contains(name));
    graph.initializer.retain(|tensor| is_used(&tensor.name));
    let weights: HashSet<&Option<String>> =
        graph.initializer.iter().map(|tensor| &tensor.name).collect();
    graph.input.retain(|input| is_used(&input.name) && !weights.contains(&input.name));
}

fn free_height_and_width(graph: &mut GraphProto) {
    let input = graph.input.first_mut().and_then(|input| input.value_type.as_mut());
    let shape = input.and_then(|kind| kind.tensor_type.as_mut()).and_then(|t| t.shape.as_mut());
    if let Some(shape) = shape {
        set_free(&mut shape.dim, 2, "height");
        set_free(&mut shape.dim, 3, "width");
    }
    // What the outputs were for the fixed size no longer holds.
    for output in &mut graph.output {
        if let Some(tensor) = output.value_type.as_mut().and_then(|kind| kind.tensor_type.as_mut())
        {
            tensor.shape = None;
        }
    }
}

fn set_free(dims: &mut [DimensionProto], index: usize, name: &str) {
    if let Some(dim) = dims.get_mut(index) {
        *dim = DimensionProto { dim_value: None, dim_param: Some(name.to_owned()) };
    }
}

fn attribute(node: &NodeProto, name: &str) -> Option<i64> {
    node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name))?.i
}

fn dimensions(tensor: &TensorProto) -> Option<Vec<usize>> {
    tensor.dims.iter().map(|dim| usize::try_from(*dim).ok()).collect()
}

fn int8_values(tensor: &TensorProto) -> Option<Vec<i8>> {
    if tensor.data_type != Some(INT8) {
        return None;
    }
    match &tensor.raw_data {
        Some(raw) => Some(raw.iter().map(|byte| i8::from_le_bytes([*byte])).collect()),
        None => tensor.int32_data.iter().map(|value| i8::try_from(*value).ok()).collect(),
    }
}

pub(crate) fn float_values(tensor: &TensorProto) -> Option<Vec<f32>> {
    if tensor.data_type != Some(FLOAT) {
        return None;
    }
    match &tensor.raw_data {
        Some(raw) => {
            let (words, rest) = raw.as_chunks::<4>();
            rest.is_empty().then(|| words.iter().map(|word| f32::from_le_bytes(*word)).collect())
        }
        None => Some(tensor.float_data.clone()),
    }
}

fn int64_values(tensor: &TensorProto) -> Option<Vec<i64>> {
    if tensor.data_type != Some(INT64) {
        return None;
    }
    match &tensor.raw_data {
        Some(raw) => {
            let (words, rest) = raw.as_chunks::<8>();
            rest.is_empty().then(|| words.iter().map(|word| i64::from_le_bytes(*word)).collect())
        }
        None => Some(tensor.int64_data.clone()),
    }
}

pub(crate) fn float_tensor(
    name: String,
    dims: Vec<i64>,
    values: impl IntoIterator<Item = f32>,
) -> TensorProto {
    TensorProto {
        dims,
        data_type: Some(FLOAT),
        name: Some(name),
        raw_data: Some(values.into_iter().flat_map(f32::to_le_bytes).collect()),
        ..TensorProto::default()
    }
}
