//! How many meetings of which class there were in each year, kept as meetings come in: to judge all of them for each question
//! takes the longer the more there are.
//!
//! 1. What is kept is what [`statistics`] counts of all meetings in the world that it is asked about.
//! 2. A meeting is judged again where it changed, where a country that it names was at another time a member or in a
//!    framework, and with all others where a framework or the alliance is another.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use crate::domain::actor::ActorTimeline;
use crate::domain::meeting::class::{Class, Judge};
use crate::domain::time::Truth;
use crate::domain::{Collection, Name, Stream, World};
use crate::position::Position;
use crate::state::{Changes, LoadError, Snapshot, State};

use super::meetings::{ByYear, Filter, Tally, judged, statistics, visit};

/// After how many events it is faster to judge all meetings than to look for what changed.
const EVENTS_MAX: u64 = 50_000;
/// How long it rests after it has taken in what there was.
const REST: Duration = Duration::from_secs(1);

/// What is kept, for those who ask.
pub struct Tallies {
    kept: Mutex<(Kept, Changes)>,
}

#[derive(Default)]
struct Kept {
    at: Position,
    alliance: Option<Name>,
    /// Those that changed may have changed what others are.
    actors: HashMap<Name, Arc<Stream>>,
    meetings: HashMap<Name, Judged>,
    counts: BTreeMap<Judged, usize>,
}

/// A meeting's year and what it was.
type Judged = (i16, Classes);

/// A set of classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Classes(u8);

impl Classes {
    fn of(classes: &[Class]) -> Classes {
        Classes(classes.iter().fold(0, |set, class| set | 1 << *class as u8))
    }

    fn to_vec(self) -> Vec<Class> {
        Class::ALL.into_iter().filter(|class| self.0 & 1 << *class as u8 != 0).collect()
    }
}

impl Tallies {
    /// Counts what is known, and goes on counting in the background for as long as it is there.
    pub fn start(state: &State) -> Arc<Tallies> {
        let mut latest = state.watch();
        let kept = Mutex::new((Kept::default(), state.loader().changes()));
        let tallies = Arc::new(Tallies { kept });
        let kept: Weak<Tallies> = Arc::downgrade(&tallies);
        tokio::spawn(async move {
            loop {
                let Some(tallies) = kept.upgrade() else { return };
                let world = latest.borrow_and_update().clone();
                let counted = tokio::task::spawn_blocking(move || tallies.of(&world).map(drop)).await;
                if let Ok(Err(error)) = counted {
                    // Whoever asks next is told.
                    tracing::warn!(%error, "meetings could not be counted");
                }
                tokio::time::sleep(REST).await;
                // Where the sender is gone, so is the daemon.
                if latest.changed().await.is_err() {
                    return;
                }
            }
        });
        tallies
    }

    /// What [`statistics`] counts of all meetings in that world. Blocking.
    ///
    /// # Errors
    ///
    /// The log cannot be read.
    pub fn of(&self, world: &Snapshot) -> Result<(ByYear, Tally), LoadError> {
        let mut locked = self.kept.lock();
        let (kept, changes) = &mut *locked;
        if kept.at > world.tail() {
            drop(locked);
            return Ok(statistics(world, &Filter::default()));
        }
        kept.follow(world, |after, until| changes.between(after, until))?;
        Ok(kept.tallies())
    }
}

impl Kept {
    fn follow<E>(
        &mut self,
        world: &dyn World,
        changed: impl FnOnce(Position, Position) -> Result<BTreeSet<Name>, E>,
    ) -> Result<(), E> {
        let missed = world.tail().0 - self.at.0;
        if missed == 0 {
            return Ok(());
        }
        if self.at == Position::ZERO || missed > EVENTS_MAX || self.alliance != world.alliance() {
            self.build(world);
            return Ok(());
        }
        let changed = changed(self.at, world.tail())?;
        if changed.iter().any(|name| name.collection() == Collection::Frameworks) {
            self.build(world);
            return Ok(());
        }
        let mut again: BTreeSet<Name> = BTreeSet::new();
        for name in changed {
            match name.collection() {
                Collection::Meetings => drop(again.insert(name)),
                Collection::Countries if self.stands_otherwise(world, &name) => {
                    again.extend(world.referrers(&name, Collection::Meetings));
                }
                _ => {}
            }
        }
        let judge = Judge::new(world);
        for name in again {
            let stream = world.stream(&name).filter(|stream| stream.is_open());
            let judged = stream.and_then(|stream| judged(&judge, stream.timeline.meeting()?));
            self.put(name, judged.map(small));
        }
        self.at = world.tail();
        Ok(())
    }

    fn build(&mut self, world: &dyn World) {
        let countries = world.names(Collection::Countries).into_iter();
        *self = Kept {
            at: world.tail(),
            alliance: world.alliance(),
            actors: countries.filter_map(|name| Some((name.clone(), world.stream(&name)?))).collect(),
            ..Kept::default()
        };
        let judge = Judge::new(world);
        visit(world, &Filter::default(), |name, meeting| {
            self.put(name.clone(), judged(&judge, meeting).map(small));
        });
    }

