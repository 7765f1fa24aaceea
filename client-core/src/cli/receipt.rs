//! `receipts` and `verify-receipt`: the server's signed word, kept and proved.
//!
//! A line of `receipts --json` stands by itself: `receipt` holds everything that was signed, and what is shown beside it must say the
//! same. Whose key it is cannot follow from the line: it is compared with `--key`, else with the server that the home is enrolled
//! with, else the answer says that nobody has vouched for the key.

mod prove;

use std::path::Path;

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::sync::receipt::{Receipt, ReceiptError, Statement};
use fieldwatch_schemas::time::Moment;
use serde_json::{Map, Value as Json, json};

use self::prove::{Proved, prove};
use super::args::{ReceiptsArgs, VerifyReceiptArgs};
use super::error::CliError;
use super::home::{Home, read_bytes};
use super::output::Output;
use super::{value, words};
use crate::receipt::{key_from_text, to_text};
use crate::store::home;

/// `receipts [RECORD]`.
pub(super) fn receipts(
    home: &Home,
    command: &ReceiptsArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let replica = home.replica();
    let record = command.record.as_deref();
    let record = record
        .map(|text| value::record(replica, text))
        .transpose()?;
    let receipts = replica.receipts(record)?;
    if receipts.is_empty() {
        output.say(words::either(
            output.lang(),
            "没有服务器回执",
            "there are no receipts",
        ))?;
    }
    for receipt in &receipts {
        let statement = Statement::read(&receipt.statement).map_err(|error| invalid(&error))?;
        output.answer(
            || shown(receipt, &statement).into(),
            |lang| sentence(receipt, &statement, lang),
        )?;
    }
    Ok(())
}

fn invalid(error: &ReceiptError) -> CliError {
    CliError::Problem(Problem::with_detail(
        ProblemKind::ReceiptInvalid,
        error.to_string(),
    ))
}

/// What a receipt says, as a line that proves itself.
fn shown(receipt: &Receipt, statement: &Statement) -> Map<String, Json> {
    let line = json!({
        "record": receipt.record,
        "heads": receipt.heads,
        "at": Moment::china(statement.at_ms).rfc3339(),
        "position": statement.position,
        "log": statement.log,
        "server": statement.server,
        "device": statement.device,
        "key": to_text(&receipt.key),
        "receipt": to_text(&receipt.to_bytes()),
    });
    match line {
        Json::Object(line) => line,
        _ => Map::new(),
    }
}

fn sentence(receipt: &Receipt, statement: &Statement, lang: Lang) -> String {
    let at = words::minute(Moment::china(statement.at_ms));
    let heads: Vec<String> = receipt.heads.iter().map(short).collect();
    let (record, server, heads) = (receipt.record, &statement.server, heads.join(" "));
    match lang {
        Lang::Zh => format!("{record} {at} 已存于 {server}（版本 {heads}）"),
        Lang::En => format!("{record} was on {server} at {at} (heads {heads})"),
    }
}

fn short<T: ToString>(long: &T) -> String {
    long.to_string().chars().take(12).collect()
}

/// `verify-receipt FILE`.
pub(super) fn verify(
    command: &VerifyReceiptArgs,
    place: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let wanted = match &command.key {
        Some(text) => Some(key_from_text(text.trim()).ok_or_else(|| no_key(text))?),
        None => place
            .and_then(home::receipt_key)
            .and_then(|text| key_from_text(text.trim())),
    };
    let content = String::from_utf8(read_bytes(&command.file)?).unwrap_or_default();
    let mut lines = content.lines().filter(|line| !line.trim().is_empty());
    let mut is_sound = true;
    let first = lines.next().unwrap_or_default();
    for line in std::iter::once(first).chain(lines) {
        is_sound &= tell(
            prove(line.trim(), wanted.as_ref()),
            wanted.is_some(),
            output,
        )?;
    }
    match is_sound {
        true => Ok(()),
        false => Err(CliError::Told(1)),
    }
}

fn no_key(text: &str) -> CliError {
    let words = format!("{text:?} is not a receipt key: 43 letters of base64url");
    CliError::Problem(Problem::with_detail(ProblemKind::ValueInvalid, words))
}

/// Tells of one receipt whether it holds.
fn tell(proved: Proved, key_trusted: bool, output: &mut Output<'_>) -> Result<bool, CliError> {
    match proved {
        Proved::Holds(receipt, statement) => {
            output.answer(
                || {
                    let mut line = shown(&receipt, &statement);
                    line.remove("receipt");
                    line.insert("valid".to_owned(), true.into());
                    line.insert("key_trusted".to_owned(), key_trusted.into());
                    line.into()
                },
                |lang| holds(&receipt, &statement, key_trusted, lang),
            )?;
            Ok(true)
        }
        Proved::Fails { claimed, why } => {
            let problem = Problem::with_detail(ProblemKind::ReceiptInvalid, why);
            let error = CliError::Problem(problem.clone());
            output.complain(&error)?;
            output.json_only(|| {
                let mut line = claimed;
                line.insert("valid".to_owned(), false.into());
                let problem = serde_json::to_value(&problem).unwrap_or_default();
                line.extend(problem.as_object().cloned().unwrap_or_default());
                line.into()
            })?;
            Ok(false)
        }
    }
}

fn holds(receipt: &Receipt, statement: &Statement, key_trusted: bool, lang: Lang) -> String {
    let said = sentence(receipt, statement, lang);
    let key = to_text(&receipt.key);
    match (lang, key_trusted) {
        (Lang::Zh, true) => format!("回执有效：{said}"),
        (Lang::En, true) => format!("the receipt holds: {said}"),
        (Lang::Zh, false) => format!(
            "签名有效：{said}\n但无法确认密钥属于谁：{key}\n请向服务器管理员核对（fieldwatch-server receipt-key），或用 --key 指定"
        ),
        (Lang::En, false) => format!(
            "the signature holds: {said}\nbut nobody has said whose key this is: {key}\ncompare it with what `fieldwatch-server receipt-key` prints, or give that with --key"
        ),
    }
}
