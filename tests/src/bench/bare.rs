//! What no record system could be faster than: the same TLS and HTTP around nothing. It runs in a process of its own, as the server
//! does, under the server's own key.
//!
//! `POST /append` appends the body to a file and answers when that is durable, one `fdatasync` for all who wait. `POST /download`
//! gives the file `body` of the folder.

mod serve;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::fault::{Fault, Told};
use crate::world::World;

pub use serve::serve;

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

    /// The process.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
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
