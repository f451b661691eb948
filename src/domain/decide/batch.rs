//! A request laid over what is recorded: its facts on the timelines, and what the rules say of that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Changes, Now, Outcome, Refusal, Seen, Violation};
use crate::domain::actor::ActorFact;
use crate::domain::breach::{Breach, Breaches, Reason};
use crate::domain::correction::{Amendment, History};
use crate::domain::decision::{DecisionFact, Rule};
use crate::domain::fact::{Command, Event, Fact, Happening, Version};
use crate::domain::name::{Collection, Name};
use crate::domain::stream::Stream;
use crate::domain::time::When;
use crate::domain::world::{Record, World};
use crate::position::Position;

/// The request laid over what is recorded.
pub(super) struct Batch<'a> {
    record: &'a dyn Record,
    pub(super) changes: Changes,
    referrers: BTreeMap<Name, BTreeSet<Name>>,
    histories: BTreeMap<Name, Vec<Event>>,
    corrected: BTreeSet<Position>,
    /// Which command of the request made each of the new events.
    made_by: Vec<usize>,
    problems: Vec<Violation>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(record: &'a dyn Record) -> Batch<'a> {
        Batch {
            record,
            changes: Changes::default(),
            referrers: BTreeMap::new(),
            histories: BTreeMap::new(),
            corrected: BTreeSet::new(),
            made_by: Vec::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn put(&mut self, index: usize, command: &Command, now: &Now) {
        let name = &command.name;
        let before = self.stream(name).unwrap_or_else(|| Arc::new(Stream::new(name.clone())));
        let event = Event {
            position: self.tail().next(),
            name: name.clone(),
            version: Version(before.version().0 + 1),
            recorded_at: now.at,
            recorded_by: now.by.clone(),
            command_id: command.id,
            content: command.content.clone(),
        };
        self.refer(name, &command.content.fact);
        self.check_future(index, command, now);
        let after = match &command.content.fact {
            Fact::Amendment(amendment) => self.amend(index, &before, &event, amendment),
            fact => {
                // A fact that comes before its opener in the request refers to it, and leaves the name free.
                let taken = fact.opens() && (self.record.stream(name).is_some() || before.is_open());
                if taken && !(fact.may_follow() && before.is_open()) {
                    self.problem(
                        Reason::IdTaken,
                        index,
                        name,
                        "the name is used already; names are never used again",
                    );
                }
                if let Some(events) = self.histories.get_mut(name) {
                    events.push(event.clone());
                }
                let mut stream = before.as_ref().clone();
                stream.evolve(event.position, &event.content);
                Some(stream)
            }
        };
        if let Some(stream) = after {
            self.changes.streams.insert(name.clone(), Arc::new(stream));
        }
        self.changes.events.push(event);
        self.made_by.push(index);
    }

    /// The stream with a correction or a retraction; none where it may not be made.
    fn amend(
        &mut self,
        index: usize,
        before: &Stream,
        event: &Event,
        amendment: &Amendment,
    ) -> Option<Stream> {
        let name = &event.name;
        let recorded_before = self.record.tail();
        if !self.histories.contains_key(name) {
            let mut events = self.record.events(name);
            events.extend(self.changes.events.iter().filter(|e| e.name == *name).cloned());
            self.histories.insert(name.clone(), events);
        }
        let events = self.histories.get_mut(name).expect("it was put there just now");
        let target = match History::new(events).check(amendment, recorded_before) {
            Ok(target) => target.position,
            Err(reason) => {
                let says = match reason {
                    Reason::UnknownEvent => "no event of this stream was recorded before under that name",
                    Reason::AlreadyRetracted => "the event is retracted already",
                    Reason::NotCorrectable => {
                        "corrections are retracted, not corrected, and the kind of fact stays"
                    }
                    _ => "a later correction of the same event stands: retract that one first",
                };
                self.problem(reason, index, name, says);
                return None;
            }
        };
        if matches!(amendment, Amendment::Corrected { .. }) {
            self.corrected.insert(target);
        }
        events.push(event.clone());
        let history = History::new(events);
        let mut positions = before.positions.clone();
        positions.push(event.position);
        Some(Stream::fold(name.clone(), positions, &history))
    }

    /// Notes who refers to whom from now on.
    fn refer(&mut self, by: &Name, fact: &Fact) {
        let said = match fact {
            Fact::Amendment(Amendment::Corrected { content, .. }) => &content.fact,
            other => other,
        };
        for named in said.mentions() {
            self.referrers.entry(named.clone()).or_default().insert(by.clone());
            self.changes.references.insert((named.clone(), by.clone()));
        }
        match said {
            Fact::Decision(DecisionFact::Recorded { rules, .. }) if rules.contains(&Rule::EqualAccess) => {
                self.changes.equal_access.insert(by.clone());
            }
            Fact::Actor(ActorFact::MemberAdmitted { alliance, .. })
                if !matches!(fact, Fact::Amendment(_)) && self.alliance().is_none() =>
            {
                self.changes.alliance = Some(alliance.clone());
            }
            _ => {}
        }
    }

    fn problem(&mut self, reason: Reason, index: usize, subject: &Name, says: impl Into<String>) {
        let (subject, says) = (subject.to_string(), says.into());
        self.problems.push(Violation { reason, command: Some(index), event: None, subject, says });
    }

    fn check_future(&mut self, index: usize, command: &Command, now: &Now) {
        let content = match &command.content.fact {
            Fact::Amendment(Amendment::Corrected { content, .. }) => content,
            _ => &command.content,
        };
        let begin = content.valid.begin();
        let today = When::exactly(now.latest_today());
        if content.fact.happening() == Happening::Past && begin.by(today).is_no() {
            let says = format!("it begins on {} and is recorded as having happened", content.valid.text());
            self.problem(Reason::HappensInFuture, index, &command.name, says);
        }
    }

    /// Every name is recorded by the batch's end.
    pub(super) fn check_names(&self) -> Result<(), Refusal> {
        let mut violations = Vec::new();
        for (event, &index) in self.changes.events.iter().zip(&self.made_by) {
            let own = match &event.content.fact {
                Fact::Amendment(_) => self.stream(&event.name).is_some(),
                _ => self.is_open(&event.name),
            };
            let own = (!own).then_some(&event.name);
            let others = event.content.fact.mentions().into_iter().filter(|name| !self.is_open(name));
            for unknown in own.into_iter().chain(others) {
                violations.push(Violation {
                    reason: Reason::unknown(unknown.collection()),
                    command: Some(index),
                    event: None,
                    subject: unknown.to_string(),
                    says: format!("{unknown} is not recorded; record it first, or in the same request"),
                });
            }
        }
        match violations.first() {
            Some(first) => Err(Refusal::new(first.reason, violations)),
            None => Ok(()),
        }
    }

    fn is_open(&self, name: &Name) -> bool {
        self.stream(name).is_some_and(|stream| stream.is_open())
    }

    /// What the table has before the rules of the timelines.
    pub(super) fn check_first_problem(&mut self) -> Result<(), Refusal> {
        match self.problems.iter().map(|problem| problem.reason).min() {
            Some(reason) => Err(Refusal::new(reason, std::mem::take(&mut self.problems))),
            None => Ok(()),
        }
    }

    pub(super) fn check_rules(&self) -> Result<(), Refusal> {
        let asked = self.asked();
        let after = ask(&asked, self);
        let unequal = self.unequal_offers();
        if after.is_empty() && unequal.is_empty() {
            return Ok(());
        }
        let before: BTreeSet<_> = ask(&asked, self.record).iter().map(Breach::key).collect();
        let mut new: Vec<Breach> =
            after.into_iter().filter(|breach| !before.contains(&breach.key())).collect();
        new.extend(unequal);
        new.sort_by_key(Breach::key);
        let first = new.iter().filter(|breach| self.is_own(breach.event)).map(|breach| breach.reason).min();
        match first {
            Some(reason) => Err(Refusal::new(reason, self.violations(new))),
            None if new.is_empty() => Ok(()),
            None => Err(Refusal::new(Reason::BreaksHistory, self.violations(new))),
        }
    }

    /// What is malformed only beside what the meeting's stream says already (who is named there, and how many are
    /// declared): it stands in the table before ids, versions and names, though timelines are asked after them.
    pub(super) fn malformed(&self) -> Option<Refusal> {
        self.check_rules().err().filter(|refusal| refusal.reason <= Reason::ReasonRequired)
    }

    /// The streams written, and what rests on them before or after.
    fn asked(&self) -> BTreeSet<Name> {
        let mut asked = BTreeSet::new();
        for (name, after) in &self.changes.streams {
            let before = self.record.stream(name);
            asked.extend(after.dependents(before.as_deref(), self));
            if let Some(before) = before {
                asked.extend(before.dependents(Some(after.as_ref()), self.record));
            }
            asked.insert(name.clone());
        }
        asked
    }

    /// Offers that this request makes, brings back or makes to read otherwise, where they miss their exception.
    fn unequal_offers(&self) -> Vec<Breach> {
        let written = self
            .changes
            .streams
            .iter()
            .filter_map(|(name, stream)| Some((name, stream.timeline.activity()?)));
        let altered = written.filter(|(name, after)| {
            let before = self.record.stream(name);
            before.as_ref().and_then(|stream| stream.timeline.activity()?.offer.as_ref())
                != after.offer.as_ref()
        });
        altered.filter_map(|(name, timeline)| timeline.unequal_access(name, self)).collect()
    }

    /// An event that this request writes or corrects.
    fn is_own(&self, event: Position) -> bool {
        event > self.record.tail() || self.corrected.contains(&event)
    }

    fn violations(&self, breaches: Vec<Breach>) -> Vec<Violation> {
        let recorded = self.record.tail();
        let command = |position: Position| {
            let nth = usize::try_from(position.0.checked_sub(recorded.0)?.checked_sub(1)?).ok()?;
            self.made_by.get(nth).copied()
        };
        let violation = |breach: Breach| {
            let against: Vec<String> = breach
                .against
                .iter()
                .map(|against| match against.event {
                    Some(event) => format!("{} (events/{event}) {}", against.name, against.says),
                    None => format!("{} {}", against.name, against.says),
                })
                .collect();
            let says = if against.is_empty() { breach.reason.says().into() } else { against.join("; ") };
            let event = (breach.event <= recorded).then_some(breach.event);
            let (reason, subject) = (breach.reason, breach.name.to_string());
            Violation { reason, command: command(breach.event), event, subject, says }
        };
        breaches.into_iter().map(violation).collect()
    }

    pub(super) fn outcome(&self, command: &Command, seen: &Seen) -> Outcome {
        let (event, already_recorded) = match seen {
            Seen::Recorded(event) => (event.as_ref(), true),
            Seen::New | Seen::Twice | Seen::Reused => {
                let mut events = self.changes.events.iter();
                let made = events.find(|event| event.command_id == command.id);
                (
                    made.expect("what was not recorded before, and is not refused, made an event of this"),
                    false,
                )
            }
        };
        Outcome {
            command_id: event.command_id,
            name: event.name.clone(),
            position: event.position,
            version: event.version,
            recorded_at: event.recorded_at,
            already_recorded,
        }
    }
}

fn ask(names: &BTreeSet<Name>, world: &dyn World) -> Vec<Breach> {
    let mut out = Breaches::default();
    for name in names {
        if let Some(stream) = world.stream(name) {
            stream.rules(world, &mut out);
        }
    }
    out.into_sorted()
}

impl World for Batch<'_> {
    fn tail(&self) -> Position {
        self.record.tail().plus(self.changes.events.len() as u64)
    }

    fn stream(&self, name: &Name) -> Option<Arc<Stream>> {
        self.changes.streams.get(name).cloned().or_else(|| self.record.stream(name))
    }

    fn referrers(&self, name: &Name, collection: Collection) -> Vec<Name> {
        let mut names = self.record.referrers(name, collection);
        let new = self.referrers.get(name).into_iter().flatten().filter(|by| by.collection() == collection);
        let new: Vec<Name> = new.filter(|by| !names.contains(by)).cloned().collect();
        names.extend(new);
        names
    }

    fn names(&self, collection: Collection) -> Vec<Name> {
        let mut names = self.record.names(collection);
        names.extend(self.changes.streams.keys().filter(|name| name.collection() == collection).cloned());
        names.sort();
        names.dedup();
        names
    }

    fn alliance(&self) -> Option<Name> {
        self.record.alliance().or_else(|| self.changes.alliance.clone())
    }

    fn equal_access(&self) -> Vec<Name> {
        let mut names = self.record.equal_access();
        names.extend(self.changes.equal_access.iter().cloned());
        names
    }
}
