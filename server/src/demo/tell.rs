//! Telling: lines on stdout in the reader's language, chapters numbered, columns that stand straight with Chinese in them.

mod units;

use std::io::{self, Write};

use fieldwatch_schemas::code::Lang;

use self::units::width;
pub(super) use self::units::{padded, percent, size, thousands, yuan};

/// Columns in front of every line of a chapter.
const INDENT: &str = "  ";
const BAR_COLUMNS: u64 = 24;

/// Who tells the story.
#[derive(Debug)]
pub(super) struct Teller<W> {
    lang: Lang,
    to: W,
    chapter: u32,
}

impl<W: Write> Teller<W> {
    /// Tells in a language, to somebody.
    pub(super) fn new(lang: Lang, to: W) -> Self {
        Self {
            lang,
            to,
            chapter: 0,
        }
    }

    /// The language.
    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    /// Begins the next chapter.
    pub(super) fn chapter(&mut self, zh: &str, en: &str) -> io::Result<()> {
        self.chapter = self.chapter.saturating_add(1);
        let words = self.lang.pick(zh, en);
        writeln!(self.to, "\n[{}] {words}", self.chapter)?;
        self.to.flush()
    }

    /// Says one line, at once.
    pub(super) fn say(&mut self, zh: &str, en: &str) -> io::Result<()> {
        let words = self.lang.pick(zh, en);
        writeln!(self.to, "{INDENT}{words}")?;
        self.to.flush()
    }

    /// Shows a line that is the same in every language.
    pub(super) fn show(&mut self, line: &str) -> io::Result<()> {
        self.say(line, line)
    }

    /// Shows counts, largest first as given, with their share and a bar.
    pub(super) fn bars(&mut self, zh: &str, en: &str, rows: &[(String, u64)]) -> io::Result<()> {
        self.say(zh, en)?;
        let total: u64 = rows.iter().map(|(_, count)| count).sum();
        let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let columns = rows.iter().map(|(label, _)| width(label)).max();
        for (label, count) in rows {
            let bar = (count * BAR_COLUMNS).div_ceil(most.max(1));
            let bar = "█".repeat(usize::try_from(bar).unwrap_or(0));
            let label = padded(label, columns.unwrap_or(0));
            let share = percent(*count, total);
            self.show(&format!("  {label} {count:>6} {share:>6}  {bar}"))?;
        }
        Ok(())
    }
}

/// Chooses between the two languages.
pub(super) trait Pick {
    /// The text in this language.
    fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str;
}

impl Pick for Lang {
    fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lang: Lang, tell: impl Fn(&mut Teller<&mut Vec<u8>>) -> io::Result<()>) -> String {
        let mut text = Vec::new();
        tell(&mut Teller::new(lang, &mut text)).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_story_is_told_in_the_language_asked_for_and_its_chapters_are_numbered() {
        let tell = |teller: &mut Teller<&mut Vec<u8>>| {
            teller.chapter("开始", "Begin")?;
            teller.say("甲", "one")?;
            teller.chapter("结束", "End")
        };
        assert_eq!(told(Lang::Zh, tell), "\n[1] 开始\n  甲\n\n[2] 结束\n");
        assert_eq!(told(Lang::En, tell), "\n[1] Begin\n  one\n\n[2] End\n");
    }

    #[test]
    fn columns_stand_straight_with_chinese_and_shares_add_up() {
        let rows = [("投诉".to_owned(), 3), ("12345热线".to_owned(), 1)];
        let text = told(Lang::Zh, |teller| teller.bars("渠道", "Channel", &rows));
        let counts: Vec<_> = text
            .lines()
            .skip(1)
            .map(|line| width(line.split('█').next().unwrap()))
            .collect();
        assert_eq!(counts[0], counts[1]);
        assert!(text.contains(" 75.0%") && text.contains(" 25.0%"), "{text}");
    }
}
