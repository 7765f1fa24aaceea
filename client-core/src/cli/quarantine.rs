//! `quarantine`: what the server refused, and what to do about it.

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::problem::ProblemKind;
use serde_json::json;

use super::args::{QuarantineAct, QuarantineArgs};
use super::error::CliError;
use super::home::Home;
use super::output::Output;
use super::{value, words};
use crate::replica::{Quarantined, ReplicaError};

/// `quarantine [show|retry|discard RECORD]`.
pub(super) fn quarantine(
    home: &Home,
    command: &QuarantineArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let refused = home.replica().quarantined()?;
    let Some(act) = &command.act else {
        if refused.is_empty() {
            output.say(words::either(
                output.lang(),
                "没有被拒绝的记录",
                "nothing was refused",
            ))?;
        }
        return refused.iter().try_for_each(|refused| tell(refused, output));
    };
    let (QuarantineAct::Show(named) | QuarantineAct::Retry(named) | QuarantineAct::Discard(named)) =
        act;
    let record = value::record(home.replica(), &named.record)?;
    let (zh, en) = match act {
        QuarantineAct::Show(_) => {
            let found = refused.iter().find(|refused| refused.record == record);
            return tell(found.ok_or(ReplicaError::NotQuarantined(record))?, output);
        }
        QuarantineAct::Retry(_) => {
            home.replica().retry(record)?;
            ("下次同步时重新发送", "goes with the next sync")
        }
        QuarantineAct::Discard(_) => {
            home.replica().discard(record)?;
            ("已放弃被拒绝的更改", "the refused changes are given up")
        }
    };
    output.answer(
        || json!({ "record": record }),
        |lang| format!("{record} {}", words::either(lang, zh, en)),
    )
}

fn tell(refused: &Quarantined, output: &mut Output<'_>) -> Result<(), CliError> {
    let Quarantined {
        record,
        code,
        reason,
    } = refused;
    output.answer(
        || json!({ "record": record, "code": code, "reason": reason }),
        |lang| {
            let title =
                ProblemKind::named(code).map_or(code.as_str(), |kind| words::problem(lang, kind));
            match lang {
                Lang::Zh => format!("{record} {title}：{reason}"),
                Lang::En => format!("{record} {title}: {reason}"),
            }
        },
    )
}
