//! What went wrong, in Chinese or English.

mod erasing;

use std::error::Error;
use std::ffi::OsStr;
use std::path::Path;

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::limits::{NAME_CHARS_MAX, STATIONS_OF_PERSON_MAX};

use super::AdminError;
use crate::backup::BackupError;
use crate::committer::OrderError;
use crate::data::DataError;
use crate::data::keys::{MAC_KEY, RECEIPT_KEY};
use crate::register::RegisterError;
use crate::serve::ServeError;

/// What went wrong, with its causes.
pub(super) fn of(error: &AdminError, lang: Lang) -> String {
    match lang {
        Lang::En => in_english(error),
        Lang::Zh => in_chinese(error).unwrap_or_else(|| format!("操作失败：{}", in_english(error))),
    }
}

/// The error and its causes, each once.
fn in_english(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

/// What people meet, in Chinese; what only a broken disk or a mistake of ours can cause stays in English.
fn in_chinese(error: &AdminError) -> Option<String> {
    Some(match error {
        AdminError::Register(error) => of_register(error)?,
        AdminError::Data(error) => of_data(error)?,
        AdminError::Order(OrderError::Unknown) => "没有这条记录或待放行的更改".to_owned(),
        AdminError::Order(OrderError::Refused(refusal)) => {
            format!("不能接收：{}", refusal.words)
        }
        AdminError::Order(OrderError::Store(_)) => return None,
        AdminError::Desk(_) | AdminError::Order(OrderError::Unavailable(_)) => {
            "服务器暂时不接受更改".to_owned()
        }
        AdminError::Erase(error) => erasing::in_chinese(error)?,
        AdminError::NeverServed => {
            "尚不知道服务器端口：请先启动一次服务器，或使用 --url".to_owned()
        }
        AdminError::Url(url) => format!("{url:?} 不是 https://主机:端口 的形式"),
        AdminError::Period(why) => format!("时间范围无效：{why}"),
        AdminError::Unknown => "正在运行的服务器不认识此命令，版本不同".to_owned(),
        AdminError::Cut => "服务器在答复前退出了".to_owned(),
        AdminError::Backup(error) => of_backup(error)?,
        AdminError::Unsound => "存储已损坏：见上列问题".to_owned(),
        AdminError::Serve(ServeError::Data(error)) => of_data(error)?,
        AdminError::Serve(ServeError::Listen(address, why)) => format!("无法监听 {address}：{why}"),
        AdminError::Serve(_) | AdminError::Store(_) | AdminError::App(_) | AdminError::Told(_) => {
            return None;
        }
    })
}

fn of_register(error: &RegisterError) -> Option<String> {
    Some(match error {
        RegisterError::StationId(why) => {
            format!("维权站编号 {:?} 无效：只能用字母、数字和连字符", why.text)
        }
        RegisterError::Region(why) => format!("行政区划代码无效（GB/T 2260）：{why}"),
        RegisterError::StationKind(kind) => format!("没有这种维权站类型：{kind:?}"),
        RegisterError::Name => format!("名称须为 1 至 {NAME_CHARS_MAX} 个可见字符"),
        RegisterError::StationExists(id) => format!("编号 {id} 已属于另一个维权站"),
        RegisterError::StationUnknown(id) => format!("没有编号为 {id} 的维权站"),
        RegisterError::PersonUnknown(id) => format!("没有编号为 {id} 的人员"),
        RegisterError::DeviceUnknown(id) => format!("没有编号为 {id} 的设备"),
        RegisterError::PlaceMissing { role, needs } => {
            format!("角色 {} 必须指定 {needs}", role.name())
        }
        RegisterError::PlaceTooMuch { role, takes_no } => {
            format!("角色 {} 不能指定 {takes_no}", role.name())
        }
        RegisterError::StationsTooMany => {
            format!("一人最多属于 {STATIONS_OF_PERSON_MAX} 个维权站")
        }
        RegisterError::TicketAge => "注册凭证的有效期须为 1 分钟至 90 天".to_owned(),
        RegisterError::Full => "登记数量已达上限".to_owned(),
        _ => return None,
    })
}

fn of_backup(error: &BackupError) -> Option<String> {
    Some(match error {
        BackupError::Occupied(path) => format!("{} 不是空目录", path.display()),
        BackupError::NotApart(path) => format!(
            "{} 的位置不当：备份中不得有密钥，备份和密钥都不得放在数据目录内",
            path.display()
        ),
        BackupError::NotWhole(path) => format!("{} 中没有完整的备份", path.display()),
        BackupError::Damaged => "备份已损坏：内容与清单中的校验值不符".to_owned(),
        BackupError::Held => {
            "数据目录中已有存储：用 --replace 以备份取代，原存储保留在旁".to_owned()
        }
        BackupError::KeyMissing(path) => format!(
            "缺少备份所属的密钥 {}：请用 --keys 指明其副本所在目录{}",
            path.display(),
            unless_renewed(path)
        ),
        BackupError::KeyUnfit(path) => format!(
            "{} 不是备份所属的密钥：请放回正确的密钥，未作任何改动{}",
            path.display(),
            unless_renewed(path)
        ),
        BackupError::Ledger(_) => "台账比备份旧，不能使用：请放回最新的台账".to_owned(),
        BackupError::Data(error) => of_data(error)?,
        _ => return None,
    })
}

/// How to go on without a key, and what is lost then.
fn unless_renewed(path: &Path) -> &'static str {
    match path.file_name().and_then(OsStr::to_str) {
        Some(MAC_KEY) => {
            "；确已丢失的，可加 --renew-lost-keys（init 或 restore）重新生成，此后恢复时各设备只能补回本人所写的内容"
        }
        Some(RECEIPT_KEY) => {
            "；确已丢失的，可加 --renew-lost-keys（init 或 restore）重新生成，此前的回执不能再以本服务器核验"
        }
        _ => "；没有它，任何记录都无法读取",
    }
}

fn of_data(error: &DataError) -> Option<String> {
    Some(match error {
        DataError::NotBegun(path) => format!(
            "{} 还不是数据目录：请先运行 `fieldwatch-server init --host 主机名`",
            path.display()
        ),
        DataError::KeyLost(path) => format!(
            "缺少存储所属的密钥 {}：请放回其最新副本{}",
            path.display(),
            unless_renewed(path)
        ),
        DataError::InUse(path) => format!("另一个进程正在使用 {}", path.display()),
        DataError::Host(host) => format!("{host:?} 不是主机名或 IP 地址"),
        _ => return None,
    })
}
