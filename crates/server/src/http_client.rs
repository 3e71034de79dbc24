//! Requests that this server makes to addresses which its callers name, without letting them reach our own network.

mod addresses;
mod guard;
mod images;
mod urls;
mod webhooks;

pub use addresses::{AllowedAddresses, is_public};
pub use guard::choose_tls;
pub use images::{FetchError, ImageFetcher};
pub use urls::{UrlProblem, WebhookUrls, parse_plain};
pub use webhooks::{Answer, Attempt, ErrorClass, Outcome, WebhookClient};
