//! Verifies each delivery of the standard input with the crate standardwebhooks.

use std::error::Error;
use std::io::BufRead;

use serde_json::Value;
use standardwebhooks::Webhook;

/// A line is {"headers", "body", "secret", "at"}. The crate signs it again: what it verifies itself must be of now.
fn main() -> Result<(), Box<dyn Error>> {
    let mut verified = 0;
    for line in std::io::stdin().lock().lines() {
        let delivery: Value = serde_json::from_str(&line?)?;
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or("no text");
        let header = |name: &str| text(&delivery["headers"][name]);
        let body = text(&delivery["body"])?;
        let timestamp = header("webhook-timestamp")?.parse()?;
        let webhook = Webhook::new(&text(&delivery["secret"])?)?;
        let signature = webhook.sign(&header("webhook-id")?, timestamp, body.as_bytes())?;
        if !header("webhook-signature")?.split(' ').any(|it| it == signature) {
            return Err(format!("{} is not signed", header("webhook-id")?).into());
        }
        verified += 1;
    }
    println!("{verified}");
    Ok(())
}
