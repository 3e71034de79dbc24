//! What a server sends: its emails, as files, and its texts, as a gateway of this machine gets them.

use std::path::PathBuf;

use verax_server::app::App;
use verax_server::config::Config;
use verax_server::jobs::codes;
use verax_server::messages::Messenger;

use crate::receiver::Receiver;
use crate::world::World;

pub struct Mailbox {
    folder: PathBuf,
    gateway: Receiver,
}

/// An app that sends, and where that comes.
pub async fn with_mailbox(world: &World, app: App) -> (App, Mailbox) {
    let folder = world.folder.path().join("outbox");
    let body = r#"{"id":"text-1"}"#;
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let gateway = Receiver::answering(answer).await;
    let config = sending(&folder.display().to_string(), &gateway.url());
    let messenger = Messenger::new(&config).expect("right settings");
    (app.with_messenger(messenger), Mailbox { folder, gateway })
}

/// Settings with this outbox, and a gateway for texts.
pub fn sending(folder: &str, gateway: &str) -> Config {
    let mut config = Config::load(None).expect("the default settings");
    config.email.url = format!("file://{folder}").into();
    config.email.from = "Bank <no-reply@bank.example>".to_owned();
    config.sms.kind = "http".to_owned();
    config.sms.url = gateway.to_owned().into();
    config.sms.headers = vec!["Authorization: Bearer gateway-secret".to_owned().into()];
    config.sms.answer_id = "/id".to_owned();
    config
}

impl Mailbox {
    /// All emails, in the order of their files.
    pub fn emails(&self) -> Vec<String> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&self.folder)
            .map(|files| files.filter_map(|file| Some(file.ok()?.path())).collect())
            .unwrap_or_default();
        files.sort();
        files.iter().map(|file| std::fs::read_to_string(file).expect("an email")).collect()
    }

    pub fn texts(&self) -> Vec<String> {
        self.gateway.requests()
    }

    /// Sends what waits; the code of the newest email to this address.
    pub async fn emailed_code(&self, app: &App, to: &str) -> String {
        codes::send(app).await.expect("all is sent");
        let emails = self.emails();
        let email = emails.iter().rev().find(|email| email.contains(&format!("To: {to}")));
        digits(email.expect("an email")).expect("a code in it")
    }

    /// Sends what waits; the code of the newest text.
    pub async fn texted_code(&self, app: &App) -> String {
        codes::send(app).await.expect("all is sent");
        digits(self.texts().last().expect("a text")).expect("a code in it")
    }
}

/// The six digits that stand alone in a text.
fn digits(text: &str) -> Option<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let mut codes =
        words.filter(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()));
    codes.next().map(str::to_owned)
}
