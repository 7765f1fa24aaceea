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
use crate::admin::Backstage;
use crate::admin::socket::{self, Listening};
use crate::app::App;
use crate::data::{DataError, DataFolder, Lock, Served};
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

/// Serves until SIGTERM or SIGINT. Says where on stdout, once everything is ready.
///
/// # Errors
///
/// [`ServeError`] as the data folder, the certificate or the network fail.
pub async fn serve(folder: DataFolder, options: Options) -> Result<(), ServeError> {
    let told = told_to_stop()?;
    serve_until(folder, options, announce, told).await
}

/// As [`serve`], but ends when `stop` does, and says where to `ready`.
///
/// # Errors
///
/// As [`serve`], and what `ready` says.
pub async fn serve_until(
    folder: DataFolder,
    options: Options,
    ready: impl FnOnce(SocketAddr) -> io::Result<()>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let lock = Arc::new(folder.lock()?);
    let identity = options.identity.unwrap_or_else(|| folder.own_identity());
    let config = RustlsConfig::from_config(identity.config()?);
    let app = open(folder.clone(), &lock).await?;
    let (listener, address) = bind(options.listen)?;
    remember(&folder, &identity, address)?;
    let admin = listen_for_admin(&folder, app.clone())?;
    let watching = tokio::spawn(watch::reload(identity, config.clone())?);
    let handle = Handle::new();
    let server = https(listener, config)?.handle(handle.clone());
    ready(address)?;
    let stopping = tokio::spawn(stop_after(stop, handle));
    let served = server
        .serve(routes::router(app.clone()).into_make_service())
        .await;
    stopping.abort();
    watching.abort();
    admin.close();
    in_background(move || app.close()).await?;
    tracing::info!("stopped");
    drop(lock);
    Ok(served?)
}

async fn open(folder: DataFolder, lock: &Arc<Lock>) -> Result<Arc<App>, ServeError> {
    let lock = Arc::clone(lock);
    Ok(in_background(move || folder.open(&lock)).await??)
}

/// Does what blocks where it may.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)
}

fn listen_for_admin(folder: &DataFolder, app: Arc<App>) -> Result<Listening, ServeError> {
    let path = folder.socket();
    let backstage = Arc::new(Backstage::new(app, folder.clone()));
    socket::listen(&path, backstage).map_err(|error| ServeError::Socket(path, error))
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

/// Ends when SIGTERM or SIGINT comes.
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ends what was accepted in an orderly way, once `stop` ends.
async fn stop_after(stop: impl Future<Output = ()>, handle: Handle<SocketAddr>) {
    stop.await;
    tracing::info!("stopping");
    handle.graceful_shutdown(Some(Duration::from_millis(STOP_MS_MAX)));
}
