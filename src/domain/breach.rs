//! What does not hold, and why: the reasons of every refusal, in the order in which they are given.

use serde::{Deserialize, Serialize};

use super::name::{Collection, Name};
use super::time::{Mark, Misfit, Spells, Succession, When};
use crate::position::Position;

/// Why a request is refused. Declared in the order of DOMAIN.md §6, so that the least of several is the one to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(
    missing_docs,
    reason = "each is a row of the table in DOMAIN.md §6, and tells what it is by its name"
)]
pub enum Reason {
    FieldRequired,
    UnknownValue,
    BadCommandId,
    NoCommand,
    TooLarge,
    BadCountryCode,
    BadLanguageTag,
    BadTimeZone,
    BadDate,
    BadName,
    ValidIntervalInverted,
    SourceRequired,
    DeclaredTotalTooSmall,
    DuplicateDelegation,
    BadForm,
    ReasonRequired,
    CommandIdReused,
    VersionConflict,
    UnknownActor,
    UnknownFramework,
    UnknownArea,
    UnknownAgreement,
    UnknownActivity,
    UnknownMeeting,
    UnknownOperation,
    UnknownContribution,
    UnknownDecision,
    UnknownEvent,
    IdTaken,
    AlreadyRetracted,
    NotCorrectable,
    NotLastCorrection,
    HappensInFuture,
    OtherAlliance,
    AreaNotChosenByPartner,
    FrameworkClosed,
    MemberIsNotPartner,
    AlreadyJoined,
    NotJoined,
    AgreementOverlaps,
    BadSupersession,
    UnequalAccess,
    NotOffered,
    AccessDenied,
    NotHeld,
    NotInvited,
    OperationNotActive,
    LineageCycle,
    LineageBackwards,
    BadTransition,
    BreaksHistory,
}

