//! Sockets: accepting, TLS, HTTP/1.1 and HTTP/2, and an end that lets requests finish.

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::certificate::{Certificate, Tls};
use crate::config::Http;
use crate::http::error_codes::UNAVAILABLE;
use crate::http::layers::activity::{Activity, Limits, Noted, NotedBody, Running};
use crate::http::layers::connections::Connections;
use crate::http::layers::malformed::rejection_of_http2;
use crate::http::layers::request_line::{HEADERS_MAX, PARSED_HEAD_BYTES_MAX, RequestLines};
use crate::http::layers::source_address::Peer;
use crate::metrics::{Metrics, Scarce};
use crate::open_files;

/// Connections that wait to be accepted; the system may allow fewer.
const WAITING_MAX: u32 = 4096;
/// Bytes of answers that the system holds for a connection beyond those that are on their way.
#[cfg(target_os = "linux")]
const UNSENT_BYTES_MAX: u32 = 128 * 1024;
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADER_LIST_BYTES_MAX: u32 = 32 * 1024;
/// Of answers, for each stream.
const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// Of a body, until somebody reads it.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;

/// A bound socket, not yet serving.
pub struct Serving {
    listener: TcpListener,
    certificate: Option<Certificate>,
    metrics: Metrics,
}

impl Serving {
    pub async fn bind(address: SocketAddr, tls: Option<&Tls>) -> Result<Serving> {
        let listener = listen(address).with_context(|| format!("cannot listen on {address}"))?;
        let certificate = tls.map(Certificate::open).transpose()?;
        Ok(Serving { listener, certificate, metrics: Metrics::default() })
    }

    /// The same, whose connections are counted there.
    pub fn counted_by(self, metrics: Metrics) -> Serving {
        Serving { metrics, ..self }
    }

    /// What TLS is spoken with.
    pub fn certificate(&self) -> Option<Certificate> {
        self.certificate.clone()
    }

    /// `http://127.0.0.1:8080`: the address that was really bound.
    pub fn url(&self) -> Result<String> {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{}", self.listener.local_addr()?))
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Otherwise a restart waits until the last connections are forgotten.
    socket.set_reuseaddr(true)?;
    // Of an answer that nobody reads, the system would keep megabytes: as its buffer grows, writing
    // goes on, and looks as if somebody read. The sockets that are accepted inherit it.
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
    socket.bind(address)?;
    socket.listen(WAITING_MAX)
}

/// Serves until `stop` is ready, then lets running requests finish.
pub async fn serve(
    serving: Serving,
    router: Router,
    settings: &Http,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let connections = Connections::new(settings, open_files::connections_max());
    serving.metrics.connections_max.set(i64::try_from(connections.max()).unwrap_or(i64::MAX));
    let limits = Limits::new(settings);
    let (stopping, _) = watch::channel(());
    let full = too_many_connections();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = serving.listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // They left before it was their turn.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(_) => {
                // Out of file descriptors, most likely: give the others time to close theirs.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(permit) = connections.admit(peer.ip()) else {
            serving.metrics.overloaded(Scarce::Connections);
            if serving.certificate.is_none() {
                // As much as the socket takes: who is one too many is not waited for.
                let _ = stream.into_std().and_then(|mut stream| stream.write(&full));
            }
            continue;
        };
        let connection = Connection {
            peer: Peer(peer.ip()),
            tls: serving.certificate.as_ref().map(Certificate::acceptor),
            router: router.clone(),
            limits,
            activity: Activity::begin(),
            stopping: stopping.subscribe(),
        };
        let connections = Arc::clone(&connections);
        let metrics = serving.metrics.clone();
        metrics.connections.inc();
        tokio::spawn(async move {
            let activity = Arc::clone(&connection.activity);
            let overdue = activity.overdue(limits, || connections.idle_limit(limits));
            tokio::select! {
                () = connection.run(stream) => {}
                () = overdue => tracing::debug!("a connection that did nothing was closed"),
            }
            drop(permit);
            metrics.connections.dec();
        });
    }
    drop(serving);
    let drained = async {
        // Fails where nobody is connected.
        let _ = stopping.send(());
        stopping.closed().await;
    };
    let patience = Duration::from_secs(settings.shutdown_seconds);
    if tokio::time::timeout(patience, drained).await.is_err() {
        tracing::warn!("requests were still at work when the time to shut down was over");
    }
    Ok(())
}

