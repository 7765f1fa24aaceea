//! What can be said on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, Parser, Subcommand};
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::code::{self, CodeList};
use fieldwatch_schemas::deadline::Authority;
use fieldwatch_schemas::id::{DeviceId, PersonId, RecordId};
use fieldwatch_schemas::status::Role;
use jiff::{Span, SpanRelativeTo, Unit};

/// The Fieldwatch server: merges what devices send, and answers coordinators.
#[derive(Debug, Parser)]
#[command(name = "fieldwatch-server", version, arg_required_else_help = true)]
pub(super) struct Args {
    /// The folder that holds everything
    #[arg(long, global = true, env = "FIELDWATCH_DATA", value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// Answer in JSON on stdout
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// The language of words: zh or en
    #[arg(long, global = true)]
    pub(super) lang: Option<Lang>,
    #[command(subcommand)]
    pub(super) sub: Sub,
}

#[derive(Debug, Subcommand)]
pub(super) enum Sub {
    /// Makes keys, a self-signed certificate and the first administrator; safe to repeat
    Init {
        /// A name or address that devices reach the server by; the first stands in tickets
        #[arg(long, required = true, value_name = "NAME")]
        host: Vec<String>,
        /// Makes anew what is lost of the keys that vouch for receipts and after a restore: what they vouched for is lost with them
        #[arg(long)]
        renew_lost_keys: bool,
    },
    /// Serves HTTPS until told to stop
    Serve(ServeArgs),
    /// Stations
    #[command(subcommand)]
    Station(StationSub),
    /// People
    #[command(subcommand)]
    Person(PersonSub),
    /// Prints a one-time link with which a person's device enrols
    Ticket(TicketArgs),
    /// Devices
    #[command(subcommand)]
    Device(DeviceSub),
    /// Lists the feeds: position, digest, number of records
    Feeds,
    /// The numbers of a period
    Report {
        /// The first day, in China's time
        #[arg(long, value_name = "DATE")]
        from: String,
        /// The last day
        #[arg(long, value_name = "DATE")]
        to: String,
        /// The region, GB/T 2260; everything if left out
        #[arg(long, value_name = "CODE")]
        region: Option<String>,
    },
    /// Shares a case with a second station, which then reads and writes it too
    Share(ShareArgs),
    /// Shares a case with a station no longer
    Unshare(ShareArgs),
    /// Work that came too late (from a revoked device, on a record that went elsewhere) and waits for a release
    #[command(subcommand)]
    Quarantine(QuarantineSub),
    /// Erases a record everywhere, for good: here, on devices when they next sync, and in old backups, whose copies of it cannot be read
    /// any more
    Erase {
        /// Which
        #[arg(value_name = "RECORD")]
        record: RecordId,
        /// The record that takes its place
        #[arg(long, value_name = "RECORD")]
        replaced_by: Option<RecordId>,
    },
    /// Prints the public key that this server signs receipts with
    ReceiptKey,
    /// Erases a record, and makes one in its place that says some things otherwise and has no history
    Redact {
        /// Which
        #[arg(value_name = "RECORD")]
        record: RecordId,
        /// What it is to say: PATH=TEXT, an empty text clears; events.ID.KEY=TEXT for what an event says
        #[arg(long, value_name = "PATH=TEXT", required = true, value_parser = setting)]
        set: Vec<(String, String)>,
    },
    /// Copies what is live into a fresh store: what was removed is not even on the disk any more, and the store takes less room
    Compact,
    /// Copies the store into a folder, at one position, while the server runs or while it does not
    Backup {
        /// A folder that is empty, or not there yet
        #[arg(value_name = "DIR")]
        dir: PathBuf,
        /// Where the newest copy of the keys and the ledger is kept, apart from all backups: replaced each time
        #[arg(long, value_name = "KEYDIR")]
        keys: Option<PathBuf>,
    },
    /// Puts a backup in the place of the store, while the server does not run; devices bring back what came after it
    Restore(RestoreArgs),
    /// Reads the whole store and proves every hash, index and digest
    Check,
    /// The whole story in a temporary folder: a server, devices, field data, the report
    Demo(DemoArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// Where the keys and the ledger are, for those that the data folder lacks
    #[arg(long, value_name = "KEYDIR")]
    pub(super) keys: Option<PathBuf>,
    /// Puts it in the place of a store that is there, and keeps that beside
    #[arg(long)]
    pub(super) replace: bool,
    /// Makes anew what is lost of the keys that vouch for receipts and after a restore: what they vouched for is lost with them
    #[arg(long)]
    pub(super) renew_lost_keys: bool,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ServeArgs {
    /// Where to listen, such as 0.0.0.0:8443; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: SocketAddr,
    /// A certificate (chain) to use in place of the server's own, PEM
    #[arg(long, requires = "key", value_name = "FILE")]
    pub(super) cert: Option<PathBuf>,
    /// Its key, PEM
    #[arg(long, requires = "cert", value_name = "FILE")]
    pub(super) key: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct ShareArgs {
    /// Which
    #[arg(value_name = "RECORD")]
    pub(super) record: RecordId,
    /// With whom
    #[arg(long, value_name = "ID")]
    pub(super) station: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum QuarantineSub {
    /// Lists what waits
    List,
    /// Shows what it would change
    Show(WaitingArgs),
    /// Takes it, in its author's name
    Release(WaitingArgs),
    /// Gives it up; its device keeps its own copy
    Discard(WaitingArgs),
}

#[derive(Debug, ClapArgs)]
pub(super) struct WaitingArgs {
    /// What `quarantine list` calls it
    #[arg(value_name = "ID")]
    pub(super) id: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum StationSub {
    /// Takes in a station
    Add {
        /// Its id: letters, digits, hyphens
        #[arg(long)]
        id: String,
        /// Its name
        #[arg(long)]
        name: String,
        /// Its region, GB/T 2260
        #[arg(long, value_name = "CODE")]
        region: String,
        /// Whose it is
        #[arg(long, value_parser = authority(), default_value = "council")]
        authority: Authority,
        /// What kind of station it is
        #[arg(long, value_parser = station_kind(), default_value = "station")]
        kind: String,
    },
    /// Moves a station to another region; its records follow
    Change {
        /// Which
        #[arg(value_name = "ID")]
        id: String,
        /// Its region from now on, GB/T 2260
        #[arg(long, value_name = "CODE")]
        region: String,
    },
    /// Lists the stations
    List,
}

#[derive(Debug, Subcommand)]
pub(super) enum PersonSub {
    /// Takes in a person: station_staff needs --station, coordinator --region, nobody else either
    Add {
        /// Their name
        #[arg(long)]
        name: String,
        /// What they are
        #[arg(long, value_parser = role())]
        role: Role,
        /// The station of a station's staff; may be repeated, the first one is where their new records go
        #[arg(long, value_name = "ID")]
        station: Vec<String>,
        /// The region of a coordinator, GB/T 2260
        #[arg(long, value_name = "CODE")]
        region: Option<String>,
    },
    /// Gives a person another role or another place, from now on; devices follow with their next sync
    Change {
        /// Who
        #[arg(value_name = "ID")]
        person: PersonId,
        /// What they are from now on
        #[arg(long, value_parser = role())]
        role: Option<Role>,
        /// Where they work from now on, in place of the stations before; may be repeated
        #[arg(long, value_name = "ID")]
        station: Vec<String>,
        /// The region of a coordinator, GB/T 2260
        #[arg(long, value_name = "CODE")]
        region: Option<String>,
    },
    /// Lists the people
    List,
}

#[derive(Debug, ClapArgs)]
pub(super) struct TicketArgs {
    /// Whose device
    #[arg(long, value_name = "ID")]
    pub(super) person: PersonId,
    /// How long it is good, such as 30m, 24h, 7d
    #[arg(long, value_parser = duration_ms, default_value = "24h", value_name = "TIME")]
    pub(super) valid: i64,
    /// Where devices reach the server, if not at the first --host of init and the port of the last serve
    #[arg(long)]
    pub(super) url: Option<String>,
    /// Shows the link as a QR code too
    #[arg(long)]
    pub(super) qr: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum DeviceSub {
    /// Lists the devices
    List,
    /// Revokes a device: from now on it is refused
    Revoke {
        /// Which
        #[arg(value_name = "ID")]
        device: DeviceId,
    },
}

/// What `demo` was asked.
#[derive(Debug, Clone, ClapArgs)]
pub struct DemoArgs {
    /// Where its server listens; a free port if left out
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Ends after the report, in place of serving on
    #[arg(long)]
    pub once: bool,
    /// The language of the story.
    #[arg(skip)]
    pub lang: Lang,
    /// Whether only programs listen: one JSON value at the end in place of the story.
    #[arg(skip)]
    pub json: bool,
}

fn role() -> impl TypedValueParser<Value = Role> {
    const ROLES: [Role; 6] = [
        Role::Volunteer,
        Role::StationStaff,
        Role::Coordinator,
        Role::EnterpriseContact,
        Role::Auditor,
        Role::Administrator,
    ];
    PossibleValuesParser::new(ROLES.map(Role::name)).try_map(|name| {
        let role = ROLES.into_iter().find(|role| role.name() == name);
        role.ok_or("no such role")
    })
}

fn station_kind() -> PossibleValuesParser {
    let codes = code::list("station_kind")
        .map(CodeList::codes)
        .unwrap_or_default();
    PossibleValuesParser::new(codes.iter().map(|code| code.code.as_str()))
}

fn authority() -> impl TypedValueParser<Value = Authority> {
    PossibleValuesParser::new(["council", "department"]).map(|name| match name.as_str() {
        "department" => Authority::Department,
        _ => Authority::Council,
    })
}

fn setting(text: &str) -> Result<(String, String), &'static str> {
    let (path, text) = text.split_once('=').ok_or("PATH=TEXT is needed")?;
    Ok((path.trim().to_owned(), text.to_owned()))
}

fn duration_ms(text: &str) -> Result<i64, String> {
    let wrong = |error: jiff::Error| error.to_string();
    let span: Span = text.parse().map_err(wrong)?;
    let day = SpanRelativeTo::days_are_24_hours();
    let rounded = jiff::SpanRound::new()
        .largest(Unit::Millisecond)
        .smallest(Unit::Millisecond)
        .relative(day);
    let span = span.round(rounded).map_err(wrong)?;
    Ok(span.get_milliseconds())
}
