//! Laws of the checklist engine: whatever the expression and the answers, it ends, stays within its limits and says the same.

use std::collections::BTreeMap;

use fieldwatch_schemas::checklist::{
    Answers, Checklist, Choice, Context, Definition, DefinitionError, EvaluateError, Evaluation,
    Item, Kind, Severity, Words, evaluate, limits, read_xlsx,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: Context = Context {
    today: jiff::civil::Date::constant(2024, 7, 1),
    now_ms: 1_719_799_200_000,
    offset_minutes: 480,
};

fn item(name: &str, kind: Kind, parent: Option<usize>) -> Item {
    Item {
        name: name.to_owned(),
        kind,
        parent,
        ..Item::default()
    }
}

/// A form with one question of each interesting kind, a repeat, and three places for expressions.
fn definition(expressions: &[String; 3]) -> Definition {
    let list = |item: Item| Item {
        list_name: Some("l".to_owned()),
        weight: Some(2.0),
        ..item
    };
    let choice = |name: &str, score| Choice {
        name: name.to_owned(),
        score,
        ..Choice::default()
    };
    let items = vec![
        item("t", Kind::Text, None),
        item("n", Kind::Integer, None),
        list(item("s", Kind::SelectOne, None)),
        list(item("m", Kind::SelectMultiple, None)),
        item("d", Kind::Date, None),
        item("w", Kind::DateTime, None),
        item("g", Kind::Geopoint, None),
        item("r", Kind::Repeat, None),
        item("x", Kind::Decimal, Some(7)),
        Item {
            calculation: Some(expressions[0].clone()),
            ..item("c", Kind::Calculate, Some(7))
        },
        Item {
            calculation: Some(expressions[1].clone()),
            ..item("k", Kind::Calculate, None)
        },
        Item {
            relevant: Some(expressions[1].clone()),
            constraint: Some(expressions[2].clone()),
            score: Some(expressions[2].clone()),
            required: Some(expressions[0].replace(['x', '.'], "1")),
            weight: Some(1.0),
            ..item("q", Kind::Integer, None)
        },
    ];
    let lists = BTreeMap::from([(
        "l".to_owned(),
        vec![
            choice("a", Some(1.0)),
            choice("b", Some(0.0)),
            choice("na", None),
        ],
    )]);
    Definition {
        id: "p".to_owned(),
        version: "1".to_owned(),
        default_language: "default".to_owned(),
        pass_mark: 60.0,
        items,
        lists,
        ..Definition::default()
    }
}

fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_i64..1_000_000).prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(|number| format!("{:.3}", number.abs())),
        "[a-zA-Z0-9 :\u{4e00}-\u{4e10}-]{0,12}".prop_map(|text| format!("'{text}'")),
        Just("'2024-02-29'".to_owned()),
        Just("'2024-02-29T23:59:59.999+14:00'".to_owned()),
        Just("'9999-12-31'".to_owned()),
        Just("30 120".to_owned()).prop_map(|text| format!("'{text}'")),
        Just(".".to_owned()),
        prop::sample::select(vec!["t", "n", "s", "m", "d", "w", "g", "x"])
            .prop_map(|name| format!("${{{name}}}")),
    ]
}

const OPERATORS: [&str; 13] = [
    "+", "-", "*", " div ", " mod ", "=", "!=", "<", "<=", ">", ">=", " and ", " or ",
];
/// Functions of one value, of two and of three.
const ONE: &str = "string number boolean not int round floor ceiling abs sqrt exp exp10 log log10 sin acos string-length \
    count-selected normalize-space date date-time decimal-date-time decimal-time once boolean-from-string area distance count \
    count-non-empty sum min max";
const TWO: &str = "selected selected-at contains starts-with ends-with substr substring-before substring-after regex pow round \
    atan2 format-date format-date-time coalesce concat join min max sum distance";
const THREE: &str = "if translate substr concat coalesce join";

