//! What is asked of a request before its timelines: ids, versions, names, what may lie in the future; and that a batch
//! is judged as a whole, at its end.

use super::facts::*;
use super::scene::{corrects, given, nothing, nth, of_cast, retracts};
use crate::domain::actor::Extent;
use crate::domain::agreement::{AgreementKind, Step, Terms};
use crate::domain::correction::EventRef;
use crate::domain::decision::LinkType;
use crate::domain::{CommandId, Reason, Version};
use crate::position::Position;

const JP: &str = "countries/jp";
const PATG: &str = "frameworks/patg";

#[test]
fn a_command_sent_again_is_the_first_answer_again() {
    let join = || joined(JP, PATG, "2008").with_id(7);
    let verdict = given([join()]).when(join().expecting(99));
    let outcome = &verdict.result.as_ref().unwrap().outcomes[0];
    assert!(outcome.already_recorded);
    assert_eq!((outcome.position, outcome.version), (nth(1), Version(2)));
    given([join()]).when(joined(JP, PATG, "2009").with_id(7)).refused(Reason::CommandIdReused);
    given([join()]).when(joined("countries/kr", PATG, "2008").with_id(7)).refused(Reason::CommandIdReused);
}

#[test]
fn a_batch_records_only_what_is_new_in_it() {
    let join = || joined(JP, PATG, "2008").with_id(7);
    let verdict = given([join()]).when_at_once([join(), left(JP, PATG, "2010")]);
    let changes = verdict.result.as_ref().unwrap();
    assert_eq!((changes.events.len(), changes.outcomes.len()), (1, 2));
    assert_eq!(changes.outcomes[1].position, nth(2));
    verdict.accepted();
    let twice = given([]).when_at_once([join(), join()]);
    assert_eq!(twice.result.as_ref().unwrap().events.len(), 1);
    twice.accepted();
    given([]).when_at_once([join(), joined(JP, PATG, "2009").with_id(7)]).refused(Reason::CommandIdReused);
}

#[test]
fn a_violation_names_the_command_of_the_request_whatever_was_recorded_before() {
    let join = || joined(JP, PATG, "2008").with_id(7);
    let verdict = given([join()]).when_at_once([join(), left(JP, PATG, "2007")]);
    assert_eq!(verdict.result.as_ref().unwrap_err().violations[0].command, Some(1));
    verdict.refused(Reason::NotJoined);
}

#[test]
fn the_version_expected_is_the_one_that_the_commands_before_leave() {
    let (join, leave) = (joined(JP, PATG, "2008"), left(JP, PATG, "2010"));
    given([]).when(join.clone().expecting(1)).accepted();
    given([]).when(join.clone().expecting(0)).refused(Reason::VersionConflict);
    given([]).when_at_once([join.clone().expecting(1), leave.clone().expecting(2)]).accepted();
    given([])
        .when_at_once([join.clone().expecting(1), leave.clone().expecting(1)])
        .refused(Reason::VersionConflict);
    let recorded = join.with_id(7);
    given([recorded.clone()]).when_at_once([recorded, leave.expecting(2)]).accepted();
    given([]).when(registered("countries/se").expecting(0)).accepted();
    given([joined(JP, PATG, "2008"), corrects(1, &joined(JP, PATG, "2009"))])
        .when(left(JP, PATG, "2010").expecting(2))
        .refused(Reason::VersionConflict);
}

#[test]
fn a_named_thing_is_recorded() {
    let terms = || terms(JP, AgreementKind::Sofa);
    let superseding = Terms { supersedes: Some(name("agreements/none")), ..terms() };
    let by_nobody = Terms { partner: name("countries/se"), ..terms() };
    for (command, reason) in [
        (joined("countries/se", PATG, "2008"), Reason::UnknownActor),
        (joined(JP, "frameworks/none", "2008"), Reason::UnknownFramework),
        (chose(JP, "areas/none", Extent::Full, "2008"), Reason::UnknownArea),
        (opened("agreements/a", superseding, Step::Signed, "2008"), Reason::UnknownAgreement),
        (advanced("agreements/a", Step::Signed, "2008"), Reason::UnknownAgreement),
        (opened("agreements/a", by_nobody, Step::Signed, "2008"), Reason::UnknownActor),
        (took_part("activities/a", JP, "2008"), Reason::UnknownActivity),
        (summarised("meetings/m", crate::domain::meeting::SummaryState::Draft), Reason::UnknownMeeting),
        (operation_ended("operations/o", "2008"), Reason::UnknownOperation),
        (accepted("contributions/c", "2008"), Reason::UnknownContribution),
        (contributed("contributions/c", JP, "operations/o", "2008"), Reason::UnknownOperation),
        (lapsed("decisions/d", "2008"), Reason::UnknownDecision),
        (retracted("countries/se", EventRef::Position(Position(1))), Reason::UnknownActor),
        (retracted(JP, EventRef::Position(Position(1))), Reason::UnknownEvent),
        (retracted(JP, EventRef::Command(CommandId(uuid::Uuid::nil()))), Reason::UnknownEvent),
    ] {
        given([]).when(command).refused(reason);
    }
    given([]).when(joined(JP, PATG, "2008")).accepted();
}

