//! From the command line to what is to be done, and how its answer is written for people.

use std::path::PathBuf;

use fieldwatch_schemas::code::Lang;
use serde_json::Value;

use super::args::{
    DeviceSub, PersonSub, QuarantineSub, ServeArgs, ShareArgs, StationSub, Sub, TicketArgs,
    WaitingArgs,
};
use super::{human, report_in_words};
use crate::admin::{Command, Moving};
use crate::serve::Options;
use crate::tls::Identity;

/// How an answer is written for people.
pub(super) type Write = fn(&Value, Lang) -> String;

/// The same place for a server that runs elsewhere.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

impl From<ServeArgs> for Options {
    fn from(args: ServeArgs) -> Self {
        let own = args.cert.zip(args.key);
        Self {
            listen: args.listen,
            identity: own.map(|(certificate, key)| Identity { certificate, key }),
        }
    }
}

impl Sub {
    /// The administrative command, and how its answer is written; nothing for what is none.
    pub(super) fn into_command(self) -> Option<(Command, Write)> {
        let (command, write): (Command, Write) = match self {
            Self::Init { .. }
            | Self::Restore(_)
            | Self::ReceiptKey
            | Self::Serve(_)
            | Self::Demo(_) => return None,
            Self::Station(sub) => (sub.into(), human::station),
            Self::Person(sub) => (sub.into(), human::person),
            Self::Ticket(args) => {
                let (command, shows_qr) = args.into_command();
                let write = if shows_qr {
                    human::ticket_with_qr
                } else {
                    human::ticket
                };
                (command, write)
            }
            Self::Device(sub) => (sub.into(), human::device),
            Self::Feeds => (Command::Feeds, human::feed),
            Self::Report { from, to, region } => {
                (Command::Report { from, to, region }, report_in_words)
            }
            Self::Redact { record, set } => (Command::Redact { record, set }, human::erased),
            Self::Compact => (Command::Compact, human::compacted),
            Self::Backup { dir, keys } => {
                let (dir, keys) = (absolute(dir), keys.map(absolute));
                (Command::Backup { dir, keys }, human::backed_up)
            }
            Self::Check => (Command::Check, human::checked),
            Self::Share(args) => {
                let ShareArgs { record, station } = args;
                (
                    Command::Moving(Moving::Share { record, station }),
                    human::shared,
                )
            }
            Self::Unshare(args) => {
                let ShareArgs { record, station } = args;
                (
                    Command::Moving(Moving::Unshare { record, station }),
                    human::shared,
                )
            }
            Self::Quarantine(sub) => (sub.into(), human::waiting),
            Self::Erase {
                record,
                replaced_by,
            } => {
                let command = Command::Erase {
                    record,
                    replaced_by,
                };
                (command, human::erased)
            }
        };
        Some((command, write))
    }
}

impl From<QuarantineSub> for Command {
    fn from(sub: QuarantineSub) -> Self {
        Self::Moving(match sub {
            QuarantineSub::List => Moving::List,
            QuarantineSub::Show(WaitingArgs { id }) => Moving::Show { id },
            QuarantineSub::Release(WaitingArgs { id }) => Moving::Release { id },
            QuarantineSub::Discard(WaitingArgs { id }) => Moving::Discard { id },
        })
    }
}

impl From<StationSub> for Command {
    fn from(sub: StationSub) -> Self {
        match sub {
            StationSub::List => Self::StationList,
            StationSub::Change { id, region } => Self::Moving(Moving::Station { id, region }),
            StationSub::Add {
                id,
                name,
                region,
                authority,
                kind,
            } => Self::StationAdd {
                id,
                name,
                region,
                authority,
                kind,
            },
        }
    }
}

impl From<PersonSub> for Command {
    fn from(sub: PersonSub) -> Self {
        match sub {
            PersonSub::List => Self::PersonList,
            PersonSub::Add {
                name,
                role,
                station,
                region,
            } => Self::PersonAdd {
                name,
                role,
                stations: station,
                region,
            },
            PersonSub::Change {
                person,
                role,
                station,
                region,
            } => Self::PersonChange {
                person,
                role,
                stations: station,
                region,
            },
        }
    }
}

impl From<DeviceSub> for Command {
    fn from(sub: DeviceSub) -> Self {
        match sub {
            DeviceSub::List => Self::DeviceList,
            DeviceSub::Revoke { device } => Self::DeviceRevoke { device },
        }
    }
}

impl TicketArgs {
    fn into_command(self) -> (Command, bool) {
        let command = Command::Ticket {
            person: self.person,
            valid_ms: self.valid,
            url: self.url,
        };
        (command, self.qr)
    }
}
