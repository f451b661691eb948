//! stub
#![allow(missing_docs, clippy::all, unused_variables)]
use bytes::Bytes; use crate::domain::*; use crate::proto::v1;
#[derive(Clone, Copy, Default)] pub struct Limits{pub commands_max:usize}
#[derive(Debug, thiserror::Error)] #[error("x")] pub struct Undecodable;
#[derive(Debug, thiserror::Error)] #[error("x")] pub struct Invalid;
pub fn parse_commands(c: Vec<v1::Command>, l:&Limits)->Result<Vec<Command>,Invalid>{todo!()}
pub fn encode_event(e:&Event)->v1::Event{todo!()}
pub fn encode_frame(e:&[Event])->Bytes{todo!()}
pub fn decode_frame(e:&[u8])->Result<Vec<Event>,Undecodable>{todo!()}
pub fn stored_events(e:&[u8])->Result<Vec<v1::Event>,Undecodable>{todo!()}
pub fn encode_content(c:&Content)->(v1::Valid,v1::Source,v1::Fact){todo!()}
pub fn encode_timestamp(c:jiff::Timestamp)->prost_types::Timestamp{todo!()}
pub fn parse_timestamp(c:&prost_types::Timestamp)->Option<jiff::Timestamp>{todo!()}
pub const FACT_KINDS:&[&str]=&[];
