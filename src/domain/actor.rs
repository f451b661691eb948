//! Actors: countries and organisations, and how they stand to the alliance.
//!
//! 1. A partner holds a framework that is no overlay, and is not a member; a suspended partner stays a partner.
//! 2. A tenure holds only while its framework is open, and does not count while its holder is a member.
//! 3. An area is chosen by the partner itself, and only a new choice or a withdrawal ends a choice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::breach::{Against, Breaches, Reason};
use super::fact::{Dating, Recorded};
use super::name::{Collection, Name};
use super::stream::Timeline;
use super::text::{Localized, Names};
use super::time::{Dated, Mark, Spells, Succession, Truth, When};
use super::world::{World, framework_open, is_overlay};
use crate::position::Position;

/// What an actor is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActorKind {
    /// A country, with its assigned ISO 3166-1 codes.
    Country {
        /// Two letters, as in its resource name.
        alpha2: String,
        /// Three letters.
        alpha3: String,
    },
    /// An organisation.
    Organisation,
}

/// How far a partner chose to cooperate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "documented in the schema")]
pub enum Extent {
    Unspecified,
    Full,
    Partial,
    Observer,
}

/// Who gives: mutual benefit is shown, never enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "documented in the schema")]
pub enum GivenBy {
    Unspecified,
    Alliance,
    Partner,
    Both,
}

/// What is recorded of an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActorFact {
    /// It is known from now on.
    Registered {
        /// What it is.
        kind: ActorKind,
        /// Its first names.
        names: Localized,
    },
    /// Its names changed in the world.
    Renamed {
        /// The new ones; languages that are not among them keep theirs.
        names: Localized,
    },
    /// It joined a framework.
    FrameworkJoined {
        /// Which one.
        framework: Name,
        /// Why, if it is known.
        reason: String,
    },
    /// It left a framework.
    FrameworkLeft {
        /// Which one.
        framework: Name,
        /// Why, if it is known.
        reason: String,
    },
    /// It became a member.
    MemberAdmitted {
        /// Of this organisation.
        alliance: Name,
        /// It was there from the start.
        founding: bool,
    },
    /// Its membership ended.
    MembershipEnded {
        /// Of this organisation.
        alliance: Name,
        /// Why, if it is known.
        reason: String,
    },
    /// Cooperation with it was suspended.
    CooperationSuspended {
        /// What is suspended: shown, not used.
        scope: String,
        /// Talks go on.
        dialogue_kept: bool,
    },
    /// Cooperation with it was resumed.
    CooperationResumed,
    /// It chose an area.
    AreaChosen {
        /// Which one.
        area: Name,
        /// How, who gives and who chose.
        choice: Choice,
    },
    /// It withdrew from an area.
    AreaWithdrawn {
        /// Which one.
        area: Name,
    },
}

/// What a partner chose of one area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// How far.
    pub extent: Extent,
    /// Who gives.
    pub given_by: GivenBy,
    /// Who chose.
    pub chosen_by: Name,
    /// The agreement that says so.
    pub agreement: Option<Name>,
}

impl ActorFact {
    /// The kind's name in the schema.
    pub fn kind(&self) -> &'static str {
        match self {
            ActorFact::Registered { .. } => "actor_registered",
            ActorFact::Renamed { .. } => "actor_renamed",
            ActorFact::FrameworkJoined { .. } => "framework_joined",
            ActorFact::FrameworkLeft { .. } => "framework_left",
            ActorFact::MemberAdmitted { .. } => "member_admitted",
            ActorFact::MembershipEnded { .. } => "membership_ended",
            ActorFact::CooperationSuspended { .. } => "cooperation_suspended",
            ActorFact::CooperationResumed => "cooperation_resumed",
            ActorFact::AreaChosen { .. } => "area_chosen",
            ActorFact::AreaWithdrawn { .. } => "area_withdrawn",
        }
    }

    pub(super) fn dating(&self) -> Dating {
        match self {
            ActorFact::Registered { .. } => Dating::Dateless,
            ActorFact::FrameworkJoined { .. }
            | ActorFact::MemberAdmitted { .. }
            | ActorFact::CooperationSuspended { .. } => Dating::Spell,
            ActorFact::Renamed { .. }
            | ActorFact::FrameworkLeft { .. }
            | ActorFact::MembershipEnded { .. }
            | ActorFact::CooperationResumed
            | ActorFact::AreaChosen { .. }
            | ActorFact::AreaWithdrawn { .. } => Dating::Day,
        }
    }

    pub(super) fn may_be_ahead(&self) -> bool {
        match self {
            ActorFact::Renamed { .. }
            | ActorFact::FrameworkLeft { .. }
            | ActorFact::MembershipEnded { .. }
            | ActorFact::CooperationSuspended { .. }
            | ActorFact::CooperationResumed
            | ActorFact::AreaWithdrawn { .. } => true,
            ActorFact::Registered { .. }
            | ActorFact::FrameworkJoined { .. }
            | ActorFact::MemberAdmitted { .. }
            | ActorFact::AreaChosen { .. } => false,
        }
    }

    pub(super) fn mentions(&self) -> Vec<&Name> {
        match self {
            ActorFact::Registered { .. }
            | ActorFact::Renamed { .. }
            | ActorFact::CooperationSuspended { .. }
            | ActorFact::CooperationResumed => Vec::new(),
            ActorFact::FrameworkJoined { framework, .. } | ActorFact::FrameworkLeft { framework, .. } => {
                vec![framework]
            }
            ActorFact::MemberAdmitted { alliance, .. } | ActorFact::MembershipEnded { alliance, .. } => {
                vec![alliance]
            }
            ActorFact::AreaChosen { area, choice } => {
                [Some(area), Some(&choice.chosen_by), choice.agreement.as_ref()]
                    .into_iter()
                    .flatten()
                    .collect()
            }
            ActorFact::AreaWithdrawn { area } => vec![area],
        }
    }
}

