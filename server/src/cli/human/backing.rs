//! Answers about backups, in words.

use fieldwatch_schemas::code::Lang;
use serde_json::Value;

use super::text;

/// What was backed up.
pub(in crate::cli) fn backed_up(answer: &Value, lang: Lang) -> String {
    let (rows, position) = numbers(answer);
    match lang {
        Lang::Zh => format!(
            "备份完成：{rows} 行，位置 {position}。密钥和台账不在其中，请用 --keys 另行保存最新的一份。"
        ),
        Lang::En => format!(
            "Backed up: {rows} rows, position {position}. Keys and ledger are not in it: keep their newest copy apart, with --keys."
        ),
    }
}

/// What was restored.
pub(in crate::cli) fn restored(answer: &Value, lang: Lang) -> String {
    let (rows, position) = numbers(answer);
    let mut words = match lang {
        Lang::Zh => {
            format!("恢复完成：{rows} 行，位置 {position}。此后确认过的内容由各设备同步时补回。")
        }
        Lang::En => format!(
            "Restored: {rows} rows, position {position}. What was acknowledged since comes back as devices sync."
        ),
    };
    let replaced = text(answer, "replaced");
    if !replaced.is_empty() {
        words.push_str(&match lang {
            Lang::Zh => format!("\n原存储保留在 {replaced}"),
            Lang::En => format!("\nThe store that was there is kept at {replaced}"),
        });
    }
    let unreadable = answer.get("unreadable").and_then(Value::as_u64);
    if let Some(rows) = unreadable {
        words.push_str(&match lang {
            Lang::Zh => format!("\n其中 {rows} 行在备份时已损坏，无法读取：请运行 check"),
            Lang::En => format!("\n{rows} of them were damaged when the backup was made, and cannot be read: run check"),
        });
    }
    words + &renewed(answer, lang)
}

/// The keys that were lost and made anew, if any.
pub(super) fn renewed(answer: &Value, lang: Lang) -> String {
    let names = answer.get("renewed").and_then(Value::as_array);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    let names = names.collect::<Vec<_>>().join(", ");
    match lang {
        _ if names.is_empty() => String::new(),
        Lang::Zh => format!("\n重新生成了 {names}：旧密钥所证明的内容不再能核验"),
        Lang::En => format!(
            "\nMade anew: {names}. What the lost keys vouched for cannot be proven any more"
        ),
    }
}

fn numbers(answer: &Value) -> (u64, u64) {
    let number = |name| answer.get(name).and_then(Value::as_u64);
    let (rows, position) = (number("rows"), number("position"));
    (rows.unwrap_or_default(), position.unwrap_or_default())
}
