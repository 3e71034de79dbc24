//! Reading identity documents: an image of one side in, its text, zones and barcodes out.
//!
//! Pure: pixels and the bytes of models come as arguments. What the values mean for a verdict is decided in
//! `verax-domain`.

pub mod aamva;
pub mod barcode_texts;
pub mod barcodes;
pub mod mrz;
pub mod print;
pub mod reader;
mod reading_order;
pub mod text;
pub mod zone_part;