#[test]
fn of_names_the_first_in_field_order_gives_the_reason() {
    given([]).when(joined("countries/se", "frameworks/none", "2008")).refused(Reason::UnknownActor);
    given([])
        .when(contributed("contributions/c", "countries/se", "operations/none", "2008"))
        .refused(Reason::UnknownActor);
    // Unknown, and in the future: the first row.
    given([]).when(joined(JP, "frameworks/none", "2099")).refused(Reason::UnknownFramework);
    given([]).when_at_once([registered(JP), joined(JP, PATG, "2099")]).refused(Reason::IdTaken);
    given([])
        .when_at_once([joined(JP, PATG, "2099"), left(JP, PATG, "2007")])
        .refused(Reason::HappensInFuture);
}

#[test]
fn what_is_malformed_beside_the_plan_stands_before_ids_versions_and_names() {
    let plan = || given([planned("meetings/m", &[JP], "2011").with_id(7)]);
    let twice = || invited("meetings/m", JP);
    plan().when(twice().expecting(9)).refused(Reason::DuplicateDelegation);
    plan()
        .when_at_once([twice(), joined(JP, "frameworks/none", "2008")])
        .refused(Reason::DuplicateDelegation);
    plan()
        .when_at_once([twice(), invited("meetings/m", "countries/kr").with_id(7)])
        .refused(Reason::DuplicateDelegation);
    plan().when_at_once([twice(), registered(JP)]).refused(Reason::DuplicateDelegation);
    // What is not said of the request's own events is no fault of it.
    plan().when(invited("meetings/m", "countries/kr").expecting(9)).refused(Reason::VersionConflict);
    plan().when(answered("meetings/m", "countries/kr").expecting(9)).refused(Reason::VersionConflict);
}

#[test]
fn a_command_may_refer_to_what_a_later_one_of_the_batch_records() {
    given([]).when_at_once([defined("areas/a", Some("areas/b")), defined("areas/b", None)]).accepted();
    given([]).when_at_once([joined("countries/se", PATG, "2008"), registered("countries/se")]).accepted();
    let scene = given([]).when_at_once([joined("countries/se", PATG, "2008"), registered("countries/se")]);
    assert!(scene.accepted().actor("countries/se").tenures.contains_key(&name(PATG)));
    nothing().when(joined(JP, PATG, "2008")).refused(Reason::UnknownActor);
}

#[test]
fn a_name_is_never_used_again() {
    given([]).when(registered(JP)).refused(Reason::IdTaken);
    given([]).when(registered("organisations/jp")).accepted();
    given([]).when_at_once([defined("areas/a", None), defined("areas/a", None)]).refused(Reason::IdTaken);
    given([intended("decisions/d", "2011"), retracts(1, "decisions/d")])
        .when(intended("decisions/d", "2011"))
        .refused(Reason::IdTaken);
    given([planned("meetings/m", &[], "2011"), retracts(1, "meetings/m")])
        .when(held("meetings/m", &[], "2011"))
        .refused(Reason::IdTaken);
    given([held("meetings/m", &[], "2011")])
        .when(planned("meetings/m", &[], "2011"))
        .refused(Reason::IdTaken);
}

