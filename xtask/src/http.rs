//! A blocking HTTP/1.1 client that sends exactly the bytes it is given.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

const HEADER_BYTES_MAX: usize = 64 * 1024;
const READ_SECONDS_MAX: u64 = 60;

/// What came back.
#[derive(Debug, Default)]
pub struct Answer {
    pub status: u16,
    /// The header of that name, in seconds.
    pub retry_after: Option<u64>,
    /// The first cookie that it sets, with its attributes.
    pub cookie: Option<String>,
    pub body: Vec<u8>,
}

/// A connection that stays open between requests.
pub struct Connection {
    stream: BufReader<TcpStream>,
    head: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(READ_SECONDS_MAX)))?;
        Ok(Connection { stream: BufReader::new(stream), head: Vec::new() })
    }

    /// Sends a whole request as it is and reads the answer into `answer`.
    pub fn exchange(&mut self, request: &[u8], answer: &mut Answer) -> Result<()> {
        self.stream.get_mut().write_all(request)?;
        self.read_head()?;
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        if response.parse(&self.head)?.is_partial() {
            bail!("the server closed the connection within the headers");
        }
        answer.status = response.code.context("an answer without a status")?;
        let header = |name: &str| {
            let found = response.headers.iter().find(|it| it.name.eq_ignore_ascii_case(name));
            found.map(|it| String::from_utf8_lossy(it.value).into_owned())
        };
        answer.retry_after = header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
        answer.cookie = header("set-cookie");
        answer.body.clear();
        if let Some(length) = header("content-length") {
            answer.body.resize(length.trim().parse()?, 0);
            self.stream.read_exact(&mut answer.body)?;
        } else if header("transfer-encoding").is_some_and(|it| it.contains("chunked")) {
            read_chunks(&mut self.stream, &mut answer.body)?;
        } else if answer.status != 204 && answer.status != 304 {
            self.stream.read_to_end(&mut answer.body)?;
        }
        Ok(())
    }

    fn read_head(&mut self) -> Result<()> {
        self.head.clear();
        loop {
            let read = self.stream.read_until(b'\n', &mut self.head)?;
            if read == 0 || self.head.len() > HEADER_BYTES_MAX {
                bail!("no answer: {:?}", String::from_utf8_lossy(&self.head));
            }
            if self.head.ends_with(b"\r\n\r\n") {
                return Ok(());
            }
        }
    }
}

/// The bytes of a request with a JSON body, or none.
pub fn request(method: &str, target: &str, authorization: Option<&str>, body: &[u8]) -> Vec<u8> {
    let authorization =
        authorization.map(|value| format!("Authorization: {value}\r\n")).unwrap_or_default();
    let length = body.len();
    let mut request = format!(
        "{method} {target} HTTP/1.1\r\nHost: verax.test\r\n{authorization}Content-Type: \
         application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// The bytes of a GET as a client would write them, the target not touched.
pub fn get_request(target: &str, authorization: Option<&str>) -> Vec<u8> {
    let authorization =
        authorization.map(|value| format!("Authorization: {value}\r\n")).unwrap_or_default();
    format!("GET {target} HTTP/1.1\r\nHost: verax.test\r\nAccept: */*\r\n{authorization}\r\n")
        .into_bytes()
}

/// One GET on a connection of its own.
pub fn get(address: SocketAddr, target: &str, authorization: Option<&str>) -> Result<Answer> {
    let mut answer = Answer::default();
    Connection::open(address)?.exchange(&get_request(target, authorization), &mut answer)?;
    Ok(answer)
}

fn read_chunks(stream: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let length = line.split(';').next().unwrap_or_default().trim();
        let length = usize::from_str_radix(length, 16).context("a chunk without a length")?;
        let start = body.len();
        body.resize(start + length, 0);
        stream.read_exact(&mut body[start..])?;
        line.clear();
        stream.read_line(&mut line)?;
        if length == 0 {
            return Ok(());
        }
    }
}
