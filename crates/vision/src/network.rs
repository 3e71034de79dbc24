//! A neural network: planes of numbers in, numbers out, on the calling thread's own lane.

#[cfg(target_arch = "x86_64")]
mod convnet;
mod tensor;

use std::sync::Arc;

use rten_tensor::{AsView as _, Layout as _, NdTensorView, Tensor};

pub use tensor::NchwTensor;

#[cfg(target_arch = "x86_64")]
use convnet::ConvNet;

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
    role: &'static str,
    backend: Backend,
}

// How a model is run.
enum Backend {
    Fused(ConvNet),
    General(Box<General>),
}

// Any model, by `rten`.
struct General {
    model: rten::Model,
    input: rten::NodeId,
    outputs: Vec<rten::NodeId>,
}

/// Which runtime a model runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// The fused runtime of this crate: about twice as fast.
    Fused,
    /// `rten`: where the processor or the model is not one that the fused runtime knows.
    General,
}

// The most by which the fused runtime may differ from the general one, of the largest output.
const DIFFERENCE_MAX: f32 = 1e-3;

impl Network {
    /// `outputs` names what is wanted, in the order in which `run` gives it. The fused runtime is
    /// taken only when it gives what `rten` gives on a square image of `probe_side_px`.
    pub fn load(
        role: &'static str,
        bytes: Vec<u8>,
        outputs: &[&str],
        probe_side_px: usize,
    ) -> Result<Network, NetworkError> {
        let fused = ConvNet::load(&bytes, outputs);
        let general = Box::new(General::load(role, bytes, outputs)?);
        if let Some(fused) = fused {
            let probe = NchwTensor::noise(probe_side_px);
            let expected = general.run(role, &probe)?;
            if fused.run(&probe).is_some_and(|found| agree(&found, &expected)) {
                return Ok(Network { role, backend: Backend::Fused(fused) });
            }
        }
        Ok(Network { role, backend: Backend::General(general) })
    }

    /// The same on the general runtime alone: for models that no fused one knows, whose images are of
    /// every width and height.
    ///
    /// # Errors
    /// The model cannot be read, or lacks an output.
    pub fn load_general(
        role: &'static str,
        bytes: Vec<u8>,
        outputs: &[&str],
    ) -> Result<Network, NetworkError> {
        let general = Box::new(General::load(role, bytes, outputs)?);
        Ok(Network { role, backend: Backend::General(general) })
    }

    /// An entry of the model's own metadata; None on the fused runtime, which keeps none.
    pub fn metadata(&self, name: &str) -> Option<&str> {
        match &self.backend {
            Backend::Fused(_) => None,
            Backend::General(general) => general.model.metadata().get(name),
        }
    }

    pub fn runtime(&self) -> Runtime {
        match self.backend {
            Backend::Fused(_) => Runtime::Fused,
            Backend::General(_) => Runtime::General,
        }
    }

    pub fn run(&self, planes: &NchwTensor) -> Result<Vec<Vec<f32>>, NetworkError> {
        match &self.backend {
            Backend::Fused(fused) => fused.run(planes).ok_or_else(|| NetworkError::Failed {
                role: self.role,
                cause: "the image has a size that the model does not take".to_owned(),
            }),
            Backend::General(general) => general.run(self.role, planes),
        }
    }

    /// The first output and how many of its values are a row: its last dimension. Of the general runtime.
    ///
    /// # Errors
    /// The model takes no image of this size, or was loaded on the fused runtime.
    pub fn run_rows(&self, planes: &NchwTensor) -> Result<(Vec<f32>, usize), NetworkError> {
        let tensors = match &self.backend {
            Backend::Fused(_) => Vec::new(),
            Backend::General(general) => general.tensors(self.role, planes)?,
        };
        let first = tensors.into_iter().next().map(|tensor| {
            let row = tensor.shape().last().copied().unwrap_or(1);
            (tensor.to_vec(), row)
        });
        first.ok_or_else(|| NetworkError::NoOutput { role: self.role, output: "first".to_owned() })
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
        let input = *model.input_ids().first().ok_or_else(|| unreadable("no input".to_owned()))?;
        let outputs = outputs
            .iter()
            .map(|name| {
                model
                    .find_node(name)
                    .ok_or_else(|| NetworkError::NoOutput { role, output: (*name).to_owned() })
            })
            .collect::<Result<_, _>>()?;
        Ok(General { model, input, outputs })
    }

    fn run(&self, role: &'static str, planes: &NchwTensor) -> Result<Vec<Vec<f32>>, NetworkError> {
        Ok(self.tensors(role, planes)?.iter().map(|tensor| tensor.to_vec()).collect())
    }

    fn tensors(
        &self,
        role: &'static str,
        planes: &NchwTensor,
    ) -> Result<Vec<Tensor<f32>>, NetworkError> {
        let failed = |cause: String| NetworkError::Failed { role, cause };
        let shape = [1, 3, planes.height, planes.width];
        let input = NdTensorView::from_data(shape, &planes.values[..]);
        // One lane per thread: the work of a request never spreads over the cores of another.
        let options = rten::RunOptions::default().with_thread_pool(Some(LANE.with(Arc::clone)));
        let values = self
            .model
            .run(vec![(self.input, input.into())], &self.outputs, Some(options))
            .map_err(|error| failed(error.to_string()))?;
        values
            .into_iter()
            .map(|value| value.try_into().map_err(|_| failed("an output is not f32".to_owned())))
            .collect()
    }
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
impl ConvNet {
    fn load(_model: &[u8], _outputs: &[&str]) -> Option<ConvNet> {
        None
    }

    fn run(&self, _planes: &NchwTensor) -> Option<Vec<Vec<f32>>> {
        match *self {}
    }
}
