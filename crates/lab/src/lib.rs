//! Where the document checks are trained and measured: the simulator of attacks, boosted trees,
//! calibration, error rates and their figures. Nothing of it runs in the server's requests.

pub mod boosting;
pub mod calibration;
pub mod captures;
pub mod confusions;
pub mod feature_cache;
pub mod heads;
pub mod labelled_files;
pub mod linear;
pub mod metrics;
pub mod plans;
pub mod rates;
pub mod reading_rates;
pub mod simulator;
pub mod training;
pub mod training_set;
