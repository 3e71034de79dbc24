//! The sections of the settings: what each holds, as `config.default.toml` describes it.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use verax_vision::image::DecodeLimits;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub request_seconds: u64,
    pub header_seconds: u64,
    pub idle_seconds: u64,
    pub write_seconds: u64,
    pub body_bytes_max: usize,
    pub plain_body_bytes_max: usize,
    pub bodies_bytes_max: usize,
    pub body_seconds: u64,
    pub connections_max: usize,
    pub connections_per_address_max: usize,
    pub shutdown_seconds: u64,
    pub cors_origins: Vec<String>,
    pub public_url: String,
    #[serde(deserialize_with = "trusted_proxies")]
    pub trusted_proxies: Vec<IpNet>,
    pub metrics_networks: Vec<IpNet>,
    pub tls_certificate: String,
    pub tls_key: String,
}

impl Http {
    /// The largest body of an operation that takes no images.
    pub fn plain_body_bytes_max(&self) -> usize {
        self.plain_body_bytes_max.min(self.body_bytes_max)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    pub requests_per_minute: u32,
    pub client_requests_per_minute: u32,
    pub anonymous_requests_per_minute: u32,
    pub rejected_tokens_per_minute: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub issuer: String,
    pub time_zone: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compat {
    pub flat_pagination: bool,
    pub strict_parameters: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    pub days: u32,
    pub renewable_days: u32,
    pub renewals_max: u32,
    pub cache_seconds: u64,
    pub signing_keys_file: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    pub enabled: bool,
    pub session_idle_minutes: u32,
    pub session_hours: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub readers: usize,
    pub connections: usize,
    pub statement_seconds: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vault {
    pub master_keys_file: String,
    pub keys: String,
    pub objects: String,
    pub sweep_hours: u32,
    pub sweep_destroys: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    pub free_bytes_min: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    pub every_hours: u32,
    pub to: String,
    pub key_file: String,
    pub passphrase_file: String,
    pub keep: u32,
    pub with_keys: bool,
    pub verify: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Images {
    pub fetch_urls: bool,
    pub fetch_seconds: u64,
    pub pixels_max: u64,
}

impl Images {
    /// What an image may cost.
    pub fn decode_limits(&self) -> DecodeLimits {
        DecodeLimits { pixels_max: self.pixels_max, ..Default::default() }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vision {
    pub threads: usize,
    pub waiting_max: usize,
    pub body_milliseconds: u64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Models {
    pub face_attack_head: String,
    pub mirror_faces: bool,
    pub face_detector: Model,
    pub face_template: Model,
    pub face_attack: Model,
    pub backbone: Model,
    pub text_boxes: Model,
    pub text_lines: Model,
}

/// Weights of the operator's own; with an empty path the installed ones.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub path: String,
    pub sha256: String,
    pub kind: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persons {
    pub keep_thumbnails: bool,
    pub templates_in_memory_max: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    pub wait_seconds: u64,
    pub lease_seconds: u32,
    pub image_url_minutes: u32,
    pub checks_per_registration_max: u32,
    pub saved_images_max: u32,
    pub keep_images: bool,
    pub check_images: bool,
    pub demo_records: bool,
    pub screen_head: String,
    pub print_head: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validations {
    pub session_seconds: u32,
    pub registration_hours: u32,
    pub login_seconds: u32,
    pub lease_seconds: u32,
    pub keep_images: bool,
    pub attempts_max: u32,
    pub unmeasured_images_max: u32,
    pub accepted_image_days: u32,
    pub comparison_days: u32,
    pub tell_registered: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logins {
    pub failures_per_identifier_max: u32,
    pub failures_per_person_max: u32,
    pub failures_per_address_max: u32,
    pub lock_seconds: u32,
    pub lock_seconds_max: u32,
    pub address_lock_seconds_max: u32,
    pub forget_seconds: u32,
}

/// Codes that prove that an address or a number is somebody's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    pub seconds: u32,
    pub per_contact_hour: u32,
    pub per_contact_day: u32,
    pub per_address_hour: u32,
    pub per_project_hour: u32,
    pub texts_per_client_day: u32,
    pub failures_max: u32,
    pub lock_seconds: u32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    pub url: Secret,
    pub from: String,
}

/// What sends texts to phones.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextGateway {
    pub kind: String,
    pub url: Secret,
    pub headers: Vec<Secret>,
    pub body: String,
    pub answer_id: String,
    pub account: Secret,
    pub token: Secret,
    pub from: String,
}

/// A text that is not printed.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(text)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(if self.0.is_empty() { "\"\"" } else { "\"…\"" })
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    pub allow_http: bool,
    #[serde(deserialize_with = "allowed_networks")]
    pub allowed_networks: Vec<IpNet>,
    pub personal_data: bool,
    pub parallel: usize,
    pub timeout_seconds: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
    pub access: bool,
    pub file: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Json,
    Text,
}

fn trusted_proxies<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    networks(deserializer, "http.trusted_proxies")
}

fn allowed_networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    networks(deserializer, "webhooks.allowed_networks")
}

/// An address alone is the network that has no other.
fn networks<'de, D: Deserializer<'de>>(
    deserializer: D,
    setting: &str,
) -> Result<Vec<IpNet>, D::Error> {
    let network = |text: &String| {
        text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| {
            let allowed = "must be addresses and networks, such as 192.0.2.7 and 10.0.0.0/8";
            D::Error::custom(format!("the setting {setting} {allowed}, not {text:?}"))
        })
    };
    Vec::<String>::deserialize(deserializer)?.iter().map(network).collect()
}
