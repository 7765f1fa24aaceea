//! Reading and checking a form of a thousand questions, and evaluating it on ten thousand inspections.
//!
//! The form is what a large council template looks like: ten sections of choices, numbers, texts and computed values, a
//! repeat, relevance, constraints and weights. `cargo bench --bench checklist` prints both, and the form's size.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fieldwatch_schemas::checklist::{Answers, Context, evaluate, read_xlsx};
use rust_xlsxwriter::Workbook;
use serde_json::json;

const QUESTIONS: u32 = 1_000;
const INSPECTIONS: u32 = 10_000;

fn form() -> Vec<u8> {
    let mut book = Workbook::new();
    let survey = book.add_worksheet().set_name("survey").unwrap();
    let headings = ["type", "name", "label::中文 (zh)", "label::English (en)", "required", "relevant", "constraint", "calculation", "weight", "critical"];
    for (column, heading) in (0..).zip(headings) {
        survey.write_string(0, column, heading).unwrap();
    }
    let mut row = 1;
    for question in 0..QUESTIONS {
        if question % 100 == 0 {
            let (kind, name) = if question == 900 { ("begin_repeat", "stall".to_owned()) } else { ("begin_group", format!("section{question}")) };
            survey.write_string(row, 0, kind).unwrap().write_string(row, 1, &name).unwrap();
            row += 1;
        }
        let name = format!("q{question}");
        survey.write_string(row, 1, &name).unwrap();
        survey.write_string(row, 2, format!("第 {question} 个问题")).unwrap();
        survey.write_string(row, 3, format!("Question {question}")).unwrap();
        let before = question.saturating_sub(5);
        match question % 5 {
            0 => {
                survey.write_string(row, 0, "select_one yn").unwrap().write_string(row, 4, "yes").unwrap();
                survey.write_number(row, 8, 1 + question % 3).unwrap();
            }
            1 => {
                survey.write_string(row, 0, "integer").unwrap().write_string(row, 6, ". >= 0 and . <= 1000").unwrap();
            }
            2 => {
                survey.write_string(row, 0, "text").unwrap().write_string(row, 5, format!("${{q{}}} = 'no'", question - 2)).unwrap();
            }
            3 => {
                let calculation = format!("if(${{q{}}} > 10, ${{q{}}} * 2, coalesce(${{q{before}}}, 0))", question - 2, question - 2);
                survey.write_string(row, 0, "calculate").unwrap().write_string(row, 7, &calculation).unwrap();
            }
            _ => {
                survey.write_string(row, 0, "decimal").unwrap().write_string(row, 6, format!(". >= ${{q{}}}", question - 3)).unwrap();
            }
        }
        row += 1;
        if question % 100 == 99 {
            survey.write_string(row, 0, if question == 999 { "end_repeat" } else { "end_group" }).unwrap();
            row += 1;
        }
    }
    let choices = book.add_worksheet().set_name("choices").unwrap();
    for (row, cells) in (0..).zip([["list_name", "name", "label", "score"], ["yn", "yes", "是", "1"], ["yn", "no", "否", "0"], ["yn", "na", "不适用", ""]]) {
        for (column, cell) in (0..).zip(cells) {
            choices.write_string(row, column, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// Answers to everything, a little different in every inspection.
fn answers(inspection: u32) -> Answers {
    let mut answers = Answers::new();
    for question in 0..QUESTIONS {
        let path = if question >= 900 { format!("stall[{}].q{question}", 1 + inspection % 2) } else { format!("q{question}") };
        let value = match question % 5 {
            0 => json!(if (question + inspection).is_multiple_of(7) { "no" } else { "yes" }),
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
    group.throughput(Throughput::Elements(QUESTIONS.into())).sample_size(10);
    group.bench_function("read a form of 1,000 questions", |bencher| {
        bencher.iter(|| read_xlsx(black_box(&bytes)).unwrap());
    });
}

fn evaluating(criterion: &mut Criterion) {
    let (checklist, _) = read_xlsx(&form()).unwrap();
    let context = Context::at(1_719_799_200_000, 480);
    let inspections: Vec<Answers> = (0..INSPECTIONS / 100).map(answers).collect();
    let mut group = criterion.benchmark_group("checklist");
    group.throughput(Throughput::Elements(INSPECTIONS.into())).sample_size(10);
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
