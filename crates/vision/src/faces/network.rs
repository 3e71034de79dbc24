//! A neural network: planes of numbers in, numbers out, on the calling thread's own lane.

use std::sync::Arc;

use rten_tensor::{AsView as _, NdTensorView};

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

pub(super) struct Network {
    role: &'static str,
    model: rten::Model,
    input: rten::NodeId,
    outputs: Vec<rten::NodeId>,
}

/// One input picture: three planes of `height` x `width`.
pub(super) struct Planes {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

impl Planes {
    pub(super) fn black(width: usize, height: usize) -> Planes {
        Planes { width, height, values: vec![0.0; 3 * width * height] }
    }

    /// Puts one row of RGB pixels into the planes, in the order B, G, R.
    pub(super) fn set_row_bgr(&mut self, y: usize, rgb: &[u8]) {
        let (width, plane) = (self.width, self.width * self.height);
        let (blue, rest) = self.values.split_at_mut(plane);
        let (green, red) = rest.split_at_mut(plane);
        let start = y * width;
        for (x, [r, g, b]) in rgb.as_chunks::<3>().0.iter().enumerate() {
            blue[start + x] = f32::from(*b);
            green[start + x] = f32::from(*g);
            red[start + x] = f32::from(*r);
        }
    }
}

impl Network {
    /// `outputs` names what is wanted, in the order in which `run` gives it.
    pub(super) fn load(
        role: &'static str,
        bytes: Vec<u8>,
        outputs: &[&str],
    ) -> Result<Network, NetworkError> {
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
        Ok(Network { role, model, input, outputs })
    }

    pub(super) fn run(&self, planes: &Planes) -> Result<Vec<Vec<f32>>, NetworkError> {
        let failed = |cause: String| NetworkError::Failed { role: self.role, cause };
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
            .map(|value| {
                let tensor: rten_tensor::Tensor<f32> =
                    value.try_into().map_err(|_| failed("an output is not f32".to_owned()))?;
                Ok(tensor.to_vec())
            })
            .collect()
    }

    /// Runs a network with one output.
    pub(super) fn run_one(&self, planes: &Planes) -> Result<Vec<f32>, NetworkError> {
        let outputs = self.run(planes)?;
        outputs
            .into_iter()
            .next()
            .ok_or_else(|| NetworkError::NoOutput { role: self.role, output: "first".to_owned() })
    }
}

thread_local! {
    static LANE: Arc<rten::ThreadPool> = Arc::new(rten::ThreadPool::with_num_threads(1));
}
