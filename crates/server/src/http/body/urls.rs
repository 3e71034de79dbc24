//! Addresses that somebody will follow: checked when they are stored.

use crate::http_client::parse_plain;

const BYTES_MAX: usize = 2048;

/// Why it is no address to send a person to.
pub fn rejection(text: &str) -> Option<&'static str> {
    const RULE: &str = "must be an absolute https URL of at most 2048 bytes, without white space, a \
                        user or a password";
    let is_right = text.len() <= BYTES_MAX && parse_plain(text, &["https"]).is_some();
    (!is_right).then_some(RULE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_followed_is_kept() {
        for (text, followed) in [
            ("https://bank.example/in?x=1#y", true),
            ("HTTPS://Bank.Example/", true),
            ("https://bank.example:8443/in", true),
            ("https://10.0.0.1/hook", true),
            ("http://bank.example/", false),
            ("http://localhost:4200/", false),
            ("https://user@bank.example/", false),
            ("https://user:password@bank.example/", false),
            ("https://@bank.example/", false),
            ("https:///bank.example", false),
            ("https://", false),
            ("https:bank.example", false),
            ("//bank.example/", false),
            ("/in", false),
            ("javascript:alert(1)", false),
            ("java\nscript:alert(1)", false),
            ("data:text/html,<script>", false),
            ("myapp://done", false),
            ("file:///etc/passwd", false),
            ("https://bank.example\\@evil.example/", false),
            ("https://bank.example/\r\nSet-Cookie: a", false),
            ("https://bank.example/ a", false),
            ("https://bank\u{200b}.example/", false),
            ("https://bank.example/\u{202e}", false),
        ] {
            assert_eq!(rejection(text).is_none(), followed, "{text}");
        }
        let long = format!("https://bank.example/{}", "a".repeat(2048));
        assert!(rejection(&long).is_some());
    }
}
