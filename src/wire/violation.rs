//! What is wrong with a message, said of the field that it is wrong with.

use crate::domain::Reason;

/// One field that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldViolation {
    /// The field, as the schema names it: `commands[0].fact.area_chosen.area`.
    pub field: String,
    /// The rule.
    pub reason: Reason,
    /// What is wrong, and what would be right.
    pub says: String,
}

/// A request that is not well-formed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.first().map_or_else(String::new, |first| format!("{}: {}", first.field, first.says)))]
pub struct Invalid {
    /// All that is wrong with it, in the order of its commands and their fields; at least one.
    pub violations: Vec<FieldViolation>,
}

impl Invalid {
    /// The reason to give: the first in the order of [`Reason`].
    pub fn reason(&self) -> Reason {
        self.first().map_or(Reason::UnknownValue, |first| first.reason)
    }

    /// The violation to lead with: of those with the first reason, the first.
    pub fn first(&self) -> Option<&FieldViolation> {
        self.violations.iter().min_by_key(|violation| violation.reason)
    }
}

/// Stored bytes that are no event of this schema: they were written by a newer version, or by something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// They are no protobuf encoding of what they should be.
    #[error("not the encoding of an event: {0}")]
    Bytes(#[from] prost::DecodeError),
    /// They are, but this field does not say what an event says.
    #[error("{field}: {says}")]
    Field {
        /// The field, as the schema names it: `fact.area_chosen.area`.
        field: String,
        /// What is wrong with it.
        says: String,
    },
}

impl From<FieldViolation> for Undecodable {
    fn from(FieldViolation { field, reason: _, says }: FieldViolation) -> Self {
        Undecodable::Field { field, says }
    }
}
