//! Facts, the commands that ask to record them, and the events that they become.
//!
//! 1. One command makes exactly one event, with the same fact.
//! 2. There is one set of fact types; a correction holds the content as it should have been, whole.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::activity::ActivityFact;
use super::actor::ActorFact;
use super::agreement::AgreementFact;
use super::area::AreaFact;
use super::contribution::ContributionFact;
use super::correction::Amendment;
use super::decision::DecisionFact;
use super::framework::FrameworkFact;
use super::meeting::MeetingFact;
use super::name::{Collection, Name};
use super::operation::OperationFact;
use super::time::Valid;
use crate::position::Position;

/// The caller's name for a command: its idempotency key, unique in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub Uuid);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event's place in its stream, from 1; of a stream: how many events it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a fact is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// A reference that a reader can follow.
    pub text: String,
    /// It rests wholly or partly on what nobody has confirmed.
    pub unconfirmed: bool,
}

/// What was so, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Of an actor.
    Actor(ActorFact),
    /// Of a framework.
    Framework(FrameworkFact),
    /// Of an area.
    Area(AreaFact),
    /// Of an agreement.
    Agreement(AgreementFact),
    /// Of an activity.
    Activity(ActivityFact),
    /// Of a meeting.
    Meeting(MeetingFact),
    /// Of an operation.
    Operation(OperationFact),
    /// Of a contribution.
    Contribution(ContributionFact),
    /// Of a decision.
    Decision(DecisionFact),
    /// Of an event: a correction or a retraction.
    Amendment(Amendment),
}

/// What an event says: all of it that a correction may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// When it was so in the world.
    pub valid: Valid,
    /// Where it is from.
    pub source: Source,
    /// What was so.
    pub fact: Fact,
}

/// A request to record one fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The idempotency key.
    pub id: CommandId,
    /// The stream.
    pub name: Name,
    /// The version that the stream must be at.
    pub expected_version: Option<Version>,
    /// What the event will say.
    pub content: Content,
}

/// A fact as recorded. Once recorded it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the log, from 1.
    pub position: Position,
    /// Its stream.
    pub name: Name,
    /// Its place in its stream, from 1.
    pub version: Version,
    /// By the server's clock.
    pub recorded_at: Timestamp,
    /// The authenticated caller.
    pub recorded_by: Arc<str>,
    /// The command that made it.
    pub command_id: CommandId,
    /// What it says.
    pub content: Content,
}

/// A fact that stands, as then known: what timelines are folded from.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a, F> {
    /// The event.
    pub position: Position,
    /// When it was so in the world.
    pub valid: &'a Valid,
    /// What was so.
    pub fact: &'a F,
}

/// Which dates a fact has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dating {
    /// None at all.
    Dateless,
    /// The day on which it happened.
    Day,
    /// The day on which something began, and maybe its last day.
    Spell,
    /// As `Spell`; it may be known to the instant.
    Meeting,
}

/// Whether what a fact says may lie in the future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It says what happened.
    Past,
    /// It says what is to be.
    MayBeAhead,
}

impl Fact {
    /// Which collections its streams are in.
    pub fn belongs_to(&self, collection: Collection) -> bool {
        match self {
            Fact::Actor(_) => collection.is_actor(),
            Fact::Framework(_) => collection == Collection::Frameworks,
            Fact::Area(_) => collection == Collection::Areas,
            Fact::Agreement(_) => collection == Collection::Agreements,
            Fact::Activity(_) => collection == Collection::Activities,
            Fact::Meeting(_) => collection == Collection::Meetings,
            Fact::Operation(_) => collection == Collection::Operations,
            Fact::Contribution(_) => collection == Collection::Contributions,
            Fact::Decision(_) => collection == Collection::Decisions,
            Fact::Amendment(_) => true,
        }
    }

    /// It can be the first of its stream: it makes the name known.
    pub fn opens(&self) -> bool {
        match self {
            Fact::Actor(fact) => matches!(fact, ActorFact::Registered { .. }),
            Fact::Framework(fact) => matches!(fact, FrameworkFact::Established { .. }),
            Fact::Area(fact) => matches!(fact, AreaFact::Defined { .. }),
            Fact::Agreement(fact) => matches!(fact, AgreementFact::Opened { .. }),
            Fact::Activity(fact) => matches!(fact, ActivityFact::Offered { .. }),
            Fact::Meeting(fact) => matches!(fact, MeetingFact::Planned(_) | MeetingFact::Held(_)),
            Fact::Operation(fact) => matches!(fact, OperationFact::Launched { .. }),
            Fact::Contribution(fact) => matches!(fact, ContributionFact::Recorded { .. }),
            Fact::Decision(fact) => matches!(fact, DecisionFact::Recorded { .. }),
            Fact::Amendment(_) => false,
        }
    }

