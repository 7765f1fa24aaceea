//! The Fieldwatch server: merges what devices send, decides who may see and do what, and answers coordinators.
//!
//! ```text
//!  main ─▶ cli ─▶ serve ─▶ routes ─▶ app ─▶ token, register       who
//!              └▶ admin ──────────▶   │
//!                                     └─▶ exchange ─▶ committer, pull ─▶ log ─▶ tables ◀─ report, check
//! ```

pub mod admin;
pub mod app;
pub mod backup;
pub mod check;
pub mod cli;
pub mod committer;
pub mod data;
pub mod erase;
pub mod exchange;
pub mod ledger;
pub mod log;
pub mod notary;
pub mod problem;
pub mod pull;
pub mod register;
pub mod report;
pub mod routes;
pub mod serve;
mod shelf;
pub mod tables;
pub mod tls;
pub mod token;
pub mod vouch;