/// A suspension's scope, with the event that says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The event.
    pub event: Position,
    /// What is suspended.
    pub text: String,
}

/// How an actor stands to the alliance, and what it chose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorTimeline {
    /// What it is; none while no registration stands.
    pub kind: Option<ActorKind>,
    /// Its names.
    pub names: Names,
    /// Its time in each framework.
    pub tenures: BTreeMap<Name, Spells>,
    /// Its memberships of the alliance.
    pub memberships: Spells,
    /// When cooperation with it was suspended.
    pub suspensions: Spells,
    /// What was suspended.
    pub scopes: Vec<Scope>,
    /// What it chose of each area; a withdrawal is the choice of nothing.
    pub choices: BTreeMap<Name, Succession<Option<Choice>>>,
    alliances: Vec<(Position, Name)>,
}

impl ActorTimeline {
    /// Whether it was a member.
    pub fn member(&self, t: When) -> Truth {
        self.memberships.hold(t)
    }

    /// Whether cooperation with it was suspended.
    pub fn suspended(&self, t: When) -> Truth {
        self.suspensions.hold(t)
    }

    /// Whether it had joined the framework, not left it, and the framework was open: its own membership left apart.
    pub fn in_framework(&self, world: &dyn World, framework: &Name, t: When) -> Truth {
        let joined = self.tenures.get(framework).map_or(Truth::No, |spells| spells.hold(t));
        if joined.is_no() { joined } else { joined.and(framework_open(world, framework, t)) }
    }

    /// Whether it held the framework: tenures do not count while it is a member.
    pub fn holds(&self, world: &dyn World, framework: &Name, t: When) -> Truth {
        self.in_framework(world, framework, t).and(self.member(t).not())
    }

    /// The frameworks that it ever joined which are held beside no other.
    pub fn main_frameworks(&self, world: &dyn World) -> Vec<&Name> {
        self.tenures.keys().filter(|framework| !is_overlay(world, framework)).collect()
    }

    /// Whether it was a partner.
    pub fn partner(&self, world: &dyn World, t: When) -> Truth {
        Truth::any(self.main_frameworks(world).into_iter().map(|framework| self.holds(world, framework, t)))
    }

    /// Whether an area was chosen: a choice began by `t` and no withdrawal after it.
    pub fn chosen(&self, area: &Name, t: When) -> Truth {
        let Some(choices) = self.choices.get(area) else { return Truth::No };
        let withdrawn_since = |choice: Mark| {
            let withdrawals = choices.values().iter().filter(|dated| dated.value.is_none());
            Truth::any(withdrawals.map(|w| choice.at.before(w.since.at).and(w.since.at.by(t))))
        };
        let chosen = choices.values().iter().filter(|dated| dated.value.is_some());
        Truth::any(chosen.map(|dated| dated.since.at.by(t).and(withdrawn_since(dated.since).not())))
    }

    /// The choices of an area that are or may be the one on `t`.
    pub fn choices_on(&self, area: &Name, t: When) -> Vec<(Truth, Mark, &Choice)> {
        let on = self.choices.get(area).map(|choices| choices.on(t)).unwrap_or_default();
        on.into_iter()
            .filter_map(|(truth, d)| d.value.as_ref().map(|choice| (truth, d.since, choice)))
            .collect()
    }

    fn ask_standing(&self, me: &Name, world: &dyn World, out: &mut Breaches) {
        let alliance = world.alliance();
        for (event, named) in &self.alliances {
            if alliance.as_ref().is_some_and(|alliance| alliance != named) {
                let against = alliance.iter().map(|alliance| Against {
                    name: alliance.clone(),
                    event: None,
                    says: "the alliance of this log".into(),
                });
                out.add(me, Reason::OtherAlliance, *event, against.collect());
            }
        }
        for (framework, tenures) in &self.tenures {
            self.ask_tenures(me, world, framework, tenures, out);
        }
        out.ask_spells(me, &self.memberships, Reason::BadTransition, Reason::BadTransition);
        out.ask_spells(me, &self.suspensions, Reason::BadTransition, Reason::BadTransition);
    }

