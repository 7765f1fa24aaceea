//! The process `fieldwatch-server serve`: started until it says that it listens, killed, or asked to stop.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::fault::{Fault, Told};
use crate::program::{DEADLINE, command};

/// What `serve` says when it is ready, before its address.
const READY: &str = "listening on https://";
/// SIGTERM finishes what is under way within 10 s; a busy machine gets twice that.
const STOP_MAX: Duration = Duration::from_secs(20);

/// A server under way; killed when dropped.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    port: u16,
    stdout: Receiver<String>,
}

impl Server {
    /// Serves the data of a folder on a port, or on a free one for 0, and waits until it is ready.
    pub(super) fn start(data: &Path, port: u16) -> Told<Self> {
        let begun = Instant::now();
        loop {
            match Self::attempt(data, port) {
                // Somebody's outgoing connection may stand on the port for a moment while nobody listens there.
                Err(error)
                    if begun.elapsed() < DEADLINE && error.to_string().contains("in use") => {}
                other => return other,
            }
        }
    }

    fn attempt(data: &Path, port: u16) -> Told<Self> {
        let log = data.with_extension("log");
        let stderr = File::options().create(true).append(true).open(&log)?;
        let begins = usize::try_from(stderr.metadata()?.len())?;
        let mut command = command("fieldwatch-server")?;
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
        command.arg("--data").arg(data);
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn()?;
        let stdout = lines_of(&mut child);
        let mut server = Self {
            child,
            port,
            stdout,
        };
        match server.wait_until_ready() {
            Some(port) => {
                server.port = port;
                Ok(server)
            }
            None => {
                let said: Vec<u8> = std::fs::read(&log)?.into_iter().skip(begins).collect();
                let said = String::from_utf8_lossy(&said).into_owned();
                Err(Fault::new(format!("the server does not get ready: {said}")))
            }
        }
    }

    fn wait_until_ready(&self) -> Option<u16> {
        let until = Instant::now() + DEADLINE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.stdout.recv_timeout(left).ok()?;
            if let Some((_, address)) = line.split_once(READY) {
                let port = address.trim().trim_end_matches('/').rsplit(':').next()?;
                return port.parse().ok();
            }
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn kill_nine(mut self) -> Told<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Sends SIGTERM; the server has to end well, within its time.
    pub(super) fn stop(mut self) -> Told<()> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let until = Instant::now() + STOP_MAX;
        // Its stdout closes when it ends.
        while self
            .stdout
            .recv_timeout(until.saturating_duration_since(Instant::now()))
            .is_ok()
        {}
        if Instant::now() >= until {
            return Err(Fault::new("the server does not stop on SIGTERM"));
        }
        let status = self.child.wait()?;
        match status.success() {
            true => Ok(()),
            false => Err(Fault::new(format!(
                "SIGTERM ended the server with {status}"
            ))),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn lines_of(child: &mut Child) -> Receiver<String> {
    let (send, lines) = channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut line = String::new();
            while matches!(reader.read_line(&mut line), Ok(read) if read > 0) {
                if send.send(std::mem::take(&mut line)).is_err() {
                    break;
                }
            }
            drop(reader.read_to_end(&mut Vec::new()));
        });
    }
    lines
}
