//! `bench`: measures Fieldwatch beside its peers and the limits of the machine, one line a measure. See `docs/performance.md`.

use std::path::Path;
use std::process::ExitCode;

use fieldwatch_tests::bench::{Bench, Form, Scale, groups, serve_bare};
use fieldwatch_tests::fault::{Fault, Told};

/// What was asked.
struct Asked {
    groups: Vec<String>,
    scale: Scale,
    form: Form,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, data, folder] = arguments.as_slice()
        && word == "bare"
    {
        return ended(serve(Path::new(data), Path::new(folder)));
    }
    match asked(&arguments) {
        Ok(asked) => run(&asked),
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(2)
        }
    }
}

fn serve(data: &Path, folder: &Path) -> Told<()> {
    tokio::runtime::Runtime::new()?.block_on(serve_bare(data, folder))
}

fn ended(told: Told<()>) -> ExitCode {
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

fn asked(arguments: &[String]) -> Told<Asked> {
    let mut asked = Asked {
        groups: Vec::new(),
        scale: Scale::full(),
        form: Form::Words,
    };
    let mut at_most = None;
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--json" => asked.form = Form::Json,
            "--quick" => asked.scale = Scale::quick(),
            "--at-most" => {
                let number = rest.next().and_then(|number| number.parse().ok());
                let missing = || Fault::new("--at-most needs a number of records");
                at_most = Some(number.ok_or_else(missing)?);
            }
            "all" => asked.groups.extend(groups().into_iter().map(str::to_owned)),
            name if groups().contains(&name) => asked.groups.push(word.clone()),
            _ => return Err(Fault::new(usage())),
        }
    }
    if let Some(records) = at_most {
        asked.scale = asked.scale.at_most(records);
    }
    match asked.groups.is_empty() {
        true => Err(Fault::new(usage())),
        false => Ok(asked),
    }
}

fn usage() -> String {
    format!(
        "bench NAME…|all [--quick] [--json] [--at-most RECORDS]\n  NAME is one of: {}\n  FW_TABLE=FILE.csv measures with the CFPB's \
         complaints too; FW_PEERS=1 builds and runs the peers",
        groups().join(", ")
    )
}

/// Measures everything that was asked for; what cannot be measured is said, and the rest goes on.
fn run(asked: &Asked) -> ExitCode {
    let bench = match Bench::new(asked.scale.clone(), asked.form) {
        Ok(bench) => bench,
        Err(fault) => return ended(Err(fault)),
    };
    let mut failed = 0_u32;
    for group in &asked.groups {
        if let Err(fault) = bench.measure(group) {
            eprintln!("{group} could not be measured: {fault}");
            failed += 1;
        }
    }
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
