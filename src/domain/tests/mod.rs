//! What the rules promise, asked of the domain alone: given what is recorded, when a request comes, then what is so.
//!
//! 1. Every kind of fact has an accepted case, and every reason of DOMAIN.md §6 a refusal beside its nearest accepted
//!    neighbour.
//! 2. Whatever a test does, all rules of all streams hold afterwards, every stream is what a fresh fold makes of its
//!    events, and asking everything gives the verdict that `decide` gives: the scene sees to it.

mod activities;
mod actors;
mod agreements;
mod classes;
mod corrections;
mod decisions;
mod facts;
mod histories;
mod ledger;
mod meetings;
mod operations;
mod places;
mod requests;
mod scene;
mod statuses;
mod time;
