//! A caller's URL must not reach our own network.

use std::time::Duration;

use verax_server::http_client::{FetchError, ImageFetcher, is_public};

fn public() -> ImageFetcher {
    ImageFetcher::new(is_public, Duration::from_secs(5), 1000).expect("a client")
}

#[test]
fn addresses_of_the_public_internet_are_told_from_all_others() {
    for address in ["1.1.1.1", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700::1111"] {
        assert!(is_public(address.parse().expect("an address")), "{address}");
    }
    for address in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ] {
        assert!(!is_public(address.parse().expect("an address")), "{address}");
    }
}

#[tokio::test]
async fn urls_that_are_not_plain_https_are_refused_before_anything_is_asked() {
    for url in [
        "http://example.com/a.jpg",
        "file:///etc/passwd",
        "ftp://example.com/a.jpg",
        "https://user:secret@example.com/a.jpg",
        "https://example.com:8443/a.jpg",
        "https://",
        "no url",
    ] {
        assert_eq!(public().fetch(url).await, Err(FetchError::NotHttps), "{url}");
    }
}

#[tokio::test]
async fn hosts_of_our_own_network_are_refused_by_address_and_by_name() {
    for url in [
        "https://127.0.0.1/a.jpg",
        "https://[::1]/a.jpg",
        "https://[::ffff:127.0.0.1]/a.jpg",
        // Other spellings of 127.0.0.1.
        "https://2130706433/a.jpg",
        "https://0x7f.1/a.jpg",
        "https://0177.0.0.1/a.jpg",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/a.jpg",
        "https://localhost/a.jpg",
    ] {
        assert_eq!(public().fetch(url).await, Err(FetchError::NotAllowed), "{url}");
    }
}
