//! What comes back below vouched heads, and what does not.

use super::*;
use crate::checklist::published::Shipped;
use crate::feed::Standing;
use crate::id::{DeviceId, RecordId};
use crate::kind::Kind;
use crate::record::edit::{Act, Author};
use crate::status::Role;
use crate::sync::push::Policy;
use crate::sync::vouch::Mac;
use crate::time::Moment;

const OWNER: PersonId = PersonId([7; 16]);

fn region_of(_: &str) -> Option<String> {
    Some("330106".to_owned())
}

fn edit(document: &mut Document, actor: u8, path: &str, value: &str) -> Chunk {
    let author = Author {
        actor: Actor([actor; 16]),
        now: Moment::china(1_700_000_000_000),
        role: None,
    };
    let field = Kind::Case.field(path).unwrap();
    let value = field.read_text(path, value).unwrap();
    let path = path.to_owned();
    let acts = [Act::Set { path, value }];
    document.edit(&author, &acts).unwrap().unwrap()
}

/// A case that alice (1) made and bob (2) edited.
fn case() -> Document {
    let id = RecordId::random([5; 16]);
    let mut document = Document::begin(id, Kind::Case).unwrap();
    edit(&mut document, 1, "nature", "complaint");
    edit(&mut document, 1, "station", "330106-0012");
    edit(&mut document, 2, "narrative", "bob wrote");
    document
}

fn pushed(document: &Document) -> Pushed {
    let chunks = document.chunks().unwrap().into_iter();
    Pushed {
        record: document.id(),
        kind: "case".to_owned(),
        changes: chunks.map(|chunk| chunk.into_bytes().into()).collect(),
        vouched: None,
    }
}

fn vouched(heads: Vec<Hash>, actor: Option<u8>) -> Vouched {
    Vouched {
        heads,
        mac: Mac([0; 16]),
        actor: actor.map(|actor| Actor([actor; 16])),
    }
}

fn healed(
    pushed: &Pushed,
    vouched: &Vouched,
    held: Option<&Accepted>,
) -> Result<Option<Healed>, Refusal> {
    // Nothing is granted to who brings it: an auditor of another place.
    let standing = Standing {
        person: PersonId([3; 16]),
        role: Role::Auditor,
        station: None,
        region: None,
        further_stations: Vec::new(),
    };
    let asker = Asker {
        device: DeviceId([3; 16]),
        standing: &standing,
        grants: &[],
        policy: Policy::Judged,
    };
    let court = Court {
        station_region: &region_of,
        checklists: &Shipped,
        people: &|_| None,
    };
    let held = held.map(|held| Held {
        document: &held.document,
        owner: held.owner,
        writers: &held.writers,
        size_bytes: 0,
        changes: 0,
        proved: None,
    });
    heal(pushed, vouched, held, OWNER, &asker, &court)
}

#[test]
fn whoever_brings_it_what_lies_below_vouched_heads_comes_back_with_its_maker() {
    let document = case();
    let vouched = vouched(document.heads(), Some(2));
    let healed = healed(&pushed(&document), &vouched, None).unwrap().unwrap();
    let accepted = healed.accepted.unwrap();
    assert_eq!(accepted.document.heads(), document.heads());
    assert_eq!((accepted.owner, accepted.fresh.len()), (OWNER, 3));
    assert!(healed.rest.changes.is_empty());
    let bound = |actor: u8| {
        let mut writers = accepted.writers.iter();
        let writer = writers.find(|writer| writer.actor == Actor([actor; 16]));
        writer.map(|writer| (writer.is_nobodys(), writer.seq))
    };
    assert_eq!(bound(1), Some((true, 2)), "whose it is was lost");
    assert_eq!(bound(2), Some((false, 1)), "the mark covers it");
}

#[test]
fn what_lies_above_the_vouched_heads_is_left_to_be_judged() {
    let mut document = case();
    let vouched = vouched(document.heads(), None);
    edit(&mut document, 3, "narrative", "and more");
    let healed = healed(&pushed(&document), &vouched, None).unwrap().unwrap();
    assert_eq!(healed.covered.len(), 3);
    assert_eq!(healed.rest.changes.len(), 1);
    assert_eq!(healed.accepted.unwrap().document.heads(), vouched.heads);
}