fn named(names: &'static str) -> impl Strategy<Value = &'static str> {
    prop::sample::select(names.split_whitespace().collect::<Vec<_>>())
}

fn expression() -> impl Strategy<Value = String> {
    leaf().prop_recursive(6, 48, 4, |inner| {
        let (one, two, three) = (inner.clone(), inner.clone(), inner.clone());
        prop_oneof![
            (
                two.clone(),
                prop::sample::select(OPERATORS.to_vec()),
                inner.clone()
            )
                .prop_map(|(left, operator, right)| format!("{left}{operator}{right}")),
            (named(ONE), one).prop_map(|(name, one)| format!("{name}({one})")),
            (named(TWO), two, inner.clone())
                .prop_map(|(name, one, two)| format!("{name}({one}, {two})")),
            (named(THREE), three, inner.clone(), inner.clone())
                .prop_map(|(name, one, two, three)| format!("{name}({one}, {two}, {three})")),
            inner
                .clone()
                .prop_map(|one| format!("indexed-repeat(${{x}}, ${{r}}, {one})")),
            inner.clone().prop_map(|one| format!("-({one})")),
            inner.prop_map(|one| format!("({one})")),
        ]
    })
}

fn answer() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,16}".prop_map(Value::from),
        prop::sample::select(vec![
            "a",
            "b",
            "na",
            "a b",
            "2024-02-29",
            "2024-07-01T10:00:00Z",
            "30 120 0 0",
            "7"
        ])
        .prop_map(Value::from),
        prop::collection::vec(prop::sample::select(vec!["a", "b", "zz"]), 0..4)
            .prop_map(Value::from),
        Just(json!({"lat": 1e308, "lon": -0.0})),
    ]
}

fn answers() -> impl Strategy<Value = Vec<(String, Value)>> {
    let path = prop_oneof![
        prop::sample::select(vec!["t", "n", "s", "m", "d", "w", "g", "q", "k"])
            .prop_map(str::to_owned),
        (0_u64..6).prop_map(|turn| format!("r[{turn}].x")),
        any::<u64>().prop_map(|turn| format!("r[{turn}].c")),
        "[a-z\\[\\].0-9]{0,8}",
    ];
    prop::collection::vec((path, answer()), 0..16)
}

/// The checklist, if the expressions make sense.
fn checklist(expressions: &[String; 3]) -> Option<Checklist> {
    Checklist::try_from(definition(expressions)).ok()
}

fn is_within_limits(evaluation: &Evaluation) -> bool {
    let score = evaluation
        .score
        .is_none_or(|score| (0.0..=100.0).contains(&score));
    let texts = evaluation
        .calculated
        .values()
        .filter_map(Value::as_str)
        .all(|text| text.len() <= limits::TEXT_BYTES_MAX);
    score
        && texts
        && evaluation.progress.percent <= 100
        && evaluation.progress.answered <= evaluation.progress.asked
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_expression_on_any_answers_ends_within_the_limits(
        expressions in prop::array::uniform3(expression()),
        answers in answers(),
    ) {
        if let Some(checklist) = checklist(&expressions) {
            let answers: Answers = answers.into_iter().collect();
            if let Ok(evaluation) = evaluate(&checklist, &answers, &NOW) {
                prop_assert!(is_within_limits(&evaluation), "{evaluation:?}");
            }
        }
    }

    #[test]
    fn any_text_is_an_expression_or_a_refusal(text in ".{0,64}") {
        match Checklist::try_from(definition(&[text.clone(), text.clone(), text])) {
            Ok(checklist) => prop_assert_eq!(checklist.definition().items.len(), 12),
            Err(DefinitionError(faults)) => prop_assert!(faults.iter().any(|fault| fault.severity == Severity::Error)),
        }
    }

    #[test]
    fn the_order_in_which_answers_were_given_or_merged_does_not_matter(
        expressions in prop::array::uniform3(expression()),
        answers in answers(),
        seed in any::<u64>(),
        cut in 0_usize..16,
    ) {
        let Some(checklist) = checklist(&expressions) else { return Ok(()) };
        // Last writes are settled before, as merging does; then two devices give their halves in either order.
        let settled: Answers = answers.into_iter().collect();
        let mut shuffled: Vec<(String, Value)> = settled.clone().into_iter().collect();
        shuffled.sort_by_key(|(path, _)| path.bytes().fold(seed, |hash, byte| hash.rotate_left(5) ^ u64::from(byte)));
        let cut = cut.min(shuffled.len());
        let (one, other) = shuffled.split_at(cut);
        let forth: Answers = one.iter().chain(other).cloned().collect();
        let back: Answers = other.iter().chain(one).rev().cloned().collect();
        let expected = evaluate(&checklist, &settled, &NOW);
        prop_assert_eq!(&evaluate(&checklist, &forth, &NOW), &expected);
        prop_assert_eq!(&evaluate(&checklist, &back, &NOW), &expected);
    }

    #[test]
    fn an_irrelevant_answer_changes_neither_score_nor_progress(answer in answer(), other in answer()) {
        let mut definition = definition(&["1".to_owned(), "${n} = 1".to_owned(), "1".to_owned()]);
        definition.items.iter_mut().filter(|item| item.name == "s").for_each(|item| item.relevant = Some("false()".to_owned()));
        let checklist = Checklist::try_from(definition).unwrap();
        let with = |value: &Value| Answers::from([("s".to_owned(), value.clone()), ("m".to_owned(), json!("a"))]);
        let (one, other) = (evaluate(&checklist, &with(&answer), &NOW).unwrap(), evaluate(&checklist, &with(&other), &NOW).unwrap());
        prop_assert_eq!(one.score, other.score);
        prop_assert_eq!(one.progress, other.progress);
        prop_assert_eq!(one.explanation, other.explanation);
    }

    #[test]
    fn any_bytes_are_a_form_or_a_refusal(bytes in prop::collection::vec(any::<u8>(), 0..256), flip in any::<(u16, u8)>()) {
        prop_assert!(read_xlsx(&bytes).is_err());
        let mut form = include_bytes!("forms/cinema-experience.xlsx").to_vec();
        let place = usize::from(flip.0) % form.len();
        form[place] = flip.1;
        if let Err(errors) = read_xlsx(&form) {
            prop_assert!(!errors.is_empty());
        }
    }
}

