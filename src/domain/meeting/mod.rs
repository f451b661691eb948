//! A meeting on its way from plan to summary.
//!
//! 1. PLANNED → CONFIRMED → HELD → SUMMARISED; CONFIRMED may be skipped, CANCELLED comes from the first two, HELD may
//!    come first. These are acts of the office, in the order of recording.
//! 2. Attendance and summaries exist once it is held; who was invited does not become a delegation.
//! 3. What kind of meeting it was is derived, never stored.

use serde::{Deserialize, Serialize};

use super::breach::{Breaches, Reason};
use super::fact::{Dating, Recorded};
use super::name::Name;
use super::stream::Timeline;
use super::text::Localized;
use super::time::{Spell, Truth, Valid, When};
use super::world::World;
use crate::position::Position;

macro_rules! closed_list {
    ($(#[$doc:meta])* $name:ident { $($variant:ident),* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "documented in the schema")]
        pub enum $name { $($variant),* }
    };
}

pub mod class;
mod particulars;
mod roll;

pub use particulars::{Attendance, Core, Delegation, Level, Mode, Particulars, Venue};
pub use roll::Roll;

closed_list! {
    /// What was answered to an invitation.
    Answer { Unspecified, Accepted, Declined, Tentative }
}
closed_list! {
    /// What a summary is.
    SummaryState { Draft, Final }
}
closed_list! {
    /// How far a meeting has come.
    MeetingState { Planned, Confirmed, Held, Summarised, Cancelled }
}

impl MeetingState {
    /// It took place.
    pub fn took_place(self) -> bool {
        match self {
            MeetingState::Held | MeetingState::Summarised => true,
            MeetingState::Planned | MeetingState::Confirmed | MeetingState::Cancelled => false,
        }
    }

    fn is_ahead(self) -> bool {
        match self {
            MeetingState::Planned | MeetingState::Confirmed => true,
            MeetingState::Held | MeetingState::Summarised | MeetingState::Cancelled => false,
        }
    }
}

/// What is recorded of a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeetingFact {
    /// It is planned.
    Planned(Box<Particulars>),
    /// The plan is confirmed.
    Confirmed,
    /// It is moved to another date.
    Rescheduled {
        /// Why, if it is known.
        reason: String,
    },
    /// A delegation is invited.
    Invited(Delegation),
    /// An invitation is answered.
    Answered {
        /// By whom.
        actor: Name,
        /// What.
        answer: Answer,
    },
    /// It is cancelled.
    Cancelled {
        /// Why, if it is known.
        reason: String,
    },
    /// It took place.
    Held(Box<Particulars>),
    /// It is summarised.
    Summarised {
        /// A draft, or final.
        state: SummaryState,
        /// The summary.
        text: Localized,
    },
}

impl MeetingFact {
    /// The kind's name in the schema.
    pub fn kind(&self) -> &'static str {
        match self {
            MeetingFact::Planned(_) => "meeting_planned",
            MeetingFact::Confirmed => "meeting_confirmed",
            MeetingFact::Rescheduled { .. } => "meeting_rescheduled",
            MeetingFact::Invited(_) => "delegation_invited",
            MeetingFact::Answered { .. } => "invitation_answered",
            MeetingFact::Cancelled { .. } => "meeting_cancelled",
            MeetingFact::Held(_) => "meeting_held",
            MeetingFact::Summarised { .. } => "summary_recorded",
        }
    }

    /// What it says that the meeting is about.
    pub fn topics(&self) -> &[String] {
        match self {
            MeetingFact::Planned(particulars) | MeetingFact::Held(particulars) => &particulars.topics,
            MeetingFact::Confirmed
            | MeetingFact::Rescheduled { .. }
            | MeetingFact::Invited(_)
            | MeetingFact::Answered { .. }
            | MeetingFact::Cancelled { .. }
            | MeetingFact::Summarised { .. } => &[],
        }
    }

    pub(super) fn dating(&self) -> Dating {
        match self {
            MeetingFact::Planned(_) | MeetingFact::Rescheduled { .. } | MeetingFact::Held(_) => {
                Dating::Meeting
            }
            MeetingFact::Confirmed
            | MeetingFact::Invited(_)
            | MeetingFact::Answered { .. }
            | MeetingFact::Cancelled { .. }
            | MeetingFact::Summarised { .. } => Dating::Dateless,
        }
    }

    pub(super) fn mentions(&self) -> Vec<&Name> {
        match self {
            MeetingFact::Planned(particulars) | MeetingFact::Held(particulars) => {
                let venue = particulars.venue.iter().filter_map(|venue| venue.country.as_ref());
                venue.chain(particulars.delegations.iter().map(|delegation| &delegation.actor)).collect()
            }
            MeetingFact::Invited(delegation) => vec![&delegation.actor],
            MeetingFact::Answered { actor, .. } => vec![actor],
            MeetingFact::Confirmed
            | MeetingFact::Rescheduled { .. }
            | MeetingFact::Cancelled { .. }
            | MeetingFact::Summarised { .. } => Vec::new(),
        }
    }
}

/// An invitation with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Who is invited.
    pub delegation: Delegation,
    /// The last answer, if there is one.
    pub answer: Option<Answer>,
}

/// A revision of the summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// A draft, or final.
    pub state: SummaryState,
    /// The summary.
    pub text: Localized,
    /// The event that records it.
    pub event: Position,
}

/// What is known of a meeting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeetingTimeline {
    /// How far it has come; none while nothing that opens it stands.
    pub state: Option<MeetingState>,
    /// What is known of it; its delegations are those that were there.
    pub particulars: Option<Particulars>,
    /// When it takes or took place, as recorded.
    pub valid: Valid,
    /// Who is invited.
    pub invitations: Vec<Invitation>,
    /// Each revision of the summary.
    pub summaries: Vec<Summary>,
    misplaced: Vec<(Position, Reason)>,
}

