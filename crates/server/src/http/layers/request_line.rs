//! In front of the parser of HTTP/1.1: encodes raw `<`, `>` and `"` in request targets, and rejects
//! requests whose end could be read in two ways.
//!
//! The seed pages' own examples (`where>_createdAt=…`) go out raw from curl and Python's http.client;
//! hyper rejects them with a bare 400. To change a request line is to know where one begins, so this
//! reads heads with the parser that hyper uses and takes only framing that leaves no choice. Whatever
//! else comes ends the connection. It depends on nothing else of this crate: the fuzz target includes
//! this file.

use std::io;
use std::mem::MaybeUninit;
use std::net::Ipv6Addr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use httparse::{Header, Request, Status};
use memchr::{memchr, memchr3};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The longest request line with all its headers, in bytes as they are sent.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// The same as the parser sees it: each byte of a target may have become three.
pub const PARSED_HEAD_BYTES_MAX: usize = 3 * HEAD_BYTES_MAX;
pub const HEADERS_MAX: usize = 100;
/// The parser takes 65,534, and would say no more than the status.
const ENCODED_TARGET_BYTES_MAX: usize = 65_000;
/// A chunk's size with its extensions, or one trailer.
const CHUNK_LINE_BYTES_MAX: usize = 4 * 1024;
const TRAILERS_BYTES_MAX: usize = 8 * 1024;
/// Far more than any body, and far from overflow.
const LENGTH_DIGITS_MAX: usize = 15;
/// Takes the place of a request that is rejected, so that its answer comes after those before it.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: rejected\r\nconnection: close\r\n\r\n";

pub const NO_HOST: &str = "its Host is not a host with or without a port";

/// Why a request is rejected for how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    Malformed(&'static str),
    TargetTooLong,
    HeadersTooLarge,
}

/// The request of a connection that is rejected: the last that its parser sees. It may have begun
/// already, where it is the chunks of its body that cannot be read.
#[derive(Clone, Copy, Debug)]
pub struct Rejected {
    /// The first request of a connection is 1.
    pub request: u64,
    pub why: Rejection,
}

/// A connection of which the parser sees requests with encoded targets alone.
pub struct RequestLines<T> {
    inner: T,
    position: Position,
    /// The line or head that is not complete.
    held: Vec<u8>,
    /// Where in `held` its last line begins.
    line_start: usize,
    /// What the parser may read.
    ready: Vec<u8>,
    taken: usize,
    requests: u64,
    rejected: Arc<OnceLock<Rejected>>,
    begun: Arc<AtomicBool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// In blank lines before a request, or in its line and headers.
    Head {
        lines: usize,
    },
    Body(u64),
    ChunkSize,
    ChunkData(u64),
    ChunkEnd,
    Trailers {
        bytes: usize,
    },
    /// What follows the rejected request is read and forgotten.
    Rejected,
    /// A chunked body cannot be followed; its request has begun already.
    Broken,
    Http2,
}

impl<T> RequestLines<T> {
    /// A connection of HTTP/1, of which these bytes were read already.
    pub fn http1(inner: T, seen: &[u8]) -> RequestLines<T> {
        let mut lines = RequestLines::new(inner, Position::Head { lines: 0 });
        lines.inspect(seen);
        lines
    }

    /// A connection of HTTP/2, of which these bytes were read already. Nothing of it is changed.
    pub fn http2(inner: T, seen: &[u8]) -> RequestLines<T> {
        let mut lines = RequestLines::new(inner, Position::Http2);
        lines.ready.extend_from_slice(seen);
        lines
    }

    fn new(inner: T, position: Position) -> RequestLines<T> {
        RequestLines {
            inner,
            position,
            held: Vec::new(),
            line_start: 0,
            ready: Vec::new(),
            taken: 0,
            requests: 0,
            rejected: Arc::default(),
            begun: Arc::default(),
        }
    }

