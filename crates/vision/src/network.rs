//! A neural network: planes of numbers in, numbers out, on the calling thread's own lane.

#[cfg_attr(
    not(target_arch = "x86_64"),
    expect(dead_code, reason = "only the fused runtime takes memory from it")
)]
mod buffers;
#[cfg(target_arch = "x86_64")]
mod convnet;
mod tensor;

use std::sync::Arc;

use rten_tensor::{AsView as _, Layout as _, NdTensor, NdTensorView, Tensor};

pub use buffers::Buffers;
pub use tensor::{Class, NchwTensor};

#[cfg(target_arch = "x86_64")]
use convnet::ConvNet;
#[cfg(target_arch = "x86_64")]
pub(crate) use convnet::class_head::ClassHead;

/// Why a model cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    #[error("the {role} model cannot be read: {cause}")]
    Unreadable { role: &'static str, cause: String },
    #[error("the {role} model has no output {output}")]
    NoOutput { role: &'static str, output: String },
    #[error("the {role} model failed: {cause}")]
    Failed { role: &'static str, cause: String },
}

/// A loaded model.
pub struct Network {
    pub(crate) role: &'static str,
    backend: Backend,
}

// How a model is run.
enum Backend {
    Fused(ConvNet),
    /// The first nodes are fused; `rten` takes their values and runs the rest.
    PartlyFused {
        first: ConvNet,
        boundary: Vec<rten::NodeId>,
        rest: Box<General>,
    },
    General(Box<General>),
}

// Any model, by `rten`.
struct General {
    model: rten::Model,
    image: rten::NodeId,
    outputs: Vec<rten::NodeId>,
}

/// Which runtime a model runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// The fused runtime of this crate: about twice as fast.
    Fused,
    /// The first part of the model, where nearly all of its work is, on the fused one.
    PartlyFused,
    /// `rten`: where the processor or the model is not one that the fused runtime knows.
    General,
}

// The most by which the fused runtime may differ from the general one, of the largest output.
const DIFFERENCE_MAX: f32 = 1e-3;

impl Network {
    /// `outputs` names what is wanted, in the order in which `run` gives it. The fused runtime is
    /// taken only where it gives what `rten` gives on `probe`, an image of a size and with levels that the
    /// model takes.
    ///
    /// # Errors
    /// The model cannot be read, or lacks an output.
    pub fn load(
        role: &'static str,
        bytes: Vec<u8>,
        outputs: &[&str],
        probe: &NchwTensor,
    ) -> Result<Network, NetworkError> {
        let fused = ConvNet::load(&bytes, outputs);
        let general = Box::new(General::load(role, bytes, outputs)?);
        let backend = match fused {
            Some(fused) => general.speeded_up(fused, role, probe)?,
            None => Backend::General(general),
        };
        Ok(Network { role, backend })
    }

    /// An entry of the model's own metadata; None where all of it is on the fused runtime, which keeps none.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        match &self.backend {
            Backend::Fused(_) => None,
            Backend::PartlyFused { rest: general, .. } | Backend::General(general) => {
                general.model.metadata().get(name)
            }
        }
    }

    pub fn runtime(&self) -> Runtime {
        match self.backend {
            Backend::Fused(_) => Runtime::Fused,
            Backend::PartlyFused { .. } => Runtime::PartlyFused,
            Backend::General(_) => Runtime::General,
        }
    }

    /// All outputs, each in the order of its dimensions.
    ///
    /// # Errors
    /// The model takes no image of this size.
    pub fn run(&self, planes: &NchwTensor) -> Result<Vec<Vec<f32>>, NetworkError> {
        if let Backend::Fused(fused) = &self.backend {
            let made = fused.run(planes, &mut Buffers::default());
            let made = made.ok_or_else(|| wrong_size(self.role))?;
            return Ok(made.into_iter().map(|made| made.values).collect());
        }
        Ok(self
            .tensors(planes, &mut Buffers::default())?
            .iter()
            .map(|tensor| tensor.to_vec())
            .collect())
    }

    /// The first output and how many of its values are a row: its last dimension. Not where all of the model
    /// is on the fused runtime. Calls one after the other share `buffers`.
    ///
    /// # Errors
    /// The model takes no image of this size, or is wholly on the fused runtime.
    pub fn run_rows(
        &self,
        planes: &NchwTensor,
        buffers: &mut Buffers,
    ) -> Result<(Vec<f32>, usize), NetworkError> {
        let first = self.tensors(planes, buffers)?.into_iter().next().map(|tensor| {
            let row = tensor.shape().last().copied().unwrap_or(1);
            (tensor.into_data(), row)
        });
        first.ok_or_else(|| NetworkError::NoOutput { role: self.role, output: "first".to_owned() })
    }

    /// Changes what is wanted of it; None, and no change, where there is no such output, or where all of the
    /// model is on the fused runtime.
    pub(crate) fn set_output(&mut self, output: &str) -> Option<()> {
        match &mut self.backend {
            Backend::Fused(_) => None,
            Backend::PartlyFused { rest: general, .. } | Backend::General(general) => {
                general.outputs = vec![general.model.find_node(output)?];
                Some(())
            }
        }
    }

    fn tensors(
        &self,
        planes: &NchwTensor,
        buffers: &mut Buffers,
    ) -> Result<Vec<Tensor<f32>>, NetworkError> {
        match &self.backend {
            Backend::Fused(_) => Ok(Vec::new()),
            Backend::PartlyFused { first, boundary, rest } => {
                rest.run_from(self.role, first, boundary, planes, buffers)
            }
            Backend::General(general) => general.run(self.role, planes),
        }
    }

    /// Runs a network with one output.
    ///
    /// # Errors
    /// The model takes no image of this size, or has no output.
    pub fn run_one(&self, planes: &NchwTensor) -> Result<Vec<f32>, NetworkError> {
        let outputs = self.run(planes)?;
        outputs
            .into_iter()
            .next()
            .ok_or_else(|| NetworkError::NoOutput { role: self.role, output: "first".to_owned() })
    }
}

