//! What is sent to people: emails, and texts to phones through a gateway.

mod email;
mod error;
mod filling;
mod gateway;
mod texts;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use verax_domain::records::contact_validation::{Contact, PhoneGateway};

pub use self::email::{EmailSender, is_sendable};
pub use self::error::SendError;
pub use self::filling::fill;
pub use self::gateway::Gateway;
pub use self::texts::{LANGUAGES, Message, escape};
use crate::config::Config;

/// Sends messages, as far as the settings say by what. Cheap to clone.
#[derive(Clone, Default)]
pub struct Messenger {
    email: Option<EmailSender>,
    sms: Option<Arc<Gateway>>,
    whatsapp: Option<Arc<Gateway>>,
}

impl Messenger {
    /// # Errors
    /// A setting of `email`, `sms` or `whatsapp` is wrong: it names which.
    pub fn new(config: &Config) -> Result<Messenger> {
        let gateway = |settings, name: &str| {
            let gateway = Gateway::new(settings).with_context(|| format!("the settings {name}"))?;
            anyhow::Ok(gateway.map(Arc::new))
        };
        Ok(Messenger {
            email: EmailSender::new(&config.email).context("the settings email")?,
            sms: gateway(&config.sms, "sms")?,
            whatsapp: gateway(&config.whatsapp, "whatsapp")?,
        })
    }

    /// Whether there is something to send a message to such a contact by.
    pub fn can_reach(&self, contact: &Contact) -> bool {
        match contact {
            Contact::Email(_) => self.email.is_some(),
            Contact::Phone(_, PhoneGateway::Sms) => self.sms.is_some(),
            Contact::Phone(_, PhoneGateway::WhatsApp) => self.whatsapp.is_some(),
        }
    }

    /// Sends the message; answers the id that the gateway gave it, if any.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn send(
        &self,
        contact: &Contact,
        message: &Message<'_>,
    ) -> Result<Option<String>, SendError> {
        let missing = || SendError::for_good("nothing is configured to send it by");
        match contact {
            Contact::Email(to) => {
                let email = self.email.as_ref().ok_or_else(missing)?;
                email.send(to, &message.email()).await.map(|()| None)
            }
            Contact::Phone(phone, gateway) => {
                let gateway = match gateway {
                    PhoneGateway::Sms => &self.sms,
                    PhoneGateway::WhatsApp => &self.whatsapp,
                };
                let to = phone.textable();
                let to = to.ok_or_else(|| SendError::for_good("nobody has the number"))?;
                let gateway = gateway.as_ref().ok_or_else(missing)?;
                gateway.send(&to, &message.text(), message.secret).await
            }
        }
    }
}
