//! What the generated cases say: the words of consumers' complaints in Chinese, put together by chance.

use crate::chance::Chance;

/// Codes of the field `problem`.
pub(super) const PROBLEMS: &[&str] = &[
    "after_sales",
    "contract",
    "quality",
    "false_advertising",
    "safety",
    "price",
    "counterfeit",
    "dignity",
    "measurement",
    "other",
];

/// Codes of the field `category`.
pub(super) const CATEGORIES: &[&str] = &[
    "cosmetics",
    "personal_care",
    "child_products",
    "kitchenware",
    "household_textiles",
    "pet_products",
    "mobile_phone",
];

/// Codes of the field `channel`.
pub(super) const CHANNELS: &[&str] = &["walk_in", "call", "visit", "letter", "wechat"];

const DISTRICTS: &[&str] = &[
    "西湖", "拱墅", "上城", "滨江", "余杭", "临平", "萧山", "钱塘",
];
const NAMES: &[&str] = &[
    "恒远",
    "佳禾",
    "同庆",
    "永泰",
    "鑫源",
    "瑞丰",
    "好邻居",
    "万家福",
    "锦绣",
    "蓝天",
    "德隆",
    "华盛",
    "嘉业",
    "新东方",
    "春晖",
    "百味",
];
const TRADES: &[&str] = &[
    "电器商行",
    "健身服务有限公司",
    "家居建材城",
    "美容美发店",
    "餐饮管理有限公司",
    "手机专卖店",
    "教育咨询有限公司",
    "汽车维修中心",
    "服装商行",
    "生鲜超市",
];
const ROADS: &[&str] = &[
    "文三路",
    "天目山路",
    "体育场路",
    "江南大道",
    "学院路",
    "建国北路",
    "古墩路",
    "庆春路",
];
const GOODS: &[&str] = &[
    "电动自行车",
    "滚筒洗衣机",
    "智能手机",
    "健身年卡",
    "儿童推车",
    "羽绒服",
    "空气净化器",
    "染发服务",
    "英语培训课程",
    "实木餐桌",
    "燃气热水器",
    "扫地机器人",
    "月饼礼盒",
    "眼部精华",
    "二手轿车",
];
const FAULTS: &[&str] = &[
    "使用不到一周就出现异响",
    "屏幕多处闪烁，无法正常使用",
    "到货后发现外壳有明显裂痕",
    "实际材质与宣传页面标注不符",
    "多次维修后故障依旧",
    "门店突然停业，余额无法使用",
    "保质期标签有涂改痕迹",
    "结账金额与货架标价不一致",
    "商家临时要求另付安装费",
    "使用后皮肤红肿，医院诊断为过敏",
];
const ANSWERS: &[&str] = &[
    "商家以“已拆封”为由拒绝退货",
    "店员称需联系厂家，之后一直没有回音",
    "负责人表示只能换货，不能退款",
    "客服承诺三日内处理，至今未兑现",
    "对方称合同写明概不退款",
    "商家要求消费者先提供检测报告",
    "电话多次无人接听，到店后被告知负责人不在",
];
const WISHES: &[&str] = &[
    "要求商家退还全部货款",
    "要求更换同型号新品并延长保修",
    "要求退还卡内余额并解除合同",
    "要求赔偿医疗费及交通费",
    "要求商家公开道歉并退一赔三",
    "请求消保委协助调解",
];
const CLOSINGS: &[&str] = &[
    "消费者保留了发票、聊天记录和照片。",
    "现场有两名同行人可以作证。",
    "消费者为六十五岁老人，行动不便，希望上门了解情况。",
    "付款方式为微信支付，订单截图已提交。",
    "消费者表示如协商不成将向法院起诉。",
];

/// A word that most records have.
pub(super) const COMMON: &str = "退款";

/// The words that one record in some thousands has, to be searched for.
pub(super) const RARE: &str = "榴莲";

pub(super) fn pick(chance: &mut Chance, among: &[&str]) -> String {
    chance.pick(among).unwrap_or_default().to_owned()
}

/// The name of a shop.
pub(super) fn shop(chance: &mut Chance) -> String {
    let parts = [DISTRICTS, NAMES, TRADES].map(|among| pick(chance, among));
    let [district, name, trade] = parts;
    format!("杭州{district}区{name}{trade}")
}

/// Where it is.
pub(super) fn address(chance: &mut Chance) -> String {
    let (road, number) = (pick(chance, ROADS), 1 + chance.below(900));
    format!("浙江省杭州市{road}{number}号{}室", 101 + chance.below(900))
}

/// A telephone number of a range that is given to nobody.
pub(super) fn phone(chance: &mut Chance) -> String {
    format!("0571-000{:05}", chance.below(100_000))
}

/// What a consumer says, and what is at stake, in fen.
pub(super) fn narrative(chance: &mut Chance, shop: &str) -> (String, u64) {
    let goods = pick(chance, GOODS);
    let paid = 50 + chance.below(9_000);
    let (month, day, hour) = (
        1 + chance.below(12),
        1 + chance.below(28),
        8 + chance.below(12),
    );
    let mut text = format!("消费者于{month}月{day}日{hour}时许在{shop}购买{goods}，支付{paid}元，");
    for among in [FAULTS, FAULTS, ANSWERS, WISHES] {
        text.push_str(&pick(chance, among));
        text.push('；');
        if chance.hits(30) {
            let later = 1 + chance.below(20);
            text.push_str(&format!("{later}日后再次联系，{}。", pick(chance, ANSWERS)));
        }
    }
    text.push_str(&pick(chance, CLOSINGS));
    text.push_str(&format!("（登记号{:06}）", chance.below(1_000_000)));
    (text, paid * 100)
}
