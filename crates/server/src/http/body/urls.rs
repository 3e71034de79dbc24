//! Addresses that somebody will follow, or this server will call: checked when they are stored.

use reqwest::Url;
use verax_domain::contact::visible;

use crate::http_client::{is_public, reject_url};

const BYTES_MAX: usize = 2048;

/// Why it is no address to send a person to.
pub fn rejection(text: &str) -> Option<&'static str> {
    const RULE: &str = "must be an absolute https URL of at most 2048 bytes, without white space, a \
                        user or a password";
    parse(text).is_none().then_some(RULE)
}

/// Why it is no address for this server to call. Names are resolved, and their addresses looked at,
/// when it is called.
pub fn webhook_rejection(text: &str) -> Option<&'static str> {
    const RULE: &str = "must be an absolute https URL of a public host, without a port, a user or a \
                        password";
    let public = |url: &Url| reject_url(url, is_public).is_ok() && !is_own_network(url);
    (!parse(text).is_some_and(|url| public(&url))).then_some(RULE)
}

/// A parser forgives what a browser and a reader understand otherwise: tabs, lines, backslashes.
fn parse(text: &str) -> Option<Url> {
    let odd = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '\\';
    let https = text.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    if !https || text.len() > BYTES_MAX || text.contains(odd) || visible(text) != text {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let authority = text.get(8..)?.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = url.has_host() && !authority.is_empty() && !authority.contains('@');
    plain.then_some(url)
}

/// A name without a dot is one of this network, and so is what ends so by convention (RFC 6761, 6762, 8375).
fn is_own_network(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let address = host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok();
    let ending = host.rsplit('.').next().unwrap_or_default();
    const OWN: [&str; 9] = [
        "localhost",
        "localdomain",
        "local",
        "internal",
        "intranet",
        "lan",
        "home",
        "corp",
        "arpa",
    ];
    !address && (!host.contains('.') || OWN.contains(&ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_followed_or_called_is_kept() {
        for (text, followed, called) in [
            ("https://bank.example/in?x=1#y", true, true),
            ("HTTPS://Bank.Example/", true, true),
            ("https://bank.example:8443/in", true, false),
            ("https://10.0.0.1/hook", true, false),
            ("https://127.0.0.1/", true, false),
            ("https://2130706433/", true, false),
            ("https://0x7f.1/", true, false),
            ("https://[::1]/", true, false),
            ("https://[::ffff:10.0.0.1]/", true, false),
            ("https://169.254.169.254/latest", true, false),
            ("https://localhost/", true, false),
            ("https://localhost./", true, false),
            ("https://db/", true, false),
            ("https://metadata.google.internal/", true, false),
            ("https://hooks.lan/", true, false),
            ("https://hooks.home.arpa/", true, false),
            ("https://8.8.8.8/", true, true),
            ("http://bank.example/", false, false),
            ("http://localhost:4200/", false, false),
            ("https://user@bank.example/", false, false),
            ("https://user:password@bank.example/", false, false),
            ("https://@bank.example/", false, false),
            ("https:///bank.example", false, false),
            ("https://", false, false),
            ("https:bank.example", false, false),
            ("//bank.example/", false, false),
            ("/in", false, false),
            ("javascript:alert(1)", false, false),
            ("java\nscript:alert(1)", false, false),
            ("data:text/html,<script>", false, false),
            ("myapp://done", false, false),
            ("file:///etc/passwd", false, false),
            ("https://bank.example\\@evil.example/", false, false),
            ("https://bank.example/\r\nSet-Cookie: a", false, false),
            ("https://bank.example/ a", false, false),
            ("https://bank\u{200b}.example/", false, false),
            ("https://bank.example/\u{202e}", false, false),
        ] {
            assert_eq!(rejection(text).is_none(), followed, "{text}");
            assert_eq!(webhook_rejection(text).is_none(), called, "{text}");
        }
        let long = format!("https://bank.example/{}", "a".repeat(2048));
        assert!(rejection(&long).is_some());
    }
}
