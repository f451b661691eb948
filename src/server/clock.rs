//! The machine's clock: the one place that reads it.

use jiff::Timestamp;

use crate::recorder::Clock;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the edge at which the time comes in")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
