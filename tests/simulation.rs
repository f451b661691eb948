//! Whatever happens to the disk, the power and the clock: is every acknowledged event there, and no other?
//!
//! The real recorder, state and log run on one thread over a simulated disk and clock. One seed is one history: what is
//! asked, when the disk fails and how, what a crash leaves. `simulation/model.rs` says what must hold, `simulation/rot.rs`
//! what must come of damage.
//!
//! ```text
//! cargo test --test simulation                                    what every change is checked with
//! MINUTED_SEED=42 cargo test --test simulation                    one history again, as a failure names it
//! MINUTED_SEEDS=100000 cargo test --release --test simulation     a campaign; MINUTED_SEED_FROM=… goes on elsewhere
//! ```

#[path = "simulation/commands.rs"]
mod commands;
#[path = "simulation/history.rs"]
mod history;
#[path = "simulation/model.rs"]
mod model;
#[path = "simulation/rot.rs"]
mod rot;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use history::{Tally, run};
use minuted::log::{EmbeddedOptions, LogId};
use parking_lot::Mutex;

/// Where the simulated log is.
pub(crate) const DIR: &str = "/log";

/// What takes some half a minute on two cores without optimisation.
const SEEDS: u64 = 2_000;

/// A log of an id that does not depend on chance.
pub(crate) fn options() -> EmbeddedOptions {
    let new_log_id = LogId::from_uuid("4f1dd4c4-8d9f-4c4f-9a53-5a39b6b9a0b1".parse().unwrap());
    let (segment_bytes, zeroed_ahead_bytes, recent_bytes) = (1500, 200, 700);
    EmbeddedOptions {
        new_log_id,
        segment_bytes,
        zeroed_ahead_bytes,
        recent_bytes,
        ..EmbeddedOptions::default()
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")))
}

/// Runs these histories, as many at once as there are cores; a failure names its seed.
fn campaign(from: u64, seeds: u64) -> Tally {
    let next = AtomicU64::new(from);
    let tally = Mutex::new(Tally::default());
    let failed = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds || !failed.lock().is_empty() {
                        return;
                    }
                    match catch_unwind(AssertUnwindSafe(|| run(seed))) {
                        Ok(one) => tally.lock().add(&one),
                        Err(_) => failed.lock().push(seed),
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    let again: Vec<_> =
        failed.iter().map(|seed| format!("MINUTED_SEED={seed} cargo test --test simulation")).collect();
    assert!(failed.is_empty(), "seeds {failed:?} failed; again with\n  {}", again.join("\n  "));
    tally.into_inner()
}

#[test]
fn every_acknowledged_event_is_there_and_no_other() {
    let one = number("MINUTED_SEED");
    let (from, seeds) = match one {
        Some(seed) => (seed, 1),
        None => (number("MINUTED_SEED_FROM").unwrap_or(0), number("MINUTED_SEEDS").unwrap_or(SEEDS)),
    };
    let tally = campaign(from, seeds);
    println!("seeds {from} to {}: {tally:#?}", from + seeds - 1);
    if seeds >= 500 {
        tally.assert_everything_happened();
    }
}

/// A failure could not be looked into if it did not come again.
#[test]
fn a_seed_is_a_history() {
    for seed in [1, 7, number("MINUTED_SEED").unwrap_or(23)] {
        let (first, again) = (run(seed), run(seed));
        assert!(first.digest != 0 && first.digest == again.digest, "seed {seed}");
    }
}
