//! `demo`: the whole story in a temporary folder, told on stdout: stations and a volunteer record offline, two devices edit one case
//! while apart, all sync over TLS, the conflict is settled, a coordinator reads the report.
//!
//! ```text
//!   start ─▶ story (a file per chapter) ─┬─ office   the real server: init, serve, admin socket
//!                                        ├─ device   the real client: replica on disk, HTTPS, pin
//!                                        ├─ link     a network that can be cut in the middle
//!                                        ├─ work ─ fill ─ content   believable records, made offline
//!                                        ├─ expect   what the report must say, counted without the server
//!                                        └─ tell, figures           in Chinese or English
//! ```
//!
//! Nothing is a short cut: devices enrol with tickets and speak to their server over TLS. The story proves what it claims; if
//! something does not hold it says so and ends with status 1.

mod cast;
mod content;
mod device;
mod error;
mod expect;
mod figures;
mod fill;
mod link;
mod office;
mod story;
mod tell;
mod work;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::process::ExitCode;

use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_server::cli::DemoArgs;
use serde_json::{Value as Json, json};
use tokio::signal::unix::{SignalKind, signal};

use self::error::DemoError;
use self::story::{Ending, closing};
use self::tell::{Pick as _, Teller};

/// Tells the story, and says with what status the program ends.
pub(crate) fn start(args: &DemoArgs) -> ExitCode {
    match tell_in_a_folder(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(explain(&error, args));
            ExitCode::FAILURE
        }
    }
}

/// Tells the story in a folder that is removed however it ends, once nobody works in it any more.
fn tell_in_a_folder(args: &DemoArgs) -> Result<(), DemoError> {
    let folder = tempfile::Builder::new()
        .prefix("fieldwatch-demo-")
        .tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let to: Box<dyn Write + Send> = match args.json {
        true => Box::new(io::sink()),
        false => Box::new(io::stdout()),
    };
    let mut teller = Teller::new(args.lang, to);
    let told = runtime.block_on(Box::pin(async {
        let stop = stopped()?;
        tokio::pin!(stop);
        tell_and_serve(args, folder.path(), &mut teller, stop).await
    }));
    drop(runtime);
    folder.close()?;
    told?;
    if args.once {
        closing::farewell(&mut teller)?;
    }
    Ok(())
}

/// Says why the story did not end as it should.
fn explain(error: &DemoError, args: &DemoArgs) -> io::Result<()> {
    let words = error.words(args.lang);
    if args.json {
        let problem = Problem::with_detail(ProblemKind::Internal, words.clone());
        print(&json!(problem))?;
    }
    writeln!(
        io::stderr(),
        "{}{words}",
        args.lang.pick("错误：", "error: ")
    )
}

async fn tell_and_serve<W: Write>(
    args: &DemoArgs,
    folder: &Path,
    teller: &mut Teller<W>,
    mut stop: Pin<&mut impl Future<Output = ()>>,
) -> Result<(), DemoError> {
    greet(teller, folder)?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listen = args.listen.unwrap_or(listen);
    let (mut world, ending) = tokio::select! {
        told = Box::pin(story::tell(folder, listen, teller)) => told?,
        () = stop.as_mut() => return Err(DemoError::Stopped),
    };
    if args.json {
        print(&summary(&ending))?;
    }
    if !args.once {
        closing::invite(&world, folder, teller).await?;
        tokio::select! {
            served = world.office.served() => return served,
            () = stop => {}
        }
    }
    world.close().await
}

/// Ends when somebody presses Ctrl-C, or SIGTERM comes.
fn stopped() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn greet<W: Write>(teller: &mut Teller<W>, folder: &Path) -> io::Result<()> {
    let folder = folder.display();
    teller.say(
        &format!("Fieldwatch 演示：所有内容均为虚构，存放在临时文件夹 {folder}，结束时删除"),
        &format!("Fieldwatch demo: everything is invented, and kept in {folder} until the end"),
    )
}

/// What the story came to, for programs.
fn summary(ending: &Ending) -> Json {
    json!({
        "records": ending.records,
        "feeds_agreeing": ending.feeds_agreeing,
        "report": ending.report,
    })
}

fn print(value: &Json) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{value}")?;
    stdout.flush()
}
