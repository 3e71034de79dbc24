//! Style sheets and scripts: in the binary, each under a name that changes with its bytes.

use std::fmt::Write as _;
use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

pub struct Asset {
    /// As templates ask for it: `console.css`.
    pub name: &'static str,
    pub media_type: &'static str,
    pub bytes: &'static [u8],
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

macro_rules! asset {
    ($name:literal, $media_type:expr) => {
        Asset {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("../assets/", $name)),
        }
    };
}

pub static ASSETS: [Asset; 4] = [
    asset!("console.css", CSS),
    asset!("console.js", JS),
    asset!("case.js", JS),
    asset!("mark.svg", "image/svg+xml"),
];

static FILE_NAMES: LazyLock<Vec<String>> =
    LazyLock::new(|| ASSETS.iter().map(Asset::file_name).collect());

impl Asset {
    /// `console-0123456789abcdef.css`.
    fn file_name(&self) -> String {
        let digest = Sha256::digest(self.bytes);
        let hash = digest.iter().take(8).fold(String::new(), |mut hash, byte| {
            // Writing to a String does not fail.
            let _ = write!(hash, "{byte:02x}");
            hash
        });
        let (stem, ending) = self.name.split_once('.').unwrap_or((self.name, ""));
        format!("{stem}-{hash}.{ending}")
    }
}

/// The path of an asset; nothing loads where there is none of that name.
pub fn url(name: &str) -> String {
    let index = ASSETS.iter().position(|asset| asset.name == name);
    let file = index.map_or("", |index| &FILE_NAMES[index]);
    format!("{}/assets/{file}", crate::ROOT)
}

/// The asset under the last part of such a path.
pub fn find(file_name: &str) -> Option<&'static Asset> {
    let index = FILE_NAMES.iter().position(|known| known == file_name)?;
    ASSETS.get(index)
}
