//! Why an act is not possible, in the words of the form: what it is now, and what could be done instead.

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::label;
use fieldwatch_schemas::status::{EventError, Role};

/// Why an event cannot happen to a record of a kind; English is the contract's own words.
pub(in crate::cli) fn event(lang: Lang, kind: Kind, error: &EventError) -> String {
    if lang == Lang::En {
        return error.to_string();
    }
    let said = |event: &str| label::event(kind, event, lang).to_owned();
    match error {
        EventError::Unknown { event, known } => {
            format!("没有“{event}”这一事件；有：{}", choices(kind, known))
        }
        EventError::Illegal {
            event,
            status,
            legal,
        } => format!(
            "状态为“{}”时不能“{}”；现在可以：{}",
            label::status(kind, status, lang),
            said(event),
            choices(kind, legal)
        ),
        EventError::Needs { event, needs } => format!(
            "“{}”须说明“{}”（--set {needs}=…）",
            said(event),
            label::datum(kind, event, needs, lang)
        ),
        EventError::Wrong { event, why } => format!("“{}”：{why}", said(event)),
        EventError::NotFor { event, role, legal } => format!(
            "“{}”不由{}进行；{}现在可以：{}",
            said(event),
            self::role(*role),
            self::role(*role),
            choices(kind, legal)
        ),
    }
}

/// Why somebody may not make or edit records of a kind, in Chinese.
pub(in crate::cli) fn not_editor(kind: Kind, asker: Role) -> String {
    let editors: Vec<_> = kind.table().editors.iter().copied().map(role).collect();
    let editors = editors.join("、");
    let kind = label::kind(kind, Lang::Zh);
    format!("{kind}由{editors}新建和修改，{}不能", role(asker))
}

/// Events by label and name, as a person reads and then types them.
fn choices(kind: Kind, events: &[&str]) -> String {
    let choice = |event: &&str| format!("{}（{event}）", label::event(kind, event, Lang::Zh));
    let choices: Vec<String> = events.iter().map(choice).collect();
    match choices.is_empty() {
        true => "无".to_owned(),
        false => choices.join("、"),
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Volunteer => "志愿者",
        Role::StationStaff => "维权站工作人员",
        Role::Coordinator => "协调员",
        Role::EnterpriseContact => "企业联系人",
        Role::Auditor => "审计",
        Role::Administrator => "管理员",
    }
}
