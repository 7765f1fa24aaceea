//! The `fieldwatch` command. Here, and nowhere else in the program, the clock is read.

use std::process::ExitCode;

use fieldwatch_client_core::cli::{World, run};
use fieldwatch_schemas::time::Moment;

fn main() -> ExitCode {
    run(std::env::args_os(), World { now })
}

/// The device's clock, with the offset that it states.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge of the program, where the clock comes in"
)]
fn now() -> Moment {
    let now = jiff::Zoned::now();
    Moment {
        ms: now.timestamp().as_millisecond(),
        offset_min: i16::try_from(now.offset().seconds() / 60).unwrap_or(0),
    }
}
