//! Running the real binaries: found beside the test's own executable, never waited for without a deadline.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::fault::{Fault, Told};

/// How long a command may take on a busy machine before the test fails.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// Where a binary of this workspace is.
///
/// # Errors
///
/// [`Fault`] if it has not been built.
pub fn binary(name: &str) -> Told<PathBuf> {
    let own = std::env::current_exe()?;
    // A program lies beside the others, a test one folder below them.
    let folder = own.ancestors().skip(1).find(|folder| {
        let is_of_tests = folder.ends_with("deps") || folder.ends_with("examples");
        !is_of_tests
    });
    let path = folder.unwrap_or(&own).join(name);
    if path.is_file() {
        return Ok(path);
    }
    let words = "is not built: cargo build --workspace --bins (cargo test --workspace does it)";
    Err(Fault::new(format!("{} {words}", path.display())))
}

/// A command for a binary, in an environment that says nothing of its own.
///
/// # Errors
///
/// [`Fault`] if it has not been built.
pub fn command(name: &str) -> Told<Command> {
    let mut command = Command::new(binary(name)?);
    for (variable, _) in std::env::vars_os() {
        let is_ours = variable.to_string_lossy().starts_with("FIELDWATCH_");
        if is_ours {
            command.env_remove(variable);
        }
    }
    command.env_remove("RUST_LOG").stdin(Stdio::null());
    Ok(command)
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ran {
    /// The command line.
    pub line: String,
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote on stdout.
    pub stdout: String,
    /// What it wrote on stderr.
    pub stderr: String,
}

impl Ran {
    /// The exit status; none if it was killed.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The command, if it ended well.
    ///
    /// # Errors
    ///
    /// [`Fault`] with everything it said, if it did not.
    pub fn done(self) -> Told<Self> {
        match self.status.success() {
            true => Ok(self),
            false => Err(Fault::new(self.told())),
        }
    }

    /// The one JSON value on stdout.
    ///
    /// # Errors
    ///
    /// [`Fault`] if stdout is anything else.
    pub fn json(&self) -> Told<Value> {
        serde_json::from_str(&self.stdout)
            .map_err(|error| Fault::new(format!("no JSON ({error}): {}", self.told())))
    }

    /// The JSON lines on stdout.
    ///
    /// # Errors
    ///
    /// [`Fault`] if a line is no JSON.
    pub fn lines(&self) -> Told<Vec<Value>> {
        let lines = self.stdout.lines().filter(|line| !line.trim().is_empty());
        lines
            .map(|line| {
                serde_json::from_str(line)
                    .map_err(|error| Fault::new(format!("no JSON ({error}): {}", self.told())))
            })
            .collect()
    }

    /// Everything about it, for a person who reads why a test failed.
    #[must_use]
    pub fn told(&self) -> String {
        let cut = |text: &str| text.chars().take(2_000).collect::<String>();
        format!(
            "`{}` ended with {}\nstdout: {}\nstderr: {}",
            self.line,
            self.status,
            cut(&self.stdout),
            cut(&self.stderr)
        )
    }
}

/// A command under way; it is killed when nobody waits for it any more.
#[derive(Debug)]
pub struct Running {
    line: String,
    child: Child,
    output: Receiver<Output>,
    ended: Option<Output>,
}

/// What a command wrote on stdout and on stderr.
type Output = (String, String);

impl Running {
    /// Starts a command.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it cannot be started.
    pub fn start(mut command: Command) -> Told<Self> {
        let words = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
        let arguments: Vec<String> = command.get_args().map(words).collect();
        let name = command.get_program().to_string_lossy().into_owned();
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        let (send, output) = channel();
        thread::spawn(move || {
            let errors = thread::spawn(move || read_all(stderr));
            let said = read_all(stdout);
            let complained = errors.join().unwrap_or_default();
            drop(send.send((said, complained)));
        });
        let line = format!("{name} {}", arguments.join(" "));
        Ok(Self {
            line,
            child,
            output,
            ended: None,
        })
    }

    /// Waits for its end, but no longer than so many milliseconds. Tells whether it has ended.
    pub fn ends_within(&mut self, wait_ms: u64) -> bool {
        if self.ended.is_none() {
            let wait = Duration::from_millis(wait_ms);
            self.ended = self.output.recv_timeout(wait).ok();
        }
        self.ended.is_some()
    }

    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it has not ended after [`DEADLINE`].
    pub fn finish(self) -> Told<Ran> {
        self.finish_within(DEADLINE)
    }

    /// Waits for its end, as long as it may take.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it has not ended then.
    pub fn finish_within(mut self, deadline: Duration) -> Told<Ran> {
        let ended = self.ended.take();
        let ended = ended.or_else(|| self.output.recv_timeout(deadline).ok());
        let late = || Fault::new(format!("`{}` does not end", self.line));
        let (stdout, stderr) = ended.ok_or_else(late)?;
        Ok(Ran {
            line: std::mem::take(&mut self.line),
            status: self.child.wait()?,
            stdout,
            stderr,
        })
    }

    /// Lets it run for a while and then kills it with signal 9, if it has not ended before.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it cannot be killed.
    pub fn kill_after(mut self, while_ms: u64) -> Told<Ran> {
        if !self.ends_within(while_ms) {
            self.child.kill()?;
        }
        self.finish()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read_all(from: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        drop(from.read_to_end(&mut bytes));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
