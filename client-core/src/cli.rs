//! The `fieldwatch` command: one process, one command, one home.
//!
//! ```text
//!   bin ──arguments, clock──▶ run ──▶ home (lock, key, replica) ──▶ a file per command ──▶ Output
//!                              └──▶ the socket of a `sync --watch` that holds the home
//! ```
//!
//! A command either prints its answer and exits 0, or prints one problem and exits 1; a wrong command line exits 2. What a script
//! reads goes to stdout, everything else to stderr. Nothing here asks questions but
//! `inspection answer`, on a terminal.

mod acknowledgement;
mod answer;
mod args;
mod check;
mod checklist;
mod conflict;
mod deadline;
mod error;
mod home;
mod import;
mod list;
mod output;
mod quarantine;
mod receipt;
mod record;
mod relay;
mod show;
mod status;
mod sync;
mod value;
mod watch;
mod words;

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser as _;
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::time::Moment;
use tracing_subscriber::EnvFilter;

use self::args::{Cli, Command};
use self::error::CliError;
use self::home::Home;
use self::output::Output;

pub use self::home::HOME_LOCK;

/// What a command needs of the world, from the edge of the program.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// Reads the clock.
    pub now: fn() -> Moment,
}

/// Runs one command line, printing to the process's own stdout and stderr.
pub fn run(arguments: impl IntoIterator<Item = OsString>, world: World) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let is_told = error.print().is_ok();
            return match error.use_stderr() || !is_told {
                true => ExitCode::from(2),
                false => ExitCode::SUCCESS,
            };
        }
    };
    log();
    let mut stdout = std::io::stdout().lock();
    let mut stderr = std::io::stderr();
    let mut output = Output::new(&mut stdout, &mut stderr, cli.format(), cli.lang());
    let done = perform(&cli, &arguments, world, &mut output);
    let code = output.conclude(done);
    match stdout.flush() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::from(code),
    }
}

/// Logs go to stderr: warnings, or what FIELDWATCH_LOG asks for (`debug`, `fieldwatch_client_core::engine=trace`).
fn log() {
    let filter =
        EnvFilter::try_from_env("FIELDWATCH_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A program that runs commands of its own may log already.
    logging.try_init().unwrap_or_default();
}

/// Does what a command line says, in this process or, where a `sync --watch` holds the home, in that one.
fn perform(
    cli: &Cli,
    arguments: &[OsString],
    world: World,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    if let Command::Checklist(args::ChecklistArgs {
        act: args::ChecklistAct::Check(form),
    }) = &cli.command
    {
        return checklist::check(form, output);
    }
    if let Command::VerifyReceipt(verify) = &cli.command {
        let place = home::place(cli.home.as_deref()).ok();
        return receipt::verify(verify, place.as_deref(), output);
    }
    let place = home::place(cli.home.as_deref())?;
    if let Command::Enrol(enrol) = &cli.command {
        let home = Home::open_or_begin(&place, cli.key_file.as_deref(), world)?;
        return sync::enrol(&home, enrol, output);
    }
    let home = match Home::open(&place, cli.key_file.as_deref(), world)? {
        home::Opened::Here(home) => home,
        home::Opened::Elsewhere(stream) => return relay::ask(stream, arguments, cli, output),
    };
    match &cli.command {
        Command::Sync(command) if command.watch => watch::watch(home, command, output),
        command => dispatch(&home, command, Hand::Local, output),
    }
}

/// Whether the person who gave a command sits at this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hand {
    /// Yes: a progress bar may be drawn.
    Local,
    /// No: it came through the socket.
    Relayed,
}

/// Runs a command on an open home.
fn dispatch(
    home: &Home,
    command: &Command,
    hand: Hand,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    match command {
        Command::Receipts(command) => receipt::receipts(home, command, output),
        Command::VerifyReceipt(command) => receipt::verify(command, Some(home.place()), output),
        Command::Enrol(_) => Err(CliError::AlreadyEnrolled),
        Command::New(command) => record::new(home, command, output),
        Command::Checklist(command) => checklist::checklist(home, command, output),
        Command::Inspection(command) => answer::inspection(home, command, hand, output),
        Command::Event(command) => record::event(home, command, output),
        Command::Set(command) => record::set(home, command, output),
        Command::Show(command) => show::show(home, command, output),
        Command::List(command) => list::list(home, command, output),
        Command::Import(command) => import::import(home, command, hand, output),
        Command::Sync(command) => sync::sync(home, command, output),
        Command::Status => status::status(home, output),
        Command::Conflicts => conflict::conflicts(home, output),
        Command::Resolve(command) => conflict::resolve(home, command, output),
        Command::Check(command) => check::check(home, command, output),
        Command::Quarantine(command) => quarantine::quarantine(home, command, output),
        Command::Deadlines(command) => deadline::deadlines(home, command, output),
    }
}

/// The language of messages: what was asked for, else the locale's, else Chinese.
fn language(asked: Option<Lang>) -> Lang {
    let locale = || {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let mut set = names.iter().filter_map(|name| std::env::var(name).ok());
        set.find(|value| !value.is_empty())
    };
    asked.unwrap_or_else(|| locale().map_or(Lang::Zh, |locale| Lang::of_locale(&locale)))
}