    /// Whether the country was a member or in a framework at other times than when it was looked at last.
    fn stands_otherwise(&mut self, world: &dyn World, name: &Name) -> bool {
        let Some(now) = world.stream(name) else { return false };
        let before = self.actors.insert(name.clone(), now.clone());
        let (nothing, now) = (ActorTimeline::default(), now.timeline.actor());
        let before = before.as_ref().and_then(|stream| stream.timeline.actor()).unwrap_or(&nothing);
        now.is_some_and(|now| now.memberships != before.memberships || now.tenures != before.tenures)
    }

    fn put(&mut self, name: Name, judged: Option<Judged>) {
        let before = match judged {
            Some(judged) => self.meetings.insert(name, judged),
            None => self.meetings.remove(&name),
        };
        if let Some(judged) = judged {
            *self.counts.entry(judged).or_default() += 1;
        }
        if let Some(before) = before {
            let count = self.counts.get_mut(&before).expect("each meeting is counted as it was judged");
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&before);
            }
        }
    }

    fn tallies(&self) -> (ByYear, Tally) {
        let (mut years, mut all) = (ByYear::new(), Tally::default());
        for (&(year, classes), &meetings) in &self.counts {
            let classes = classes.to_vec();
            years.entry(year).or_default().add(&classes, Truth::Yes, meetings);
            all.add(&classes, Truth::Yes, meetings);
        }
        (years, all)
    }
}

fn small((year, classes): (i16, Vec<Class>)) -> Judged {
    (year, Classes::of(&classes))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use serde_json::{Value, json};

    use super::super::example::{Example, name};
    use super::*;

    /// Records, takes in, and compares with what is counted anew.
    struct Counted {
        example: Example,
        kept: Kept,
    }

    impl Counted {
        fn say(&mut self, stream: &str, valid: &str, kind: &str, fact: Value) -> Position {
            let at = self.example.say(stream, valid, kind, fact);
            let mut looked = false;
            let changed = |after: Position, until: Position| {
                looked = true;
                assert_eq!((after.next(), until), (at, at));
                Ok::<_, Infallible>(BTreeSet::from([name(stream)]))
            };
            let is_first = self.kept.at == Position::ZERO;
            self.kept.follow(&self.example.world, changed).unwrap();
            assert_ne!(looked, is_first, "only what changed is judged again");
            let anew = statistics(&self.example.world, &Filter::default());
            assert_eq!(self.kept.tallies(), anew, "{stream} {kind}");
            at
        }
    }

    #[test]
    fn what_is_kept_is_what_is_counted_anew() {
        let (example, kept) = (Example::alliance(), Kept::default());
        let mut it = Counted { example, kept };
        let held = |actors: &[&str]| {
            let there =
                actors.iter().map(|actor| json!({ "actor": actor, "attendance": "ATTENDANCE_ATTENDED" }));
            json!({ "core": "CORE_MEMBERS", "delegations": there.collect::<Vec<_>>(), "namedIsComplete": true })
        };
        it.say("meetings/a", "2011-03-01", "meetingHeld", held(&["countries/jp"]));
        it.say("meetings/b", "2012", "meetingHeld", held(&["countries/jp", "countries/kr"]));
        it.say("meetings/c", "2012-05", "meetingPlanned", json!({ "titles": { "en": "a plan" } }));
        let joined =
            it.say("countries/jp", "2010", "frameworkJoined", json!({ "framework": "frameworks/patg" }));
        it.say("countries/kr", "2012-07-01", "frameworkJoined", json!({ "framework": "frameworks/pfp" }));
        it.say("meetings/c", "2012-05-03", "meetingHeld", held(&["countries/kr"]));
        it.say("countries/jp", "2010", "actorRenamed", json!({ "names": { "en": "Nippon" } }));
        // A joining date moves, and with it the classes of meetings that were judged before.
        let earlier = json!({
            "target": { "position": joined.0.to_string() },
            "valid": { "from": "2011-06" },
            "source": { "text": "the letter" },
            "reason": "the letter was found",
            "fact": { "frameworkJoined": { "framework": "frameworks/patg" } },
        });
        it.say("countries/jp", "", "eventCorrected", earlier);
        it.say("frameworks/patg", "2011-12", "frameworkClosed", json!({}));
        it.say("countries/kr", "2012-09", "memberAdmitted", json!({ "alliance": "organisations/nato" }));
        let wrong = it.say("meetings/d", "2013", "meetingHeld", held(&[]));
        let retracted = json!({ "target": { "position": wrong.0.to_string() }, "reason": "it never was" });
        it.say("meetings/d", "", "eventRetracted", retracted);
        let (years, all) = it.kept.tallies();
        assert_eq!((years.keys().copied().collect::<Vec<_>>(), all.meetings.certain), (vec![2011, 2012], 3));
    }
}