impl MeetingTimeline {
    /// The day on which it is judged: its first.
    pub fn day(&self) -> When {
        self.valid.begin()
    }

    /// It took place.
    pub fn took_place(&self) -> bool {
        self.state.is_some_and(MeetingState::took_place)
    }

    /// From its first day to its last; without a last one it is of one day.
    pub fn days(&self) -> Spell {
        self.valid.days()
    }

    /// Whether it overlaps the time from the first day of `from` to the last of `to`.
    pub fn within(&self, from: When, to: When) -> Truth {
        self.days().touches(from, to)
    }

    /// Those that were there.
    pub fn attendees(&self) -> impl Iterator<Item = &Delegation> {
        self.particulars.iter().flat_map(|p| p.delegations.iter()).filter(|delegation| delegation.attended())
    }

    fn step(&mut self, event: Position, may: bool, next: MeetingState) -> bool {
        if may {
            self.state = Some(next);
        } else {
            self.misplaced.push((event, Reason::BadTransition));
        }
        may
    }

    fn plan(&mut self, event: Position, valid: &Valid, particulars: &Particulars) {
        if !self.step(event, self.state.is_none(), MeetingState::Planned) {
            return;
        }
        if particulars.delegations.iter().any(|d| d.attendance != Attendance::Unspecified) {
            self.misplaced.push((event, Reason::NotHeld));
        }
        self.valid = valid.clone();
        let invited = particulars.delegations.iter();
        self.invitations = invited.map(|d| Invitation { delegation: d.clone(), answer: None }).collect();
        self.particulars = Some(Particulars { delegations: Vec::new(), ..particulars.clone() });
    }

    fn hold(&mut self, event: Position, valid: &Valid, held: &Particulars) {
        if !self.step(event, self.state.is_none_or(MeetingState::is_ahead), MeetingState::Held) {
            return;
        }
        self.valid = valid.clone();
        let particulars = match self.particulars.take() {
            Some(planned) => held.clone().over(planned),
            None => held.clone(),
        };
        let named = particulars.delegations.len();
        if particulars.declared_total.is_some_and(|total| (total as usize) < named) {
            self.misplaced.push((event, Reason::DeclaredTotalTooSmall));
        }
        self.particulars = Some(particulars);
    }

    fn invite(&mut self, event: Position, delegation: &Delegation) {
        match self.state {
            None | Some(MeetingState::Cancelled) => {
                return self.misplaced.push((event, Reason::BadTransition));
            }
            Some(state) if !state.took_place() && delegation.attendance != Attendance::Unspecified => {
                self.misplaced.push((event, Reason::NotHeld));
            }
            Some(_) => {}
        }
        if self.invitations.iter().any(|invitation| invitation.delegation.actor == delegation.actor) {
            return self.misplaced.push((event, Reason::DuplicateDelegation));
        }
        self.invitations.push(Invitation { delegation: delegation.clone(), answer: None });
    }

    fn answer(&mut self, event: Position, actor: &Name, answer: Answer) {
        if self.state == Some(MeetingState::Cancelled) {
            return self.misplaced.push((event, Reason::BadTransition));
        }
        match self.invitations.iter_mut().find(|invitation| invitation.delegation.actor == *actor) {
            Some(invitation) => invitation.answer = Some(answer),
            None => self.misplaced.push((event, Reason::NotInvited)),
        }
    }

    fn summarise(&mut self, event: Position, state: SummaryState, text: &Localized) {
        if !self.state.is_some_and(MeetingState::took_place) {
            return self.misplaced.push((event, Reason::NotHeld));
        }
        let is_final = self.summaries.iter().any(|summary| summary.state == SummaryState::Final);
        if is_final && state == SummaryState::Draft {
            return self.misplaced.push((event, Reason::BadTransition));
        }
        self.state = Some(MeetingState::Summarised);
        self.summaries.push(Summary { state, text: text.clone(), event });
    }
}

impl Timeline for MeetingTimeline {
    type Fact = MeetingFact;

    fn evolve(&mut self, event: Recorded<'_, MeetingFact>) {
        let (position, valid) = (event.position, event.valid);
        let is_ahead = self.state.is_some_and(MeetingState::is_ahead);
        match event.fact {
            MeetingFact::Planned(particulars) => self.plan(position, valid, particulars),
            MeetingFact::Confirmed => {
                let may = self.state == Some(MeetingState::Planned);
                self.step(position, may, MeetingState::Confirmed);
            }
            MeetingFact::Rescheduled { reason: _ } => {
                if is_ahead {
                    self.valid = valid.clone();
                } else {
                    self.misplaced.push((position, Reason::BadTransition));
                }
            }
            MeetingFact::Invited(delegation) => self.invite(position, delegation),
            MeetingFact::Answered { actor, answer } => self.answer(position, actor, *answer),
            MeetingFact::Cancelled { reason: _ } => {
                self.step(position, is_ahead, MeetingState::Cancelled);
            }
            MeetingFact::Held(particulars) => self.hold(position, valid, particulars),
            MeetingFact::Summarised { state, text } => self.summarise(position, *state, text),
        }
    }

    fn rules(&self, me: &Name, _world: &dyn World, out: &mut Breaches) {
        for &(event, reason) in &self.misplaced {
            out.add(me, reason, event, Vec::new());
        }
    }

    fn dependents(&self, _me: &Name, _before: &Self, _world: &dyn World) -> Vec<Name> {
        Vec::new()
    }
}
