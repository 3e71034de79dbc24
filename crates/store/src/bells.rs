//! Who waits for the next events of this process.

use tokio::sync::Notify;

/// One bell each: whoever is busy when it rings finds that it has rung.
#[derive(Debug, Default)]
pub struct Bells {
    numbering: Notify,
    deliveries: Notify,
}

impl Bells {
    pub(crate) fn ring(&self) {
        self.numbering.notify_one();
        self.deliveries.notify_one();
    }

    /// Ready when there are events since the last time; for whoever numbers them.
    pub async fn numbering(&self) {
        self.numbering.notified().await;
    }

    /// The same, for whoever delivers them.
    pub async fn deliveries(&self) {
        self.deliveries.notified().await;
    }
}
