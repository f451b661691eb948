//! Meetings: acts of the office, in the order of recording.

use super::facts::*;
use super::scene::{Scene, corrects, given, retracts};
use crate::domain::Reason;
use crate::domain::meeting::MeetingFact::{Cancelled, Confirmed, Held, Invited, Planned};
use crate::domain::meeting::{
    Answer, Attendance, Core, Level, MeetingState, Mode, Particulars, SummaryState,
};
use crate::domain::time::Truth::{No, Possibly, Yes};

const M: &str = "meetings/m";
const JP: &str = "countries/jp";
const KR: &str = "countries/kr";

fn plan() -> Scene {
    given([planned(M, &[JP], "2011-09")])
}

fn confirmed(stream: &str) -> Told {
    meeting(stream, "", Confirmed)
}

#[test]
fn from_plan_to_summary() {
    let scene = plan();
    let meeting = scene.meeting(M);
    assert_eq!((meeting.state, meeting.day()), (Some(MeetingState::Planned), on("2011-09")));
    assert_eq!(meeting.invitations[0].delegation.actor, name(JP));
    assert_eq!(meeting.attendees().count(), 0);
    let scene = scene.when(confirmed(M)).accepted();
    assert_eq!(scene.meeting(M).state, Some(MeetingState::Confirmed));
    let scene = scene.when(rescheduled(M, "2011-10-04")).accepted();
    assert_eq!(
        (scene.meeting(M).day(), scene.meeting(M).state),
        (on("2011-10-04"), Some(MeetingState::Confirmed))
    );
    let scene = scene.when(held(M, &[KR], "2011-10-05")).accepted();
    let meeting = scene.meeting(M);
    assert_eq!((meeting.state, meeting.day()), (Some(MeetingState::Held), on("2011-10-05")));
    // Who was invited does not become a delegation.
    assert_eq!(meeting.attendees().map(|delegation| &delegation.actor).collect::<Vec<_>>(), [&name(KR)]);
    let scene = scene.when(summarised(M, SummaryState::Draft)).accepted();
    let scene = scene.when(summarised(M, SummaryState::Draft)).accepted();
    let scene = scene.when(summarised(M, SummaryState::Final)).accepted();
    assert_eq!(
        (scene.meeting(M).state, scene.meeting(M).summaries.len()),
        (Some(MeetingState::Summarised), 3)
    );
    scene.when(summarised(M, SummaryState::Draft)).refused(Reason::BadTransition);
}

#[test]
fn confirmed_may_be_skipped_and_held_may_come_first() {
    plan().when(held(M, &[], "2011-09-15")).accepted();
    let scene = given([held(M, &[JP], "2011-09")]);
    assert_eq!(scene.meeting(M).attendees().count(), 1);
    for step in [confirmed(M), rescheduled(M, "2011-10"), cancelled(M), held(M, &[], "2011-09")] {
        scene.clone().when(step).refused(Reason::BadTransition);
    }
    plan().when(confirmed(M)).accepted().when(confirmed(M)).refused(Reason::BadTransition);
}

#[test]
fn cancelled_comes_from_the_first_two() {
    let scene = plan().when(cancelled(M)).accepted();
    assert_eq!(scene.meeting(M).state, Some(MeetingState::Cancelled));
    plan()
        .when(confirmed(M))
        .accepted()
        .when(meeting(M, "", Cancelled { reason: "storm".into() }))
        .accepted();
    for step in
        [confirmed(M), rescheduled(M, "2011-10"), cancelled(M), held(M, &[], "2011-09"), invited(M, KR)]
    {
        scene.clone().when(step).refused(Reason::BadTransition);
    }
    scene.clone().when(answered(M, JP)).refused(Reason::BadTransition);
    scene.when(summarised(M, SummaryState::Draft)).refused(Reason::NotHeld);
}

#[test]
fn a_field_that_a_record_does_not_set_stays_as_planned() {
    let bare = Particulars {
        titles: crate::domain::text::Localized::new(),
        level: Level::Unspecified,
        mode: Mode::Unspecified,
        core: Core::Unspecified,
        ..particulars(Core::Members, &[JP])
    };
    let planned = Particulars {
        topics: vec!["counter-piracy".into()],
        declared_total: Some(3),
        qualifier: "involved".into(),
        ..particulars(Core::Secretariat, &[])
    };
    let scene = given([meeting(M, "2011", Planned(Box::new(planned.clone())))]);
    let scene = scene.when(meeting(M, "2011-09", Held(Box::new(bare.clone())))).accepted();
    let expected = Particulars { delegations: bare.delegations.clone(), ..planned.clone() };
    assert_eq!(scene.meeting(M).particulars, Some(expected));
    let other = Particulars { core: Core::Nobody, topics: vec!["partnership".into()], ..bare };
    let scene = given([meeting(M, "2011", Planned(Box::new(planned)))]);
    let scene = scene.when(meeting(M, "2011-09", Held(Box::new(other)))).accepted();
    let particulars = scene.meeting(M).particulars.unwrap();
    assert_eq!((particulars.core, particulars.topics), (Core::Nobody, vec!["partnership".into()]));
}

