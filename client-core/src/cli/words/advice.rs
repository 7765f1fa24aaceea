//! What a person can do about what the server refused.

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::problem::ProblemKind;

/// What to do next, for each kind of refusal.
pub(in crate::cli) fn advice(lang: Lang, kind: Option<ProblemKind>) -> &'static str {
    let (zh, en) = match kind {
        Some(
            ProblemKind::RecordInvalid | ProblemKind::ValueInvalid | ProblemKind::FieldUnknown,
        ) => (
            "改正该字段（set），改正后随下次同步一并重新发送",
            "correct the field with `set`: the whole is sent again with the next sync",
        ),
        Some(ProblemKind::EventIllegal) => (
            "查看此件现在的状态（show），补上缺少的步骤，或放弃这次更改（quarantine discard）",
            "look at the status with `show`, add the missing step, or give it up with `quarantine discard`",
        ),
        Some(ProblemKind::NotPermitted) => (
            "请协调员授权后重试（quarantine retry），或放弃这次更改（quarantine discard）",
            "ask a coordinator for the right and `quarantine retry`, or give it up with `quarantine discard`",
        ),
        Some(ProblemKind::HeldElsewhere) => (
            "请协调员共享此件后重试（quarantine retry），或放弃（quarantine discard）",
            "ask a coordinator to share the record and `quarantine retry`, or give it up with `quarantine discard`",
        ),
        Some(ProblemKind::AwaitsRelease) => (
            "服务器已为协调员留存，无须再发；放行后自动更新，本机的一份可以放弃（quarantine discard）",
            "the server keeps it for a coordinator: nothing is to be sent again; once released it comes back by itself",
        ),
        Some(ProblemKind::DependsOnRefused) => (
            "先处理它所依据的更改；其余会一并发送",
            "settle what it builds on first: the rest goes with it",
        ),
        Some(ProblemKind::RecordTooLarge) => (
            "删短内容，或另立一件；附件请用证据（attach）",
            "shorten it, or begin another record; files are evidence",
        ),
        Some(ProblemKind::KindUnknown | ProblemKind::VersionUnknown) => (
            "请更新程序后重试（quarantine retry）",
            "update this program, then `quarantine retry`",
        ),
        Some(ProblemKind::DepsMissing | ProblemKind::Internal | ProblemKind::StoreFailed) => (
            "重试（quarantine retry）；仍不行请联系管理员",
            "`quarantine retry`; if that does not help, tell the administrator",
        ),
        Some(ProblemKind::ChangeInvalid | ProblemKind::ActorReused | ProblemKind::ActorForeign) => {
            (
                "抄下所需内容，放弃这次更改（quarantine discard）后重新填写",
                "note down what is needed, `quarantine discard`, and write it again",
            )
        }
        _ => (
            "重试（quarantine retry），或放弃这次更改（quarantine discard）",
            "`quarantine retry`, or give it up with `quarantine discard`",
        ),
    };
    super::either(lang, zh, en)
}
