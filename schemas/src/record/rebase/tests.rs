//! What a re-base must keep: what the record says, what it came to, and the right to merge with what it clashed with.

use proptest::prelude::*;

use super::*;
use crate::field::FieldValue;
use crate::id::EventId;
use crate::record::edit::{Act, Author};
use crate::record::event::NewEvent;
use crate::record::import::Row;
use crate::record::view::View;
use crate::time::Moment;

const RECORD: RecordId = RecordId([1; 16]);

fn author(actor: u8, now_s: i64) -> Author {
    Author {
        actor: Actor([actor; 16]),
        now: Moment::china(now_s * 1000),
        role: None,
    }
}

fn set(path: &str, value: &str) -> Act {
    let field = Kind::Case.field(path).unwrap();
    Act::Set {
        path: path.to_owned(),
        value: field.read_text(path, value).unwrap(),
    }
}

fn happen(kind: &str, id: u8) -> Act {
    Act::Happen(NewEvent {
        id: EventId([id; 16]),
        kind: kind.to_owned(),
        at: Moment::china(0),
        data: [("reason".to_owned(), "1".into())].into_iter().collect(),
    })
}

fn new_case() -> Document {
    let mut case = Document::begin(RECORD, Kind::Case).unwrap();
    case.edit(&author(1, 100), &[set("nature", "complaint")])
        .unwrap();
    case
}

fn merge(into: &mut Document, from: &Document) {
    into.apply(&from.chunks().unwrap()).unwrap();
}

fn clear(ours: &[Chunk], theirs: &[Chunk]) -> Rebased {
    let theirs = Numbers::of(theirs);
    rebase(RECORD, Kind::Case, ours, |chunk| theirs.clash(chunk)).unwrap()
}

fn clashes(theirs: &[Chunk], ours: &Chunk) -> bool {
    Numbers::of(theirs).clash(ours)
}

fn clashing(ours: &[Chunk], theirs: &[Chunk]) -> Vec<u64> {
    let clash = ours.iter().filter(|chunk| clashes(theirs, chunk));
    clash.map(Chunk::seq).collect()
}

/// `copy` re-based where it clashes with `first`, and the two merged.
fn meet(first: &Document, copy: &Document) -> (Rebased, Document) {
    let (ours, theirs) = (copy.chunks().unwrap(), first.chunks().unwrap());
    let rebased = clear(&ours, &theirs);
    let mut both = rebased.document.clone();
    merge(&mut both, first);
    (rebased, both)
}

#[test]
fn copies_that_edited_different_fields_keep_both_and_the_same_field_is_a_conflict() {
    let begun = new_case();
    let (mut first, mut copy) = (begun.clone(), begun.clone());
    for (who, value, phone, time) in [
        (&mut first, "contract", None, 200),
        (&mut copy, "quality", Some("123"), 300),
    ] {
        let acts = [set("problem", value)];
        who.edit(&author(1, time), &acts).unwrap();
        let phone = phone.map(|phone| set("respondent.phone", phone));
        let name = set("narrative", "三月十四日。");
        let acts = [phone.unwrap_or(name)];
        who.edit(&author(1, time + 1), &acts).unwrap();
    }
    assert!(first.clone().apply(&copy.chunks().unwrap()).is_err());
    let (rebased, both) = meet(&first, &copy);
    let view = both.view();
    assert_eq!(view.text("narrative"), Some("三月十四日。"));
    assert_eq!(view.text("respondent.phone"), Some("123"));
    let values: Vec<_> = view.conflicts[0].values.iter().collect();
    assert_eq!(
        values
            .iter()
            .map(|each| (each.value.as_str(), each.at.ms))
            .collect::<Vec<_>>(),
        [(Some("contract"), 200_000), (Some("quality"), 300_000)]
    );
    assert_eq!(rebased.chunks[0], begun.chunks().unwrap()[0]);
    let heir = rebased.actors[&Actor([1; 16])];
    assert!(
        rebased.chunks[1..]
            .iter()
            .all(|chunk| chunk.actor() == heir)
    );
    assert_eq!(rebased.chunks[2].seq(), 2);
}