    /// Where the rejected request will be named, before the parser sees what stands for it.
    pub fn rejected(&self) -> Arc<OnceLock<Rejected>> {
        Arc::clone(&self.rejected)
    }

    /// Whether a head has begun and not ended: the parser sees nothing of it yet.
    pub fn begun(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.begun)
    }

    fn inspect(&mut self, bytes: &[u8]) {
        self.look_through(bytes);
        // Blank lines between two requests begin none.
        let begun = match self.position {
            Position::Head { lines } => lines > 0 || self.line_start < self.held.len(),
            _ => false,
        };
        self.begun.store(begun, Ordering::Relaxed);
    }

    fn look_through(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let used = match self.position {
                Position::Head { lines } => self.head(bytes, lines),
                Position::Body(left) => {
                    let used = self.pass(bytes, left);
                    self.position = match left - used as u64 {
                        0 => Position::Head { lines: 0 },
                        left => Position::Body(left),
                    };
                    used
                }
                Position::ChunkData(left) => {
                    let used = self.pass(bytes, left);
                    self.position = match left - used as u64 {
                        0 => Position::ChunkEnd,
                        left => Position::ChunkData(left),
                    };
                    used
                }
                Position::ChunkSize | Position::ChunkEnd | Position::Trailers { .. } => {
                    self.chunk_line(bytes)
                }
                Position::Http2 => self.pass(bytes, u64::MAX),
                Position::Rejected | Position::Broken => return,
            };
            bytes = &bytes[used..];
        }
    }

    fn pass(&mut self, bytes: &[u8], at_most: u64) -> usize {
        let used = bytes.len().min(usize::try_from(at_most).unwrap_or(usize::MAX));
        self.ready.extend_from_slice(&bytes[..used]);
        used
    }

    fn head(&mut self, bytes: &[u8], lines: usize) -> usize {
        // What is no text at all, such as TLS, is not waited for.
        if self.held.is_empty() && !(bytes[0].is_ascii_graphic() || bytes[0] == b'\r') {
            self.reject(Rejection::Malformed("it does not begin with a method"));
            return bytes.len();
        }
        let end = memchr(b'\n', bytes);
        let used = end.map_or(bytes.len(), |end| end + 1);
        self.held.extend_from_slice(&bytes[..used]);
        if self.held.len() > HEAD_BYTES_MAX {
            let why =
                if lines == 0 { Rejection::TargetTooLong } else { Rejection::HeadersTooLarge };
            self.reject(why);
        } else if end.is_some() {
            match whole_line(&self.held[self.line_start..]) {
                Err(why) => self.reject(Rejection::Malformed(why)),
                Ok([]) if lines > 0 => self.finish_head(),
                Ok(line) => {
                    // Blank lines between two requests are allowed.
                    self.position = Position::Head { lines: lines + usize::from(!line.is_empty()) };
                    self.line_start = self.held.len();
                }
            }
        }
        used
    }

    fn finish_head(&mut self) {
        let mut head = std::mem::take(&mut self.held);
        self.line_start = 0;
        match append_head(&head, &mut self.ready) {
            Ok(next) => {
                self.requests += 1;
                self.position = next;
            }
            Err(why) => self.reject(why),
        }
        head.clear();
        self.held = head;
    }

    fn reject(&mut self, why: Rejection) {
        // There is no second one: the place is never left.
        let _ = self.rejected.set(Rejected { request: self.requests + 1, why });
        self.ready.extend_from_slice(STAND_IN);
        self.held = Vec::new();
        self.position = Position::Rejected;
    }

    /// A line is held until it is whole and known to be what the parser takes it for.
    fn chunk_line(&mut self, bytes: &[u8]) -> usize {
        let end = memchr(b'\n', bytes);
        let used = end.map_or(bytes.len(), |end| end + 1);
        self.held.extend_from_slice(&bytes[..used]);
        let next = match end {
            None if self.held.len() <= CHUNK_LINE_BYTES_MAX => return used,
            None => None,
            Some(_) => self.after_chunk_line(),
        };
        match next {
            Some(_) => self.ready.extend_from_slice(&self.held),
            None => {
                let why =
                    Rejection::Malformed("the chunks of its body are not written as they must");
                let _ = self.rejected.set(Rejected { request: self.requests, why });
            }
        }
        self.position = next.unwrap_or(Position::Broken);
        self.held.clear();
        used
    }

    fn after_chunk_line(&self) -> Option<Position> {
        let line =
            whole_line(&self.held).ok().filter(|_| self.held.len() <= CHUNK_LINE_BYTES_MAX)?;
        match self.position {
            Position::ChunkEnd => line.is_empty().then_some(Position::ChunkSize),
            Position::Trailers { .. } if line.is_empty() => Some(Position::Head { lines: 0 }),
            Position::Trailers { bytes } => {
                let bytes = bytes + self.held.len();
                (bytes <= TRAILERS_BYTES_MAX).then_some(Position::Trailers { bytes })
            }
            _ => match chunk_size(line)? {
                0 => Some(Position::Trailers { bytes: 0 }),
                size => Some(Position::ChunkData(size)),
            },
        }
    }
}

