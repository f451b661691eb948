//! Time in the world: inexact dates, three-valued truth, spells and successions.

pub mod date;
pub mod period;
pub mod succession;
mod truth;
pub mod valid;

pub use date::{BadDate, Day, PartialDate, When};
pub use period::{End, Mark, Misfit, Spell, Spells, one_holds};
pub use succession::{Dated, Succession};
pub use truth::{Truth, certain_or_possible};
pub use valid::{Moment, Until, Valid};
