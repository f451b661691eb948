//! After any crash, is every acknowledged frame there, and no other but those that were under way?

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;

/// A log's life as its clients know it.
struct History {
    /// Acknowledged, or seen after a start: these are there for ever.
    known: Vec<NewFrame>,
    /// The group whose append was not answered: its frames may be there, from the first one on.
    under_way: Vec<NewFrame>,
    random: StdRng,
}

impl History {
    fn new_group(&mut self) -> Vec<NewFrame> {
        let frames = self.random.random_range(1..4);
        (0..frames)
            .map(|_| {
                let len = self.random.random_range(0..150);
                frame(self.random.random_range(1..4), (0..len).map(|_| self.random.random()).collect())
            })
            .collect()
    }

    /// Compares what a start found with what is known, which then includes it.
    fn check(&mut self, log: &EmbeddedLog, what: &str) {
        let found = read_good(log);
        assert!(found.len() >= self.known.len(), "{what}: {} of {} frames", found.len(), self.known.len());
        let (old, new) = found.split_at(self.known.len());
        assert_eq!(old, self.known, "{what}: another history");
        assert!(self.under_way.starts_with(new), "{what}: frames that nobody recorded");
        self.known = found;
        self.under_way.clear();
        let events: u64 = self.known.iter().map(|it| u64::from(it.events)).sum();
        assert_eq!(log.tail(), Position(events), "{what}");
    }

    /// Appends until something fails or the log is left, closed or not. `false` after a failure.
    async fn live(&mut self, log: &EmbeddedLog) -> bool {
        for _ in 0..self.random.random_range(1..12) {
            let group = self.new_group();
            match append(log, &group).await {
                Ok(_) => self.known.extend(group),
                Err(AppendError::Failed { .. }) => {
                    self.under_way = group;
                    return false;
                }
                // Refused is refused: not a trace of it may come back.
                Err(AppendError::DiskFull { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        !self.random.random_bool(0.3) || log.close().await.is_ok()
    }
}

fn arrange_faults(disk: &SimulatedStorage, random: &mut StdRng) {
    disk.write_short(random.random_bool(0.3));
    disk.overwriting_needs_room(random.random_bool(0.3));
    if random.random_bool(0.2) {
        disk.set_room(Some(random.random_range(2000..6000)));
    }
    match random.random_range(0..3) {
        0 => disk.cut_power_after(random.random_range(1..80)),
        1 => disk.fail_sync(random.random_range(1..25)),
        _ => {}
    }
}

async fn run(seed: u64) {
    let disk = SimulatedStorage::new(seed);
    let mut it = History { known: vec![], under_way: vec![], random: StdRng::seed_from_u64(seed) };
    for life in 0..12 {
        let what = format!("seed {seed}, life {life}");
        arrange_faults(&disk, &mut it.random);
        match open(&disk) {
            Ok(log) => {
                it.check(&log, &what);
                it.live(&log).await;
            }
            Err(OpenError::Io { .. } | OpenError::NotALog { .. }) => {}
            Err(other) => panic!("{what}: {other}"),
        }
        if disk.power_is_cut() || it.random.random_bool(0.5) {
            disk.restart();
        } else {
            disk.kill();
        }
    }
    it.check(&open(&disk).unwrap(), &format!("seed {seed}, the end"));
}

#[tokio::test]
async fn nothing_known_is_lost_and_nothing_else_comes_up() {
    for seed in 0..400 {
        run(seed).await;
    }
}
