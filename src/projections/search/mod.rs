//! What is found by the words of its names and texts, as known now (DOMAIN.md §9, read model 10).
//!
//! 1. All words of a query must be found, in any fields; each may be the beginning of a word, or another form of it in
//!    French or in English.
//! 2. The index follows what is durable, on threads of its own: recording neither waits for it nor knows of it.
//! 3. An answer shows one position: all that was recorded by it, and nothing that was recorded after it.
//! 4. Where it fails it stops alone and says why; it never answers from half of an index.

mod index;
mod snippet;
mod texts;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use index::{Entry, Index, Place};
pub use snippet::{Match, matches};
pub use texts::{Field, Kinds, Text, texts, title};
pub use words::{LETTERS_MAX, folded};

use crate::domain::{Collection, Name, World};
use crate::position::Position;
use crate::state::{LoadError, Snapshot, State};

/// The words that a query has at most.
pub const WORDS_MAX: usize = 16;
/// The bytes that a query has at most.
pub const QUERY_BYTES_MAX: usize = 1_024;
/// How long the index rests at least after it has taken in what there was: what is recorded meanwhile is taken in as a
/// whole, each stream once.
const REST: Duration = Duration::from_millis(10);
/// How long it rests at most.
const REST_MAX: Duration = Duration::from_millis(250);
/// So many times as long as it worked it rests, that recording at full speed has the machine for itself.
const REST_FOR_WORK: u32 = 8;

/// The words of a question, as they are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query(BTreeSet<String>);

/// It is no question.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadQuery {
    /// It has no word.
    #[error("it has no word: send one or more, such as réunion")]
    Empty,
    /// It is too long.
    #[error("it has {bytes} bytes: send at most {QUERY_BYTES_MAX}")]
    TooLong {
        /// So long.
        bytes: usize,
    },
    /// It has too many words.
    #[error("it has {words} words: send at most {WORDS_MAX}")]
    TooManyWords {
        /// So many.
        words: usize,
    },
    /// One of its words is too long.
    #[error("a word of it has {letters} letters: send at most {LETTERS_MAX} in a word")]
    WordTooLong {
        /// So long.
        letters: usize,
    },
}

impl FromStr for Query {
    type Err = BadQuery;

    fn from_str(text: &str) -> Result<Self, BadQuery> {
        if text.len() > QUERY_BYTES_MAX {
            return Err(BadQuery::TooLong { bytes: text.len() });
        }
        let words = words::asked(text);
        let letters = words.iter().map(|word| word.chars().count()).max();
        match letters {
            None => Err(BadQuery::Empty),
            Some(letters) if letters > LETTERS_MAX => Err(BadQuery::WordTooLong { letters }),
            Some(_) if words.len() > WORDS_MAX => Err(BadQuery::TooManyWords { words: words.len() }),
            Some(_) => Ok(Query(words)),
        }
    }
}

impl Query {
    /// Its words, folded, each once.
    pub fn words(&self) -> &BTreeSet<String> {
        &self.0
    }
}

/// How far the index is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The last position that it holds; none while it is first built.
    pub position: Option<Position>,
    /// Why it stopped, if it did.
    pub failure: Option<String>,
}

/// The index, for those who ask.
#[derive(Clone)]
pub struct Search {
    current: Arc<RwLock<Current>>,
    progress: watch::Receiver<Progress>,
}

#[derive(Default)]
struct Current {
    index: Index,
    world: Arc<Snapshot>,
}

