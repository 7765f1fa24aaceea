//! The two languages that people read Fieldwatch in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language of labels and messages; Chinese unless somebody asks for English.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// 中文 (simplified).
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// `zh` or `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The language of a POSIX locale (`en_US.UTF-8`) or BCP 47 tag (`zh-Hans-CN`); Chinese for
    /// any other.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        let language = locale
            .split(['_', '-', '.', '@'])
            .next()
            .unwrap_or_default();
        if language.eq_ignore_ascii_case("en") {
            Self::En
        } else {
            Self::Zh
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// The text given as a language is neither `zh` nor `en`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown language {0:?}: use zh or en")]
pub struct UnknownLang(pub String);

impl FromStr for Lang {
    type Err = UnknownLang;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "zh" => Ok(Self::Zh),
            "en" => Ok(Self::En),
            _ => Err(UnknownLang(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn chinese_is_the_default_and_the_answer_for_foreign_locales() {
        assert_eq!(Lang::default(), Lang::Zh);
        for locale in [
            "",
            "C",
            "POSIX",
            "zh_CN.UTF-8",
            "zh-Hans",
            "de_DE",
            "english",
        ] {
            assert_eq!(Lang::of_locale(locale), Lang::Zh, "{locale}");
        }
        for locale in ["en", "en_US.UTF-8", "EN-gb", "en@posix"] {
            assert_eq!(Lang::of_locale(locale), Lang::En, "{locale}");
        }
    }

    #[test]
    fn a_tag_reads_back_and_anything_else_is_refused_by_name() {
        for lang in [Lang::Zh, Lang::En] {
            assert_eq!(lang.tag().parse(), Ok(lang));
            assert_eq!(serde_json::to_value(lang).unwrap(), lang.tag());
        }
        assert_eq!(
            "fr".parse::<Lang>().unwrap_err().to_string(),
            "unknown language \"fr\": use zh or en"
        );
    }
}
