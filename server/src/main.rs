//! The command `fieldwatch-server`. Everything is in the library but the demo, which alone knows the device's code.

#[cfg(feature = "demo")]
mod demo;

use std::process::ExitCode;

#[cfg(feature = "demo")]
use self::demo::start as tell_the_story;
use fieldwatch_server::cli;

fn main() -> ExitCode {
    cli::start(tell_the_story)
}

#[cfg(not(feature = "demo"))]
fn tell_the_story(_: &cli::DemoArgs) -> ExitCode {
    use std::io::Write as _;
    drop(writeln!(
        std::io::stderr(),
        "this program was built without the feature `demo`"
    ));
    ExitCode::FAILURE
}
