//! The last layer of a classifier: of all classes only the likeliest is written down.

use prost::Message as _;

use super::super::tensor::Class;
use super::layers::{Activation, Matrix};
use super::plan::nodes::{attribute, floats_of, ints, kind, without_identities};
use super::{kernels, multiply};
use crate::onnx_fold::proto::{GraphProto, ModelProto, NodeProto, TensorProto};

/// Classes that are weighed together: their weights and what comes of them stay in the second cache.
const CLASSES_TOGETHER: usize = 1024;
/// A class whose logit is so much less adds nothing that a probability of 32 bits could show.
const LOGIT_RANGE: f32 = 18.0;

/// `softmax(rows * weights + bias)`.
pub(crate) struct ClassHead {
    chunks: Vec<Matrix>,
    /// Whether what it is given are columns: an exporter's transposition before the product is done here.
    takes_columns: bool,
}

impl ClassHead {
    /// Where the model ends with a product, a bias and a softmax over its last dimension: these, and the name
    /// of what is multiplied.
    pub(crate) fn find(model: &[u8], output: &str) -> Option<(ClassHead, String)> {
        if !kernels::supported() {
            return None;
        }
        let (graph, sources) = without_identities(ModelProto::decode(model).ok()?.graph?);
        let softmax = maker(&graph, sources.get(output).map_or(output, String::as_str), "Softmax")?;
        let axis = attribute(softmax, "axis").and_then(|axis| axis.i).unwrap_or(-1);
        if axis != 2 && axis != -1 {
            return None;
        }
        let sum = maker(&graph, softmax.input.first()?, "Add")?;
        let product = maker(&graph, sum.input.first()?, "MatMul")?;
        let weights = constant(&graph, product.input.get(1)?)?;
        let [inputs, classes] = weights.dims[..] else { return None };
        let (inputs, classes) = (usize::try_from(inputs).ok()?, usize::try_from(classes).ok()?);
        let bias = floats_of(constant(&graph, sum.input.get(1)?)?)?;
        let weights = floats_of(weights)?;
        if bias.len() != classes || Some(weights.len()) != inputs.checked_mul(classes) {
            return None;
        }
        let chunks = (0..classes).step_by(CLASSES_TOGETHER).map(|first| {
            let last = (first + CLASSES_TOGETHER).min(classes);
            let pairs = (first..last).flat_map(|class| (0..inputs).map(move |k| (class, k)));
            let turned: Vec<f32> = pairs.map(|(class, k)| weights[k * classes + class]).collect();
            let dims = [last - first, inputs, 1, 1];
            Matrix::of_convolution(&turned, bias[first..last].to_vec(), dims)
        });
        let chunks = chunks.collect();
        let factor = product.input.first()?;
        let transposition = maker(&graph, factor, "Transpose")
            .filter(|node| ints(node, "perm").is_some_and(|perm| perm == [0, 2, 1]));
        let takes_columns = transposition.is_some();
        let input = transposition.and_then(|node| node.input.first()).unwrap_or(factor);
        Some((ClassHead { chunks, takes_columns }, input.clone()))
    }

    /// The likeliest class of each row; `length` is the last dimension of `values`. None where the weights are
    /// for rows of other lengths.
    pub(crate) fn best(&self, values: &[f32], length: usize) -> Option<Vec<Class>> {
        if !self.takes_columns {
            return self.best_of_rows(values, length);
        }
        let row = values.len().checked_div(length)?;
        let at = |number: usize| values[number % row * length + number / row];
        let rows: Vec<f32> = (0..row * length).map(at).collect();
        self.best_of_rows(&rows, row)
    }

    fn best_of_rows(&self, values: &[f32], row: usize) -> Option<Vec<Class>> {
        if row == 0 || self.chunks.iter().any(|chunk| chunk.inputs != row) {
            return None;
        }
        let rows = values.len() / row;
        let mut found = vec![Leader::default(); rows];
        let mut logits = vec![0.0; rows * CLASSES_TOGETHER];
        for (number, chunk) in self.chunks.iter().enumerate() {
            let logits = &mut logits[..rows * chunk.outputs];
            multiply(&values[..rows * row], chunk, &Activation::None, logits);
            for (leader, logits) in found.iter_mut().zip(logits.chunks_exact(chunk.outputs)) {
                leader.weigh(number * CLASSES_TOGETHER, logits);
            }
        }
        Some(found.into_iter().map(|leader| (leader.class, 1.0 / leader.sum)).collect())
    }
}

/// The likeliest class so far.
#[derive(Clone)]
struct Leader {
    class: usize,
    logit: f32,
    /// Of the exponentials of all logits, as shares of that of its own.
    sum: f32,
}

impl Default for Leader {
    fn default() -> Leader {
        Leader { class: 0, logit: f32::MIN, sum: 0.0 }
    }
}

impl Leader {
    fn weigh(&mut self, first: usize, logits: &[f32]) {
        let largest = logits.iter().copied().fold(f32::MIN, f32::max);
        if largest > self.logit {
            self.sum *= (self.logit - largest).exp();
            self.logit = largest;
            self.class = first + logits.iter().position(|logit| *logit == largest).unwrap_or(0);
        }
        let near = logits.iter().filter(|logit| **logit > self.logit - LOGIT_RANGE);
        self.sum += near.map(|logit| (logit - self.logit).exp()).sum::<f32>();
    }
}

fn maker<'a>(graph: &'a GraphProto, value: &str, wanted: &str) -> Option<&'a NodeProto> {
    let node = graph.node.iter().find(|node| node.output.first().is_some_and(|o| o == value))?;
    (kind(node) == wanted).then_some(node)
}

fn constant<'a>(graph: &'a GraphProto, name: &str) -> Option<&'a TensorProto> {
    graph.initializer.iter().find(|tensor| tensor.name.as_deref() == Some(name))
}
