//! The command line, as clap reads it.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::label;

use super::output::Format;

/// Fieldwatch 消保外勤: records offline, merges without loss, syncs when there is a network.
#[derive(Debug, Parser)]
#[command(name = "fieldwatch", version, propagate_version = true)]
pub(super) struct Cli {
    /// The folder of this replica (else the platform's data folder)
    #[arg(long, global = true, value_name = "DIR", env = "FIELDWATCH_HOME")]
    pub(super) home: Option<PathBuf>,
    /// Print JSON on stdout; a failure is an RFC 9457 problem
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Language of messages: zh or en (else the locale's, else zh)
    #[arg(long, global = true, value_name = "LANG")]
    pub(super) lang: Option<Lang>,
    /// The file that protects this home (else FIELDWATCH_PASSPHRASE, else HOME/device.key)
    #[arg(long, global = true, value_name = "FILE", env = "FIELDWATCH_KEY_FILE")]
    pub(super) key_file: Option<PathBuf>,
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Cli {
    pub(super) fn format(&self) -> Format {
        match self.json {
            true => Format::Json,
            false => Format::Words,
        }
    }

    pub(super) fn lang(&self) -> Lang {
        super::language(self.lang)
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Register this device with a ticket's link 登记设备
    Enrol(EnrolArgs),
    /// Make a record 新建
    New(NewArgs),
    /// Checklists from spreadsheets: check, publish, list 体察清单
    Checklist(ChecklistArgs),
    /// Answer a visit's checklist, question by question 体察作答
    Inspection(InspectionArgs),
    /// Add an event to a record 添加事件
    Event(EventArgs),
    /// Edit a field of a record; an empty VALUE clears it 修改
    Set(SetArgs),
    /// Show a whole record 查看
    Show(RecordArgs),
    /// List records, newest first 列表
    List(ListArgs),
    /// Import many records from a table; safe to repeat 导入
    Import(ImportArgs),
    /// Exchange changes with the server 同步
    Sync(SyncArgs),
    /// What has been sent, what has not, what needs a look 状态
    Status,
    /// Values that nobody has chosen between 冲突
    Conflicts,
    /// Choose one of the values of a conflict 解决冲突
    Resolve(ResolveArgs),
    /// What the server refused, and why 隔离区
    Quarantine(QuarantineArgs),
    /// Whether everything that this home holds is sound 检查本机数据
    Check(CheckArgs),
    /// The server's signed word for what it has, of one record or of all 服务器回执
    Receipts(ReceiptsArgs),
    /// Prove a receipt, without a network and without a home 验证回执
    VerifyReceipt(VerifyReceiptArgs),
    /// Every clock that runs on a case, or on all cases, most urgent first 期限
    Deadlines(DeadlineArgs),
}

#[derive(Debug, Args)]
pub(super) struct EnrolArgs {
    /// The link of the ticket
    pub(super) link: String,
    /// What to call this device
    #[arg(long, default_value = "")]
    pub(super) name: String,
}

/// Every kind by its name, its Chinese name beside it.
fn kinds() -> impl TypedValueParser<Value = Kind> {
    let named = |kind: Kind| PossibleValue::new(kind.name()).help(label::kind(kind, Lang::Zh));
    PossibleValuesParser::new(Kind::ALL.map(named)).try_map(|name| name.parse::<Kind>())
}

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The kind of record
    #[arg(value_parser = kinds())]
    pub(super) kind: Kind,
    /// A field: path=text, or path:=JSON
    #[arg(long, value_name = "PATH=VALUE")]
    pub(super) set: Vec<String>,
    /// Fields from a JSON object, nested or by paths
    #[arg(long, value_name = "F.json")]
    pub(super) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ChecklistArgs {
    #[command(subcommand)]
    pub(super) act: ChecklistAct,
}

#[derive(Debug, Subcommand)]
pub(super) enum ChecklistAct {
    /// Read an XLSForm and list everything in it, or everything that is wrong 检查
    Check(FormArgs),
    /// Publish an XLSForm to everybody; a published version never changes 发布
    Publish(FormArgs),
    /// The checklists on this device 列表
    List,
}

#[derive(Debug, Args)]
pub(super) struct FormArgs {
    /// The spreadsheet (XLSForm: .xlsx or .xls)
    pub(super) file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct InspectionArgs {
    #[command(subcommand)]
    pub(super) act: InspectionAct,
}

#[derive(Debug, Subcommand)]
pub(super) enum InspectionAct {
    /// Ask what is still open, one question after another; stop and go on at any time 作答
    Answer(RecordArgs),
}

#[derive(Debug, Args)]
pub(super) struct EventArgs {
    /// The record's id, or a beginning of it that no other record has
    pub(super) record: String,
    /// What happened, such as accepted
    #[arg(value_name = "TYPE")]
    pub(super) kind: String,
    /// What the event says: key=text, or key:=JSON
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// When it happened (RFC 3339, or a date); now unless given
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct SetArgs {
    /// The record's id, or a beginning of it that no other record has
    pub(super) record: String,
    /// The field, such as respondent.name
    #[arg(required_unless_present = "file", requires = "value")]
    pub(super) path: Option<String>,
    /// Its new value
    #[arg(allow_negative_numbers = true)]
    pub(super) value: Option<String>,
    /// Many fields at once, from a JSON object, nested or by paths
    #[arg(long, value_name = "F.json", conflicts_with = "path")]
    pub(super) file: Option<PathBuf>,
    /// Read VALUE as JSON
    #[arg(long)]
    pub(super) json_value: bool,
}

#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// The record's id, or a beginning of it that no other record has
    pub(super) record: String,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only of this kind
    #[arg(long, value_parser = kinds())]
    pub(super) kind: Option<Kind>,
    /// Only in this status
    #[arg(long)]
    pub(super) status: Option<String>,
    /// Only with this text in names, numbers or narrative
    #[arg(long, value_name = "TEXT")]
    pub(super) search: Option<String>,
    /// No more than this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(super) limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TableFormat {
    /// Comma-separated values, UTF-8
    Csv,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The table
    pub(super) file: PathBuf,
    /// Its format
    #[arg(long, value_enum)]
    pub(super) format: TableFormat,
    /// The mapping: which column becomes which field
    #[arg(long, value_name = "M.toml")]
    pub(super) mapping: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct SyncArgs {
    /// Go on until stopped, and serve other commands meanwhile
    #[arg(long)]
    pub(super) watch: bool,
    /// Stop once this many bytes have travelled
    #[arg(long, value_name = "BYTES")]
    pub(super) budget: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct ResolveArgs {
    /// The record's id, or a beginning of it that no other record has
    pub(super) record: String,
    /// The field
    pub(super) path: String,
    /// Which of its values, counted from 1 as `conflicts` lists them
    #[arg(long, value_name = "N")]
    pub(super) choose: usize,
}

#[derive(Debug, Args)]
pub(super) struct QuarantineArgs {
    #[command(subcommand)]
    pub(super) act: Option<QuarantineAct>,
}

#[derive(Debug, Subcommand)]
pub(super) enum QuarantineAct {
    /// Show what was refused of a record, and why
    Show(RecordArgs),
    /// Send the record again with the next sync
    Retry(RecordArgs),
    /// Give up what was refused
    Discard(RecordArgs),
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Put in order what is damaged; what is missing comes with the next sync
    #[arg(long)]
    pub(super) repair: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReceiptsArgs {
    /// One record's, by its id or a beginning of it; all unless given
    pub(super) record: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct VerifyReceiptArgs {
    /// A line that `receipts --json` printed, or several, or the text of its `receipt` alone
    pub(super) file: PathBuf,
    /// The server's receipt key (else the one that this home is enrolled with)
    #[arg(long, value_name = "KEY")]
    pub(super) key: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct DeadlineArgs {
    /// One record's; all cases' unless given
    pub(super) record: Option<String>,
    /// Under this rule pack, whatever the station's region
    #[arg(long, value_name = "ID")]
    pub(super) pack: Option<String>,
}

impl Command {
    /// Makes the paths that a command names hold in whatever folder it is run.
    pub(super) fn hold_anywhere(&mut self, folder: &Path) {
        match self {
            Self::New(new) => new
                .file
                .iter_mut()
                .for_each(|file| *file = folder.join(&file)),
            Self::Set(set) => set
                .file
                .iter_mut()
                .for_each(|file| *file = folder.join(&file)),
            Self::Checklist(ChecklistArgs {
                act: ChecklistAct::Check(form) | ChecklistAct::Publish(form),
            }) => form.file = folder.join(&form.file),
            Self::VerifyReceipt(verify) => verify.file = folder.join(&verify.file),
            Self::Import(import) => {
                import.file = folder.join(&import.file);
                import.mapping = folder.join(&import.mapping);
            }
            _ => {}
        }
    }
}
