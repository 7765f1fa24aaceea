//! `serve`: the sockets around the server: HTTPS, the admin socket, signals.
//!
//! SIGTERM and SIGINT stop accepting, let requests under way finish, flush, and end. SIGHUP, and a certificate file that changed,
//! load the certificate again without a restart.

mod limit;
mod watch;

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use fieldwatch_schemas::limits::{HANDSHAKE_MS_MAX, HEAD_MS_MAX, STOP_MS_MAX, STREAMS_MAX};
use hyper_util::rt::TokioTimer;
use tokio::signal::unix::{SignalKind, signal};

use self::limit::Limited;
use crate::admin::{Backstage, socket};
use crate::data::{DataError, DataFolder, Served};
use crate::routes;
use crate::tls::{Identity, TlsError};

/// How to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The certificate and key to use in place of the server's own.
    pub identity: Option<Identity>,
}

/// Why serving ended, or never began.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder.
    #[error("the data folder cannot be used")]
    Data(#[from] DataError),
    /// The certificate.
    #[error("the certificate cannot be used")]
    Tls(#[from] TlsError),
    /// The address.
    #[error("{0} cannot be listened on")]
    Listen(SocketAddr, #[source] io::Error),
    /// The admin socket.
    #[error("{0} cannot be made")]
    Socket(PathBuf, #[source] io::Error),
    /// The network, or signals.
    #[error("serving failed")]
    Io(#[from] io::Error),
}

/// Serves until told to stop. Says where on stdout, once everything is ready.
///
/// # Errors
///
/// [`ServeError`] as the data folder, the certificate or the network fail.
pub async fn serve(folder: DataFolder, options: Options) -> Result<(), ServeError> {
    let lock = folder.lock()?;
    let identity = options.identity.unwrap_or_else(|| own_identity(&folder));
    let config = RustlsConfig::from_config(identity.config()?);
    let opening = folder.clone();
    let app = tokio::task::spawn_blocking(move || opening.open(&lock).map(|app| (app, lock)));
    let (app, lock) = app.await.map_err(io::Error::other)??;
    let (listener, address) = bind(options.listen)?;
    remember(&folder, &identity, address)?;
    let backstage = Arc::new(Backstage::new(app.clone(), folder.clone()));
    let admin = socket::listen(&folder.socket(), backstage)
        .map_err(|error| ServeError::Socket(folder.socket(), error))?;
    let handle = Handle::new();
    tokio::spawn(stop_when_told(handle.clone())?);
    tokio::spawn(watch::reload(identity, config.clone())?);
    announce(address)?;
    let server = https(listener, config)?.handle(handle);
    let served = server
        .serve(routes::router(app.clone()).into_make_service())
        .await;
    admin.close();
    app.close().await;
    tracing::info!("stopped");
    drop(lock);
    Ok(served?)
}

fn own_identity(folder: &DataFolder) -> Identity {
    Identity {
        certificate: folder.file("tls.crt"),
        key: folder.file("tls.key"),
    }
}

fn bind(listen: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let bound = || {
        let listener = TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound().map_err(|error| ServeError::Listen(listen, error))
}

/// Keeps what tickets must say.
fn remember(
    folder: &DataFolder,
    identity: &Identity,
    address: SocketAddr,
) -> Result<(), ServeError> {
    let mut settings = folder.settings()?;
    settings.served = Some(Served {
        port: address.port(),
        pin: identity.pin()?,
    });
    Ok(folder.keep_settings(&settings)?)
}

fn announce(address: SocketAddr) -> io::Result<()> {
    tracing::info!(port = address.port(), "listening");
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening on https://{address}")?;
    stdout.flush()
}

fn https(
    listener: TcpListener,
    config: RustlsConfig,
) -> io::Result<Server<SocketAddr, RustlsAcceptor<Limited>>> {
    let acceptor = RustlsAcceptor::new(config)
        .handshake_timeout(Duration::from_millis(HANDSHAKE_MS_MAX))
        .acceptor(Limited::new());
    let mut server = axum_server::from_tcp(listener)?.acceptor(acceptor);
    let head = Duration::from_millis(HEAD_MS_MAX);
    let builder = server.http_builder();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(head);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(head)
        .keep_alive_timeout(head)
        .max_concurrent_streams(STREAMS_MAX);
    Ok(server)
}

/// Waits for SIGTERM or SIGINT, then ends what was accepted in an orderly way.
fn stop_when_told(handle: Handle<SocketAddr>) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        handle.graceful_shutdown(Some(Duration::from_millis(STOP_MS_MAX)));
    })
}
