//! Those who follow the log, and how they share the daemon.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// So much time each follower leaves to the daemon for every other one, between two messages: at most 2,000 messages a
/// second are sent to all of them together, until they are so many that the longest pause is not enough.
const SHARE: Duration = Duration::from_micros(500);
/// But nothing waits longer than this to be sent.
const PAUSE_MAX: Duration = Duration::from_millis(100);
/// A pause that timers are too coarse for is none.
const PAUSE_MIN: Duration = Duration::from_millis(1);

/// One of those who follow, counted until it is dropped.
#[derive(Clone, Debug)]
pub(super) struct Following {
    stopping: watch::Receiver<bool>,
    all: Arc<()>,
}

impl Following {
    /// Until `stopping` turns true. This one follows nothing: its clones do.
    pub(super) fn new(stopping: watch::Receiver<bool>) -> Following {
        Following { stopping, all: Arc::new(()) }
    }

    /// Resolves when the daemon stops.
    pub(super) async fn stopped(&self) {
        // A daemon that is gone has stopped.
        let _ = self.stopping.clone().wait_for(|stopping| *stopping).await;
    }

    /// Lets events gather for the next message. What is recorded after a pause is sent at once.
    pub(super) async fn pause(&self) {
        let pause = pause(Arc::strong_count(&self.all).saturating_sub(1));
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
}

fn pause(followers: usize) -> Duration {
    let pause = SHARE.saturating_mul(u32::try_from(followers).unwrap_or(u32::MAX)).min(PAUSE_MAX);
    if pause < PAUSE_MIN { Duration::ZERO } else { pause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_follow_the_longer_each_waits_up_to_a_bound() {
        let millis = [1, 2, 3, 100, 200, 201, usize::MAX].map(|followers| pause(followers).as_millis());
        assert_eq!(millis, [0, 1, 1, 50, 100, 100, 100]);
    }

    #[tokio::test]
    async fn it_is_counted_who_follows() {
        let (stop, stopping) = watch::channel(false);
        let following = Following::new(stopping);
        let one = following.clone();
        assert_eq!(Arc::strong_count(&one.all) - 1, 1);
        drop(following);
        stop.send_replace(true);
        one.stopped().await;
    }
}
