//! What a network trained on ImageNet sees of an image, as numbers that linear heads are trained on.

use crate::conversion::efficientnet_lite0::{PROBE_SIDE_PX, STAGES};
use crate::document::planes::{Colours, reduced_size, reduction};
use crate::image::Image;
use crate::network::{NchwTensor, Network, NetworkError, Runtime};

/// Numbers per view: mean and deviation of each channel of each stage.
const VIEW_FEATURES: usize = {
    let (mut sum, mut at) = (0, 0);
    while at < STAGES.len() {
        sum += 2 * STAGES[at].channels;
        at += 1;
    }
    sum
};
/// Numbers per image: those of the fine view, then those of the coarse one.
pub const BACKBONE_FEATURES: usize = 2 * VIEW_FEATURES;
/// The network halves an image five times.
const MULTIPLE_PX: usize = 32;
const WINDOW_PX: usize = 224;
/// Longest side of the image that windows are cut from: what the training photographs have at most.
const FINE_SIDE_PX: u32 = 1600;
const COARSE_SIDE_PX: u32 = 448;
/// Where windows lie: column and row of three by three places.
const WINDOWS: [(usize, usize); 5] = [(0, 0), (2, 0), (1, 1), (0, 2), (2, 2)];

/// The loaded network; shared between threads.
pub struct Backbone {
    network: Network,
    digest: String,
}

impl Backbone {
    /// `model`: EfficientNet-Lite0 as `verax models install` writes it. `digest`: SHA-256 of the weights that it was made
    /// from, in hexadecimal: heads name the backbone that they were trained on.
    ///
    /// # Errors
    /// It cannot be read, or lacks the output of a stage.
    pub fn load(model: Vec<u8>, digest: &str) -> Result<Self, NetworkError> {
        let outputs = STAGES.map(|stage| stage.output);
        let network = Network::load(
            "backbone",
            model,
            &outputs,
            &NchwTensor::noise(PROBE_SIDE_PX, PROBE_SIDE_PX),
        )?;
        Ok(Self { network, digest: digest.to_owned() })
    }

    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub fn runtime(&self) -> Runtime {
        self.network.runtime()
    }

    /// 3072 numbers: mean and deviation of the channels of each stage, over five windows of the image at a
    /// longest side of at most 1600 px, and over the whole image at 448 px.
    ///
    /// # Errors
    /// The network does not give what its stages should.
    pub fn features(&self, image: &Image) -> Result<Vec<f32>, NetworkError> {
        let mut features = vec![0.0; VIEW_FEATURES];
        for window in windows(image) {
            let seen = self.view(&window)?;
            features.iter_mut().zip(seen).for_each(|(sum, value)| *sum += value);
        }
        features.iter_mut().for_each(|sum| *sum /= WINDOWS.len() as f32);
        features.extend(self.view(&coarse(image))?);
        Ok(features)
    }

    /// 1536 numbers of one view, whose sides are multiples of 32 px.
    pub(crate) fn view(&self, planes: &Colours) -> Result<Vec<f32>, NetworkError> {
        let maps = self.network.run(&normalised(planes))?;
        let mut features = Vec::with_capacity(VIEW_FEATURES);
        for (stage, map) in STAGES.iter().zip(&maps) {
            let pixels = map.len() / stage.channels;
            if pixels == 0 || pixels * stage.channels != map.len() {
                let output = format!("{} of {} channels", stage.output, stage.channels);
                return Err(NetworkError::NoOutput { role: "backbone", output });
            }
            let moments = map.chunks_exact(pixels).map(mean_and_deviation);
            let (means, deviations): (Vec<f32>, Vec<f32>) = moments.unzip();
            features.extend(means);
            features.extend(deviations);
        }
        Ok(features)
    }
}

fn windows(image: &Image) -> Vec<Colours> {
    let factor = reduction(image, FINE_SIDE_PX);
    let (width, height) = reduced_size(image.width, image.height, factor);
    let is_small = width < WINDOW_PX || height < WINDOW_PX;
    let whole = is_small.then(|| Colours::region(image, factor, (0, 0), (width, height)));
    let cut = |(column, row)| {
        let (x, y) = (place(width, column), place(height, row));
        match &whole {
            Some(planes) => planes.window(x as isize, y as isize, WINDOW_PX, WINDOW_PX),
            None => Colours::region(image, factor, (x, y), (WINDOW_PX, WINDOW_PX)),
        }
    };
    WINDOWS.map(cut).into()
}

/// Where window 0, 1 or 2 begins on a side: a sixteenth from its ends, or in the middle.
fn place(side: usize, cell: usize) -> usize {
    let room = side.saturating_sub(WINDOW_PX);
    let margin = (side / 16).min(room / 2);
    margin + (room - 2 * margin) * cell / 2
}

/// The whole image; its shape is kept to the multiple that the network takes.
fn coarse(image: &Image) -> Colours {
    let longest = image.width.max(image.height) as f32;
    let side = |px: u32| {
        let share = px as f32 / longest * COARSE_SIDE_PX as f32 / MULTIPLE_PX as f32;
        (share.round() as usize).max(1) * MULTIPLE_PX
    };
    Colours::exactly(image, side(image.width), side(image.height))
}

/// As the network was trained: RGB, (v - 127) / 128.
fn normalised(planes: &Colours) -> NchwTensor {
    let mut input = NchwTensor::black(planes.width(), planes.height());
    let plane = planes.width() * planes.height();
    let channels = [&planes.r, &planes.g, &planes.b];
    for (target, channel) in input.values.chunks_exact_mut(plane.max(1)).zip(channels) {
        for (slot, value) in target.iter_mut().zip(&channel.values) {
            *slot = (value - 127.0) / 128.0;
        }
    }
    input
}

fn mean_and_deviation(values: &[f32]) -> (f32, f32) {
    let count = values.len() as f32;
    let mean = values.iter().sum::<f32>() / count;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / count;
    (mean, variance.sqrt())
}
