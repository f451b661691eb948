//! Protobuf ↔ domain: one file per aggregate reads its facts, finding all that is wrong with them, and writes them.
//!
//! 1. What is sent is read as a whole: every violation of every command is found, each with its field and its reason.
//! 2. What is stored is read for ever: the checks that ask the world outside (country codes, time zones, limits) are made
//!    of commands only.
//! 3. Reading what was written gives the same again.

mod activity;
mod actor;
mod agreement;
mod area;
mod contribution;
mod correction;
mod decision;
mod envelope;
mod fact;
#[cfg(test)]
mod faults;
mod framework;
pub mod json;
mod kind;
mod list;
mod meeting;
pub mod name;
mod operation;
#[cfg(test)]
mod properties;
mod reader;
#[cfg(test)]
mod sample;
mod stored;
pub mod time;
mod violation;

pub use activity::{encode_access_framework, encode_exception};
pub use decision::encode_link;
pub use envelope::{
    decode_event, decode_frame, encode_command, encode_content, encode_event, encode_frame, parse_commands,
};
pub use json::{fact_kinds, kind_number};
pub use list::NotSaid;
pub use meeting::{encode_delegation, encode_venue};
pub use stored::{Envelope, StoredEvent, stored_events};
pub use time::{decode_timestamp, encode_timestamp};
pub use violation::{FieldViolation, Invalid, Undecodable};

/// The longest list that a field may have.
pub const LIST_ITEMS_MAX: usize = 10_000;

/// How much one request may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Commands of one request.
    pub commands_max: usize,
    /// Bytes of one text.
    pub text_bytes_max: usize,
    /// Bytes of all commands of one request, in their protobuf encoding.
    pub request_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { commands_max: 1_000, text_bytes_max: 64 * 1024, request_bytes_max: 1024 * 1024 }
    }
}
