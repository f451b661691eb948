//! The rules: what is recorded, what must hold of it, and what follows from it. Nothing here knows of clocks, bytes or
//! the network; what varies comes in as an argument.

pub mod activity;
pub mod actor;
pub mod agreement;
pub mod area;
mod as_text;
pub mod breach;
pub mod contribution;
pub mod correction;
pub mod decide;
pub mod decision;
pub mod fact;
pub mod framework;
pub mod meeting;
pub mod name;
pub mod operation;
pub mod stream;
pub mod text;
pub mod time;
pub mod world;

#[cfg(test)]
mod tests;

pub use breach::{Against, Breach, Breaches, Reason};
pub use decide::{Changes, Now, Refusal, decide};
pub use fact::{Command, CommandId, Content, Event, Fact, Recorded, Source, Version};
pub use name::{Collection, Name};
pub use stream::Stream;
pub use world::World;
