//! Reading and checking a form of a thousand questions, and evaluating it on ten thousand inspections.
//!
//! The form is what a large council template looks like: ten sections of choices, numbers, texts and computed values, a
//! repeat, relevance, constraints and weights. `cargo bench --bench checklist` prints both, and the form's size.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fieldwatch_schemas::checklist::{Answers, Context, evaluate, read_xlsx};
use rust_xlsxwriter::{Workbook, Worksheet};
use serde_json::json;

const QUESTIONS: u32 = 1_000;
const INSPECTIONS: u32 = 10_000;

const HEADINGS: [&str; 8] = [
    "type",
    "name",
    "label::中文 (zh)",
    "label::English (en)",
    "required",
    "relevant",
    "constraint",
    "calculation",
];
const CHOICES: [[&str; 4]; 4] = [
    ["list_name", "name", "label", "score"],
    ["yn", "yes", "是", "1"],
    ["yn", "no", "否", "0"],
    ["yn", "na", "不适用", ""],
];

fn form() -> Vec<u8> {
    let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
    for question in 0..QUESTIONS {
        let container = if question >= 900 { "repeat" } else { "group" };
        if question % 100 == 0 {
            let name = if question == 900 {
                "stall".to_owned()
            } else {
                format!("section{question}")
            };
            rows.push(vec![format!("begin_{container}"), name]);
        }
        rows.push(question_row(question));
        if question % 100 == 99 {
            rows.push(vec![format!("end_{container}")]);
        }
    }
    let mut book = Workbook::new();
    write(book.add_worksheet().set_name("survey").unwrap(), &rows);
    write(
        book.add_worksheet().set_name("choices").unwrap(),
        &CHOICES.map(|row| row.map(str::to_owned).to_vec()),
    );
    book.save_to_buffer().unwrap()
}

/// A choice with points, a number in bounds, a text that depends, a computed value, a number that depends.
fn question_row(question: u32) -> Vec<String> {
    let nearby = |back: u32| format!("${{q{}}}", question.saturating_sub(back));
    let [kind, required, relevant, constraint, calculation] = match question % 5 {
        0 => [
            "select_one yn".to_owned(),
            "yes".to_owned(),
            String::new(),
            String::new(),
            String::new(),
        ],
        1 => [
            "integer".to_owned(),
            String::new(),
            String::new(),
            ". >= 0 and . <= 1000".to_owned(),
            String::new(),
        ],
        2 => [
            "text".to_owned(),
            String::new(),
            format!("{} = 'no'", nearby(2)),
            String::new(),
            String::new(),
        ],
        3 => {
            let (two, five) = (nearby(2), nearby(5));
            let calculation = format!(
                "if({two} > 10, {two} * 2, coalesce({}, 0))",
                if question < 5 { "''" } else { &five }
            );
            [
                "calculate".to_owned(),
                String::new(),
                String::new(),
                String::new(),
                calculation,
            ]
        }
        _ => [
            "decimal".to_owned(),
            String::new(),
            String::new(),
            format!(". >= {}", nearby(3)),
            String::new(),
        ],
    };
    let (zh, en) = (
        format!("第 {question} 个问题"),
        format!("Question {question}"),
    );
    vec![
        kind,
        format!("q{question}"),
        zh,
        en,
        required,
        relevant,
        constraint,
        calculation,
    ]
}

fn write(sheet: &mut Worksheet, rows: &[Vec<String>]) {
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            if !cell.is_empty() {
                sheet.write_string(row, column, cell).unwrap();
            }
        }
    }
}

/// Answers to everything, a little different in every inspection.
fn answers(inspection: u32) -> Answers {
    let mut answers = Answers::new();
    for question in 0..QUESTIONS {
        let path = if question >= 900 {
            format!("stall[{}].q{question}", 1 + inspection % 2)
        } else {
            format!("q{question}")
        };
        let value = match question % 5 {
            0 => json!(if (question + inspection).is_multiple_of(7) {
                "no"
            } else {
                "yes"
            }),
            1 => json!((question + inspection) % 50),
            2 => json!("备注"),
            4 => json!(f64::from((question + inspection) % 50) + 0.5),
            _ => continue,
        };
        answers.insert(path, value);
    }
    answers
}

fn reading(criterion: &mut Criterion) {
    let bytes = form();
    let mut group = criterion.benchmark_group("checklist");
    group
        .throughput(Throughput::Elements(QUESTIONS.into()))
        .sample_size(10);
    group.bench_function("read a form of 1,000 questions", |bencher| {
        bencher.iter(|| read_xlsx(black_box(&bytes)).unwrap());
    });
}

fn evaluating(criterion: &mut Criterion) {
    let (checklist, _) = read_xlsx(&form()).unwrap();
    let context = Context::at(1_719_799_200_000, 480);
    let inspections: Vec<Answers> = (0..INSPECTIONS / 100).map(answers).collect();
    let mut group = criterion.benchmark_group("checklist");
    group
        .throughput(Throughput::Elements(INSPECTIONS.into()))
        .sample_size(10);
    group.bench_function("evaluate 10,000 inspections", |bencher| {
        bencher.iter(|| {
            for _ in 0..100 {
                for answers in &inspections {
                    black_box(evaluate(&checklist, black_box(answers), &context).unwrap());
                }
            }
        });
    });
}

criterion_group!(benches, reading, evaluating);
criterion_main!(benches);