impl Reason {
    /// As it is written in answers: `UPPER_SNAKE_CASE`.
    pub fn text(self) -> &'static str {
        match self {
            Reason::FieldRequired => "FIELD_REQUIRED",
            Reason::UnknownValue => "UNKNOWN_VALUE",
            Reason::BadCommandId => "BAD_COMMAND_ID",
            Reason::NoCommand => "NO_COMMAND",
            Reason::TooLarge => "TOO_LARGE",
            Reason::BadCountryCode => "BAD_COUNTRY_CODE",
            Reason::BadLanguageTag => "BAD_LANGUAGE_TAG",
            Reason::BadTimeZone => "BAD_TIME_ZONE",
            Reason::BadDate => "BAD_DATE",
            Reason::BadName => "BAD_NAME",
            Reason::ValidIntervalInverted => "VALID_INTERVAL_INVERTED",
            Reason::SourceRequired => "SOURCE_REQUIRED",
            Reason::DeclaredTotalTooSmall => "DECLARED_TOTAL_TOO_SMALL",
            Reason::DuplicateDelegation => "DUPLICATE_DELEGATION",
            Reason::BadForm => "BAD_FORM",
            Reason::ReasonRequired => "REASON_REQUIRED",
            Reason::CommandIdReused => "COMMAND_ID_REUSED",
            Reason::VersionConflict => "VERSION_CONFLICT",
            Reason::UnknownActor => "UNKNOWN_ACTOR",
            Reason::UnknownFramework => "UNKNOWN_FRAMEWORK",
            Reason::UnknownArea => "UNKNOWN_AREA",
            Reason::UnknownAgreement => "UNKNOWN_AGREEMENT",
            Reason::UnknownActivity => "UNKNOWN_ACTIVITY",
            Reason::UnknownMeeting => "UNKNOWN_MEETING",
            Reason::UnknownOperation => "UNKNOWN_OPERATION",
            Reason::UnknownContribution => "UNKNOWN_CONTRIBUTION",
            Reason::UnknownDecision => "UNKNOWN_DECISION",
            Reason::UnknownEvent => "UNKNOWN_EVENT",
            Reason::IdTaken => "ID_TAKEN",
            Reason::AlreadyRetracted => "ALREADY_RETRACTED",
            Reason::NotCorrectable => "NOT_CORRECTABLE",
            Reason::NotLastCorrection => "NOT_LAST_CORRECTION",
            Reason::HappensInFuture => "HAPPENS_IN_FUTURE",
            Reason::OtherAlliance => "OTHER_ALLIANCE",
            Reason::AreaNotChosenByPartner => "AREA_NOT_CHOSEN_BY_PARTNER",
            Reason::FrameworkClosed => "FRAMEWORK_CLOSED",
            Reason::MemberIsNotPartner => "MEMBER_IS_NOT_PARTNER",
            Reason::AlreadyJoined => "ALREADY_JOINED",
            Reason::NotJoined => "NOT_JOINED",
            Reason::AgreementOverlaps => "AGREEMENT_OVERLAPS",
            Reason::BadSupersession => "BAD_SUPERSESSION",
            Reason::UnequalAccess => "UNEQUAL_ACCESS",
            Reason::NotOffered => "NOT_OFFERED",
            Reason::AccessDenied => "ACCESS_DENIED",
            Reason::NotHeld => "NOT_HELD",
            Reason::NotInvited => "NOT_INVITED",
            Reason::OperationNotActive => "OPERATION_NOT_ACTIVE",
            Reason::LineageCycle => "LINEAGE_CYCLE",
            Reason::LineageBackwards => "LINEAGE_BACKWARDS",
            Reason::BadTransition => "BAD_TRANSITION",
            Reason::BreaksHistory => "BREAKS_HISTORY",
        }
    }

    /// What is wrong, in words, where no event or date stands in the way.
    pub fn says(self) -> &'static str {
        match self {
            Reason::FieldRequired => "a field that the fact needs is missing",
            Reason::UnknownValue => "a value is not one of those known",
            Reason::BadCommandId => "the command_id is no UUID",
            Reason::NoCommand => "the request has no command",
            Reason::TooLarge => "the request is larger than the limits",
            Reason::BadCountryCode => "a country code is not assigned, or does not agree with the name",
            Reason::BadLanguageTag => "a language tag is not well-formed",
            Reason::BadTimeZone => "a time zone is not in the IANA database",
            Reason::BadDate => "a date is missing, not well-formed, or one too many",
            Reason::BadName => "a resource name is not well-formed, or of another collection",
            Reason::ValidIntervalInverted => "it ends before it begins",
            Reason::SourceRequired => "every event has a source",
            Reason::DeclaredTotalTooSmall => "fewer are declared than named",
            Reason::DuplicateDelegation => "an actor has one delegation",
            Reason::BadForm => "this form of contribution has no personnel",
            Reason::ReasonRequired => "a correction or a retraction needs its reason",
            Reason::CommandIdReused => "the command_id was used for other content",
            Reason::VersionConflict => "the stream is at another version",
            Reason::UnknownActor => "the actor is not recorded",
            Reason::UnknownFramework => "the framework is not recorded",
            Reason::UnknownArea => "the area is not recorded",
            Reason::UnknownAgreement => "the agreement is not recorded",
            Reason::UnknownActivity => "the activity is not recorded",
            Reason::UnknownMeeting => "the meeting is not recorded",
            Reason::UnknownOperation => "the operation is not recorded",
            Reason::UnknownContribution => "the contribution is not recorded",
            Reason::UnknownDecision => "the decision is not recorded",
            Reason::UnknownEvent => "the event is not recorded in this stream",
            Reason::IdTaken => "the name is used already; names are never used again",
            Reason::AlreadyRetracted => "the event is retracted already",
            Reason::NotCorrectable => "corrections are retracted, not corrected, and the kind of fact stays",
            Reason::NotLastCorrection => "a later correction of the same event stands",
            Reason::HappensInFuture => "it is recorded as having happened, and lies in the future",
            Reason::OtherAlliance => "the log belongs to another alliance",
            Reason::AreaNotChosenByPartner => "an area is chosen by the partner itself",
            Reason::FrameworkClosed => "the framework was not open then",
            Reason::MemberIsNotPartner => "it was a member then, and members hold no framework",
            Reason::AlreadyJoined => "it held the framework then",
            Reason::NotJoined => "it has no tenure that this would end",
            Reason::AgreementOverlaps => "another agreement of this kind stands at the same time",
            Reason::BadSupersession => "an agreement supersedes only another one of the same partner",
            Reason::UnequalAccess => "equal access is in force, and the offer names no exception",
            Reason::NotOffered => "the activity was not on offer then",
            Reason::AccessDenied => "the actor had no access then",
            Reason::NotHeld => "the meeting was not held yet",
            Reason::NotInvited => "the actor was not invited",
            Reason::OperationNotActive => "the operation was not active then",
            Reason::LineageCycle => "it would rest on itself",
            Reason::LineageBackwards => "it would rest on what came later",
            Reason::BadTransition => "the timeline does not allow this step",
            Reason::BreaksHistory => "events that are recorded would no longer hold",
        }
    }

    /// What is said of a name of this collection that is not recorded.
    pub fn unknown(collection: Collection) -> Reason {
        match collection {
            Collection::Countries | Collection::Organisations => Reason::UnknownActor,
            Collection::Frameworks => Reason::UnknownFramework,
            Collection::Areas => Reason::UnknownArea,
            Collection::Agreements => Reason::UnknownAgreement,
            Collection::Activities => Reason::UnknownActivity,
            Collection::Meetings => Reason::UnknownMeeting,
            Collection::Operations => Reason::UnknownOperation,
            Collection::Contributions => Reason::UnknownContribution,
            Collection::Decisions => Reason::UnknownDecision,
        }
    }
}

