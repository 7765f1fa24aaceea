//! 受理回执: made for a case that is on this device, with no network; printed as text and a QR code, now and whenever it is shown.
//!
//! Its number is the station's id, the day, and six letters and digits that follow from the case and the moment
//! (`schemas`: `acknowledgement`), so that two devices of a station that never met do not give one number twice. The number, the code
//! and the station follow from the case and cannot be given.

use fieldwatch_schemas::acknowledgement::{acts, page};
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::time::Moment;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use super::error::CliError;
use super::home::Home;
use crate::replica::{Filter, Shown};

/// What the printed head of an acknowledgement says about its station.
const STATION_NAME: &str = "station_name";
const STATION: [&str; 2] = [STATION_NAME, "station_phone"];

/// Fills in everything that follows from the case.
pub(super) fn fill_in(home: &Home, given: &mut Vec<Act>) -> Result<(), CliError> {
    let text = |path: &str| given.iter().find_map(|act| text_of(act, path));
    let case: RecordId = text("case").ok_or(CliError::NoCase)?.parse()?;
    if let Some(path) = ["number", "qr", "station"]
        .into_iter()
        .find(|path| sets(given, path))
    {
        return Err(CliError::Follows(path));
    }
    let view = home.replica().view(case)?.view;
    if view.kind != Kind::Case {
        return Err(CliError::CaseWanted(case));
    }
    let station = match view.text("station") {
        Some(station) => station.to_owned(),
        None => super::record::station(home.replica())?,
    };
    let issued = given.iter().find_map(issued_at).unwrap_or(home.now());
    let head = head_of(home, &station)?;
    let follows = acts(case, &station, issued).into_iter().chain(head);
    let missing: Vec<Act> = follows
        .filter(|act| !path_of(act).is_some_and(|path| sets(given, path)))
        .collect();
    given.extend(missing);
    Ok(())
}

/// The station's name as the server tells it, and beside it what the last acknowledgement on this device says.
fn head_of(home: &Home, station: &str) -> Result<Vec<Act>, CliError> {
    let mut head = last_head_of(home, station)?;
    let is_named = head.iter().any(|act| path_of(act) == Some(STATION_NAME));
    if let Some(card) = home.replica().station(station)?.filter(|_| !is_named) {
        head.push(Act::Set {
            path: STATION_NAME.to_owned(),
            value: FieldValue::Scalar(Scalar::Text(card.name)),
        });
    }
    Ok(head)
}

fn last_head_of(home: &Home, station: &str) -> Result<Vec<Act>, CliError> {
    let last = Filter {
        kind: Some(Kind::Acknowledgement),
        limit: 1,
        ..Filter::default()
    };
    let Some(last) = home.replica().list(&last)?.into_iter().next() else {
        return Ok(Vec::new());
    };
    let view = home.replica().view(last.record)?.view;
    let is_same = view.text("station") == Some(station);
    let said = |path: &'static str| Some((path, view.text(path).filter(|_| is_same)?.to_owned()));
    let set = |(path, text): (&str, String)| Act::Set {
        path: path.to_owned(),
        value: FieldValue::Scalar(Scalar::Text(text)),
    };
    Ok(STATION.into_iter().filter_map(said).map(set).collect())
}

fn path_of(act: &Act) -> Option<&str> {
    match act {
        Act::Set { path, .. } => Some(path),
        _ => None,
    }
}

fn sets(acts: &[Act], path: &str) -> bool {
    acts.iter().any(|act| path_of(act) == Some(path))
}

fn text_of(act: &Act, wanted: &str) -> Option<String> {
    match act {
        Act::Set {
            path,
            value: FieldValue::Scalar(Scalar::Text(text)),
        } if path == wanted => Some(text.clone()),
        _ => None,
    }
}

fn issued_at(act: &Act) -> Option<Moment> {
    match act {
        Act::Set {
            path,
            value: FieldValue::Scalar(Scalar::Time(ms)),
        } if path == "issued_at" => Some(Moment::china(*ms)),
        _ => None,
    }
}

/// The page without the picture, for programs; `None` for other kinds.
pub(super) fn text(shown: &Shown, lang: Lang) -> Option<String> {
    (shown.view.kind == Kind::Acknowledgement).then(|| page(&shown.view, lang))
}

/// The page to hand over: text, and below it the code as a picture; `None` for other kinds.
pub(super) fn printed(shown: &Shown, lang: Lang) -> Option<String> {
    let text = text(shown, lang)?;
    Some(format!("{text}\n{}", picture(&shown.view)))
}

fn picture(view: &View) -> String {
    let line = view.text("qr").unwrap_or_default();
    let code = QrCode::new(line).map(|code| {
        // Terminals are dark: what is light in the code is drawn.
        let mut picture = code.render::<Dense1x2>();
        picture
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark);
        picture.build()
    });
    code.unwrap_or_default()
}
