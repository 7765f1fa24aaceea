//! What each kind of problem is called in Chinese; English is the contract's own title.

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::problem::ProblemKind;

/// What a problem is, in a few words that never vary.
pub(in crate::cli) fn problem(lang: Lang, kind: ProblemKind) -> &'static str {
    match lang {
        Lang::Zh => chinese(kind),
        Lang::En => kind.title(),
    }
}

fn chinese(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::NotFound => "没有此内容",
        ProblemKind::TicketRequired
        | ProblemKind::TicketUnknown
        | ProblemKind::TicketUsed
        | ProblemKind::TicketExpired => ticket(kind),
        ProblemKind::DeviceUnknown => "服务器不认识此设备",
        ProblemKind::DeviceRevoked => "此设备已被停用",
        ProblemKind::NonceStale => "随机数已过期",
        ProblemKind::FeedNotGranted => "无权读取所请求的数据",
        ProblemKind::RegionNotGranted => "超出授权的行政区划",
        ProblemKind::TooMany => "请求过多，请稍后再试",
        ProblemKind::Unavailable => "服务器暂时不能办理",
        ProblemKind::Internal => "程序出错",
        ProblemKind::HeldElsewhere => "此件由其他维权站办理",
        ProblemKind::HomeInUse => "此文件夹正被另一条命令使用",
        ProblemKind::NotEnrolled => "此设备尚未登记",
        ProblemKind::Offline => "无法连接服务器",
        ProblemKind::ServerUntrusted => "不是登记时的服务器",
        ProblemKind::StoreFailed => "磁盘出错或已满",
        ProblemKind::KeyWrong => "密钥不能打开此文件夹",
        ProblemKind::AlreadyExists => "已经存在",
        ProblemKind::RecordErased => "此件已被彻底删除",
        ProblemKind::AwaitsRelease => "已留在服务器，等待协调员放行",
        ProblemKind::ReceiptInvalid => "回执无效",
        ProblemKind::MethodUnknown
        | ProblemKind::BadRequest
        | ProblemKind::VersionUnknown
        | ProblemKind::TooLarge
        | ProblemKind::MediaUnknown => "服务器不能读取请求",
        other => about_a_record(other),
    }
}

fn ticket(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::TicketUsed => "登记票已被使用",
        ProblemKind::TicketExpired => "登记票已过期",
        ProblemKind::TicketUnknown => "登记票无效",
        _ => "登记需要登记票",
    }
}

fn about_a_record(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::KindUnknown => "不认识的记录种类",
        ProblemKind::ChangeInvalid => "更改已损坏",
        ProblemKind::DepsMissing => "缺少所依据的更改",
        ProblemKind::ActorReused => "此设备的写入身份被重复使用",
        ProblemKind::ActorForeign => "写入身份属于另一台设备",
        ProblemKind::RecordInvalid => "有字段的值不合要求",
        ProblemKind::EventIllegal => "此时不能发生该事件",
        ProblemKind::NotPermitted => "无权作此更改",
        ProblemKind::DependsOnRefused => "所依据的更改已被拒绝",
        ProblemKind::RecordTooLarge => "记录过大",
        ProblemKind::BodyAbsent => "该记录的正文还在服务器上，下次同步时优先取回",
        ProblemKind::RecordUnknown => "此设备上没有该记录",
        ProblemKind::FieldUnknown => "没有该字段",
        ProblemKind::ValueInvalid => "字段不接受该值",
        ProblemKind::FileInvalid => "文件不能读取",
        _ => "出错",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_problem_has_a_chinese_title() {
        for kind in ProblemKind::ALL {
            assert_ne!(problem(Lang::Zh, *kind), "出错", "{kind}");
        }
    }
}
