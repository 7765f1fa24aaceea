//! Why nothing was erased, in Chinese.

use crate::erase::EraseError;

pub(super) fn in_chinese(error: &EraseError) -> Option<String> {
    Some(match error {
        EraseError::RecordUnknown(record) => format!("没有编号为 {record} 的记录"),
        EraseError::RecordErased(record) => format!("记录 {record} 已被删除"),
        EraseError::Itself => "记录不能由自己替代".to_owned(),
        EraseError::Kept(kind) => format!("不能删除 {kind}：其他记录以它为依据"),
        EraseError::Natural(kind) => {
            format!("{kind} 的编号由其关键字段决定，不能由其他记录替代：请更正或删除")
        }
        EraseError::Conflicts(fields) => format!(
            "字段 {} 的不同填写尚未选定：替代记录不能代人选择",
            fields.join("、")
        ),
        EraseError::Edit(error) => format!("无法生成替代记录：{error}"),
        EraseError::Refused(why) => format!("无法生成替代记录：{why}"),
        EraseError::Unavailable(_) => "服务器暂时不接受更改".to_owned(),
        EraseError::Full => "删除数量已达密钥文件的上限：须先更换密钥".to_owned(),
        EraseError::Ledger(_) | EraseError::Store(_) => return None,
    })
}