#[test]
fn texts_that_double_again_and_again_stay_small() {
    let mut items = vec![Item {
        calculation: Some("'0123456789'".to_owned()),
        ..item("c0", Kind::Calculate, None)
    }];
    for step in 1..200 {
        let before = step - 1;
        let calculation = Some(format!("concat(${{c{before}}}, ${{c{before}}})"));
        items.push(Item {
            calculation,
            ..item(&format!("c{step}"), Kind::Calculate, None)
        });
    }
    let checklist = Checklist::try_from(Definition {
        items,
        ..definition(&["1", "1", "1"].map(str::to_owned))
    })
    .unwrap();
    let evaluation = evaluate(&checklist, &Answers::new(), &NOW).unwrap();
    assert_eq!(
        evaluation.calculated["c199"].as_str().unwrap().len(),
        limits::TEXT_BYTES_MAX
    );
}

#[test]
fn sums_of_sums_over_thousands_of_turns_are_refused_and_not_computed() {
    let items = vec![
        Item {
            repeat_count: Some("9".to_owned()),
            ..item("outer", Kind::Repeat, None)
        },
        Item {
            repeat_count: Some("1000".to_owned()),
            ..item("inner", Kind::Repeat, Some(0))
        },
        Item {
            calculation: Some("1".to_owned()),
            ..item("one", Kind::Calculate, Some(1))
        },
        Item {
            parent: Some(1),
            calculation: Some("sum(${one}) + sum(${one}, ${one}, ${one})".to_owned()),
            ..item("all", Kind::Calculate, None)
        },
    ];
    let mut wide = Definition {
        items,
        ..definition(&["1", "1", "1"].map(str::to_owned))
    };
    let checklist = Checklist::try_from(wide.clone()).unwrap();
    // Inside the repeat `${one}` is the same turn's: cheap.
    assert!(evaluate(&checklist, &Answers::new(), &NOW).is_ok());
    wide.items.push(Item {
        repeat_count: Some("1000".to_owned()),
        ..item("other", Kind::Repeat, None)
    });
    wide.items.push(Item {
        calculation: Some("sum(${one})".to_owned()),
        ..item("far", Kind::Calculate, Some(4))
    });
    let too_many = Checklist::try_from(wide.clone()).unwrap();
    assert_eq!(
        evaluate(&too_many, &Answers::new(), &NOW),
        Err(EvaluateError::TooManyTurns)
    );
    wide.items[0].repeat_count = Some("8".to_owned());
    let narrower = Checklist::try_from(wide.clone()).unwrap();
    assert!(evaluate(&narrower, &Answers::new(), &NOW).is_ok());
    wide.items[5].calculation = Some("sum(${one}, ${one}, ${one})".to_owned());
    let much = Checklist::try_from(wide).unwrap();
    assert_eq!(
        evaluate(&much, &Answers::new(), &NOW),
        Err(EvaluateError::TooMuchWork)
    );
}

