//! Cursors: places in a list, sealed so that they work for the caller and the list they are of.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use verax_query::{Place, Query, Tenant};

use super::App;

/// Of HMAC-SHA-256.
const SEAL_BYTES: usize = 32;
const PURPOSE: &str = "verax list cursor 1";

impl App {
    /// The token that stands for a place in this list of this tenant.
    pub fn seal_cursor(&self, query: &Query, tenant: &Tenant, place: &Place) -> String {
        let place = place.to_text();
        let mut token = Vec::with_capacity(SEAL_BYTES + place.len());
        if let Some(key) = self.keys.derived(PURPOSE).first() {
            let sealed = sealed(query, tenant, &place);
            token.extend_from_slice(key.sign(sealed.as_bytes()).as_ref());
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
        let sealed = sealed(query, tenant, place);
        // The first key seals, all of them open.
        let keys = self.keys.derived(PURPOSE);
        if !keys.iter().any(|key| key.verify(sealed.as_bytes(), seal)) {
            return None;
        }
        query.read_place(place)
    }
}

fn sealed(query: &Query, tenant: &Tenant, place: &str) -> String {
    let tenant = match tenant {
        Tenant::Client(client) => format!("client {client}"),
        Tenant::All => "all".to_owned(),
    };
    // Ids, percent-encoded queries and JSON have no line feeds.
    format!("{}\n{tenant}\n{place}", query.walk_identity())
}