/// The task that keeps the index.
pub struct Following {
    stop: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Search {
    /// Builds an index of what is known and lets it follow what becomes durable, all in the background.
    pub fn start(state: State) -> (Search, Following) {
        let changes = Mutex::new(state.loader().changes());
        Search::following(state, move |after, until| changes.lock().between(after, until))
    }

    /// As `start`; `changed` names the streams with events after one position and up to another.
    fn following(
        state: State,
        changed: impl Fn(Position, Position) -> Result<BTreeSet<Name>, LoadError> + Send + Sync + 'static,
    ) -> (Search, Following) {
        let (report, progress) = watch::channel(Progress::default());
        let current = Arc::new(RwLock::default());
        let stop = Arc::new(AtomicBool::new(false));
        let keeper = Keeper { current: current.clone(), stop: stop.clone(), changed };
        let task = tokio::spawn(keep(Arc::new(keeper), state, report));
        (Search { current, progress }, Following { stop, task })
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// Follows how far it is.
    pub fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// The best `max` of what fits the query and is one of `kinds`, beyond `after`, and what is known of it.
    pub fn find(
        &self,
        query: &Query,
        kinds: Kinds,
        after: Option<&Place>,
        max: usize,
    ) -> (Vec<Place>, Arc<Snapshot>) {
        let current = self.current.read();
        (current.index.search(&query.0, kinds, after, max), current.world.clone())
    }
}

impl Following {
    /// Stops it where it stands; nothing of it is kept.
    pub async fn stop(mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.task.abort();
        // It was aborted, or has ended before.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.task.abort();
    }
}

/// Every stream with texts, as known now.
pub fn entries(world: &dyn World) -> impl Iterator<Item = (Name, Entry)> {
    let names = Collection::ALL.into_iter().flat_map(|collection| world.names(collection));
    names.filter_map(|name| entry(world, &name).map(|entry| (name, entry)))
}

fn entry(world: &dyn World, name: &Name) -> Option<Entry> {
    world.stream(name).and_then(|stream| Entry::of(&texts(&stream)))
}

/// Why the index does not go on.
enum End {
    Stopped,
    Failed(String),
}

/// What changes the index; there is one.
struct Keeper<C> {
    current: Arc<RwLock<Current>>,
    stop: Arc<AtomicBool>,
    changed: C,
}

impl<C> Keeper<C>
where
    C: Fn(Position, Position) -> Result<BTreeSet<Name>, LoadError>,
{
    fn goes_on(&self) -> Result<(), End> {
        if self.stop.load(Ordering::Relaxed) { Err(End::Stopped) } else { Ok(()) }
    }

    fn build(&self, world: Arc<Snapshot>) -> Result<(), End> {
        let goes_on = |_: &(Name, Entry)| self.goes_on().is_ok();
        let index = Index::build(entries(world.as_ref()).take_while(goes_on));
        self.goes_on()?;
        *self.current.write() = Current { index, world };
        Ok(())
    }

    /// Takes in what `world` has that the index has not. Those who ask wait while it is put in, not while it is read.
    fn follow(&self, world: Arc<Snapshot>) -> Result<(), End> {
        let before = self.current.read().world.tail();
        let changed =
            (self.changed)(before, world.tail()).map_err(|error| End::Failed(with_causes(&error)))?;
        let mut entries = Vec::with_capacity(changed.len());
        for name in changed {
            self.goes_on()?;
            let entry = entry(world.as_ref(), &name);
            entries.push((name, entry));
        }
        let mut current = self.current.write();
        for (name, entry) in entries {
            current.index.put(name, entry);
        }
        current.world = world;
        drop(current);
        if self.current.read().index.is_loose() {
            let compact = self.current.read().index.compact();
            self.current.write().index = compact;
        }
        Ok(())
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

async fn keep<C>(keeper: Arc<Keeper<C>>, state: State, report: watch::Sender<Progress>)
where
    C: Fn(Position, Position) -> Result<BTreeSet<Name>, LoadError> + Send + Sync + 'static,
{
    let mut latest = state.watch();
    let mut done: Option<Position> = None;
    loop {
        let world = latest.borrow_and_update().clone();
        let position = world.tail();
        let keeper = keeper.clone();
        let begun = tokio::time::Instant::now();
        let work = move || if done.is_none() { keeper.build(world) } else { keeper.follow(world) };
        let failure = match tokio::task::spawn_blocking(work).await {
            Ok(Ok(())) => {
                done = Some(position);
                report.send_replace(Progress { position: done, failure: None });
                let rest = begun.elapsed().saturating_mul(REST_FOR_WORK);
                tokio::time::sleep(rest.clamp(REST, REST_MAX)).await;
                // Where the sender is gone, so is the daemon.
                match latest.wait_for(|snapshot| snapshot.tail() > position).await {
                    Ok(_) => continue,
                    Err(_) => return,
                }
            }
            Ok(Err(End::Stopped)) => return,
            Ok(Err(End::Failed(why))) => why,
            Err(panic) => panic.to_string(),
        };
        tracing::error!(failure, "the search index has stopped; everything else goes on");
        report.send_replace(Progress { position: done, failure: Some(failure) });
        return;
    }
}
