//! The report in words: every number under its heading, in the order in which people ask for them.

use fieldwatch_schemas::code::{self, Lang};
use serde_json::Value;

/// The order of headings; what is not named here comes after, by name.
const ORDER: [&str; 20] = [
    "from",
    "to",
    "region",
    "demands",
    "total",
    "complaint",
    "tip_off",
    "consultation",
    "other",
    "by_channel",
    "by_category",
    "by_problem",
    "recovered_fen",
    "first_action",
    "closed",
    "inspections",
    "pass",
    "fail",
    "critical_fail",
    "unspecified",
];

/// A report for people to read.
#[must_use]
pub fn report_in_words(report: &Value, lang: Lang) -> String {
    let mut lines = Vec::new();
    for (key, value) in rows(report, by_heading) {
        write(key, value, 0, lang, &mut lines);
    }
    lines.join("\n")
}

type Row<'a> = (&'a String, &'a Value);

fn rows<K: Ord>(table: &Value, order: impl Fn(&Row<'_>) -> K) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = table.as_object().into_iter().flatten().collect();
    rows.sort_by_key(order);
    rows
}

fn by_heading((key, _): &Row<'_>) -> usize {
    let place = ORDER.iter().position(|known| known == key);
    place.unwrap_or(ORDER.len())
}

/// The largest number first.
fn by_count((_, value): &Row<'_>) -> std::cmp::Reverse<u64> {
    std::cmp::Reverse(value.as_u64().unwrap_or_default())
}

fn write(key: &str, value: &Value, depth: usize, lang: Lang, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let label = label(key, lang);
    match value {
        Value::Object(table) if table.contains_key("within") => {
            let number = |key: &str| table.get(key).and_then(Value::as_u64).unwrap_or_default();
            let (within, of) = (number("within"), number("of"));
            lines.push(format!("{indent}{label}  {within} / {of}"));
        }
        Value::Object(_) => {
            lines.push(format!("{indent}{label}"));
            match list_of(key) {
                Some(list) => {
                    for (code, value) in rows(value, by_count) {
                        let name = match list.code(code) {
                            Some(code) => code.label(lang).to_owned(),
                            None => self::label(code, lang),
                        };
                        write(&name, value, depth + 1, lang, lines);
                    }
                }
                None => {
                    for (key, value) in rows(value, by_heading) {
                        write(key, value, depth + 1, lang, lines);
                    }
                }
            }
        }
        Value::Null => {}
        Value::Number(fen) if key.ends_with("_fen") => {
            lines.push(format!(
                "{indent}{label}  {}",
                yuan(fen.as_i64().unwrap_or(0))
            ));
        }
        Value::String(text) => lines.push(format!("{indent}{label}  {text}")),
        other => lines.push(format!("{indent}{label}  {other}")),
    }
}

/// The code list whose codes a table of the report counts.
fn list_of(key: &str) -> Option<&'static code::CodeList> {
    code::list(key.strip_prefix("by_")?)
}

fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}¥{}.{:02}", fen / 100, fen % 100)
}

fn label(key: &str, lang: Lang) -> String {
    let chinese = match key {
        "from" => "自",
        "to" => "至",
        "region" => "地区",
        "demands" => "诉求",
        "total" => "合计",
        "complaint" => "投诉",
        "tip_off" => "举报",
        "consultation" => "咨询",
        "other" => "其他",
        "by_channel" => "按渠道",
        "by_category" => "按客体类别",
        "by_problem" => "按问题性质",
        "recovered_fen" => "挽回经济损失",
        "first_action" => "首次处理（一个工作日内）",
        "closed" => "办结（七个工作日内）",
        "unspecified" => "未填",
        "inspections" => "暗访体察",
        "pass" => "合格",
        "fail" => "不合格",
        "critical_fail" => "严重不合格",
        other => other,
    };
    match lang {
        Lang::Zh => chinese.to_owned(),
        Lang::En => key.trim_end_matches("_fen").replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_reads_as_words_with_money_in_yuan() {
        let report = json!({"demands": {"total": 3}, "recovered_fen": 123_405, "region": null});
        assert_eq!(
            report_in_words(&report, Lang::Zh),
            "诉求\n  合计  3\n挽回经济损失  ¥1234.05"
        );
        assert_eq!(
            report_in_words(&report, Lang::En),
            "demands\n  total  3\nrecovered  ¥1234.05"
        );
    }
}