/// The line without its end.
fn whole_line(line: &[u8]) -> Result<&[u8], &'static str> {
    let text = line.strip_suffix(b"\r\n").ok_or("a line ends with a line feed alone")?;
    if memchr(b'\r', text).is_some() {
        return Err("there is a carriage return within a line");
    }
    if memchr(0, text).is_some() {
        return Err("there is a NUL");
    }
    Ok(text)
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.iter().position(|byte| *byte == b';').unwrap_or(line.len());
    let digits = std::str::from_utf8(&line[..digits]).ok()?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_number || digits.len() > LENGTH_DIGITS_MAX {
        return None;
    }
    u64::from_str_radix(digits, 16).ok()
}

/// Appends the head with an encoded target, and says what follows it.
fn append_head(head: &[u8], out: &mut Vec<u8>) -> Result<Position, Rejection> {
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut request = Request::new(&mut []);
    match request.parse_with_uninit_headers(head, &mut headers) {
        Ok(Status::Complete(length)) if length == head.len() => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Rejection::HeadersTooLarge),
        Err(httparse::Error::HeaderName) => {
            return Err(Rejection::Malformed("a header's name is not one, or its line is folded"));
        }
        Err(httparse::Error::HeaderValue) => {
            return Err(Rejection::Malformed(
                "a header's value has a character that it must not have",
            ));
        }
        _ => return Err(Rejection::Malformed("the request line is not METHOD TARGET HTTP/1.1")),
    }
    let next = framing(&request)?;
    let target = request.path.unwrap_or_default();
    if memchr3(b'<', b'>', b'"', target.as_bytes()).is_none() {
        out.extend_from_slice(head);
        return Ok(next);
    }
    let encoded = target.replace('<', "%3C").replace('>', "%3E").replace('"', "%22");
    if encoded.len() > ENCODED_TARGET_BYTES_MAX {
        return Err(Rejection::TargetTooLong);
    }
    let start = target.as_ptr().addr() - head.as_ptr().addr();
    out.extend_from_slice(&head[..start]);
    out.extend_from_slice(encoded.as_bytes());
    out.extend_from_slice(&head[start + target.len()..]);
    Ok(next)
}

