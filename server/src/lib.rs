//! The server: takes what devices push, gives it positions in one log, and answers what they pull.

pub mod committer;
pub mod log;
pub mod tables;
