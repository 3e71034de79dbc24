//! Sockets: accepting, TLS, HTTP/1.1 and HTTP/2, and an end that lets requests finish.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use super::request_line::RequestLines;
use super::source_address::Peer;
use crate::config::Http;

/// The certificate chain and the key, as PEM files.
#[derive(Clone, Debug)]
pub struct Tls {
    pub certificates: PathBuf,
    pub key: PathBuf,
}

/// A bound socket, not yet serving.
pub struct Serving {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Serving {
    pub async fn bind(address: SocketAddr, tls: Option<&Tls>) -> Result<Serving> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        let tls = tls.map(acceptor).transpose()?;
        Ok(Serving { listener, tls })
    }

    /// `http://127.0.0.1:8080`: the address that was really bound.
    pub fn url(&self) -> Result<String> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        Ok(format!("{scheme}://{}", self.listener.local_addr()?))
    }
}

/// Serves until `stop` is ready, then lets requests at work finish.
pub async fn serve(
    serving: Serving,
    router: Router,
    settings: &Http,
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let permits = Arc::new(Semaphore::new(settings.connections_max));
    let graceful = GracefulShutdown::new();
    let patience = Duration::from_secs(settings.header_seconds);
    tokio::pin!(stop);
    loop {
        let permit = Arc::clone(&permits).acquire_owned();
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = async { (permit.await, serving.listener.accept().await) } => accepted,
        };
        let (Ok(permit), Ok((stream, peer))) = accepted else {
            // Out of file descriptors, most likely: give the others time to close theirs.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let connection = Connection {
            stream,
            peer: Peer(peer.ip()),
            tls: serving.tls.clone(),
            router: router.clone(),
            patience,
            watcher: graceful.watcher(),
        };
        tokio::spawn(async move {
            connection.run().await;
            drop(permit);
        });
    }
    drop(serving);
    let drained =
        tokio::time::timeout(Duration::from_secs(settings.shutdown_seconds), graceful.shutdown());
    if drained.await.is_err() {
        tracing::warn!("requests were still at work when the time to shut down was over");
    }
    Ok(())
}

struct Connection {
    stream: TcpStream,
    peer: Peer,
    tls: Option<TlsAcceptor>,
    router: Router,
    patience: Duration,
    watcher: hyper_util::server::graceful::Watcher,
}

impl Connection {
    async fn run(self) {
        // Answers are written whole: waiting to fill a packet only delays them.
        let _ = self.stream.set_nodelay(true);
        // A connection that says nothing does not keep its place.
        match tokio::time::timeout(self.patience, self.stream.readable()).await {
            Ok(Ok(())) => {}
            _ => return,
        }
        match self.tls {
            None => {
                serve_stream(self.stream, self.peer, self.router, self.patience, self.watcher)
                    .await;
            }
            Some(tls) => {
                let handshake = tokio::time::timeout(self.patience, tls.accept(self.stream));
                if let Ok(Ok(stream)) = handshake.await {
                    serve_stream(stream, self.peer, self.router, self.patience, self.watcher).await;
                }
            }
        }
    }
}

async fn serve_stream<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: T,
    peer: Peer,
    router: Router,
    patience: Duration,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(128);
    let stream = TokioIo::new(RequestLines::new(stream));
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request
    });
    let connection = builder.serve_connection(stream, TowerToHyperService::new(service));
    if let Err(error) = watcher.watch(connection.into_owned()).await {
        // Clients hang up when they like: worth knowing only when looking for something.
        tracing::debug!(cause = %error, "a connection ended early");
    }
}

fn acceptor(tls: &Tls) -> Result<TlsAcceptor> {
    let name = |path: &PathBuf| format!("{}: not a PEM file that can be used", path.display());
    let certificates = CertificateDer::pem_file_iter(&tls.certificates)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|_| anyhow!(name(&tls.certificates)))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(|_| anyhow!(name(&tls.key)))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .context("the certificate and the key")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