impl General {
    fn load(role: &'static str, bytes: Vec<u8>, outputs: &[&str]) -> Result<General, NetworkError> {
        let unreadable = |cause: String| NetworkError::Unreadable { role, cause };
        let mut options = rten::ModelOptions::with_all_ops();
        options.prepack_weights(true);
        let model = options.load(bytes).map_err(|error| unreadable(error.to_string()))?;
        let image = *model.input_ids().first().ok_or_else(|| unreadable("no input".to_owned()))?;
        let outputs = outputs
            .iter()
            .map(|name| {
                model
                    .find_node(name)
                    .ok_or_else(|| NetworkError::NoOutput { role, output: (*name).to_owned() })
            })
            .collect::<Result<_, _>>()?;
        Ok(General { model, image, outputs })
    }

    /// The model with `fused` in place of its first nodes or of all, where that gives the same on the probe.
    fn speeded_up(
        self: Box<General>,
        fused: ConvNet,
        role: &'static str,
        probe: &NchwTensor,
    ) -> Result<Backend, NetworkError> {
        let values = |tensors: Vec<Tensor<f32>>| tensors.iter().map(Tensor::to_vec).collect();
        let expected: Vec<Vec<f32>> = values(self.run(role, probe)?);
        let Some(names) = fused.boundary() else {
            let found = fused.run(probe, &mut Buffers::default());
            let found = found.map(|made| made.into_iter().map(|m| m.values).collect());
            let is_right = found.is_some_and(|found: Vec<Vec<f32>>| agree(&found, &expected));
            return Ok(if is_right { Backend::Fused(fused) } else { Backend::General(self) });
        };
        let nodes = names.iter().map(|name| self.model.find_node(name));
        let boundary: Option<Vec<rten::NodeId>> = nodes.collect();
        if let Some(boundary) = boundary
            && let Ok(found) =
                self.run_from(role, &fused, &boundary, probe, &mut Buffers::default())
            && agree(&values(found), &expected)
        {
            return Ok(Backend::PartlyFused { first: fused, boundary, rest: self });
        }
        Ok(Backend::General(self))
    }

