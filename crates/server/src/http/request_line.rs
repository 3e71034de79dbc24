//! Encodes `<`, `>` and `"` in the request lines of HTTP/1.1, in front of the parser.
//!
//! The seed pages' own examples (`where>_createdAt=…`) go out raw from curl and Python's
//! http.client; hyper refuses them with a bare 400 before any handler runs. So the request line,
//! and nothing else, is rewritten as it comes in: bodies and headers pass as they are.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection whose request lines are encoded while they are read.
pub struct RequestLines<T> {
    inner: T,
    place: Place,
    /// The request line so far, or the current header line's beginning.
    line: Vec<u8>,
    /// What has been looked at and not yet been read by the parser.
    ready: Vec<u8>,
    taken: usize,
    body_bytes: u64,
    opaque: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    RequestLine,
    Headers,
    Body,
    /// HTTP/2, or a request whose end is not announced in bytes: hands off from here on.
    Opaque,
}

/// A longer request line is refused by the parser anyway.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// Enough to read `content-length: <20 digits>`.
const HEADER_BYTES_SEEN: usize = 64;

impl<T> RequestLines<T> {
    pub fn new(inner: T) -> RequestLines<T> {
        RequestLines {
            inner,
            place: Place::RequestLine,
            line: Vec::new(),
            ready: Vec::new(),
            taken: 0,
            body_bytes: 0,
            opaque: false,
        }
    }

    fn look(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let used = match self.place {
                Place::RequestLine => self.request_line(bytes),
                Place::Headers => self.header(bytes),
                Place::Body => {
                    let used =
                        bytes.len().min(usize::try_from(self.body_bytes).unwrap_or(usize::MAX));
                    self.ready.extend_from_slice(&bytes[..used]);
                    self.body_bytes -= used as u64;
                    if self.body_bytes == 0 {
                        self.place = Place::RequestLine;
                    }
                    used
                }
                Place::Opaque => {
                    self.ready.extend_from_slice(bytes);
                    bytes.len()
                }
            };
            bytes = &bytes[used..];
        }
    }

    fn request_line(&mut self, bytes: &[u8]) -> usize {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(bytes.len(), |end| end + 1);
        self.line.extend_from_slice(&bytes[..used]);
        if end.is_none() && self.line.len() <= LINE_BYTES_MAX {
            return used;
        }
        let line = std::mem::take(&mut self.line);
        if end.is_none() || line.starts_with(b"PRI * HTTP/2") {
            self.ready.extend_from_slice(&line);
            self.place = Place::Opaque;
        } else if line.trim_ascii().is_empty() {
            // A blank line between two requests is allowed.
            self.ready.extend_from_slice(&line);
        } else {
            encode(&line, &mut self.ready);
            self.place = Place::Headers;
            self.body_bytes = 0;
            self.opaque = false;
        }
        used
    }

    fn header(&mut self, bytes: &[u8]) -> usize {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(bytes.len(), |end| end + 1);
        self.ready.extend_from_slice(&bytes[..used]);
        let room = HEADER_BYTES_SEEN.saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..used.min(room)]);
        if end.is_none() {
            return used;
        }
        let line = std::mem::take(&mut self.line).to_ascii_lowercase();
        let line = line.trim_ascii();
        if line.is_empty() {
            self.place = match (self.opaque, self.body_bytes) {
                (true, _) => Place::Opaque,
                (false, 0) => Place::RequestLine,
                (false, _) => Place::Body,
            };
        } else if let Some(value) = line.strip_prefix(b"content-length:") {
            let value = std::str::from_utf8(value.trim_ascii()).ok();
            match value.and_then(|value| value.parse().ok()) {
                Some(length) if self.body_bytes == 0 || self.body_bytes == length => {
                    self.body_bytes = length;
                }
                // Whatever it means, the parser will not take it for something else than we do.
                _ => self.opaque = true,
            }
        } else if line.starts_with(b"transfer-encoding:") || line.starts_with(b"upgrade:") {
            self.opaque = true;
        }
        used
    }
}

/// Appends the line with `<`, `>` and `"` percent-encoded in its target.
fn encode(line: &[u8], out: &mut Vec<u8>) {
    let first = line.iter().position(|byte| *byte == b' ');
    let last = line.iter().rposition(|byte| *byte == b' ');
    let (Some(first), Some(last)) = (first, last) else {
        return out.extend_from_slice(line);
    };
    for (index, byte) in line.iter().enumerate() {
        match byte {
            b'<' if index > first && index < last => out.extend_from_slice(b"%3C"),
            b'>' if index > first && index < last => out.extend_from_slice(b"%3E"),
            b'"' if index > first && index < last => out.extend_from_slice(b"%22"),
            byte => out.push(*byte),
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for RequestLines<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if self.taken < self.ready.len() {
                let count = out.remaining().min(self.ready.len() - self.taken);
                out.put_slice(&self.ready[self.taken..self.taken + count]);
                self.taken += count;
                if self.taken == self.ready.len() {
                    self.ready.clear();
                    self.taken = 0;
                }
                return Poll::Ready(Ok(()));
            }
            if self.place == Place::Opaque {
                return Pin::new(&mut self.inner).poll_read(cx, out);
            }
            let mut bytes = [0; 8 * 1024];
            let mut incoming = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.inner).poll_read(cx, &mut incoming))?;
            if incoming.filled().is_empty() {
                // The end: what is left of a line goes to the parser, which will not like it.
                let rest = match self.place {
                    Place::RequestLine => std::mem::take(&mut self.line),
                    _ => Vec::new(),
                };
                if rest.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                self.ready = rest;
            }
            let seen = incoming.filled();
            self.look(seen);
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for RequestLines<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
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
        Pin::new(&mut self.inner).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
