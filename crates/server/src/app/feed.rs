//! Who waits for the next event is told when it has its number.

mod reading;

use std::sync::Arc;

use tokio::sync::watch;

/// How many events have a number, as far as this node has heard. Cheap to clone: clones share it.
#[derive(Clone, Default)]
pub struct Feed(Arc<watch::Sender<FeedState>>);

#[derive(Clone, Copy, Default)]
struct FeedState {
    size: i64,
    is_closed: bool,
}

/// Somebody who waits for events.
pub struct Listener(watch::Receiver<FeedState>);

/// Why a wait has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Events, of whichever client, have got their numbers.
    Numbered,
    /// The server stops.
    Closed,
}

impl Feed {
    /// Tells the listeners where this is another number than before.
    pub fn set_size(&self, size: i64) {
        self.0.send_if_modified(|state| std::mem::replace(&mut state.size, size) != size);
    }

    /// Ends all waiting, now and from now on: a server that stops waits for its requests.
    pub fn close(&self) {
        self.0.send_modify(|state| state.is_closed = true);
    }

    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

impl Listener {
    /// Whatever is numbered from now on is news. To be called before the feed is read.
    pub fn begin(&mut self) {
        self.0.mark_unchanged();
    }

    pub fn is_closed(&self) -> bool {
        self.0.borrow().is_closed
    }

    pub async fn news(&mut self) -> News {
        // It fails when the feed is gone, which is the end too.
        if self.is_closed() || self.0.changed().await.is_err() || self.is_closed() {
            return News::Closed;
        }
        News::Numbered
    }
}
