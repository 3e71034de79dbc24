//! How the weights of a package become the ONNX file that is run. Bytes to bytes.

pub mod efficientnet_lite0;
pub mod state_dict;

use crate::onnx_fold::{FoldError, SpatialShape, fold};
use state_dict::{StateDict, StateDictError};

/// What is done to a file, once, when it is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// An ONNX file that is run as it is, with its metadata.
    AsIs,
    /// An ONNX file: its quantised weights are written out.
    Fold(SpatialShape),
    /// A PyTorch state dict of EfficientNet-Lite0: the ONNX graph is built around its weights.
    EfficientNetLite0,
}

/// Why a file cannot be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConversionError {
    #[error(transparent)]
    Fold(#[from] FoldError),
    #[error(transparent)]
    StateDict(#[from] StateDictError),
}

impl Conversion {
    /// The ONNX file of a package's member.
    ///
    /// # Errors
    /// The member is not a file of this kind.
    pub fn convert(self, member: &[u8]) -> Result<Vec<u8>, ConversionError> {
        match self {
            Conversion::AsIs => Ok(member.to_vec()),
            Conversion::Fold(shape) => Ok(fold(member, shape)?),
            Conversion::EfficientNetLite0 => {
                Ok(efficientnet_lite0::onnx_of(&StateDict::read(member)?)?)
            }
        }
    }

    /// The same for a model that stands in the place of a package's: always an ONNX file.
    ///
    /// # Errors
    /// It is not an ONNX file that can be folded.
    pub fn convert_replacement(self, model: &[u8]) -> Result<Vec<u8>, ConversionError> {
        match self {
            Conversion::AsIs => Ok(model.to_vec()),
            Conversion::Fold(shape) => Ok(fold(model, shape)?),
            Conversion::EfficientNetLite0 => Ok(fold(model, SpatialShape::Free)?),
        }
    }
}
