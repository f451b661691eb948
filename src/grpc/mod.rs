//! The services that answer: each takes a request apart, asks once, and puts the answer together.
//!
//! 1. All that is wrong with a request is said at once, each with its field.
//! 2. A page sequence shows one known position and one day, whatever is recorded meanwhile.
//! 3. What is not known (never recorded, or retracted) is `NOT_FOUND`, in filters too: a slip is no empty answer.

pub mod activities;
pub mod actors;
pub mod agreements;
pub mod areas;
mod asking;
pub mod decisions;
pub mod frameworks;
pub mod meetings;
pub mod operations;
mod page;
mod put;
pub mod reading;
pub mod status;
