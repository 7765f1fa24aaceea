//! What no record system could be faster than: the same TLS and HTTP around nothing. It runs in a process of its own, as the server
//! does, under the server's own key.
//!
//! `POST /append` appends the body to a file and answers when that is durable, one `fdatasync` for all who wait. `POST /download`
//! gives the file `body` of the folder.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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

use crate::fault::{Fault, Told};
use crate::world::World;

/// What the process says when it is ready.
const READY: &str = "bare on ";
/// What it serves for a download.
const BODY: &str = "body";

/// The process; ended when dropped.
#[derive(Debug)]
pub(super) struct Bare {
    child: Child,
    port: String,
    folder: PathBuf,
}

impl Bare {
    /// Starts it beside a world's server.
    pub(super) fn start(world: &World) -> Told<Self> {
        let folder = world.path("bare");
        std::fs::create_dir_all(&folder)?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("bare")
            .arg(world.data())
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take();
        let mut line = String::new();
        if let Some(stdout) = stdout {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let port = line.trim().strip_prefix(READY).map(str::to_owned);
        let port = port.ok_or_else(|| Fault::new("the bare handler does not get ready"))?;
        Ok(Self {
            child,
            port,
            folder,
        })
    }

    /// The address of one of its routes.
    pub(super) fn url(&self, route: &str) -> String {
        format!("https://localhost:{}/{route}", self.port)
    }

    /// Keeps what a download gives.
    pub(super) fn keep(&self, body: &[u8]) -> Told<()> {
        Ok(std::fs::write(self.folder.join(BODY), body)?)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

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
/// [`Fault`] if it cannot listen, or cannot write there.
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