/// What stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Against {
    /// The resource that it is part of.
    pub name: Name,
    /// The event that says so, if it is one.
    pub event: Option<Position>,
    /// What it says, with its date.
    pub says: String,
}

/// One event for which a rule does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The rule.
    pub reason: Reason,
    /// The event's stream.
    pub name: Name,
    /// The event.
    pub event: Position,
    /// What stands in its way.
    pub against: Vec<Against>,
}

impl Breach {
    /// Two breaches with one key are the same, whatever stands in the way.
    pub fn key(&self) -> (Reason, Position) {
        (self.reason, self.event)
    }
}

/// Everything that does not hold of the streams that were asked.
#[derive(Debug, Default)]
pub struct Breaches(Vec<Breach>);

impl Breaches {
    /// The rule does not hold for this event of the stream `me`.
    pub fn add(&mut self, me: &Name, reason: Reason, event: Position, against: Vec<Against>) {
        self.0.push(Breach { reason, name: me.clone(), event, against });
    }

    /// The rule does not hold for this event because of another event of its stream.
    pub fn clash(&mut self, me: &Name, reason: Reason, event: Position, other: Mark, says: &str) {
        let against =
            Against { name: me.clone(), event: Some(other.event), says: format!("{says} {}", other.at) };
        self.add(me, reason, event, vec![against]);
    }

    /// Nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was found: by reason, then by event; once each.
    pub fn into_sorted(self) -> Vec<Breach> {
        let mut breaches = self.0;
        breaches.sort_by_key(Breach::key);
        breaches.dedup_by_key(|breach| breach.key());
        breaches
    }

    /// Asks beginnings and ends that are recorded apart whether they fit.
    pub fn ask_spells(&mut self, me: &Name, spells: &Spells, overlaps: Reason, ends_nothing: Reason) {
        for misfit in spells.misfits() {
            match misfit {
                Misfit::Overlaps { begin, other } => self.clash(me, overlaps, begin.event, other, "begun"),
                Misfit::EndsNothing { end, begin: Some(begin) } => {
                    self.clash(me, ends_nothing, end.event, begin, "begun only");
                }
                Misfit::EndsNothing { end, begin: None } => self.add(me, ends_nothing, end.event, Vec::new()),
            }
        }
    }

    /// Asks a succession whether two values begin on one exact day.
    pub fn ask_succession<V>(&mut self, me: &Name, succession: &Succession<V>) {
        for (value, other) in succession.misfits() {
            self.clash(me, Reason::BadTransition, value.event, other, "another value from");
        }
    }

    /// The life of what an event lies in does not hold on its day.
    pub fn outside(&mut self, me: &Name, reason: Reason, event: Position, life_of: &Name, spells: &Spells) {
        let against = spells.spells().map(|(mark, spell)| Against {
            name: life_of.clone(),
            event: Some(mark.event),
            says: match spell.end {
                super::time::End::None => format!("from {}", spell.begin),
                super::time::End::On(end) => format!("from {}, no longer on {end}", spell.begin),
                super::time::End::Unknown => format!("from {} until an unknown day", spell.begin),
            },
        });
        self.add(me, reason, event, against.collect());
    }
}

/// A date in words for an [`Against`].
pub fn on(at: When) -> String {
    format!("on {at}")
}
