//! The command line of `fieldwatch-server`.
//!
//! Exit status: 0 done, 1 the operation failed, 2 the command line was wrong. With `--json` answers are JSON on stdout, refusals
//! included (RFC 9457); without it people read words, refusals on stderr.

mod args;
mod asked;
mod human;
mod numbers;
mod output;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::problem::{Problem, ProblemKind};
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;

pub use self::args::DemoArgs;
use self::args::{Args, RestoreArgs, Sub};
pub use self::numbers::report_in_words;
use self::output::{Form, Output};
use crate::admin::{AdminError, Command, reach};
use crate::backup::{Replace, restore};
use crate::data::{DataError, DataFolder, LostKeys};
use crate::serve::serve;

const DONE: u8 = 0;
const FAILED: u8 = 1;
const WRONG: u8 = 2;

/// How long a stopped server waits for administrative commands that were cut off.
const LEFT_BEHIND: Duration = Duration::from_secs(1);

/// Which logs are wanted, as `tracing` writes its filters.
const LOG_FILTER: &str = "FIELDWATCH_LOG";

/// Does what the command line says. `demo` is given by the binary, which alone can tell that story.
pub fn start(demo: impl FnOnce(&DemoArgs) -> ExitCode) -> ExitCode {
    let given: Vec<OsString> = env::args_os().collect();
    let form = match given.iter().any(|arg| arg == "--json") {
        true => Form::Json,
        false => Form::Words,
    };
    match Args::try_parse_from(given) {
        Ok(args) => run(args, form, demo),
        Err(error) => ExitCode::from(misread(&error, form)),
    }
}

fn run(args: Args, form: Form, demo: impl FnOnce(&DemoArgs) -> ExitCode) -> ExitCode {
    let lang = args.lang.unwrap_or_else(lang_of_locale);
    let output = Output::new(form, lang);
    log_to_stderr(&args.sub);
    let done = match (args.sub, args.data) {
        (Sub::Demo(mut asked), _) => {
            asked.lang = lang;
            asked.json = args.json;
            return demo(&asked);
        }
        (_, None) => return ExitCode::from(without_data(&output)),
        (
            Sub::Init {
                host,
                renew_lost_keys,
            },
            Some(path),
        ) => init(
            &DataFolder::at(&path),
            &host,
            lost_keys(renew_lost_keys),
            &output,
        ),
        (Sub::Restore(args), Some(path)) => run_restore(&DataFolder::at(&path), &args, &output),
        (Sub::ReceiptKey, Some(path)) => receipt_key(&DataFolder::at(&path), &output),
        (Sub::Serve(options), Some(path)) => run_server(DataFolder::at(&path), options.into()),
        (sub, Some(path)) => administer(&DataFolder::at(&path), sub, &output),
    };
    match done {
        Ok(()) => ExitCode::from(DONE),
        Err(error) => {
            output.problem(&error.problem(lang));
            ExitCode::from(FAILED)
        }
    }
}

/// A command line that cannot be read; also `--help` and `--version`, which are no mistakes.
fn misread(error: &clap::Error, form: Form) -> u8 {
    if error.use_stderr() && form == Form::Json {
        let words = error.to_string();
        let problem = Problem::with_detail(ProblemKind::BadRequest, words.trim());
        output::json_line(&json!(problem));
    } else if let Err(error) = error.print() {
        tracing::debug!(%error, "nobody reads the help");
    }
    if error.use_stderr() { WRONG } else { DONE }
}

fn without_data(output: &Output) -> u8 {
    let words = match output.lang() {
        Lang::Zh => "请用 --data 或环境变量 FIELDWATCH_DATA 指定数据目录",
        Lang::En => "name the data folder with --data or FIELDWATCH_DATA",
    };
    output.problem(&Problem::with_detail(ProblemKind::BadRequest, words));
    WRONG
}

fn lost_keys(are_renewed: bool) -> LostKeys {
    match are_renewed {
        true => LostKeys::Renewed,
        false => LostKeys::Missed,
    }
}

fn init(
    folder: &DataFolder,
    hosts: &[String],
    lost: LostKeys,
    output: &Output,
) -> Result<(), AdminError> {
    let settings = folder.begin(hosts)?;
    let renewed = match lost {
        LostKeys::Missed => Vec::new(),
        LostKeys::Renewed => folder.renew_lost_keys(&folder.lock()?)?,
    };
    let pin = folder.own_identity().pin().map_err(DataError::from)?;
    let mut administrator = Value::Null;
    let mut keep = |person: Value| {
        administrator = person.get("person").cloned().unwrap_or_default();
        true
    };
    let command = Command::FirstAdministrator;
    reach::run(folder, command, output.lang(), &mut keep)?;
    let mut answer = json!({
        "name": settings.name,
        "hosts": settings.hosts,
        "pin": pin,
        "administrator": administrator,
    });
    if let Some(answer) = answer.as_object_mut().filter(|_| !renewed.is_empty()) {
        answer.insert("renewed".to_owned(), json!(renewed));
    }
    output.value(&answer, human::begun);
    Ok(())
}

fn receipt_key(folder: &DataFolder, output: &Output) -> Result<(), AdminError> {
    let key = folder.notary()?.public_key();
    output.value(&json!({ "key": key }), human::receipt_key);
    Ok(())
}

fn run_restore(folder: &DataFolder, args: &RestoreArgs, output: &Output) -> Result<(), AdminError> {
    let replace = match args.replace {
        true => Replace::Yes,
        false => Replace::No,
    };
    let lost = lost_keys(args.renew_lost_keys);
    let restored = restore(folder, &args.dir, args.keys.as_deref(), replace, lost)?;
    output.value(&json!(restored), human::restored);
    Ok(())
}

fn run_server(folder: DataFolder, options: crate::serve::Options) -> Result<(), AdminError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(crate::serve::ServeError::Io)?;
    let served = runtime.block_on(Box::pin(serve(folder, options)));
    runtime.shutdown_timeout(LEFT_BEHIND);
    Ok(served?)
}

fn administer(folder: &DataFolder, sub: Sub, output: &Output) -> Result<(), AdminError> {
    let Some((command, write)) = sub.into_command() else {
        return Err(AdminError::Unknown);
    };
    let mut is_sound = true;
    let mut tell = |value: Value| {
        is_sound &= value
            .get("problems")
            .and_then(Value::as_array)
            .is_none_or(Vec::is_empty);
        output.value(&value, write)
    };
    reach::run(folder, command, output.lang(), &mut tell)?;
    if is_sound {
        Ok(())
    } else {
        Err(AdminError::Unsound)
    }
}

/// The language of the first of these that is set: `LC_ALL`, `LC_MESSAGES`, `LANG`.
fn lang_of_locale() -> Lang {
    let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let set = names.into_iter().filter_map(|name| env::var(name).ok());
    let mut set = set.filter(|locale| !locale.is_empty());
    Lang::of_locale(&set.next().unwrap_or_default())
}

/// Logs are JSON lines on stderr, and say nothing about people. A server tells what it does, a command only what goes wrong, and the
/// demo what must not happen: it cuts links on purpose.
fn log_to_stderr(sub: &Sub) {
    let usual = match sub {
        Sub::Serve(_) => "info",
        Sub::Demo(_) => "error",
        _ => "warn",
    };
    let filter = EnvFilter::try_from_env(LOG_FILTER).unwrap_or_else(|_| EnvFilter::new(usual));
    let logs = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(std::io::stderr)
        .with_env_filter(filter);
    drop(logs.try_init());
}