    fn ask_tenures(
        &self,
        me: &Name,
        world: &dyn World,
        framework: &Name,
        tenures: &Spells,
        out: &mut Breaches,
    ) {
        out.ask_spells(me, tenures, Reason::AlreadyJoined, Reason::NotJoined);
        let stream = world.stream(framework);
        let life = stream.as_ref().filter(|s| s.is_open()).and_then(|s| s.timeline.framework());
        for join in tenures.beginnings() {
            if let Some(timeline) = life.filter(|timeline| timeline.life.hold(join.at).is_no()) {
                out.outside(me, Reason::FrameworkClosed, join.event, framework, &timeline.life);
            }
            if self.member(join.at).is_yes() {
                out.outside(me, Reason::MemberIsNotPartner, join.event, me, &self.memberships);
            }
        }
    }

    fn ask_choices(&self, me: &Name, out: &mut Breaches) {
        for choices in self.choices.values() {
            out.ask_succession(me, choices);
            for dated in choices.values() {
                match &dated.value {
                    Some(choice) if choice.chosen_by != *me => {
                        out.add(me, Reason::AreaNotChosenByPartner, dated.since.event, Vec::new());
                    }
                    None if ends_a_choice(choices, dated).is_no() => {
                        out.add(me, Reason::BadTransition, dated.since.event, Vec::new());
                    }
                    Some(_) | None => {}
                }
            }
        }
    }
}

/// Whether there is a choice that the withdrawal ends: begun by then, and not withdrawn in between.
fn ends_a_choice(choices: &Succession<Option<Choice>>, withdrawal: &Dated<Option<Choice>>) -> Truth {
    let at = withdrawal.since.at;
    let earlier = |choice: &Dated<Option<Choice>>| {
        let others =
            choices.values().iter().filter(|o| o.value.is_none() && o.since.event != withdrawal.since.event);
        Truth::any(others.map(|o| choice.since.at.before(o.since.at).and(o.since.at.before(at))))
    };
    let begun = choices.values().iter().filter(|dated| dated.value.is_some());
    Truth::any(begun.map(|choice| choice.since.at.by(at).and(earlier(choice).not())))
}

impl Timeline for ActorTimeline {
    type Fact = ActorFact;

    fn evolve(&mut self, event: Recorded<'_, ActorFact>) {
        let (position, begin, end) = (event.position, event.valid.begin(), event.valid.end());
        match event.fact {
            ActorFact::Registered { kind, names } => {
                self.kind = Some(kind.clone());
                self.names.begin(position, When::EVER, names);
            }
            ActorFact::Renamed { names } => self.names.begin(position, begin, names),
            ActorFact::FrameworkJoined { framework, reason: _ } => {
                self.tenures.entry(framework.clone()).or_default().begin(position, begin, end);
            }
            ActorFact::FrameworkLeft { framework, reason: _ } => {
                self.tenures.entry(framework.clone()).or_default().end(position, begin);
            }
            ActorFact::MemberAdmitted { alliance, founding: _ } => {
                self.memberships.begin(position, begin, end);
                self.alliances.push((position, alliance.clone()));
            }
            ActorFact::MembershipEnded { alliance, reason: _ } => {
                self.memberships.end(position, begin);
                self.alliances.push((position, alliance.clone()));
            }
            ActorFact::CooperationSuspended { scope, dialogue_kept: _ } => {
                self.suspensions.begin(position, begin, end);
                self.scopes.push(Scope { event: position, text: scope.clone() });
            }
            ActorFact::CooperationResumed => self.suspensions.end(position, begin),
            ActorFact::AreaChosen { area, choice } => {
                self.choices.entry(area.clone()).or_default().begin(position, begin, Some(choice.clone()));
            }
            ActorFact::AreaWithdrawn { area } => {
                self.choices.entry(area.clone()).or_default().begin(position, begin, None);
            }
        }
    }

    fn rules(&self, me: &Name, world: &dyn World, out: &mut Breaches) {
        for names in self.names.successions() {
            out.ask_succession(me, names);
        }
        self.ask_standing(me, world, out);
        self.ask_choices(me, out);
    }

    fn dependents(&self, me: &Name, before: &Self, world: &dyn World) -> Vec<Name> {
        let as_before = self.tenures == before.tenures
            && self.memberships == before.memberships
            && self.suspensions == before.suspensions;
        if as_before { Vec::new() } else { world.referrers(me, Collection::Activities) }
    }
}
