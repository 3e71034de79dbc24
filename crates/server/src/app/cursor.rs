//! Cursors: places in a list, sealed so that they work for the caller and the list they are of.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use verax_query::{Place, Query, Tenant};

use super::App;

/// Enough that nobody guesses one.
const SEAL_BYTES: usize = 16;
const PURPOSE: &str = "verax list cursor 1";

impl App {
    /// The token that stands for a place in this list of this tenant.
    pub fn seal_cursor(&self, query: &Query, tenant: &Tenant, place: &Place) -> String {
        let place = place.to_text();
        let mut token = Vec::with_capacity(SEAL_BYTES + place.len());
        if let Some(mac) = self.cursor_macs(query, tenant, &place).next() {
            token.extend_from_slice(&mac.finalize().into_bytes()[..SEAL_BYTES]);
        }
        token.extend_from_slice(place.as_bytes());
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The place that a token stands for; `None` when it is not one that was handed out to this
    /// tenant for a list with the same filters and the same sort.
    pub fn open_cursor(&self, query: &Query, tenant: &Tenant, token: &str) -> Option<Place> {
        let token = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (seal, place) = token.split_at_checked(SEAL_BYTES)?;
        let place = std::str::from_utf8(place).ok()?;
        let mut macs = self.cursor_macs(query, tenant, place);
        if !macs.any(|mac| mac.verify_truncated_left(seal).is_ok()) {
            return None;
        }
        query.read_place(place)
    }

    /// One for each signing key: the first seals, all of them open.
    fn cursor_macs(
        &self,
        query: &Query,
        tenant: &Tenant,
        place: &str,
    ) -> impl Iterator<Item = Hmac<Sha256>> {
        let tenant = match tenant {
            Tenant::Client(client) => format!("client {client}"),
            Tenant::All => "all".to_owned(),
        };
        // Ids, percent-encoded queries and JSON have no line feeds.
        let sealed = format!("{}\n{tenant}\n{place}", query.walk_identity());
        self.keys.derived(PURPOSE).into_iter().filter_map(move |key| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
            mac.update(sealed.as_bytes());
            Some(mac)
        })
    }
}
