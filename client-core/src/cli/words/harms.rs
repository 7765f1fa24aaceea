//! What was found damaged, in words.

use fieldwatch_schemas::code::Lang;

use crate::replica::What;

/// What is wrong, in a few words.
pub(in crate::cli) fn harm(lang: Lang, what: What) -> &'static str {
    let (zh, en) = match what {
        What::Fact => (
            "关于此设备的一项信息不能读取",
            "a fact about this device cannot be read",
        ),
        What::Feed => ("一个数据范围的信息不能读取", "a feed's row cannot be read"),
        What::Sum => ("一个数据范围的合计不符", "a feed does not add up"),
        What::Record => ("记录的信息不能读取", "the record's row cannot be read"),
        What::Change => (
            "有更改缺失或不能读取",
            "a change is missing or cannot be read",
        ),
        What::Membership => ("所属数据范围不符", "it is in other feeds than it says"),
        What::Line => ("列表中的一行不符", "its line in the list is wrong"),
        What::Outbox => ("发送队列不符", "its place in the outbox is wrong"),
        What::Refusal => ("被拒绝的原因不符", "its refusal has no reason"),
        What::Label => ("作者信息缺失", "who wrote it is missing"),
        What::Receipt => ("一份回执不能读取", "a receipt cannot be read"),
        What::Mark => ("一项标记不符", "a note about it is wrong"),
    };
    super::either(lang, zh, en)
}
