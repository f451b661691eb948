//! A record in memory: what `decide` reads, and what takes over its changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::actor::ActorFact;
use crate::domain::correction::{Amendment, History};
use crate::domain::decision::{DecisionFact, Rule};
use crate::domain::world::Record;
use crate::domain::{
    Breach, Breaches, Changes, Collection, Command, CommandId, Event, Fact, Name, Now, Reason, Refusal,
    Stream, Version, World, decide,
};
use crate::position::Position;

/// Everything that was recorded, in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    pub(super) events: Vec<Event>,
    pub(super) streams: BTreeMap<Name, Arc<Stream>>,
    references: BTreeMap<Name, BTreeSet<Name>>,
    commands: HashMap<CommandId, Position>,
    alliance: Option<Name>,
    equal_access: BTreeSet<Name>,
}

/// What asking everything of a request says, where `decide` asks only what the request touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// None: nothing stands in the way.
    pub(super) reason: Option<Reason>,
    /// Every rule that would newly be broken, with its event.
    pub(super) broken: BTreeSet<(Reason, Position)>,
}

pub(super) fn now() -> Now {
    Now { at: "2026-06-15T12:00:00Z".parse().unwrap(), by: "tester".into() }
}

impl Ledger {
    /// Decides, and takes over what changes.
    pub(super) fn record(&mut self, commands: &[Command]) -> Result<Changes, Refusal> {
        let changes = decide(self, commands, &now())?;
        self.apply(&changes);
        Ok(changes)
    }

    fn apply(&mut self, changes: &Changes) {
        self.streams.extend(changes.streams.iter().map(|(name, stream)| (name.clone(), stream.clone())));
        for (named, by) in &changes.references {
            self.references.entry(named.clone()).or_default().insert(by.clone());
        }
        self.commands.extend(changes.events.iter().map(|event| (event.command_id, event.position)));
        self.events.extend(changes.events.iter().cloned());
        self.alliance = self.alliance.take().or_else(|| changes.alliance.clone());
        self.equal_access.extend(changes.equal_access.iter().cloned());
    }

    /// The stream as a fresh fold of its events makes it.
    pub(super) fn fresh(&self, name: &Name) -> Stream {
        let events = self.events(name);
        let positions = events.iter().map(|event| event.position).collect();
        Stream::fold(name.clone(), positions, &History::new(&events))
    }

    /// Every rule of every stream that does not hold.
    pub(super) fn breaches(&self) -> Vec<Breach> {
        let mut out = Breaches::default();
        self.streams.values().for_each(|stream| stream.rules(self, &mut out));
        out.into_sorted()
    }

    /// Puts the commands on the record without asking anything: to see what would then be so.
    pub(super) fn put(&mut self, commands: &[Command]) {
        for command in commands {
            if self.commands.contains_key(&command.id) {
                continue;
            }
            let (position, name) = (self.tail().next(), &command.name);
            let version = Version(self.stream(name).map_or(0, |stream| stream.version().0) + 1);
            self.commands.insert(command.id, position);
            self.events.push(Event {
                position,
                name: name.clone(),
                version,
                recorded_at: now().at,
                recorded_by: now().by,
                command_id: command.id,
                content: command.content.clone(),
            });
            self.streams.insert(name.clone(), Arc::new(self.fresh(name)));
            self.index(name, &command.content.fact);
        }
    }

    fn index(&mut self, by: &Name, fact: &Fact) {
        if let (None, Fact::Actor(ActorFact::MemberAdmitted { alliance, .. })) = (&self.alliance, fact) {
            self.alliance = Some(alliance.clone());
        }
        let said = if let Fact::Amendment(Amendment::Corrected { content, .. }) = fact {
            &content.fact
        } else {
            fact
        };
        for named in said.mentions() {
            self.references.entry(named.clone()).or_default().insert(by.clone());
        }
        if matches!(said, Fact::Decision(DecisionFact::Recorded { rules, .. }) if rules.contains(&Rule::EqualAccess))
        {
            self.equal_access.insert(by.clone());
        }
    }

