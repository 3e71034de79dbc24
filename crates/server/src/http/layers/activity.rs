//! What a connection does: who neither asks, nor sends, nor reads within the limits loses it.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::config::Http;

/// A stream of HTTP/2 has so much at once of an answer: one that is not read is noticed by that.
const PIECE_BYTES: usize = 64 * 1024;

/// How long a connection may take for what.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From being accepted to the end of the first request's headers, TLS included; later from a
    /// request's first byte.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// For the next piece of an answer to be taken.
    pub write: Duration,
}

impl Limits {
    pub fn new(settings: &Http) -> Limits {
        Limits {
            head: Duration::from_secs(settings.header_seconds),
            idle: Duration::from_secs(settings.idle_seconds),
            write: Duration::from_secs(settings.write_seconds),
        }
    }
}

/// Shared by the parts of one connection.
pub struct Activity {
    accepted: Instant,
    now: Mutex<Now>,
}

struct Now {
    http2: bool,
    requests: u64,
    running: u32,
    /// Since when nothing is asked, and on HTTP/1 since when nothing was read of an answer.
    quiet_since: Instant,
    /// When the first byte of the next request came. On HTTP/2 a byte may be anything.
    head_since: Option<Instant>,
    /// Whether a part of the next request came, perhaps together with the one before it.
    head_begun: Arc<AtomicBool>,
    /// Since when the socket takes nothing more.
    blocked_since: Option<Instant>,
    /// Since when each answer on HTTP/2 has a piece that was not taken.
    untaken: HashMap<u64, Instant>,
}

/// A request that is being answered.
pub struct Running {
    activity: Arc<Activity>,
    pub number: u64,
}

impl Activity {
    pub fn begin() -> Arc<Activity> {
        let accepted = Instant::now();
        let now = Mutex::new(Now {
            http2: false,
            requests: 0,
            running: 0,
            quiet_since: accepted,
            head_since: None,
            head_begun: Arc::default(),
            blocked_since: None,
            untaken: HashMap::new(),
        });
        Arc::new(Activity { accepted, now })
    }

    pub fn speaks_http2(&self) {
        self.now().http2 = true;
    }

    /// Where it stands whether a head has begun and not ended.
    pub fn watch_heads(&self, begun: Arc<AtomicBool>) {
        self.now().head_begun = begun;
    }

    /// A request has come with all its headers.
    pub fn begin_request(self: &Arc<Self>) -> Running {
        let mut now = self.now();
        now.requests += 1;
        now.running += 1;
        now.head_since = None;
        Running { activity: Arc::clone(self), number: now.requests }
    }

    /// Ready when the connection has done nothing for longer than it may. `idle` gives the limit of
    /// that moment, which is less where there is no room for many who do nothing.
    pub async fn overdue(&self, limits: Limits, idle: impl Fn() -> Duration) {
        // What begins after one round cannot be due before that.
        let shortest = limits.head.min(limits.write).min(limits.idle);
        loop {
            let due = self.due(limits, idle());
            let now = Instant::now();
            if due.is_some_and(|due| due <= now) {
                return;
            }
            let next = now + shortest;
            tokio::time::sleep_until(due.map_or(next, |due| due.min(next))).await;
        }
    }

    fn due(&self, limits: Limits, idle: Duration) -> Option<Instant> {
        let now = self.now();
        let head = match (now.running, now.requests, now.head_since) {
            (1.., ..) => None,
            (0, 0, _) => Some(self.accepted + limits.head),
            (0, _, Some(since)) => Some(since + limits.head),
            (0, _, None) if now.head_begun.load(Ordering::Relaxed) => {
                Some(now.quiet_since + limits.head)
            }
            (0, _, None) => Some(now.quiet_since + idle),
        };
        let unread = now.blocked_since.iter().chain(now.untaken.values()).min();
        head.into_iter().chain(unread.map(|since| *since + limits.write)).min()
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_read(&self) {
        let mut now = self.now();
        if !now.http2 && now.running == 0 && now.requests > 0 && now.head_since.is_none() {
            now.head_since = Some(Instant::now());
        }
    }

    fn has_written(&self, progress: bool) {
        let mut now = self.now();
        if !progress {
            now.blocked_since.get_or_insert_with(Instant::now);
            return;
        }
        now.blocked_since = None;
        if !now.http2 {
            now.quiet_since = Instant::now();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut now = self.activity.now();
        now.running -= 1;
        now.untaken.remove(&self.number);
        now.quiet_since = Instant::now();
    }
}

/// A socket whose reads and writes are noted.
pub struct Noted<T> {
    inner: T,
    activity: Arc<Activity>,
}

impl<T> Noted<T> {
    pub fn new(inner: T, activity: Arc<Activity>) -> Noted<T> {
        Noted { inner, activity }
    }

    fn note(&self, written: &Poll<io::Result<usize>>) {
        match written {
            Poll::Pending => self.activity.has_written(false),
            Poll::Ready(Ok(count)) => self.activity.has_written(*count > 0),
            Poll::Ready(Err(_)) => {}
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Noted<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_read(cx, out))?;
        self.activity.has_read();
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Noted<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.note(&written);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, bytes);
        self.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

/// An answer's body; its request is running until the body has been given away.
pub struct NotedBody {
    inner: Body,
    running: Running,
    /// What is left of a piece, on HTTP/2.
    rest: Bytes,
}

impl NotedBody {
    pub fn new(inner: Body, running: Running) -> NotedBody {
        NotedBody { inner, running, rest: Bytes::new() }
    }

    fn give(&mut self, mut data: Bytes) -> Frame<Bytes> {
        let mut now = self.running.activity.now();
        if now.http2 {
            self.rest = data.split_off(data.len().min(PIECE_BYTES));
            now.untaken.insert(self.running.number, Instant::now());
        }
        Frame::data(data)
    }
}

impl hyper::body::Body for NotedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if !this.rest.is_empty() {
            let rest = std::mem::take(&mut this.rest);
            return Poll::Ready(Some(Ok(this.give(rest))));
        }
        {
            let mut now = this.running.activity.now();
            now.untaken.remove(&this.running.number);
        }
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        Poll::Ready(frame.map(|frame| {
            frame.map(|frame| match frame.into_data() {
                Ok(data) => this.give(data),
                Err(other) => other,
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let inner = self.inner.size_hint();
        let rest = self.rest.len() as u64;
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}
