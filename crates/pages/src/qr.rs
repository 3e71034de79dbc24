//! A QR code as one path of an SVG.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code, as the standard asks for.
const QUIET: usize = 4;

pub struct Qr {
    /// Modules a side, the quiet ones too: the view box.
    pub side: usize,
    /// The dark modules.
    pub path: String,
}

/// The code of a text; `None` when it is too long for one.
pub fn qr(text: &str) -> Option<Qr> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (index, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (index % width + QUIET, index / width + QUIET);
            // Writing to a String does not fail.
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Some(Qr { side: width + 2 * QUIET, path })
}