/// The whole answer to a connection that is one too many.
fn too_many_connections() -> Vec<u8> {
    let body = json!({
        "success": false,
        "error": "There are too many connections. Try again in a moment.",
        "code": UNAVAILABLE.code,
        "message": "There are too many connections. Try again in a moment.",
        "status": 503,
    })
    .to_string();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nretry-after: 1\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

struct Connection {
    peer: Peer,
    tls: Option<TlsAcceptor>,
    router: Router,
    limits: Limits,
    activity: Arc<Activity>,
    stopping: watch::Receiver<()>,
}

impl Connection {
    /// Ends when the other end does. Whoever calls watches the time.
    async fn run(self, stream: TcpStream) {
        // Answers are written whole: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        // What was written and not read is forgotten by the system, too, after the connection was.
        #[cfg(target_os = "linux")]
        {
            let limit = u32::try_from(self.limits.write.as_millis()).unwrap_or(u32::MAX);
            let _ = rustix::net::sockopt::set_tcp_user_timeout(&stream, limit);
        }
        let stream = Noted::new(stream, Arc::clone(&self.activity));
        match self.tls.clone() {
            None => self.serve_stream(stream).await,
            Some(tls) => {
                let mut stopping = self.stopping.clone();
                let handshake = tokio::select! {
                    handshake = tls.accept(stream) => handshake,
                    _ = stopping.changed() => return,
                };
                if let Ok(stream) = handshake {
                    self.serve_stream(stream).await;
                }
            }
        }
    }

    async fn serve_stream<T>(mut self, mut stream: T)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut seen = Vec::new();
        let is_http2 = tokio::select! {
            is_http2 = begins_with_preface(&mut stream, &mut seen) => is_http2,
            _ = self.stopping.changed() => return,
        };
        let ended = match is_http2 {
            Err(error) => Err(error.into()),
            Ok(true) => self.serve_http2(RequestLines::http2(stream, &seen)).await,
            Ok(false) => self.serve_http1(RequestLines::http1(stream, &seen)).await,
        };
        if let Err(error) = ended {
            // Clients hang up when they like: worth knowing only when looking for something.
            tracing::debug!(cause = %error, "a connection ended early");
        }
    }

    async fn serve_http1<T>(mut self, stream: RequestLines<T>) -> Result<()>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let rejected = stream.rejected();
        self.activity.watch_heads(stream.begun());
        let (router, peer, activity) = (self.router.clone(), self.peer, self.activity.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            let running = activity.begin_request();
            // One call for each request that the parser was given.
            if let Some(rejected) = rejected.get()
                && rejected.request == running.number
            {
                request.extensions_mut().insert(rejected.why);
            }
            answer(router.clone(), peer, request, running)
        });
        // The time for headers is counted from outside, where more is seen.
        let connection = http1::Builder::new()
            .header_read_timeout(None)
            .max_headers(HEADERS_MAX)
            .max_buf_size(PARSED_HEAD_BYTES_MAX + 8 * 1024)
            .serve_connection(TokioIo::new(stream), service);
        until_stopped(connection, &mut self.stopping).await?;
        Ok(())
    }

    async fn serve_http2<T>(mut self, stream: RequestLines<T>) -> Result<()>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.activity.speaks_http2();
        let (router, peer, activity) = (self.router.clone(), self.peer, self.activity.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            if let Some(rejection) = rejection_of_http2(&request) {
                request.extensions_mut().insert(rejection);
            }
            answer(router.clone(), peer, request, activity.begin_request())
        });
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(128)
            .max_header_list_size(HEADER_LIST_BYTES_MAX)
            // Who opens streams and resets them at once has the connection closed.
            .max_pending_accept_reset_streams(20)
            .max_local_error_reset_streams(128)
            .max_send_buf_size(SEND_BUFFER_BYTES)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .keep_alive_interval(self.limits.head)
            .keep_alive_timeout(self.limits.head)
            .serve_connection(TokioIo::new(stream), service);
        until_stopped(connection, &mut self.stopping).await?;
        Ok(())
    }
}

async fn answer(
    router: Router,
    peer: Peer,
    mut request: Request<Incoming>,
    running: Running,
) -> Result<Response<NotedBody>, Infallible> {
    request.extensions_mut().insert(peer);
    let response = router.oneshot(request).await?;
    Ok(response.map(|body| NotedBody::new(body, running)))
}

async fn until_stopped<C: GracefulConnection>(
    connection: C,
    stopping: &mut watch::Receiver<()>,
) -> Result<(), C::Error> {
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        _ = stopping.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

/// Reads until it is plain whether HTTP/2 follows, and leaves in `seen` what was read.
async fn begins_with_preface<T: AsyncRead + Unpin>(
    stream: &mut T,
    seen: &mut Vec<u8>,
) -> io::Result<bool> {
    while seen.len() < HTTP2_PREFACE.len() {
        let mut bytes = [0; HTTP2_PREFACE.len()];
        let count = stream.read(&mut bytes[seen.len()..]).await?;
        seen.extend_from_slice(&bytes[seen.len()..seen.len() + count]);
        if count == 0 || !HTTP2_PREFACE.starts_with(seen) {
            return Ok(false);
        }
    }
    Ok(true)
}