    /// Asks all rules of all streams, before and after: what `decide` has to agree with where it asks timelines at all.
    pub(super) fn ask_everything(&self, commands: &[Command]) -> Asked {
        let mut after = self.clone();
        after.put(commands);
        let mut breaches = after.breaches();
        let before: BTreeSet<_> = self.breaches().iter().map(Breach::key).collect();
        breaches.retain(|breach| !before.contains(&breach.key()));
        let offer = |ledger: &Ledger, name: &Name| {
            ledger.stream(name).and_then(|stream| stream.timeline.activity()?.offer.clone())
        };
        for (name, stream) in &after.streams {
            let Some(activity) = stream.timeline.activity() else { continue };
            if offer(self, name) != offer(&after, name) {
                breaches.extend(activity.unequal_access(name, &after));
            }
        }
        let corrected: BTreeSet<Position> = after.events[self.events.len()..]
            .iter()
            .filter_map(|event| match &event.content.fact {
                Fact::Amendment(amendment @ Amendment::Corrected { .. }) => {
                    let events = after.events(&event.name);
                    History::new(&events).find(amendment.target()).map(|target| target.position)
                }
                _ => None,
            })
            .collect();
        let own = |breach: &&Breach| breach.event > self.tail() || corrected.contains(&breach.event);
        let first = breaches.iter().filter(own).map(|breach| breach.reason).min();
        let reason = first.or((!breaches.is_empty()).then_some(Reason::BreaksHistory));
        Asked { reason, broken: breaches.iter().map(Breach::key).collect() }
    }

    /// Asserts what holds of every record: no rule is broken, and streams are what their events make of them.
    pub(super) fn assert_sound(&self) {
        let breaches = self.breaches();
        assert!(breaches.is_empty(), "rules are broken: {breaches:#?}\nafter {:#?}", self.told());
        for (name, stream) in &self.streams {
            assert_eq!(**stream, self.fresh(name), "{name} is not what its events make of it");
        }
    }

    /// Asserts that asking everything gives the verdict that `decide` gave.
    pub(super) fn assert_agrees(&self, commands: &[Command], verdict: &Result<Changes, Refusal>) {
        let before_rules = Reason::CommandIdReused..=Reason::HappensInFuture;
        let early = |refusal: &Refusal| before_rules.contains(&refusal.reason);
        if verdict.as_ref().err().is_some_and(early) {
            return;
        }
        let asked = self.ask_everything(commands);
        let broken = verdict.as_ref().err().map(|refusal| refusal.violations.as_slice()).unwrap_or_default();
        let at = |command: usize| {
            let new = commands[..=command].iter().filter(|command| !self.commands.contains_key(&command.id));
            self.tail().plus(new.map(|command| command.id).collect::<BTreeSet<_>>().len() as u64)
        };
        let broken = broken
            .iter()
            .map(|v| (v.reason, v.event.or(v.command.map(at)).expect("a rule is broken by an event")))
            .collect();
        let decided = Asked { reason: verdict.as_ref().err().map(|refusal| refusal.reason), broken };
        assert_eq!(decided, asked, "decided, asked: {commands:#?}\nafter {:#?}", self.told());
    }

    /// Every event in a line, to read when something fails.
    pub(super) fn told(&self) -> Vec<String> {
        let line = |event: &Event| {
            format!(
                "{} {} {} {:?}",
                event.position,
                event.name,
                event.content.valid.text(),
                event.content.fact
            )
        };
        self.events.iter().map(line).collect()
    }
}

impl World for Ledger {
    fn tail(&self) -> Position {
        Position(self.events.len() as u64)
    }

    fn stream(&self, name: &Name) -> Option<Arc<Stream>> {
        self.streams.get(name).cloned()
    }

    fn referrers(&self, name: &Name, collection: Collection) -> Vec<Name> {
        let all = self.references.get(name).into_iter().flatten();
        all.filter(|by| by.collection() == collection).cloned().collect()
    }

    fn names(&self, collection: Collection) -> Vec<Name> {
        self.streams.keys().filter(|name| name.collection() == collection).cloned().collect()
    }

    fn alliance(&self) -> Option<Name> {
        self.alliance.clone()
    }

    fn equal_access(&self) -> Vec<Name> {
        self.equal_access.iter().cloned().collect()
    }
}

impl Record for Ledger {
    fn event_of(&self, id: CommandId) -> Option<Event> {
        let position = self.commands.get(&id)?;
        self.events.get(usize::try_from(position.0 - 1).ok()?).cloned()
    }

    fn events(&self, name: &Name) -> Vec<Event> {
        self.events.iter().filter(|event| event.name == *name).cloned().collect()
    }
}
