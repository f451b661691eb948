//! `minuted` records an alliance's partnerships as events in an append-only log, folds them into state, and answers
//! over gRPC what was so on any day, and what was known about it on any other day.

pub mod cli;
pub mod domain;
pub mod grpc;
pub mod log;
pub mod position;
pub mod projections;
pub mod proto;
pub mod recorder;
pub mod server;
pub mod state;
pub mod wire;
