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
    seen: Seen,
}

/// How often something happened, to know that the seeds lead somewhere.
#[derive(Debug, Default)]
struct Seen {
    cut_tails: u32,
    unanswered_whole: u32,
    unanswered_in_part: u32,
    refusals: u32,
    failed_starts: u32,
    segments: u64,
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
        self.seen.cut_tails += u32::from(log.report().opened.torn.is_some());
        self.seen.segments = self.seen.segments.max(log.report().segments);
        if !new.is_empty() {
            let whole = new.len() == self.under_way.len();
            self.seen.unanswered_whole += u32::from(whole);
            self.seen.unanswered_in_part += u32::from(!whole);
        }
        let events: u64 = found.iter().map(|it| u64::from(it.events)).sum();
        assert_eq!(log.tail(), Position(events), "{what}");
        // A log that could not be opened for writing could not make durable what it found either.
        if log.report().read_only.is_none() {
            self.known = found;
            self.under_way.clear();
        }
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
                Err(AppendError::DiskFull { .. }) => self.seen.refusals += 1,
                // The start found no room for what it had to do.
                Err(AppendError::ReadOnly) => return false,
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

async fn run(seed: u64, so_far: Seen) -> Seen {
    let disk = SimulatedStorage::new(seed);
    let mut it =
        History { known: vec![], under_way: vec![], random: StdRng::seed_from_u64(seed), seen: so_far };
    for life in 0..12 {
        let what = format!("seed {seed}, life {life}");
        arrange_faults(&disk, &mut it.random);
        match open(&disk) {
            Ok(log) => {
                it.check(&log, &what);
                it.live(&log).await;
            }
            Err(OpenError::Io { .. } | OpenError::NotALog { .. }) => it.seen.failed_starts += 1,
            Err(other) => panic!("{what}: {other}"),
        }
        if disk.power_is_cut() || it.random.random_bool(0.5) {
            disk.restart();
        } else {
            disk.kill();
        }
    }
    it.check(&open(&disk).unwrap(), &format!("seed {seed}, the end"));
    it.seen
}

#[tokio::test]
async fn nothing_known_is_lost_and_nothing_else_comes_up() {
    let mut seen = Seen::default();
    for seed in 0..200 {
        seen = run(seed, seen).await;
    }
    let Seen { cut_tails, unanswered_whole, unanswered_in_part, refusals, failed_starts, segments } = seen;
    for times in [cut_tails, unanswered_whole, unanswered_in_part, refusals, failed_starts] {
        assert!(times > 3, "{seen:?}");
    }
    assert!(segments > 5, "{seen:?}");
}