    fn run(
        &self,
        role: &'static str,
        planes: &NchwTensor,
    ) -> Result<Vec<Tensor<f32>>, NetworkError> {
        let shape = [1, 3, planes.height, planes.width];
        let input = NdTensorView::from_data(shape, &planes.values[..]);
        self.run_with(role, vec![(self.image, input.into())])
    }

    /// The nodes after those that `first` runs.
    fn run_from(
        &self,
        role: &'static str,
        first: &ConvNet,
        boundary: &[rten::NodeId],
        planes: &NchwTensor,
        buffers: &mut Buffers,
    ) -> Result<Vec<Tensor<f32>>, NetworkError> {
        let made = first.run(planes, buffers).ok_or_else(|| wrong_size(role))?;
        let tensors = made.into_iter().map(|made| NdTensor::from_data(made.shape, made.values));
        let given = boundary.iter().copied().zip(tensors.map(Into::into));
        self.run_with(role, given.collect())
    }

    fn run_with(
        &self,
        role: &'static str,
        given: Vec<(rten::NodeId, rten::ValueOrView<'_>)>,
    ) -> Result<Vec<Tensor<f32>>, NetworkError> {
        let failed = |cause: String| NetworkError::Failed { role, cause };
        // One lane per thread: the work of a request never spreads over the cores of another.
        let options = rten::RunOptions::default().with_thread_pool(Some(LANE.with(Arc::clone)));
        let values = self
            .model
            .run(given, &self.outputs, Some(options))
            .map_err(|error| failed(error.to_string()))?;
        values
            .into_iter()
            .map(|value| value.try_into().map_err(|_| failed("an output is not f32".to_owned())))
            .collect()
    }
}

fn wrong_size(role: &'static str) -> NetworkError {
    let cause = "the image has a size that the model does not take".to_owned();
    NetworkError::Failed { role, cause }
}

fn agree(found: &[Vec<f32>], expected: &[Vec<f32>]) -> bool {
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(found, expected)| {
            let largest = expected.iter().fold(1.0_f32, |most, value| most.max(value.abs()));
            let near = |(a, b): (&f32, &f32)| (a - b).abs() <= DIFFERENCE_MAX * largest;
            found.len() == expected.len() && found.iter().zip(expected).all(near)
        })
}

thread_local! {
    static LANE: Arc<rten::ThreadPool> = Arc::new(rten::ThreadPool::with_num_threads(1));
}

// The fused runtime is written for x86-64; elsewhere there is none.
#[cfg(not(target_arch = "x86_64"))]
enum ConvNet {}

#[cfg(not(target_arch = "x86_64"))]
struct Made {
    shape: [usize; 4],
    values: Vec<f32>,
}

#[cfg(not(target_arch = "x86_64"))]
impl ConvNet {
    fn load(_model: &[u8], _outputs: &[&str]) -> Option<ConvNet> {
        None
    }

    fn boundary(&self) -> Option<&[String]> {
        match *self {}
    }

    fn run(&self, _planes: &NchwTensor, _buffers: &mut Buffers) -> Option<Vec<Made>> {
        match *self {}
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) enum ClassHead {}

#[cfg(not(target_arch = "x86_64"))]
impl ClassHead {
    pub(crate) fn find(_model: &[u8], _output: &str) -> Option<(ClassHead, String)> {
        None
    }

    pub(crate) fn best(&self, _values: &[f32], _row: usize) -> Option<Vec<Class>> {
        match *self {}
    }
}