#[test]
fn a_copy_of_the_copy_comes_to_the_same_changes_so_that_no_event_is_there_twice() {
    let (mut first, mut copy) = (new_case(), new_case());
    first
        .edit(&author(1, 200), &[happen("accepted", 7)])
        .unwrap();
    copy.edit(&author(1, 300), &[happen("withdrawn", 8)])
        .unwrap();
    let mut second = copy.clone();
    copy.edit(&author(1, 400), &[set("problem", "contract")])
        .unwrap();
    second
        .edit(&author(1, 500), &[set("problem", "quality")])
        .unwrap();
    let (_, server) = meet(&first, &copy);
    let (rebased, _) = meet(&first, &second);
    let ours = rebased.chunks.clone();
    assert_eq!(clashing(&ours, &server.chunks().unwrap()), [2]);
    let (rebased, both) = meet(&server, &rebased.document);
    assert_eq!(rebased.chunks.len(), 3);
    assert_eq!(both.view().events.len(), 2);
    assert_eq!(both.view().conflicts[0].values.len(), 2);
}

#[test]
fn work_whose_copies_were_rebased_before_and_went_on_is_rebased_until_nothing_clashes() {
    let (mut server, mut copy) = (new_case(), new_case());
    server
        .edit(&author(1, 200), &[happen("accepted", 7)])
        .unwrap();
    copy.edit(&author(1, 300), &[happen("withdrawn", 8)])
        .unwrap();
    let mut copies = vec![copy; 3];
    for (number, copy) in (4..).zip(&mut copies) {
        // The first of them goes on with the new actor, the next with the one that is new to it, and so on.
        for step in 0..3 {
            let act = set("respondent.phone", &format!("{number}{step}"));
            copy.edit(&author(1, 100 * number + step), &[act]).unwrap();
        }
    }
    for copy in &copies {
        let theirs = server.chunks().unwrap();
        let (rebased, both) = meet(&server, copy);
        assert!(clashing(&rebased.chunks, &theirs).is_empty());
        // Whoever is refused again and again, and re-bases each time, comes to the same.
        let mut by_and_by = copy.chunks().unwrap();
        while let Some(first) = by_and_by.iter().find(|&each| clashes(&theirs, each)) {
            let (who, seq) = (first.actor(), first.seq());
            let from = |chunk: &Chunk| chunk.actor() == who && chunk.seq() >= seq;
            by_and_by = rebase(RECORD, Kind::Case, &by_and_by, from).unwrap().chunks;
        }
        assert_eq!(rebased.chunks, by_and_by);
        // Who wrote in the end, by the name of every writer on the way.
        let last = rebased.chunks.last().unwrap().actor();
        assert_eq!(rebased.actors[&Actor([1; 16])], last);
        assert!(rebased.actors.values().all(|heir| *heir == last));
        server = both;
    }
    let view = server.view();
    assert_eq!(view.events.len(), 2);
    assert_eq!(view.conflicts[0].values.len(), 3);
}

#[test]
fn what_another_writer_made_upon_it_is_mapped_along_and_keeps_its_writer() {
    let (mut first, mut copy) = (new_case(), new_case());
    let text = |text: &str| [set("narrative", text)];
    first.edit(&author(1, 200), &text("一台冰箱")).unwrap();
    copy.edit(&author(1, 300), &text("一台洗衣机")).unwrap();
    copy.edit(&author(2, 400), &text("一台旧洗衣机，漏水"))
        .unwrap();
    let (rebased, both) = meet(&first, &copy);
    assert_eq!(rebased.chunks[2].actor(), Actor([2; 16]));
    assert_eq!(rebased.chunks[2].deps(), [rebased.chunks[1].hash()]);
    assert_eq!(
        rebased.document.view().text("narrative"),
        Some("一台旧洗衣机，漏水")
    );
    let merged = both.view().text("narrative").unwrap().to_owned();
    assert!(merged.contains('冰') && merged.contains('漏'), "{merged}");
}

#[test]
fn equal_rows_never_clash_and_stay_as_they_are() {
    let text = |value: &str| FieldValue::Scalar(crate::field::Scalar::Text(value.to_owned()));
    let row = Row {
        record: RECORD,
        kind: Kind::Case,
        fields: BTreeMap::from([("nature".to_owned(), text("complaint"))]),
        raw: BTreeMap::new(),
        events: Vec::new(),
    };
    let (begun, _) = row.change().unwrap();
    let (mut first, mut copy) = (begun.clone(), begun.clone());
    first
        .edit(&author(1, 200), &[set("problem", "contract")])
        .unwrap();
    copy.edit(&author(1, 300), &[set("problem", "quality")])
        .unwrap();
    let (rebased, _) = meet(&first, &copy);
    assert_eq!(rebased.chunks[0], begun.chunks().unwrap()[0]);
    assert_eq!(rebased.actors.len(), 1);
}