    /// It can also be a later step of its stream.
    pub fn may_follow(&self) -> bool {
        !self.opens() || matches!(self, Fact::Meeting(MeetingFact::Held(_)))
    }

    /// Which dates it has (DOMAIN.md §6, the row of well-formed dates).
    pub fn dating(&self) -> Dating {
        match self {
            Fact::Actor(fact) => fact.dating(),
            Fact::Framework(_) => Dating::Day,
            Fact::Area(AreaFact::Defined { .. }) | Fact::Amendment(_) => Dating::Dateless,
            Fact::Agreement(fact) => fact.dating(),
            Fact::Activity(fact) => fact.dating(),
            Fact::Meeting(fact) => fact.dating(),
            Fact::Operation(fact) => fact.dating(),
            Fact::Contribution(fact) => fact.dating(),
            Fact::Decision(fact) => fact.dating(),
        }
    }

    /// Whether what it says may lie in the future (DOMAIN.md §6, `HAPPENS_IN_FUTURE`).
    pub fn happening(&self) -> Happening {
        let ahead = match self {
            Fact::Actor(fact) => fact.may_be_ahead(),
            Fact::Framework(fact) => matches!(fact, FrameworkFact::Closed { .. }),
            Fact::Area(AreaFact::Defined { .. }) | Fact::Amendment(_) => false,
            Fact::Agreement(fact) => fact.may_be_ahead(),
            Fact::Activity(fact) => !matches!(fact, ActivityFact::Participated { .. }),
            Fact::Meeting(fact) => matches!(fact, MeetingFact::Planned(_) | MeetingFact::Rescheduled { .. }),
            Fact::Operation(fact) => matches!(fact, OperationFact::Ended { .. }),
            Fact::Contribution(fact) => fact.may_be_ahead(),
            Fact::Decision(fact) => !matches!(fact, DecisionFact::Recorded { .. }),
        };
        if ahead { Happening::MayBeAhead } else { Happening::Past }
    }

    /// Every resource that it names, in field order.
    pub fn mentions(&self) -> Vec<&Name> {
        match self {
            Fact::Actor(fact) => fact.mentions(),
            Fact::Framework(FrameworkFact::Established { .. } | FrameworkFact::Closed { .. })
            | Fact::Amendment(Amendment::Retracted { .. }) => Vec::new(),
            Fact::Area(AreaFact::Defined { parent, .. }) => parent.iter().collect(),
            Fact::Agreement(fact) => fact.mentions(),
            Fact::Activity(fact) => fact.mentions(),
            Fact::Meeting(fact) => fact.mentions(),
            Fact::Operation(fact) => fact.mentions(),
            Fact::Contribution(fact) => fact.mentions(),
            Fact::Decision(fact) => fact.mentions(),
            Fact::Amendment(Amendment::Corrected { content, .. }) => content.fact.mentions(),
        }
    }

    /// Of the same kind, whatever it says.
    pub fn same_kind(&self, other: &Fact) -> bool {
        self.kind() == other.kind()
    }

    /// The kind's name, as in the schema: `area_chosen`.
    pub fn kind(&self) -> &'static str {
        match self {
            Fact::Actor(fact) => fact.kind(),
            Fact::Framework(fact) => fact.kind(),
            Fact::Area(AreaFact::Defined { .. }) => "area_defined",
            Fact::Agreement(fact) => fact.kind(),
            Fact::Activity(fact) => fact.kind(),
            Fact::Meeting(fact) => fact.kind(),
            Fact::Operation(fact) => fact.kind(),
            Fact::Contribution(fact) => fact.kind(),
            Fact::Decision(fact) => fact.kind(),
            Fact::Amendment(Amendment::Corrected { .. }) => "event_corrected",
            Fact::Amendment(Amendment::Retracted { .. }) => "event_retracted",
        }
    }
}

/// Every resource named by these facts, once each.
pub fn mentioned<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> BTreeSet<&'a Name> {
    facts.into_iter().flat_map(Fact::mentions).collect()
}
