//! Cursors: positions in a list, signed so that they work for the caller and the list they are of.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use verax_query::{Position, Query, Tenant};

use crate::app::App;

/// Of HMAC-SHA-256.
const SIGNATURE_BYTES: usize = 32;
const PURPOSE: &str = "verax list cursor 1";

impl App {
    /// The token that stands for a position in this list of this tenant.
    pub fn sign_cursor(&self, query: &Query, tenant: &Tenant, position: &Position) -> String {
        let position = position.to_text();
        let mut token = Vec::with_capacity(SIGNATURE_BYTES + position.len());
        if let Some(key) = self.keys.derived(PURPOSE).first() {
            let text = signed_text(query, tenant, &position);
            token.extend_from_slice(key.sign(text.as_bytes()).as_ref());
        }
        token.extend_from_slice(position.as_bytes());
        URL_SAFE_NO_PAD.encode(token)
    }

    /// The position that a token stands for; `None` when it is not one that was handed out to this
    /// tenant for a list with the same filters and the same sort.
    pub fn open_cursor(&self, query: &Query, tenant: &Tenant, token: &str) -> Option<Position> {
        let token = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (signature, position) = token.split_at_checked(SIGNATURE_BYTES)?;
        let position = std::str::from_utf8(position).ok()?;
        let text = signed_text(query, tenant, position);
        // The first key signs, all of them open.
        let keys = self.keys.derived(PURPOSE);
        if !keys.iter().any(|key| key.verify(text.as_bytes(), signature)) {
            return None;
        }
        query.read_position(position)
    }
}

fn signed_text(query: &Query, tenant: &Tenant, position: &str) -> String {
    let tenant = match tenant {
        Tenant::Client(client) => format!("client {client}"),
        Tenant::All => "all".to_owned(),
    };
    // Ids, percent-encoded queries and JSON have no line feeds.
    format!("{}\n{tenant}\n{position}", query.walk_identity())
}
