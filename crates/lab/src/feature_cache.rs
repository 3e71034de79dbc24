//! The backbone's features of images, remembered in a file: they take a fifth of a second an image, and training
//! and evaluation are repeated more often than images change.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use verax_vision::backbone::{BACKBONE_FEATURES, Backbone};
use verax_vision::image::{DecodeLimits, Image};

use crate::training::in_parallel;

/// How the file begins.
const MARK: &str = "verax features ";
/// Of the file's format and of how features are measured.
const VERSION: u32 = 1;
const DIGEST_BYTES: usize = 32;
const ENTRY_BYTES: usize = DIGEST_BYTES + 4 * BACKBONE_FEATURES;

type ImageDigest = [u8; DIGEST_BYTES];

/// A first line that names version and backbone, then entries: SHA-256 of the image's bytes and its features,
/// little-endian f32. An entry that a stopped process wrote in part is passed over.
pub struct FeatureCache {
    known: HashMap<ImageDigest, Vec<f32>>,
    file: Option<File>,
}

impl FeatureCache {
    /// Opens the file, or makes it; without one nothing outlasts the process. What another backbone or version measured is thrown away.
    /// `backbone`: SHA-256 of its weights, in hexadecimal, and what else the features depend on.
    ///
    /// # Errors
    /// It cannot be read or written, or is something else: a photograph is not overwritten by mistake.
    pub fn open(path: Option<&Path>, backbone: &str) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self { known: HashMap::new(), file: None }) };
        let head = format!("{MARK}{VERSION} {backbone}\n");
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        if !bytes.is_empty() && !bytes.starts_with(MARK.as_bytes()) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it holds something else"));
        }
        let entries = bytes.strip_prefix(head.as_bytes()).unwrap_or_default();
        let whole = entries.len() / ENTRY_BYTES * ENTRY_BYTES;
        let known = entries.chunks_exact(ENTRY_BYTES).map(entry).collect();
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        let keeps = bytes.starts_with(head.as_bytes());
        file.set_len(if keeps { (head.len() + whole) as u64 } else { 0 })?;
        io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        if !keeps {
            file.write_all(head.as_bytes())?;
        }
        Ok(Self { known, file: Some(file) })
    }

    /// The features of each image, in order; none where it cannot be decoded. `each` is called once per image that is
    /// done.
    ///
    /// # Errors
    /// The backbone fails, or the file cannot be written.
    pub fn features(
        &mut self,
        backbone: &Backbone,
        images: &[impl AsRef<[u8]> + Sync],
        threads: usize,
        each: impl Fn() + Sync,
    ) -> io::Result<Vec<Option<Vec<f32>>>> {
        let measure = |image: &Image| backbone.features(image).map(Some).map_err(io::Error::other);
        self.measured(images, threads, each, measure)
    }

    /// The same of what `measure` gives of a decoded image; where it gives none, it is asked again the next time.
    ///
    /// # Errors
    /// It fails, or the file cannot be written.
    pub fn measured(
        &mut self,
        images: &[impl AsRef<[u8]> + Sync],
        threads: usize,
        each: impl Fn() + Sync,
        measure: impl Fn(&Image) -> io::Result<Option<Vec<f32>>> + Sync,
    ) -> io::Result<Vec<Option<Vec<f32>>>> {
        let limits = DecodeLimits { side_px_min: 64, ..Default::default() };
        let mut all = Vec::with_capacity(images.len());
        // Written after each part, so that a stopped run goes on where it was.
        for part in images.chunks(64) {
            let measured = in_parallel(threads, part.len(), |at| -> io::Result<_> {
                let bytes = part[at].as_ref();
                let digest: ImageDigest = Sha256::digest(bytes).into();
                each();
                if let Some(features) = self.known.get(&digest) {
                    return Ok((digest, Some(features.clone())));
                }
                let Ok(image) = Image::decode(bytes, &limits) else { return Ok((digest, None)) };
                Ok((digest, measure(&image)?))
            });
            for one in measured {
                let (digest, features) = one?;
                if let Some(features) = &features {
                    self.remember(digest, features)?;
                }
                all.push(features);
            }
        }
        Ok(all)
    }

    fn remember(&mut self, digest: ImageDigest, features: &[f32]) -> io::Result<()> {
        if self.known.contains_key(&digest) {
            return Ok(());
        }
        if let Some(file) = &mut self.file {
            let mut bytes = digest.to_vec();
            bytes.extend(features.iter().flat_map(|v| v.to_le_bytes()));
            file.write_all(&bytes)?;
        }
        self.known.insert(digest, features.to_vec());
        Ok(())
    }
}

fn entry(bytes: &[u8]) -> (ImageDigest, Vec<f32>) {
    let (digest, features) = bytes.split_at(DIGEST_BYTES);
    let features = features.as_chunks::<4>().0.iter().map(|v| f32::from_le_bytes(*v)).collect();
    (digest.try_into().unwrap_or_default(), features)
}
