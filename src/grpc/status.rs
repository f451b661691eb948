//! stub
#![allow(missing_docs, clippy::all, unused_variables)]
use crate::position::Position;
use std::fmt::Display;
use tonic::Status;
pub fn bad_date(f: &str, e: &impl Display) -> Status {
    todo!()
}
pub fn bad_time(f: &str) -> Status {
    todo!()
}
pub fn bad_field(f: &str, e: &str) -> Status {
    todo!()
}
pub fn bad_name(f: &str, e: &str) -> Status {
    todo!()
}
pub fn unknown_value(f: &str, e: &str) -> Status {
    todo!()
}
pub fn unknown_event(f: &str, e: &str) -> Status {
    todo!()
}
pub fn beyond_tail(a: Position, b: Position) -> Status {
    todo!()
}
pub fn not_reached(a: Position, b: Position) -> Status {
    todo!()
}
pub fn stopping() -> Status {
    todo!()
}
pub fn internal(e: &dyn std::error::Error) -> Status {
    todo!()
}
pub fn invalid(e: &crate::wire::Invalid) -> Status {
    todo!()
}
pub fn record_error(e: &crate::recorder::RecordError) -> Status {
    todo!()
}
pub fn in_place(e: &Status) -> crate::proto::google::rpc::Status {
    todo!()
}
