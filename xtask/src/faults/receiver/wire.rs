//! HTTP/1.1 as a receiver reads it, and the ways in which it does not answer.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

pub struct Request {
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

const HEAD_BYTES_MAX: usize = 64 * 1024;
const HEADERS_MAX: usize = 64;

/// The next request; nothing when the other side has closed the connection.
pub fn read_request(stream: &TcpStream) -> Result<Option<Request>> {
    // A sender waits for each answer: nothing of the next request is lost with the buffer.
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let read = reader.read_until(b'\n', &mut head)?;
        if read == 0 && head.is_empty() {
            return Ok(None);
        }
        if read == 0 || head.len() > HEAD_BYTES_MAX {
            bail!("half a request");
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    request.parse(&head)?;
    let path = request.path.context("a request without a path")?.to_owned();
    let headers: BTreeMap<String, String> = request
        .headers
        .iter()
        .map(|it| (it.name.to_lowercase(), String::from_utf8_lossy(it.value).into_owned()))
        .collect();
    let length = headers.get("content-length").context("a request without a length")?;
    let mut body = vec![0; length.parse()?];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { path, headers, body }))
}

/// Until the other side has had enough.
pub fn wait_for_end(mut stream: &TcpStream) -> Result<()> {
    while stream.read(&mut [0; 64])? > 0 {}
    Ok(())
}

/// Ends the connection with RST, as a process that was killed does.
pub fn reset(stream: &TcpStream) -> Result<()> {
    Ok(rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?)
}
