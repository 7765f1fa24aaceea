//! One line with a receipt in it: does it hold, and is what stands beside it what was signed?

use fieldwatch_schemas::sync::receipt::{Receipt, Statement};
use serde_json::{Map, Value as Json};

use super::shown;
use crate::receipt::{from_text, verify};

/// What became of a line.
pub(super) enum Proved {
    Holds(Box<Receipt>, Box<Statement>),
    Fails {
        /// What the line says, as far as it can be read.
        claimed: Map<String, Json>,
        why: String,
    },
}

/// Proves a line: a JSON object with a `receipt`, or the text of one. `wanted` is the only key that counts, where one is known.
pub(super) fn prove(line: &str, wanted: Option<&[u8; 32]>) -> Proved {
    let beside: Map<String, Json> = match line.starts_with('{') {
        true => serde_json::from_str(line).unwrap_or_default(),
        false => Map::from_iter([("receipt".to_owned(), line.into())]),
    };
    match check(&beside, wanted) {
        Ok((receipt, statement)) => Proved::Holds(Box::new(receipt), Box::new(statement)),
        Err(why) => {
            let claims = ["record", "heads", "at"];
            let claim = |name: &str| {
                (
                    name.to_owned(),
                    beside.get(name).cloned().unwrap_or_default(),
                )
            };
            Proved::Fails {
                claimed: claims.into_iter().map(claim).collect(),
                why,
            }
        }
    }
}

fn check(
    beside: &Map<String, Json>,
    wanted: Option<&[u8; 32]>,
) -> Result<(Receipt, Statement), String> {
    let text = beside.get("receipt").and_then(Json::as_str);
    let text = text.ok_or("there is no receipt in it")?;
    let bytes = from_text(text).ok_or("the receipt is not base64url")?;
    let told = |error: fieldwatch_schemas::sync::receipt::ReceiptError| error.to_string();
    let receipt = Receipt::read(&bytes).map_err(told)?;
    let statement = verify(&receipt).map_err(told)?;
    if wanted.is_some_and(|wanted| *wanted != receipt.key) {
        return Err("it was signed with another key than this server's".to_owned());
    }
    let signed = shown(&receipt, &statement);
    let differs =
        |(name, value): &(&String, &Json)| beside.get(*name).is_some_and(|it| it != *value);
    match signed.iter().find(differs) {
        None => Ok((receipt, statement)),
        Some((name, _)) => Err(format!("`{name}` is not what was signed")),
    }
}