/// What follows a head, where nobody in front of this server or in it can think otherwise.
fn framing(request: &Request<'_, '_>) -> Result<Position, Rejection> {
    let reject = |why| Err(Rejection::Malformed(why));
    if request.method == Some("CONNECT") {
        return reject("CONNECT is not served here");
    }
    let named = |name: &'static str| {
        let headers = request.headers.iter();
        headers.filter(move |header: &&Header<'_>| header.name.eq_ignore_ascii_case(name))
    };
    let is_http_11 = request.version == Some(1);
    let mut hosts = named("host");
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if is_host(host.value) => {}
        (Some(_), None) => return reject(NO_HOST),
        (None, _) if !is_http_11 => {}
        (None, _) => return reject("there is no Host"),
        _ => return reject("there is more than one Host"),
    }
    let mut lengths = named("content-length");
    let mut codings = named("transfer-encoding");
    match (lengths.next(), codings.next()) {
        (None, None) => Ok(Position::Head { lines: 0 }),
        (Some(_), Some(_)) => reject("there are Content-Length and Transfer-Encoding"),
        _ if lengths.next().is_some() => reject("there is more than one Content-Length"),
        _ if codings.next().is_some() => reject("there is more than one Transfer-Encoding"),
        (None, Some(_)) if !is_http_11 => reject("HTTP/1.0 has no Transfer-Encoding"),
        (None, Some(coding)) if coding.value.eq_ignore_ascii_case(b"chunked") => {
            Ok(Position::ChunkSize)
        }
        (None, Some(_)) => reject("a Transfer-Encoding other than chunked is not known here"),
        (Some(length), None) => match content_length(length.value) {
            Some(0) => Ok(Position::Head { lines: 0 }),
            Some(length) => Ok(Position::Body(length)),
            None => reject("Content-Length is not a number like 0 or 42"),
        },
    }
}

/// Whether it is `uri-host [ ":" port ]` of RFC 9110.
pub fn is_host(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    let port = match value.strip_prefix(b"[") {
        Some(rest) => {
            let Some(end) = memchr(b']', rest) else { return false };
            let address = std::str::from_utf8(&rest[..end]).unwrap_or_default();
            if address.parse::<Ipv6Addr>().is_err() {
                return false;
            }
            &rest[end + 1..]
        }
        None => {
            let end = memchr(b':', value).unwrap_or(value.len());
            if !is_name(&value[..end]) {
                return false;
            }
            &value[end..]
        }
    };
    match port {
        [] => true,
        [b':', digits @ ..] => digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Whether it is a `reg-name` of RFC 3986.
fn is_name(mut name: &[u8]) -> bool {
    while let [first, rest @ ..] = name {
        name = match (first, rest) {
            (b'%', [high, low, rest @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                rest
            }
            (b'%', _) => return false,
            _ if first.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(first) => rest,
            _ => return false,
        };
    }
    true
}

fn content_length(value: &[u8]) -> Option<u64> {
    let is_number = value.iter().all(u8::is_ascii_digit) && value.len() <= LENGTH_DIGITS_MAX;
    if !is_number || (value.len() > 1 && value[0] == b'0') {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
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
            match self.position {
                Position::Http2 => return Pin::new(&mut self.inner).poll_read(cx, out),
                Position::Broken => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                // Nothing behind the end of the body can come into `out`.
                Position::Body(left) if out.remaining() as u64 <= left => {
                    let before = out.filled().len();
                    ready!(Pin::new(&mut self.inner).poll_read(cx, out))?;
                    self.position = match left - (out.filled().len() - before) as u64 {
                        0 => Position::Head { lines: 0 },
                        left => Position::Body(left),
                    };
                    return Poll::Ready(Ok(()));
                }
                _ => {}
            }
            let mut bytes = [const { MaybeUninit::uninit() }; 8 * 1024];
            let mut incoming = ReadBuf::uninit(&mut bytes);
            ready!(Pin::new(&mut self.inner).poll_read(cx, &mut incoming))?;
            let seen = incoming.filled();
            if seen.is_empty() {
                // An end within a head or a body is one for the parser, too. After a rejection it
                // would take the answer with it.
                let rejected = self.position == Position::Rejected;
                return if rejected { Poll::Pending } else { Poll::Ready(Ok(())) };
            }
            self.inspect(seen);
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
