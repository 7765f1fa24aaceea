//! Nothing that a person reads is without a label, in either language.

use fieldwatch_schemas::code::{Lang, list};
use fieldwatch_schemas::field::Shape;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::label;

/// A Chinese label is Chinese, an English one is ASCII, and neither is just the name.
fn prove(what: &str, name: &str, zh: &str, en: &str) {
    assert!(!zh.is_ascii() && zh.trim() == zh, "{what} {name}: {zh:?}");
    assert!(
        en.is_ascii() && en.trim() == en && !en.is_empty(),
        "{what} {name}: {en:?}"
    );
    assert!(!en.contains('_'), "{what} {name}: {en:?}");
}

#[test]
fn every_kind_field_status_event_and_datum_has_a_label_in_both_languages() {
    let both = |say: &dyn Fn(Lang) -> String| (say(Lang::Zh), say(Lang::En));
    for kind in Kind::ALL {
        let (zh, en) = both(&|lang| label::kind(kind, lang).to_owned());
        prove("kind", kind.name(), &zh, &en);
        for field in kind.table().fields {
            let mut paths = vec![field.path.to_owned()];
            if let Shape::Entries(inner) = field.shape {
                paths.extend(
                    inner
                        .iter()
                        .map(|inner| format!("{}.a1.{}", field.path, inner.path)),
                );
            }
            for path in paths {
                let (zh, en) = both(&|lang| label::field(kind, &path, lang).to_owned());
                prove(kind.name(), &path, &zh, &en);
            }
        }
        let life_cycle = kind.table().life_cycle;
        for status in life_cycle.statuses() {
            let (zh, en) = both(&|lang| label::status(kind, status, lang).to_owned());
            prove(kind.name(), status, &zh, &en);
        }
        for event in life_cycle.event_names() {
            let (zh, en) = both(&|lang| label::event(kind, event, lang).to_owned());
            prove(kind.name(), event, &zh, &en);
        }
        for datum in life_cycle.data {
            let key = datum.field.path;
            let (zh, en) = both(&|lang| label::datum(kind, datum.event, key, lang).to_owned());
            prove(datum.event, key, &zh, &en);
        }
    }
}

#[test]
fn every_list_of_codes_that_a_field_or_an_event_names_is_there() {
    let codes = |shape: Shape| match shape {
        Shape::Code(name) | Shape::Codes(name) => Some(name),
        _ => None,
    };
    for kind in Kind::ALL {
        let table = kind.table();
        for field in table.fields {
            let inner: &[_] = match field.shape {
                Shape::Entries(inner) => inner,
                _ => &[],
            };
            for name in inner
                .iter()
                .chain([field])
                .filter_map(|field| codes(field.shape))
            {
                assert!(list(name).is_some(), "{kind}.{}: {name}", field.path);
            }
        }
        for datum in table.life_cycle.data {
            let name = codes(datum.field.shape);
            assert!(name.is_none_or(|name| list(name).is_some()), "{name:?}");
        }
    }
}

#[test]
fn what_a_newer_device_wrote_is_called_by_its_name() {
    assert_eq!(label::field(Kind::Case, "smell", Lang::Zh), "smell");
    assert_eq!(label::status(Kind::Case, "smelled", Lang::En), "smelled");
    assert_eq!(label::event(Kind::Lead, "smell", Lang::Zh), "smell");
    assert_eq!(
        label::datum(Kind::Lead, "replied", "smell", Lang::En),
        "smell"
    );
}
