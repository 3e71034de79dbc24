//! Settings: defaults < file < environment < flags, and over all of them what the database holds for all
//! nodes.

pub mod described;
mod sections;

use std::path::Path;

use anyhow::{Context, Result, bail};
use config::{Environment, File, FileFormat};
use serde::Deserialize;

pub use sections::*;

/// The defaults, their units and their meaning; also what the reference prints.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub http: Http,
    pub rate_limit: RateLimit,
    pub signature: Signature,
    pub compat: Compat,
    pub tokens: Tokens,
    pub console: Console,
    pub database: Database,
    pub vault: Vault,
    pub backup: Backup,
    pub disk: Disk,
    pub images: Images,
    pub vision: Vision,
    pub models: Models,
    pub documents: Documents,
    pub validations: Validations,
    pub logins: Logins,
    pub codes: Codes,
    pub email: Email,
    pub sms: TextGateway,
    pub whatsapp: TextGateway,
    pub persons: Persons,
    pub webhooks: Webhooks,
    pub log: Log,
}

/// A setting that the database may hold for all nodes: what they must agree on, as far as each request
/// looks at it anew.
struct Shared {
    name: &'static str,
    place: fn(&mut Config) -> Slot<'_>,
}

/// A setting that all nodes can share, as it is now.
pub struct SharedSetting {
    pub name: &'static str,
    pub kind: SharedKind,
    pub value: String,
}

/// What the value of such a setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedKind {
    /// A whole number from 0 to 4294967295.
    Number,
    /// `true` or `false`.
    Switch,
    Text,
}

/// No setting that is a text needs more.
const TEXT_BYTES_MAX: usize = 2048;

enum Slot<'a> {
    Number(&'a mut u32),
    Switch(&'a mut bool),
    Text(&'a mut String),
}

macro_rules! shared {
    ($($kind:ident $section:ident . $key:ident),* $(,)?) => {
        [$(Shared {
            name: concat!(stringify!($section), ".", stringify!($key)),
            place: |config| Slot::$kind(&mut config.$section.$key),
        }),*]
    };
}

static SHARED: [Shared; 44] = shared![
    Text http.public_url,
    Number rate_limit.requests_per_minute,
    Number rate_limit.client_requests_per_minute,
    Number rate_limit.anonymous_requests_per_minute,
    Number rate_limit.rejected_tokens_per_minute,
    Text signature.issuer,
    Text signature.time_zone,
    Switch compat.flat_pagination,
    Switch compat.strict_parameters,
    Number tokens.days,
    Number tokens.renewable_days,
    Number tokens.renewals_max,
    Number console.session_idle_minutes,
    Number console.session_hours,
    Number documents.image_url_minutes,
    Switch documents.keep_images,
    Switch documents.check_images,
    Switch documents.demo_records,
    Switch persons.keep_thumbnails,
    Number validations.session_seconds,
    Number validations.registration_hours,
    Number validations.login_seconds,
    Switch validations.keep_images,
    Number validations.attempts_max,
    Number validations.unmeasured_images_max,
    Number validations.accepted_image_days,
    Number validations.comparison_days,
    Switch validations.tell_registered,
    Number logins.failures_per_identifier_max,
    Number logins.failures_per_person_max,
    Number logins.failures_per_address_max,
    Number logins.lock_seconds,
    Number logins.lock_seconds_max,
    Number logins.address_lock_seconds_max,
    Number logins.forget_seconds,
    Number codes.seconds,
    Number codes.per_contact_hour,
    Number codes.per_contact_day,
    Number codes.per_address_hour,
    Number codes.per_project_hour,
    Number codes.texts_per_client_day,
    Number codes.failures_max,
    Number codes.lock_seconds,
    Switch webhooks.personal_data,
];

/// The names of the settings that all nodes can share.
pub fn shared_names() -> Vec<&'static str> {
    SHARED.iter().map(|shared| shared.name).collect()
}

fn has_default(name: &str) -> bool {
    let defaults = config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    defaults.build().is_ok_and(|defaults| defaults.get::<config::Value>(name).is_ok())
}

impl Slot<'_> {
    fn set(self, value: &str) -> Result<(), &'static str> {
        match self {
            Slot::Number(place) => {
                *place = value.parse().map_err(|_| "a whole number from 0 to 4294967295")?;
            }
            Slot::Switch(place) => *place = value.parse().map_err(|_| "true or false")?,
            Slot::Text(place) => {
                if value.len() > TEXT_BYTES_MAX || value.contains(char::is_control) {
                    return Err("at most 2048 bytes, without control characters");
                }
                value.clone_into(place);
            }
        }
        Ok(())
    }

    fn text(self) -> String {
        match self {
            Slot::Number(place) => place.to_string(),
            Slot::Switch(place) => place.to_string(),
            Slot::Text(place) => place.clone(),
        }
    }

    fn kind(&self) -> SharedKind {
        match self {
            Slot::Number(_) => SharedKind::Number,
            Slot::Switch(_) => SharedKind::Switch,
            Slot::Text(_) => SharedKind::Text,
        }
    }
}