#[test]
fn patterns_that_explode_elsewhere_are_cheap_or_refused() {
    let evil = format!("regex('{}', '(a+)+b')", "a".repeat(5_000));
    let checklist = checklist(&[
        evil.clone(),
        evil.replace("'(a+)+b'", "concat('(a+', ')+b')"),
        "1".to_owned(),
    ])
    .unwrap();
    let evaluation = evaluate(&checklist, &Answers::new(), &NOW).unwrap();
    assert_eq!(evaluation.calculated["k"], json!(false));
    let huge = Definition {
        items: vec![Item {
            calculation: Some("regex('a', '(a{1000}){1000}')".to_owned()),
            ..item("c", Kind::Calculate, None)
        }],
        ..definition(&["1", "1", "1"].map(str::to_owned))
    };
    assert!(!Checklist::try_from(huge).unwrap().publishable());
}

#[test]
fn a_definition_from_a_hostile_peer_is_refused_whole() {
    let good = definition(&["1", "1", "1"].map(str::to_owned));
    let refused = |change: &dyn Fn(&mut Definition)| {
        let mut bad = good.clone();
        change(&mut bad);
        Checklist::try_from(bad).is_err()
    };
    assert!(!refused(&|_| {}));
    assert!(refused(&|bad| bad.items[0].parent = Some(0)));
    assert!(refused(&|bad| bad.items[0].parent = Some(99)));
    assert!(refused(&|bad| bad.items[8].parent = Some(1)));
    assert!(refused(&|bad| bad.items[0].name = "a b".to_owned()));
    assert!(refused(&|bad| bad.items[1].name = "t".to_owned()));
    assert!(refused(&|bad| bad.items[2].list_name = None));
    assert!(refused(&|bad| bad.items[2].weight = Some(f64::NAN)));
    assert!(refused(
        &|bad| bad.lists.get_mut("l").unwrap()[0].score = Some(f64::INFINITY)
    ));
    assert!(refused(
        &|bad| bad.items[0].calculation = Some("${t}".to_owned())
    ));
    assert!(refused(
        &|bad| bad.items = vec![item("a", Kind::Group, None); 20_000]
    ));
    let deep = |bad: &mut Definition| {
        bad.items = (0..40)
            .map(|level: usize| item(&format!("g{level}"), Kind::Group, level.checked_sub(1)))
            .collect();
    };
    assert!(refused(&deep));
    let words = Words::from([("default".to_owned(), "x".repeat(1 << 20))]);
    assert!(refused(&|bad| bad.items[0].label = words.clone()));
    assert!(refused(&|bad| {
        let long = format!("1{}", " + 1".repeat(4_000));
        bad.items = (0..300)
            .map(|row| Item {
                calculation: Some(long.clone()),
                ..item(&format!("c{row}"), Kind::Calculate, None)
            })
            .collect();
    }));
}

#[test]
fn the_deepest_expression_allowed_runs_on_a_small_stack() {
    let deepest = |open: &str, close: &str| {
        let depth = limits::EXPRESSION_DEPTH_MAX - 1;
        format!("{}1{}", open.repeat(depth), close.repeat(depth))
    };
    let expressions = [
        deepest("if(1 = 1 and 2 < 3 + 4 * -", ", 1, 2)"),
        deepest("(1 or 0 and 1 = 0 < 1 + 2 * -", ")"),
        deepest("concat(${t}, ", ")"),
    ];
    let run = move || {
        let checklist = Checklist::try_from(definition(&expressions)).unwrap();
        evaluate(&checklist, &Answers::new(), &NOW).is_ok()
    };
    let thread = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(run)
        .unwrap();
    assert!(thread.join().unwrap());
}
