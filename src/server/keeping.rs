//! Saves checkpoints while the daemon runs, and once more when it stops. It never stops recording.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::domain::World;
use crate::state::State;
use crate::state::checkpoint::Keeper;

/// A checkpoint is saved after so many events,
const EVENTS: u64 = 50_000;
/// or after so long, if there is anything new.
const INTERVAL: Duration = Duration::from_secs(30);

/// The task that saves.
pub(super) struct Keeping {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Keeping {
    pub(super) fn start(keeper: Keeper, state: State) -> Keeping {
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(keep(keeper, state, stopped));
        Keeping { stop, task }
    }

    /// Saves what is new, as far as there is time: what is not saved is folded again at the next start.
    pub(super) async fn stop(self, deadline: Instant) {
        self.stop.send_replace(true);
        if tokio::time::timeout_at(deadline, self.task).await.is_err() {
            tracing::info!(
                "there was no time for a last checkpoint; the next start folds the log from the one before"
            );
        }
    }
}

async fn keep(mut keeper: Keeper, state: State, mut stopped: watch::Receiver<bool>) {
    let mut latest = state.watch();
    loop {
        let enough = keeper.saved().plus(EVENTS);
        let many = latest.wait_for(|snapshot| snapshot.tail() >= enough);
        let stops = tokio::select! {
            _ = many => false,
            () = tokio::time::sleep(INTERVAL) => false,
            _ = stopped.wait_for(|stopped| *stopped) => true,
        };
        let snapshot = state.latest();
        let saving = tokio::task::spawn_blocking(move || {
            let saved = if keeper.saved() < snapshot.tail() { keeper.save(&snapshot) } else { Ok(()) };
            (keeper, saved)
        });
        // A panic in there must not take the daemon with it: it goes on without checkpoints.
        let Ok((back, saved)) = saving.await else {
            return tracing::error!("saving checkpoints ended with a panic; the daemon goes on without them");
        };
        if let Err(error) = saved {
            tracing::warn!(%error, "a checkpoint was not saved; it will be, anew");
        }
        if stops {
            return;
        }
        keeper = back;
    }
}
