//! Records of every kind on their way between devices: nothing they say is lost, changed or read differently.

#[cfg(test)]
#[path = "records/access.rs"]
mod access;
#[cfg(test)]
#[path = "records/generated.rs"]
mod generated;
#[cfg(test)]
#[path = "records/merging.rs"]
mod merging;
#[cfg(test)]
#[path = "records/newer.rs"]
mod newer;
#[cfg(test)]
#[path = "records/raw.rs"]
mod raw;
#[cfg(test)]
#[path = "samples/record.rs"]
mod sample;
#[cfg(test)]
#[path = "records/successors.rs"]
mod successors;
#[cfg(test)]
#[path = "records/tables.rs"]
mod tables;
#[cfg(test)]
#[path = "records/travel.rs"]
mod travel;