#[test]
fn the_total_that_was_declared_is_not_less_than_all_named() {
    let declared = |total| {
        let particulars = Particulars { declared_total: Some(total), ..particulars(Core::Members, &[]) };
        given([meeting(M, "2011", Planned(Box::new(particulars)))])
    };
    declared(1).when(held(M, &[JP, KR], "2011-09")).refused(Reason::DeclaredTotalTooSmall);
    declared(2).when(held(M, &[JP, KR], "2011-09")).accepted();
}

#[test]
fn attendance_and_summaries_exist_once_it_is_held() {
    let attended = || meeting(M, "", Invited(delegation(KR, Attendance::Attended)));
    plan().when(attended()).refused(Reason::NotHeld);
    plan().when(summarised(M, SummaryState::Draft)).refused(Reason::NotHeld);
    plan().when(confirmed(M)).accepted().when(summarised(M, SummaryState::Draft)).refused(Reason::NotHeld);
    plan().when(held(M, &[], "2011-09")).accepted().when(attended()).accepted();
    let delegations = vec![delegation(JP, Attendance::Excused)];
    let particulars = Particulars { delegations, ..particulars(Core::Members, &[]) };
    given([]).when(meeting(M, "2011", Planned(Box::new(particulars)))).refused(Reason::NotHeld);
    let scene = given([planned(M, &[], "2011"), held(M, &[], "2011"), summarised(M, SummaryState::Final)]);
    scene.clone().when(retracts(2, M)).breaks_history([3]);
    scene.when(retracts(1, M)).accepted();
}

#[test]
fn answering_needs_an_invitation() {
    let scene = plan().when(answered(M, JP)).accepted();
    assert_eq!(scene.meeting(M).invitations[0].answer, Some(Answer::Accepted));
    scene.clone().when(answered(M, KR)).refused(Reason::NotInvited);
    let scene = scene.when(invited(M, KR)).accepted().when(answered(M, KR)).accepted();
    assert_eq!(scene.meeting(M).invitations.len(), 2);
    scene.clone().when(invited(M, KR)).refused(Reason::DuplicateDelegation);
    scene.clone().when(retracts(3, M)).breaks_history([4]);
    scene.when(corrects(1, &planned(M, &[], "2011-09"))).breaks_history([2]);
}

#[test]
fn a_retracted_move_leaves_the_date_as_planned() {
    let scene = plan().when(rescheduled(M, "2011-10")).accepted().when(retracts(2, M)).accepted();
    assert_eq!(scene.meeting(M).day(), on("2011-09"));
    let scene = plan()
        .when(rescheduled(M, "2011-10"))
        .accepted()
        .when(corrects(1, &planned(M, &[], "2011")))
        .accepted();
    assert_eq!(scene.meeting(M).day(), on("2011-10"));
}

#[test]
fn its_day_is_the_local_day() {
    let scene = given([held(M, &[], "2011-09-15T00:30+02:00[Europe/Brussels]").until("2011-09-16")]);
    let meeting = scene.meeting(M);
    assert_eq!(meeting.day(), on("2011-09-15"));
    assert_eq!(meeting.within(on("2011-09-14"), on("2011-09-14")), No);
    assert_eq!(meeting.within(on("2011-09-16"), on("2011-09-20")), Yes);
    assert_eq!(meeting.within(on("2011-09-17"), on("2011-09-20")), No);
}

#[test]
fn one_whose_last_day_is_unknown_takes_place_on_its_first() {
    let scene = given([held(M, &[], "2011-09-15").until("unknown")]);
    let meeting = scene.meeting(M);
    assert_eq!(meeting.within(on("2011-09-15"), on("2011-09-15")), Yes);
    assert_eq!(meeting.within(on("2011-01-01"), on("2026-01-01")), Yes);
    assert_eq!(meeting.within(on("2011-09-16"), on("2011-09-20")), Possibly);
    assert_eq!(meeting.within(on("2011-09-01"), on("2011-09-14")), No);
}
