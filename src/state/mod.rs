//! Every stream's timeline up to the durable tail, who refers to whom, and the past ones on request: what the recorder
//! decides on and what queries show.

mod snapshot;

pub use snapshot::Snapshot;