impl Config {
    /// The same with one of the settings that all nodes can share.
    ///
    /// # Errors
    /// Names the setting that is not one of them, or what its value must be.
    pub fn with(&self, name: &str, value: &str) -> Result<Config> {
        let Some(shared) = SHARED.iter().find(|shared| shared.name == name) else {
            let shared = shared_names().join(", ");
            if has_default(name) {
                bail!(
                    "{name} is set for each node in its file or environment; shared are {shared}"
                );
            }
            bail!("there is no setting {name}; shared by all nodes are {shared}");
        };
        let mut config = self.clone();
        if let Err(allowed) = (shared.place)(&mut config).set(value) {
            bail!("the setting {name} must be {allowed}");
        }
        config.check()?;
        Ok(config)
    }

    /// The settings that all nodes can share.
    pub fn shared(&self) -> Vec<SharedSetting> {
        let mut config = self.clone();
        let setting = |shared: &Shared| {
            let slot = (shared.place)(&mut config);
            SharedSetting { name: shared.name, kind: slot.kind(), value: slot.text() }
        };
        SHARED.iter().map(setting).collect()
    }

    /// Reads the settings.
    ///
    /// # Errors
    /// Names the setting that is unknown, has the wrong type or is out of its range.
    pub fn load(file: Option<&Path>) -> Result<Config> {
        let mut builder =
            config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(path) = file {
            // Looked at first: the error of who parses it does not say what to do.
            std::fs::File::open(path).with_context(|| {
                format!("cannot read the settings file {}: see --config", path.display())
            })?;
            builder = builder.add_source(File::from(path).format(FileFormat::Toml));
        }
        let environment = Environment::with_prefix("VERAX")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("http.cors_origins")
            .with_list_parse_key("http.trusted_proxies")
            .with_list_parse_key("http.metrics_networks")
            .with_list_parse_key("webhooks.allowed_networks")
            .with_list_parse_key("sms.headers")
            .with_list_parse_key("whatsapp.headers");
        let of = || match file {
            Some(path) => format!("the settings of {} and the environment", path.display()),
            None => "the settings of the environment".to_owned(),
        };
        let settings = builder.add_source(environment).build().with_context(of)?;
        let config: Config = settings.try_deserialize().with_context(of)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let positive = [
            ("http.request_seconds", self.http.request_seconds),
            ("http.header_seconds", self.http.header_seconds),
            ("http.idle_seconds", self.http.idle_seconds),
            ("http.write_seconds", self.http.write_seconds),
            ("http.body_bytes_max", self.http.body_bytes_max as u64),
            ("http.plain_body_bytes_max", self.http.plain_body_bytes_max as u64),
            ("http.body_seconds", self.http.body_seconds),
            ("http.connections_max", self.http.connections_max as u64),
            ("http.connections_per_address_max", self.http.connections_per_address_max as u64),
            ("images.fetch_seconds", self.images.fetch_seconds),
            ("tokens.days", u64::from(self.tokens.days)),
            ("tokens.renewals_max", u64::from(self.tokens.renewals_max)),
            ("console.session_idle_minutes", u64::from(self.console.session_idle_minutes)),
            ("console.session_hours", u64::from(self.console.session_hours)),
            ("validations.session_seconds", u64::from(self.validations.session_seconds)),
            ("validations.registration_hours", u64::from(self.validations.registration_hours)),
            ("validations.login_seconds", u64::from(self.validations.login_seconds)),
            ("validations.attempts_max", u64::from(self.validations.attempts_max)),
            (
                "validations.unmeasured_images_max",
                u64::from(self.validations.unmeasured_images_max),
            ),
            ("logins.lock_seconds", u64::from(self.logins.lock_seconds)),
            ("logins.forget_seconds", u64::from(self.logins.forget_seconds)),
            ("codes.failures_max", u64::from(self.codes.failures_max)),
            ("codes.lock_seconds", u64::from(self.codes.lock_seconds)),
            ("webhooks.parallel", self.webhooks.parallel as u64),
            ("backup.keep", u64::from(self.backup.keep)),
            ("database.connections", self.database.connections as u64),
            ("database.statement_seconds", self.database.statement_seconds),
        ];
        for (name, value) in positive {
            if value == 0 {
                bail!("the setting {name} must be at least 1");
            }
        }
        if self.http.tls_certificate.is_empty() != self.http.tls_key.is_empty() {
            bail!("the settings http.tls_certificate and http.tls_key must be set together");
        }
        if self.http.bodies_bytes_max < self.http.body_bytes_max {
            bail!("the setting http.bodies_bytes_max must be at least http.body_bytes_max");
        }
        if u64::from(self.documents.lease_seconds) <= self.documents.wait_seconds {
            bail!("the setting documents.lease_seconds must be more than documents.wait_seconds");
        }
        if u64::from(self.validations.lease_seconds) <= self.http.request_seconds {
            bail!("the setting validations.lease_seconds must be more than http.request_seconds");
        }
        let backup = &self.backup;
        if backup.every_hours > 0 && backup.to.is_empty() {
            bail!("the setting backup.to must name a folder or s3://bucket/prefix");
        }
        if backup.every_hours > 0 && backup.key_file.is_empty() == backup.passphrase_file.is_empty()
        {
            bail!(
                "one of the settings backup.key_file and backup.passphrase_file must name a file"
            );
        }
        let logins = &self.logins;
        if logins.lock_seconds > logins.lock_seconds_max.min(logins.address_lock_seconds_max) {
            bail!(
                "the setting logins.lock_seconds must be at most logins.lock_seconds_max and \
                 logins.address_lock_seconds_max"
            );
        }
        let public_url = &self.http.public_url;
        // It stands in commands that people copy.
        let is_plain = |rest: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]/_~".contains(&byte);
            !rest.is_empty() && rest.bytes().all(plain) && !rest.ends_with('/')
        };
        let rest = ["https://", "http://"].iter().find_map(|it| public_url.strip_prefix(it));
        if !public_url.is_empty() && !rest.is_some_and(is_plain) {
            bail!("the setting http.public_url must be like https://verify.example.com");
        }
        if !(60..=3600).contains(&self.codes.seconds) {
            bail!("the setting codes.seconds must be between 60 and 3600");
        }
        if self.tokens.cache_seconds > 5 {
            bail!("the setting tokens.cache_seconds must be at most 5");
        }
        if !(1..=30).contains(&self.webhooks.timeout_seconds) {
            bail!("the setting webhooks.timeout_seconds must be between 1 and 30");
        }
        if !(1_000_000..=100_000_000).contains(&self.images.pixels_max) {
            bail!("the setting images.pixels_max must be between 1000000 and 100000000");
        }
        if self.vision.threads > 1024 || self.vision.waiting_max > 65_536 {
            bail!("the settings vision.threads and vision.waiting_max are too large");
        }
        if jiff::tz::TimeZone::get(&self.signature.time_zone).is_err() {
            bail!("the setting signature.time_zone must be an IANA name like America/Bogota");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    /// A container from scratch has none of its own.
    #[test]
    fn time_zones_are_known_where_the_system_has_none() {
        assert!(jiff::tz::TimeZoneDatabase::bundled().get("America/Bogota").is_ok());
    }
}