#[test]
fn a_correction_is_of_an_event_of_its_stream_recorded_before() {
    let join = joined(JP, PATG, "2008");
    given([join.clone()]).when(corrects(1, &joined(JP, PATG, "2009"))).accepted();
    given([join.clone()])
        .when(corrects(1, &joined("countries/kr", PATG, "2009")))
        .refused(Reason::UnknownEvent);
    let id = |n| EventRef::Command(CommandId(uuid::Uuid::from_u128(n)));
    given([]).when_at_once([join.clone().with_id(7), retracted(JP, id(7))]).refused(Reason::UnknownEvent);
    given([join.with_id(7)]).when(retracted(JP, id(7))).accepted();
    // Its stream is recorded by the batch's end: it is the event that is not.
    given([])
        .when_at_once([registered("countries/se").with_id(7), retracted("countries/se", id(7))])
        .refused(Reason::UnknownEvent);
}

#[test]
fn what_happened_does_not_begin_wholly_after_today() {
    // It is 2026-06-15 12:00 in UTC, and 2026-06-16 in UTC+14.
    for (date, verdict) in [("2026-06-16", true), ("2026", true), ("2026-06-17", false), ("2026-07", false)] {
        let when = given([]).when(joined(JP, PATG, date));
        if verdict {
            when.accepted();
        } else {
            when.refused(Reason::HappensInFuture);
        }
    }
    given([joined(JP, PATG, "2008")])
        .when(corrects(1, &joined(JP, PATG, "2099")))
        .refused(Reason::HappensInFuture);
}

#[test]
fn plans_and_ends_may_lie_in_the_future() {
    use crate::domain::activity::Access;
    let recorded = || {
        given([
            joined(JP, PATG, "2008"),
            opened("agreements/a", terms(JP, AgreementKind::Sofa), Step::Signed, "2010"),
            launched("operations/o", "2010"),
            contributed("contributions/c", JP, "operations/o", "2010"),
            intended("decisions/d", "2010"),
            offered("activities/a", Access::AllPartners, None, "2010"),
            planned("meetings/m", &[], "2010"),
            chose(JP, "areas/demining", Extent::Full, "2010"),
        ])
    };
    for ahead in [
        renamed(JP, "2099", "en", "Nippon"),
        left(JP, PATG, "2099"),
        membership_ended("countries/be", "2099"),
        suspended(JP, "2099"),
        withdrew(JP, "areas/demining", "2099"),
        closed(PATG, "2099"),
        opened("agreements/b", terms(JP, AgreementKind::Ipcp), Step::Signed, "2099"),
        advanced("agreements/a", Step::InForce, "2099"),
        ended("agreements/a", "2099"),
        offered("activities/b", Access::AllPartners, None, "2099"),
        withdrawn("activities/a", "2099"),
        planned("meetings/n", &[], "2099"),
        rescheduled("meetings/m", "2099"),
        operation_ended("operations/o", "2099"),
        contributed("contributions/d", JP, "operations/o", "2099"),
        contribution_ended("contributions/c", "2099"),
        put_in_effect("decisions/d", "2099"),
        lapsed("decisions/d", "2099"),
    ] {
        recorded().when(ahead).accepted();
    }
    for past in [
        joined("countries/kr", PATG, "2099"),
        admitted("countries/kr", "2099"),
        chose(JP, "areas/security", Extent::Full, "2099"),
        established("frameworks/new", "2099"),
        advanced("agreements/a", Step::Ratified, "2099"),
        took_part("activities/a", JP, "2099"),
        held("meetings/m", &[], "2099"),
        launched("operations/p", "2099"),
        observed("contributions/d", JP, "operations/o", "2099"),
        accepted("contributions/c", "2099"),
        intended("decisions/e", "2099"),
    ] {
        recorded().when(past).refused(Reason::HappensInFuture);
    }
}

#[test]
fn a_batch_is_judged_at_its_end() {
    let late = [left(JP, PATG, "2010"), joined(JP, PATG, "2009")];
    given([]).when_at_once(late).accepted();
    let links = [(LinkType::PartOf, "decisions/b")];
    given([])
        .when_at_once([
            intended("decisions/a", "2010"),
            intended("decisions/b", "2010"),
            linked("decisions/a", &links),
            linked("decisions/b", &[(LinkType::PartOf, "decisions/a")]),
        ])
        .refused(Reason::LineageCycle);
    // What names something and the retraction of that in one request: by its end it is not recorded.
    given([])
        .when_at_once([joined(JP, PATG, "2011"), retracted(PATG, of_cast(PATG))])
        .refused(Reason::UnknownFramework);
}