#[test]
fn what_is_held_already_is_not_taken_twice_and_an_unbound_actor_finds_its_device() {
    let document = case();
    let first = vouched(document.heads(), None);
    let held = healed(&pushed(&document), &first, None).unwrap().unwrap();
    let held = held.accepted.unwrap();
    let again = healed(&pushed(&document), &first, Some(&held)).unwrap();
    assert!(again.unwrap().accepted.is_none());
    let own = vouched(document.heads(), Some(1));
    let claimed = healed(&pushed(&document), &own, Some(&held)).unwrap();
    let claimed = claimed.unwrap().accepted.unwrap();
    assert!(claimed.fresh.is_empty());
    let alice = claimed.writers.iter().find(|w| w.actor == Actor([1; 16]));
    assert_eq!(alice.unwrap().device, DeviceId([3; 16]));
    let other = vouched(document.heads(), Some(1));
    let again = healed(&pushed(&document), &other, Some(&claimed)).unwrap();
    assert!(again.unwrap().accepted.is_none(), "it is bound for good");
}

#[test]
fn heads_that_nothing_brought_leads_to_show_nothing() {
    let document = case();
    let mut cut = pushed(&document);
    cut.changes.remove(1);
    let vouched = vouched(document.heads(), None);
    assert!(healed(&cut, &vouched, None).unwrap().is_none());
}

#[test]
fn a_number_that_another_change_has_taken_since_is_refused() {
    let document = case();
    let mut other = Document::begin(document.id(), Kind::Case).unwrap();
    edit(&mut other, 1, "nature", "tip_off");
    edit(&mut other, 1, "station", "330106-0012");
    let first = vouched(other.heads(), None);
    let held = healed(&pushed(&other), &first, None).unwrap().unwrap();
    let vouched = vouched(document.heads(), None);
    let refused = healed(&pushed(&document), &vouched, held.accepted.as_ref());
    assert_eq!(refused.unwrap_err().problem, ProblemKind::ActorReused);
}

#[test]
fn the_first_of_what_goes_heads_first_is_a_part_that_leads_down_from_the_heads() {
    let mut document = case();
    let marked = vouched(document.heads(), None);
    let own = edit(&mut document, 3, "narrative", "and more");
    let mut pushed = pushed(&document);
    pushed.vouched = Some(marked.clone());
    let mut turned = heads_first(&pushed);
    assert_eq!(in_causal_order(&turned).changes, pushed.changes);
    let last = turned.changes.pop().unwrap();
    assert_eq!(
        last.as_slice(),
        own.bytes(),
        "what no mark covers goes last"
    );
    for count in 1..turned.changes.len() {
        let mut some = turned.clone();
        some.changes.truncate(count);
        let part = part(&some, &marked, None, |_| None).unwrap();
        assert_eq!(
            part.brought.len(),
            count,
            "all of it is known to be the server's"
        );
        assert_eq!(part.descent.lacking.len(), 1);
        let next = Chunk::parse(turned.changes[count].to_vec()).unwrap();
        assert_eq!(part.descent.lacking, [next.hash()]);
    }
    // The oldest first leads nowhere.
    let mut oldest = pushed;
    oldest.changes.truncate(2);
    let part = part(&oldest, &marked, None, |_| None).unwrap();
    assert_eq!(
        (part.brought.len(), part.descent.lacking),
        (0, marked.heads)
    );
}

#[test]
fn what_is_brought_twice_and_in_any_order_is_put_in_causal_order_once() {
    let mut first = Document::begin(RecordId::random([5; 16]), Kind::Case).unwrap();
    let one = edit(&mut first, 1, "nature", "complaint");
    let two = edit(&mut first, 1, "station", "330106-0012");
    let all = [two, one.clone(), one];
    let changes = all.into_iter().map(|chunk| chunk.into_bytes().into());
    let pushed = Pushed {
        changes: changes.collect(),
        ..pushed(&first)
    };
    let ordered = in_causal_order(&pushed);
    assert_eq!(ordered.changes.len(), 2, "each once");
    assert_eq!(ordered.changes[1], pushed.changes[0]);
}
