//! What the cells of a generated table say.

use crate::chance::Chance;

/// Issues; the last ones are in no mapping.
pub(super) const ISSUES: &[&str] = &[
    "Incorrect information on credit report",
    "Cont'd attempts collect debt not owed",
    "Loan servicing, payments, escrow account",
    "Loan modification,collection,foreclosure",
    "Communication tactics",
    "Billing disputes",
    "Account opening, closing, or management",
    "Deposits and withdrawals",
    "False statements or representation",
    "Fraud or scam",
    "Late fee",
    "Privacy",
    "Other",
    "Unsolicited issuance of credit card",
    "Taking/threatening an illegal action",
    "APR or interest rate",
    "Disclosure verification of debt",
    "Application, originator, mortgage broker",
    "Struggling to pay \"my\" bill, again",
];

/// Sub-products; the last one is in no mapping.
pub(super) const PRODUCTS: &[&str] = &[
    "Conventional fixed mortgage",
    "Other (i.e. phone, health club, etc.)",
    "I do not know",
    "Checking account",
    "Credit card",
    "Gift or merchant card",
    "Payday loan",
    "Savings account",
    "(CD) Certificate of deposit",
    "Gift or merchant card",
    "Medical",
    "Virtual currency",
];

/// Companies.
pub(super) const COMPANIES: &[&str] = &[
    "Equifax",
    "TransUnion Intermediate Holdings, Inc.",
    "Bank of America",
    "Experian",
    "Wells Fargo & Company",
    "\"Quick\" Cash, LLC",
    "西湖区示范电器商行",
];

/// Groups of consumers; one is no group of ours.
pub(super) const TAGS: &[&str] = &[
    "Older American",
    "Servicemember",
    "Older American, Servicemember",
];

/// Consents.
pub(super) const CONSENTS: &[&str] = &["Consent provided", "Consent not provided", "Other"];

const SENTENCES: &[&str] = &[
    "I am the trustee of my sister 's estate.",
    "They told me that once they received my papers, they would answer my questions.",
    "The clerk said \"come back on XXXX\" and hung up.",
    "I have called, written, and called again; nobody answers.",
    "THIS IS NOT MY DEBT!",
    "消费者称商家拒绝退款，并要求“先签字后验货”。",
    "The balance was {$1200.00}, then {$1500.00}.",
    "Please remove this account from my report and stop contacting me.",
    "\u{1F4F7} I have photos of everything, 100 % legible.",
    "When I asked for a receipt they wrote ''no refunds'' on the bag; the tag said 5,00.",
];

/// A narrative of a few sentences, often over several lines.
pub(super) fn narrative(chance: &mut Chance) -> String {
    let mut text = String::new();
    for _ in 0..=chance.below(12) {
        text.push_str(chance.pick(SENTENCES).unwrap_or_default());
        let ends = [" ", "\n", "\n\n", " ", "\r\n"];
        text.push_str(chance.pick(&ends).unwrap_or_default());
    }
    text.push_str(&format!("({:08x})", chance.next_u64() >> 32));
    text
}
