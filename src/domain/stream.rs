//! A stream: the fold of one resource's events, with the one timeline of its aggregate.
//!
//! 1. Folding the standing facts of a stream in the order of recording gives its state; nothing else does.
//! 2. A reference, and a stream's own later facts, rest on a standing fact that opens the name.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::activity::ActivityTimeline;
use super::actor::ActorTimeline;
use super::agreement::AgreementTimeline;
use super::area::AreaTimeline;
use super::breach::{Breaches, Reason};
use super::contribution::ContributionTimeline;
use super::correction::History;
use super::decision::DecisionTimeline;
use super::fact::{Content, Fact, Recorded, Version};
use super::framework::FrameworkTimeline;
use super::meeting::MeetingTimeline;
use super::name::{Collection, Name};
use super::operation::OperationTimeline;
use super::world::World;
use crate::position::Position;

/// The dated entries of one aggregate, and what must hold of them.
pub trait Timeline: Default + Clone {
    /// The facts of the aggregate.
    type Fact;

    /// Puts a fact on the timeline. It cannot fail: history already happened.
    fn evolve(&mut self, event: Recorded<'_, Self::Fact>);

    /// Names what does not hold.
    fn rules(&self, me: &Name, world: &dyn World, out: &mut Breaches);

    /// The streams elsewhere that rest on this one, as far as what they rest on is not as in `before`.
    fn dependents(&self, me: &Name, before: &Self, world: &dyn World) -> Vec<Name>;
}

macro_rules! timelines {
    ($($(#[$doc:meta])* $variant:ident($timeline:ident) $get:ident;)*) => {
        /// The timeline of one of the aggregates.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum AnyTimeline {
            $($(#[$doc])* $variant($timeline),)*
        }

        impl AnyTimeline {
            $(
                $(#[$doc])*
                pub fn $get(&self) -> Option<&$timeline> {
                    if let AnyTimeline::$variant(timeline) = self { Some(timeline) } else { None }
                }
            )*

            fn evolve(&mut self, position: Position, content: &Content) {
                let valid = &content.valid;
                match (self, &content.fact) {
                    $((AnyTimeline::$variant(timeline), Fact::$variant(fact)) => {
                        timeline.evolve(Recorded { position, valid, fact });
                    })*
                    // A fact of another aggregate never reaches the stream: commands are parsed against the name.
                    ($(AnyTimeline::$variant(_))|*, _) => {}
                }
            }

            fn rules(&self, me: &Name, world: &dyn World, out: &mut Breaches) {
                match self {
                    $(AnyTimeline::$variant(timeline) => timeline.rules(me, world, out),)*
                }
            }

            fn dependents(&self, me: &Name, before: Option<&AnyTimeline>, world: &dyn World) -> Vec<Name> {
                match self {
                    $(AnyTimeline::$variant(timeline) => {
                        let nothing = $timeline::default();
                        let before = before.and_then(AnyTimeline::$get).unwrap_or(&nothing);
                        timeline.dependents(me, before, world)
                    })*
                }
            }
        }
    };
}

timelines! {
    /// Of an actor.
    Actor(ActorTimeline) actor;
    /// Of a framework.
    Framework(FrameworkTimeline) framework;
    /// Of an area.
    Area(AreaTimeline) area;
    /// Of an agreement.
    Agreement(AgreementTimeline) agreement;
    /// Of an activity.
    Activity(ActivityTimeline) activity;
    /// Of a meeting.
    Meeting(MeetingTimeline) meeting;
    /// Of an operation.
    Operation(OperationTimeline) operation;
    /// Of a contribution.
    Contribution(ContributionTimeline) contribution;
    /// Of a decision.
    Decision(DecisionTimeline) decision;
}

impl AnyTimeline {
    /// Whether it is of a resource of that collection, or for actors of either.
    pub fn is_of(&self, collection: Collection) -> bool {
        match self {
            AnyTimeline::Actor(_) => collection.is_actor(),
            AnyTimeline::Framework(_) => collection == Collection::Frameworks,
            AnyTimeline::Area(_) => collection == Collection::Areas,
            AnyTimeline::Agreement(_) => collection == Collection::Agreements,
            AnyTimeline::Activity(_) => collection == Collection::Activities,
            AnyTimeline::Meeting(_) => collection == Collection::Meetings,
            AnyTimeline::Operation(_) => collection == Collection::Operations,
            AnyTimeline::Contribution(_) => collection == Collection::Contributions,
            AnyTimeline::Decision(_) => collection == Collection::Decisions,
        }
    }

    /// Nothing has happened yet.
    pub fn empty(collection: Collection) -> AnyTimeline {
        match collection {
            Collection::Countries | Collection::Organisations => AnyTimeline::Actor(ActorTimeline::default()),
            Collection::Frameworks => AnyTimeline::Framework(FrameworkTimeline::default()),
            Collection::Areas => AnyTimeline::Area(AreaTimeline::default()),
            Collection::Agreements => AnyTimeline::Agreement(AgreementTimeline::default()),
            Collection::Activities => AnyTimeline::Activity(ActivityTimeline::default()),
            Collection::Meetings => AnyTimeline::Meeting(MeetingTimeline::default()),
            Collection::Operations => AnyTimeline::Operation(OperationTimeline::default()),
            Collection::Contributions => AnyTimeline::Contribution(ContributionTimeline::default()),
            Collection::Decisions => AnyTimeline::Decision(DecisionTimeline::default()),
        }
    }
}

/// What is known of one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// Its name.
    pub name: Name,
    /// Where each of its events stands, corrections and retractions too.
    pub positions: Vec<Position>,
    /// What its standing facts make.
    pub timeline: AnyTimeline,
    standing: Vec<Position>,
    openers: usize,
    /// In order.
    mentions: Vec<(Name, Position)>,
    unconfirmed: Vec<(Position, SmolStr)>,
}

impl Stream {
    /// Nothing was ever recorded under the name.
    pub fn new(name: Name) -> Stream {
        let timeline = AnyTimeline::empty(name.collection());
        Stream {
            name,
            positions: Vec::new(),
            timeline,
            standing: Vec::new(),
            openers: 0,
            mentions: Vec::new(),
            unconfirmed: Vec::new(),
        }
    }

    /// The fold of what stands in the history of its events, which are at `positions`.
    pub fn fold(name: Name, positions: Vec<Position>, history: &History<'_>) -> Stream {
        let unconfirmed = history.unconfirmed().map(|it| (it.position, it.content.fact.kind().into()));
        let mut stream = Stream { positions, unconfirmed: unconfirmed.collect(), ..Stream::new(name) };
        for fact in history.standing() {
            stream.put(fact.position, fact.content);
        }
        stream
    }

    /// One more event that is neither a correction nor a retraction.
    pub fn evolve(&mut self, position: Position, content: &Content) {
        self.positions.push(position);
        if content.source.unconfirmed {
            self.unconfirmed.push((position, content.fact.kind().into()));
        }
        self.put(position, content);
    }

    fn put(&mut self, position: Position, content: &Content) {
        self.standing.push(position);
        self.openers += usize::from(content.fact.opens());
        for name in content.fact.mentions() {
            let mention = (name, position);
            let place = self.mentions.binary_search_by(|(name, position)| (name, *position).cmp(&mention));
            if let Err(place) = place {
                self.mentions.insert(place, (name.clone(), position));
            }
        }
        self.timeline.evolve(position, content);
    }

    /// How many events it has.
    pub fn version(&self) -> Version {
        Version(self.positions.len() as u64)
    }

    /// Its last event.
    pub fn last(&self) -> Position {
        self.positions.last().copied().unwrap_or(Position::ZERO)
    }

    /// A standing fact makes the name known.
    pub fn is_open(&self) -> bool {
        self.openers > 0
    }

    /// The standing facts, corrections and retractions apart.
    pub fn standing(&self) -> &[Position] {
        &self.standing
    }

    /// Every resource that a standing fact of it names with an event that does, in order.
    pub fn mentions(&self) -> &[(Name, Position)] {
        &self.mentions
    }

    /// Its events that stand, corrections and retractions too, and whose source, as known, is unconfirmed; each with its kind.
    pub fn unconfirmed(&self) -> impl Iterator<Item = (Position, &str)> {
        self.unconfirmed.iter().map(|(position, kind)| (*position, kind.as_str()))
    }

    /// Names what does not hold.
    pub fn rules(&self, world: &dyn World, out: &mut Breaches) {
        if !self.is_open() {
            let unknown = Reason::unknown(self.name.collection());
            for &event in &self.standing {
                out.add(&self.name, unknown, event, Vec::new());
            }
        }
        for mentions in self.mentions.chunk_by(|(name, _), (next, _)| name == next) {
            let name = &mentions[0].0;
            let known =
                *name == self.name && self.is_open() || world.stream(name).is_some_and(|s| s.is_open());
            for &(_, event) in mentions.iter().filter(|_| !known) {
                out.add(&self.name, Reason::unknown(name.collection()), event, Vec::new());
            }
        }
        self.timeline.rules(&self.name, world, out);
    }

    /// The streams elsewhere that rest on this one, as far as what they rest on is not as in `before`.
    pub fn dependents(&self, before: Option<&Stream>, world: &dyn World) -> Vec<Name> {
        let mut names = self.timeline.dependents(&self.name, before.map(|stream| &stream.timeline), world);
        if self.is_open() != before.is_some_and(Stream::is_open) {
            names.extend(
                Collection::ALL.into_iter().flat_map(|collection| world.referrers(&self.name, collection)),
            );
        }
        names
    }
}
