//! `quarantine`: what the server refused, and what to do about it.

mod difference;

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::problem::ProblemKind;
use serde_json::{Map, Value as Json, json};

use self::difference::{Difference, difference};
use super::args::{QuarantineAct, QuarantineArgs};
use super::error::CliError;
use super::home::Home;
use super::output::Output;
use super::{value, words};
use crate::replica::{Quarantined, Refused};

/// `quarantine [show|retry|discard RECORD]`.
pub(super) fn quarantine(
    home: &Home,
    command: &QuarantineArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let Some(act) = &command.act else {
        return list(home, output);
    };
    let (QuarantineAct::Show(named) | QuarantineAct::Retry(named) | QuarantineAct::Discard(named)) =
        act;
    let record = value::record(home.replica(), &named.record)?;
    let (zh, en) = match act {
        QuarantineAct::Show(_) => return show(&home.replica().refused(record)?, output),
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

fn list(home: &Home, output: &mut Output<'_>) -> Result<(), CliError> {
    let refused = home.replica().quarantined()?;
    if refused.is_empty() {
        let (zh, en) = ("没有被拒绝的记录", "nothing was refused");
        output.say(words::either(output.lang(), zh, en))?;
    }
    refused.iter().try_for_each(|why| {
        output.answer(
            || Json::Object(whole(why)),
            |lang| format!("{}\n  {}", sentence(lang, why), advice(lang, why)),
        )
    })
}

fn show(refused: &Refused, output: &mut Output<'_>) -> Result<(), CliError> {
    let difference = difference(refused);
    output.answer(
        || {
            let mut whole = whole(&refused.why);
            whole.extend(difference.json());
            Json::Object(whole)
        },
        |lang| sheet(lang, refused, &difference),
    )
}

fn whole(why: &Quarantined) -> Map<String, Json> {
    let Quarantined {
        record,
        code,
        reason,
    } = why;
    let whole = json!({ "record": record, "code": code, "reason": reason });
    whole.as_object().cloned().unwrap_or_default()
}

/// Which record, what happened, and what the server said of it.
fn sentence(lang: Lang, why: &Quarantined) -> String {
    let Quarantined {
        record,
        code,
        reason,
    } = why;
    let title = ProblemKind::named(code).map_or(code.as_str(), |kind| words::problem(lang, kind));
    match lang {
        Lang::Zh => format!("{record} {title}：{reason}"),
        Lang::En => format!("{record} {title}: {reason}"),
    }
}

fn advice(lang: Lang, why: &Quarantined) -> String {
    let advice = words::advice(lang, ProblemKind::named(&why.code));
    match lang {
        Lang::Zh => format!("怎么办：{advice}"),
        Lang::En => format!("what to do: {advice}"),
    }
}

/// What was refused, a line for each field and event.
fn sheet(lang: Lang, refused: &Refused, difference: &Difference) -> String {
    let mut lines = vec![sentence(lang, &refused.why), advice(lang, &refused.why)];
    lines.extend(difference.lines(lang, refused));
    lines.join("\n  ")
}
