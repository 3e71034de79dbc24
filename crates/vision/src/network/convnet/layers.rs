//! The layers that have weights, packed as the inner loops read them.

/// Outputs that lie side by side.
pub(super) const PANEL: usize = 16;

/// Weights of a product, sixteen outputs side by side, and a bias padded to sixteen.
pub(super) struct Matrix {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) packed: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// Weights of a convolution channel by channel: taps of channels padded to sixteen.
pub(super) struct Depthwise {
    pub(super) channels: usize,
    pub(super) kernel: (usize, usize),
    /// Downwards and to the right.
    pub(super) stride: (usize, usize),
    pub(super) padding: Padding,
    pub(super) weights: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// Zeros around an image, the same in height and width.
#[derive(Clone, Copy, Default, PartialEq)]
pub(super) struct Padding {
    /// Above and to the left.
    pub(super) before: usize,
    /// Below and to the right: one more than `before` where TensorFlow's "same" meets an even side.
    pub(super) after: usize,
}

pub(super) enum Activation {
    None,
    Relu,
    /// Between 0 and 6.
    Relu6,
    /// PReLU: the slope of negative values, padded to sixteen.
    PRelu(Vec<f32>),
    /// The normal distribution's share below the value, times the value.
    Gelu,
}

impl Matrix {
    /// From [outputs][inputs][rows][columns] to panels of [rows][columns][inputs][16 outputs].
    pub(super) fn of_convolution(weights: &[f32], mut bias: Vec<f32>, dims: [usize; 4]) -> Matrix {
        let [outputs, inputs, rows, columns] = dims;
        let taps = rows * columns;
        let k = taps * inputs;
        let mut packed = vec![0.0; outputs.next_multiple_of(PANEL) * k];
        for n in 0..outputs {
            for input in 0..inputs {
                for tap in 0..taps {
                    let at = (n / PANEL * k + tap * inputs + input) * PANEL + n % PANEL;
                    packed[at] = weights[(n * inputs + input) * taps + tap];
                }
            }
        }
        bias.resize(outputs.next_multiple_of(PANEL), 0.0);
        Matrix { inputs: k, outputs, packed, bias }
    }
}

impl Depthwise {
    pub(super) fn of(
        weights: &[f32],
        mut bias: Vec<f32>,
        channels: usize,
        kernel: (usize, usize),
        stride: (usize, usize),
        padding: Padding,
    ) -> Depthwise {
        let (wide, taps) = (channels.next_multiple_of(PANEL), kernel.0 * kernel.1);
        let mut turned = vec![0.0; wide * taps];
        for channel in 0..channels {
            for tap in 0..taps {
                turned[tap * wide + channel] = weights[channel * taps + tap];
            }
        }
        bias.resize(wide, 0.0);
        Depthwise { channels, kernel, stride, padding, weights: turned, bias }
    }
}
