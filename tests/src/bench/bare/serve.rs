//! The process itself: two routes, and one thread that appends.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum_server::tls_rustls::RustlsConfig;
use bytes::Bytes;
use tokio::sync::oneshot;

use super::{BODY, READY};
use crate::fault::Told;

struct Job {
    bytes: Bytes,
    done: oneshot::Sender<bool>,
}

#[derive(Clone)]
struct Routes {
    jobs: Sender<Job>,
    folder: Arc<PathBuf>,
}

/// Serves until it is ended: with the key of the server whose data folder this is, in a folder of its own.
///
/// # Errors
///
/// [`crate::fault::Fault`] if it cannot listen, or cannot write there.
pub async fn serve(data: &Path, folder: &Path) -> Told<()> {
    // Another one may be installed already: all the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    let tls = RustlsConfig::from_pem_file(data.join("tls.crt"), data.join("tls.key")).await?;
    let file = File::options()
        .create(true)
        .append(true)
        .open(folder.join("appended"))?;
    let (jobs, waiting) = channel();
    thread::spawn(move || append_all(file, &waiting));
    let routes = Routes {
        jobs,
        folder: Arc::new(folder.to_owned()),
    };
    let router = Router::new()
        .route("/append", post(append))
        .route("/download", post(download))
        .with_state(routes);
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{READY}{port}")?;
    stdout.flush()?;
    drop(stdout);
    let server = axum_server::from_tcp_rustls(listener, tls)?;
    Ok(server.serve(router.into_make_service()).await?)
}

/// Everybody who waits shares one `fdatasync`.
fn append_all(mut file: File, waiting: &Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let group: Vec<Job> = std::iter::once(first).chain(waiting.try_iter()).collect();
        let mut write = || {
            for job in &group {
                file.write_all(&job.bytes)?;
            }
            file.sync_data()
        };
        let is_durable = write().is_ok();
        for job in group {
            // Who has hung up is not told.
            let _is_told = job.done.send(is_durable).is_ok();
        }
    }
}

async fn append(State(routes): State<Routes>, bytes: Bytes) -> StatusCode {
    let (done, durable) = oneshot::channel();
    drop(routes.jobs.send(Job { bytes, done }));
    match durable.await {
        Ok(true) => StatusCode::OK,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn download(State(routes): State<Routes>) -> Result<Vec<u8>, StatusCode> {
    let read = tokio::fs::read(routes.folder.join(BODY)).await;
    read.map_err(|_| StatusCode::NOT_FOUND)
}
