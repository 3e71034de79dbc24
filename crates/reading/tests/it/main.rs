//! Drawn images and generated texts, read; and what no camera and no printer makes.

mod aamva;
mod barcodes;
mod boxes;
mod hostile;
mod mrz;
mod mrz_properties;
mod reader;
mod text;
mod zone_part;
mod zones;
