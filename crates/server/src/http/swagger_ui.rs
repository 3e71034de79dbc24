//! The files of Swagger UI, unpacked from the archive that is in the binary.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::sync::LazyLock;

use axum::body::Bytes;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;
use zip::result::ZipError;

/// What it is told: where the description of the API is. It stands in for the archive's own.
const INITIALIZER: (&str, &str) =
    ("swagger-initializer.js", include_str!("../../assets/swagger-initializer.js"));
const INDEX: &str = "index.html";
/// In the archive, below a folder that is named by the version.
const FOLDER: &str = "dist";

/// By name. What many read slowly at once is in memory once.
static FILES: LazyLock<BTreeMap<String, Bytes>> = LazyLock::new(|| {
    // The archive is a part of the binary: a test reads its files.
    let mut files = unpacked().unwrap_or_default();
    files.insert(INITIALIZER.0.to_owned(), Bytes::from_static(INITIALIZER.1.as_bytes()));
    files
});

/// A file and its media type; the start page where the name is empty.
pub async fn file(name: &str) -> Option<(&'static str, Bytes)> {
    // The first request unpacks.
    let files = tokio::task::spawn_blocking(|| &*FILES).await.ok()?;
    let name = if name.is_empty() { INDEX } else { name };
    let media_type = match name.rsplit_once('.')?.1 {
        "css" => "text/css",
        "html" => "text/html",
        "js" => "text/javascript",
        "png" => "image/png",
        _ => return None,
    };
    Some((media_type, files.get(name)?.clone()))
}

fn unpacked() -> Result<BTreeMap<String, Bytes>, ZipError> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let path = entry.name()?.into_owned();
        let [_, FOLDER, name] = path.split('/').collect::<Vec<_>>()[..] else { continue };
        if entry.is_file() {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            files.insert(name.to_owned(), Bytes::from(bytes));
        }
    }
    Ok(files)
}
