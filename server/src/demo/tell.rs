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
mod tests;