/// What one of four does next: the phone, its copy, and somebody whom each of the two meets.
#[derive(Debug, Clone)]
enum Move {
    Edit(usize, usize),
    Meet(bool, bool),
}

fn moves(max: usize) -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => (0..4_usize, 0..200_usize).prop_map(|(who, what)| Move::Edit(who, what)),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(copy, back)| Move::Meet(copy, back)),
    ];
    prop::collection::vec(one, 0..max)
}

fn act(what: usize, id: u8) -> Act {
    match what % 5 {
        0 => set("problem", ["contract", "quality", "price"][what % 3]),
        1 => set("narrative", &format!("第{what}次补充")),
        2 => set("respondent.phone", &what.to_string()),
        _ => {
            let some = ["accepted", "withdrawn", "closed", "reopened", "agreed"];
            happen(some[what % some.len()], id)
        }
    }
}

/// `people`: the phone, its copy, whom the phone meets, whom the copy meets.
fn play(people: &mut [Document; 4], moves: &[Move], first_id: usize) {
    for (step, each) in moves.iter().enumerate() {
        match *each {
            Move::Edit(who, what) => {
                let id = u8::try_from(first_id + 4 * step + who).unwrap();
                let actor = [1, 1, 3, 4][who];
                let now_s = i64::try_from(1000 + 10 * step + who).unwrap();
                drop(people[who].edit(&author(actor, now_s), &[act(what, id)]));
            }
            Move::Meet(copy, back) => {
                let (mut from, mut to) = (usize::from(copy), 2 + usize::from(copy));
                if back {
                    (from, to) = (to, from);
                }
                let seen = people[from].clone();
                merge(&mut people[to], &seen);
            }
        }
    }
}

/// What a view says, whoever wrote it: of conflicts both values, of texts that two wrote at once the letters.
fn said(view: &View) -> String {
    let mut fields = serde_json::Value::from(view.fields.clone());
    let mut conflicts = Vec::new();
    for conflict in &view.conflicts {
        let place = format!("/{}", conflict.path.replace('.', "/"));
        *fields.pointer_mut(&place).unwrap() = "either".into();
        let mut values: Vec<_> = conflict
            .values
            .iter()
            .map(|each| format!("{} {}", each.value, each.at.ms))
            .collect();
        values.sort();
        conflicts.push((conflict.path.clone(), values));
    }
    let narrative = fields["narrative"].take();
    let mut letters: Vec<char> = narrative.as_str().unwrap_or_default().chars().collect();
    letters.sort_unstable();
    let events = view.events.iter().zip(&view.folded.contested);
    let events = events.map(|(event, contested)| (event.id, &event.kind, event.counter, contested));
    let events: Vec<_> = events.collect();
    format!(
        "{fields:?} {conflicts:?} {letters:?} {events:?} {}",
        view.status()
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rebased_record_says_what_it_said_and_merges_with_what_it_clashed_with(
        before in moves(8), after in moves(24),
    ) {
        let mut people = [new_case(), new_case(), new_case(), new_case()];
        play(&mut people, &before, 10);
        people[1] = people[0].clone();
        people[3] = people[2].clone();
        play(&mut people, &after, 80);
        let [phone, copy, bob, carol] = &people;
        // Whom the copy met may have met the phone before: their changes clash just as its own do.
        let mut server = phone.clone();
        merge(&mut server, bob);
        let (ours, theirs) = (copy.chunks().unwrap(), server.chunks().unwrap());
        let rebased = clear(&ours, &theirs);
        prop_assert_eq!(said(&rebased.document.view()), said(&copy.view()));
        prop_assert!(clashing(&rebased.chunks, &theirs).is_empty());
        let (_, both) = meet(&server, copy);
        let events = |of: &Document| of.events().into_iter().map(|event| event.id).collect::<Vec<_>>();
        for event in events(copy).into_iter().chain(events(&server)) {
            prop_assert_eq!(events(&both).iter().filter(|each| **each == event).count(), 1);
        }
        // Whom the copy met holds its old changes, and comes to the same new ones.
        let theirs = both.chunks().unwrap();
        let (rebased, all) = meet(&both, carol);
        prop_assert!(clashing(&rebased.chunks, &theirs).is_empty());
        let copied = carol.chunks().unwrap().iter().filter(|chunk| copy.has(chunk.hash())).count();
        let kept = rebased.chunks.iter().filter(|chunk| both.has(chunk.hash())).count();
        prop_assert!(kept >= copied, "{kept} of {copied}");
        prop_assert!(all.chunks().unwrap().len() >= theirs.len());
    }
}
