//! Every size and amount of work that a checklist may cost, by name.

/// Bytes of a spreadsheet file.
pub const FILE_BYTES_MAX: usize = 8 << 20;
/// Bytes of everything inside a spreadsheet file once unpacked.
pub const UNPACKED_BYTES_MAX: u64 = 128 << 20;
/// Cells with something in them, over all sheets.
pub const CELLS_MAX: usize = 1_000_000;
/// Rows of the survey sheet that become items.
pub const ITEMS_MAX: usize = 10_000;
/// Choices over all lists.
pub const CHOICES_MAX: usize = 50_000;
/// Groups and repeats within one another.
pub const NESTING_MAX: usize = 32;
/// Errors reported for one form; the rest is counted in a last line.
pub const ERRORS_MAX: usize = 500;
/// Bytes of one expression.
pub const EXPRESSION_BYTES_MAX: usize = 16 << 10;
/// Bytes of all expressions of one checklist.
pub const EXPRESSIONS_BYTES_MAX: usize = 4 << 20;
/// Bytes of one label, hint or message in one language.
pub const WORDS_BYTES_MAX: usize = 8 << 10;
/// Questions of one name that a reference may choose the nearest of.
pub const NAMESAKES_MAX: usize = 256;
/// Brackets and function calls within one another in an expression.
pub const EXPRESSION_DEPTH_MAX: usize = 64;
/// Bytes of a regular expression.
pub const PATTERN_BYTES_MAX: usize = 4 << 10;
/// Bytes of a compiled regular expression.
pub const PATTERN_COMPILED_BYTES_MAX: usize = 256 << 10;
/// Turns of one repeat within one turn of the repeat around it.
pub const TURNS_MAX: usize = 1_000;
/// Turns of all repeats of one inspection.
pub const TURNS_TOTAL_MAX: usize = 10_000;
/// Answers of one inspection that are looked at.
pub const ANSWERS_MAX: usize = 200_000;
/// Bytes of one text that an expression makes; longer ones are cut at a character.
pub const TEXT_BYTES_MAX: usize = 64 << 10;
/// Units of work of one evaluation: about one for each step of an expression and each 64 bytes of text.
pub const WORK_MAX: u64 = 20_000_000;
