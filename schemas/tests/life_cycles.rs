//! Every transition, allowed and refused, of every life cycle, against tables that are written by hand; and the pages under
//! `docs/life-cycles/`.
//!
//! `FW_BLESS=1 cargo test -p fieldwatch-schemas --test life_cycles` makes the pages anew; the tables are never made.

#[cfg(test)]
#[path = "life_cycles/contests.rs"]
mod contests;
#[cfg(test)]
#[path = "life_cycles/matrix.rs"]
mod matrix;
#[cfg(test)]
#[path = "samples/record.rs"]
mod sample;
#[cfg(test)]
#[path = "life_cycles/walked.rs"]
mod walked;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::status::{EventError, Next, Role, SETTLED_CONTEST, diagram};

use matrix::Matrix;

#[test]
fn the_tables_have_the_statuses_the_events_and_the_beginning_that_are_written_down() {
    for kind in Kind::ALL {
        let matrix = Matrix::of(kind);
        let life_cycle = kind.table().life_cycle;
        assert_eq!(life_cycle.first, matrix.first, "{kind}");
        let statuses: BTreeSet<&str> = life_cycle.statuses().into_iter().collect();
        assert_eq!(statuses, matrix.statuses(), "{kind}");
        let mut events: BTreeSet<&str> = life_cycle.event_names().into_iter().collect();
        let settles = events.remove(SETTLED_CONTEST);
        assert_eq!(settles, !events.is_empty(), "{kind}");
        assert_eq!(events, matrix.events(), "{kind}");
    }
}

#[test]
fn every_event_leads_from_every_status_where_it_is_written_down_and_is_refused_elsewhere() {
    let mut seen = 0;
    for kind in Kind::ALL {
        let matrix = Matrix::of(kind);
        let life_cycle = kind.table().life_cycle;
        for status in life_cycle.statuses() {
            for event in life_cycle.event_names() {
                if event == SETTLED_CONTEST {
                    continue;
                }
                seen += 1;
                let wanted = matrix.next(status, event);
                match life_cycle.rule(event, status) {
                    Ok(rule) => {
                        let next = match rule.next {
                            Next::Stay => status,
                            Next::To(next) => next,
                        };
                        assert_eq!(Some(next), wanted, "{kind}: {event} from {status}");
                    }
                    Err(EventError::Illegal { legal, .. }) => {
                        assert_eq!(None, wanted, "{kind}: {event} from {status}");
                        let legal: BTreeSet<&str> = legal.into_iter().collect();
                        assert_eq!(legal, matrix.legal(status), "{kind}: {status}");
                    }
                    Err(other) => panic!("{kind}: {event} from {status}: {other}"),
                }
            }
        }
    }
    assert!(seen > 1_000, "{seen} transitions");
}

#[test]
fn every_event_is_for_the_roles_that_are_written_down() {
    let roles = [
        Role::Volunteer,
        Role::StationStaff,
        Role::Coordinator,
        Role::EnterpriseContact,
        Role::Auditor,
        Role::Administrator,
    ];
    for kind in Kind::ALL {
        let matrix = Matrix::of(kind);
        for event in matrix.events() {
            for role in roles {
                let allowed = kind.table().life_cycle.allows(event, role);
                let wanted = matrix.is_for(event, role.name());
                assert_eq!(allowed, wanted, "{kind}: {event} by {}", role.name());
            }
        }
    }
}

#[test]
fn every_key_that_an_event_needs_is_in_the_table_of_data_and_every_row_belongs_to_an_event() {
    for kind in Kind::ALL {
        let life_cycle = kind.table().life_cycle;
        for rule in life_cycle.rules {
            for key in rule.needs {
                let datum = life_cycle.datum(rule.event, key);
                assert!(datum.is_some(), "{kind}: {} {key}", rule.event);
            }
        }
        for datum in life_cycle.data {
            let is_known = life_cycle.knows(datum.event);
            assert!(is_known, "{kind}: {}.{}", datum.event, datum.field.path);
        }
    }
}

#[test]
fn the_pages_of_the_life_cycles_are_as_the_tables() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/life-cycles");
    for kind in Kind::ALL {
        if kind.table().life_cycle.rules.is_empty() {
            continue;
        }
        let path = folder.join(format!("{kind}.md"));
        let made = diagram::page(kind);
        if std::env::var_os("FW_BLESS").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &made).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(made, kept, "{} is stale", path.display());
    }
}
