//! What a kind of fact asks of the message around it: known before the fact itself is read, so that a fact that is wrong
//! does not hide what else is.

use crate::domain::Collection::{
    self, Activities, Agreements, Areas, Contributions, Decisions, Frameworks, Meetings, Operations,
};
use crate::domain::fact::Dating::{self, Dateless, Day, Meeting, Spell};
use crate::proto::v1::fact::Kind;

/// What a fact of one kind asks.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Its field in the schema.
    pub(super) field: &'static str,
    /// The collections of its streams.
    pub(super) collections: &'static [Collection],
    /// Which dates it has.
    pub(super) dating: Dating,
}

const fn shape(field: &'static str, collections: &'static [Collection], dating: Dating) -> Shape {
    Shape { field, collections, dating }
}

const ACTORS: &[Collection] = super::name::ACTORS;

impl Shape {
    pub(super) fn of(kind: &Kind) -> Shape {
        match kind {
            Kind::ActorRegistered(_) => shape("actor_registered", ACTORS, Dateless),
            Kind::ActorRenamed(_) => shape("actor_renamed", ACTORS, Day),
            Kind::FrameworkJoined(_) => shape("framework_joined", ACTORS, Spell),
            Kind::FrameworkLeft(_) => shape("framework_left", ACTORS, Day),
            Kind::MemberAdmitted(_) => shape("member_admitted", ACTORS, Spell),
            Kind::MembershipEnded(_) => shape("membership_ended", ACTORS, Day),
            Kind::CooperationSuspended(_) => shape("cooperation_suspended", ACTORS, Spell),
            Kind::CooperationResumed(_) => shape("cooperation_resumed", ACTORS, Day),
            Kind::AreaChosen(_) => shape("area_chosen", ACTORS, Day),
            Kind::AreaWithdrawn(_) => shape("area_withdrawn", ACTORS, Day),
            Kind::FrameworkEstablished(_) => shape("framework_established", &[Frameworks], Day),
            Kind::FrameworkClosed(_) => shape("framework_closed", &[Frameworks], Day),
            Kind::AreaDefined(_) => shape("area_defined", &[Areas], Dateless),
            Kind::AgreementOpened(_) => shape("agreement_opened", &[Agreements], Day),
            Kind::AgreementAdvanced(_) => shape("agreement_advanced", &[Agreements], Day),
            Kind::AgreementSuspended(_) => shape("agreement_suspended", &[Agreements], Spell),
            Kind::AgreementResumed(_) => shape("agreement_resumed", &[Agreements], Day),
            Kind::AgreementEnded(_) => shape("agreement_ended", &[Agreements], Day),
            Kind::ActivityOffered(_) => shape("activity_offered", &[Activities], Spell),
            Kind::ActivityWithdrawn(_) => shape("activity_withdrawn", &[Activities], Day),
            Kind::ParticipationRecorded(_) => shape("participation_recorded", &[Activities], Day),
            Kind::MeetingPlanned(_) => shape("meeting_planned", &[Meetings], Meeting),
            Kind::MeetingConfirmed(_) => shape("meeting_confirmed", &[Meetings], Dateless),
            Kind::MeetingRescheduled(_) => shape("meeting_rescheduled", &[Meetings], Meeting),
            Kind::DelegationInvited(_) => shape("delegation_invited", &[Meetings], Dateless),
            Kind::InvitationAnswered(_) => shape("invitation_answered", &[Meetings], Dateless),
            Kind::MeetingCancelled(_) => shape("meeting_cancelled", &[Meetings], Dateless),
            Kind::MeetingHeld(_) => shape("meeting_held", &[Meetings], Meeting),
            Kind::SummaryRecorded(_) => shape("summary_recorded", &[Meetings], Dateless),
            Kind::OperationLaunched(_) => shape("operation_launched", &[Operations], Spell),
            Kind::OperationEnded(_) => shape("operation_ended", &[Operations], Day),
            Kind::ContributionRecorded(_) => shape("contribution_recorded", &[Contributions], Spell),
            Kind::ContributionAccepted(_) => shape("contribution_accepted", &[Contributions], Day),
            Kind::ContributionEnded(_) => shape("contribution_ended", &[Contributions], Day),
            Kind::DecisionRecorded(_) => shape("decision_recorded", &[Decisions], Day),
            Kind::DecisionPutInEffect(_) => shape("decision_put_in_effect", &[Decisions], Day),
            Kind::DecisionsLinked(_) => shape("decisions_linked", &[Decisions], Dateless),
            Kind::DecisionSuperseded(_) => shape("decision_superseded", &[Decisions], Day),
            Kind::DecisionLapsed(_) => shape("decision_lapsed", &[Decisions], Day),
            Kind::EventCorrected(_) => shape("event_corrected", &Collection::ALL, Dateless),
            Kind::EventRetracted(_) => shape("event_retracted", &Collection::ALL, Dateless),
        }
    }
}
