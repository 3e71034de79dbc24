//! The same bytes, read by the parser alone and behind the layer that encodes request targets. The
//! fuzz target includes this file.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::request_line::{Rejected, RequestLines};

/// What came of bytes behind the layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// So many requests, the same as without it.
    Same(usize),
    /// So many of them, then a rejection.
    Rejected(usize),
}

/// A request as a handler sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    line: String,
    headers: Vec<(String, Vec<u8>)>,
    /// Nothing where it did not come to its end.
    body: Option<Vec<u8>>,
}

/// Reads the bytes both ways, in pieces of these lengths, over and over.
///
/// # Panics
/// Where the layer makes other requests of them than the parser alone.
pub fn compare(bytes: &[u8], pieces: &[usize]) -> Outcome {
    // Taken by the parser wherever it would not take the three in a target, and only there.
    let raw = |byte: &u8| if matches!(byte, b'<' | b'>' | b'"') { b'{' } else { *byte };
    let stand_in: Vec<u8> = bytes.iter().map(raw).collect();
    let alone = read(Pieces::new(&stand_in, pieces), Arc::default());
    // The beginning is read before the version is known.
    let first = pieces.first().map_or(0, |first| bytes.len().min(*first));
    let lines = RequestLines::http1(Pieces::new(&bytes[first..], pieces), &bytes[..first]);
    let rejected = lines.rejected();
    let mut through = read(lines, Arc::clone(&rejected));
    let what = || format!("{rejected:?} of {:?}", String::from_utf8_lossy(bytes));
    let Some(rejected) = rejected.get() else {
        assert_eq!(through, alone, "{}", what());
        return Outcome::Same(through.len());
    };
    // Rejected while its body was read.
    if through.len() as u64 == rejected.request {
        let begun = through.pop().expect("a request");
        let whole = alone.get(through.len()).expect("the parser alone has it, too");
        assert_eq!((&begun.line, &begun.headers), (&whole.line, &whole.headers), "{}", what());
        assert_eq!(begun.body, None, "{}", what());
    }
    assert!((through.len() as u64) < rejected.request, "{}", what());
    assert_eq!(Some(&*through), alone.get(..through.len()), "{}", what());
    Outcome::Rejected(through.len())
}

/// The requests that were not rejected.
fn read<T>(stream: T, rejected: Arc<OnceLock<Rejected>>) -> Vec<Seen>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
    let (calls, noted) = (AtomicU64::new(0), Arc::clone(&seen));
    let service = service_fn(move |request: Request<Incoming>| {
        let turn = calls.fetch_add(1, Ordering::Relaxed) + 1;
        let is_rejected = rejected.get().is_some_and(|rejected| rejected.request == turn);
        let seen = Arc::clone(&noted);
        async move {
            if !is_rejected {
                note(request, &seen).await;
            }
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    let connection = http1::Builder::new()
        // What was sent before the end is read although the end was seen.
        .half_close(true)
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    // What the parser rejects ends it; after a rejection of the layer it ends by itself.
    let _ = runtime.block_on(connection);
    std::mem::take(&mut *seen.lock().expect("no panic"))
}

async fn note(request: Request<Incoming>, seen: &Mutex<Vec<Seen>>) {
    let encoded = |text: String| text.replace("%3C", "{").replace("%3E", "{").replace("%22", "{");
    let (head, body) = request.into_parts();
    let raw = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().map(|byte| if b"<>\"".contains(byte) { b'{' } else { *byte }).collect()
    };
    let headers = head.headers.iter();
    let headers = headers.map(|(name, value)| (name.to_string(), raw(value.as_bytes()))).collect();
    let line = encoded(format!("{} {} {:?}", head.method, head.uri, head.version));
    let at = {
        let mut seen = seen.lock().expect("no panic");
        seen.push(Seen { line, headers, body: None });
        seen.len() - 1
    };
    if let Ok(body) = body.collect().await {
        seen.lock().expect("no panic")[at].body = Some(raw(&body.to_bytes()));
    }
}

/// A connection on which bytes come in pieces; what is answered is lost.
struct Pieces {
    left: Vec<u8>,
    lengths: Vec<usize>,
    turn: usize,
    /// Whether the next piece has still to come.
    waits: bool,
}

impl Pieces {
    fn new(bytes: &[u8], lengths: &[usize]) -> Pieces {
        let mut left = bytes.to_vec();
        left.reverse();
        Pieces { left, lengths: lengths.to_vec(), turn: 0, waits: false }
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.waits = !self.waits;
        if self.waits {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let length = self.lengths.get(self.turn % self.lengths.len().max(1));
        let length = length.copied().unwrap_or(usize::MAX).max(1);
        self.turn += 1;
        for _ in 0..length.min(out.remaining()) {
            match self.left.pop() {
                Some(byte) => out.put_slice(&[byte]),
                None => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pieces {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
