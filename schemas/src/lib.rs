//! The contract between Fieldwatch devices and servers: records, their rules, and the messages that carry them.
//!
//! Everything here is pure: no clock, no chance, no disk (but for [`store`], whose `sled` room is a feature), no network. Time,
//! random bytes and ids are arguments, so that a phone and a server that hold the same changes always say the same.
//!
//! Read in this order: [`id`] and [`kind`] (what there is), [`record`] (one automerge document and the acts upon it),
//! [`status`] (what follows from its events), [`feed`] (who may see it), [`sync`] (how it travels).

pub mod acknowledgement;
pub mod area;
pub mod calendar;
pub mod checklist;
pub mod chunk;
pub mod code;
pub mod credit_code;
pub mod deadline;
pub mod digest;
pub mod feed;
pub mod field;
pub mod id;
pub mod inspection;
pub mod json_schema;
pub mod keyring;
pub mod kind;
pub mod label;
pub mod limits;
pub mod problem;
pub mod record;
pub mod status;
pub mod store;
pub mod summary;
pub mod sync;
pub mod time;
