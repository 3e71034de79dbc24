//! Tests of what documents say as text.

mod aamva;
mod mrz;
mod mrz_properties;
mod zones;
