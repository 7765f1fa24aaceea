//! Answers about erasing, in words.

use fieldwatch_schemas::code::Lang;
use serde_json::Value;

use super::text;

/// What was erased.
pub(in crate::cli) fn erased(answer: &Value, lang: Lang) -> String {
    let (record, at) = (text(answer, "record"), text(answer, "erased"));
    let was_erased = answer.get("was_erased").and_then(Value::as_bool) == Some(true);
    let mut words = match (lang, was_erased) {
        (Lang::Zh, false) => {
            format!(
                "记录 {record} 已删除。各设备下次同步时删除；旧备份中的内容无法再读，但此前复制的密钥仍能读出：请用 backup --keys 替换。"
            )
        }
        (Lang::Zh, true) => format!("记录 {record} 已于 {at} 删除。"),
        (Lang::En, false) => format!(
            "record {record} is erased. Devices erase it when they next sync; what old backups hold of it cannot be read any more, but with \
             a copy of the keys from before: replace that with `backup --keys`."
        ),
        (Lang::En, true) => format!("record {record} was erased at {at}."),
    };
    let successor = text(answer, "replaced_by");
    if !successor.is_empty() {
        words.push_str(&match lang {
            Lang::Zh => format!("\n替代记录 {successor}"),
            Lang::En => format!("\nits successor is {successor}"),
        });
    }
    let dropped = answer.get("dropped").and_then(Value::as_array);
    let dropped = dropped.into_iter().flatten().filter_map(Value::as_str);
    for path in dropped {
        words.push_str(&match lang {
            Lang::Zh => format!("\n未带入：{path}"),
            Lang::En => format!("\nleft behind: {path}"),
        });
    }
    words
}

/// What a compaction came to.
pub(in crate::cli) fn compacted(answer: &Value, lang: Lang) -> String {
    let number = |key: &str| answer.get(key).and_then(Value::as_u64).unwrap_or_default();
    let (rows, before, after) = (
        number("rows"),
        number("bytes_before"),
        number("bytes_after"),
    );
    match lang {
        Lang::Zh => format!("存储已压缩：{rows} 行，{before} 字节 → {after} 字节"),
        Lang::En => format!("the store is compacted: {rows} rows, {before} bytes → {after} bytes"),
    }
}
