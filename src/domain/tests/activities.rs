//! Activities: offers, who may take part, and equal access.

use super::facts::*;
use super::scene::{corrects, given, retracts};
use crate::domain::activity::Access;
use crate::domain::decision::Rule;
use crate::domain::time::Truth::{No, Possibly, Yes};
use crate::domain::{Reason, World};

const JP: &str = "countries/jp";
const KR: &str = "countries/kr";
const PATG: &str = "frameworks/patg";
const A: &str = "activities/a";

fn to_all(date: &str) -> Told {
    offered(A, Access::AllPartners, None, date)
}

fn to_holders(date: &str) -> Told {
    offered(A, Access::Framework(name(PATG)), None, date)
}

fn equal_access(date: &str) -> Told {
    decided("decisions/equal", true, &[], &[Rule::EqualAccess], date)
}

#[test]
fn offered_and_withdrawn() {
    let scene = given([to_all("2010-06"), withdrawn(A, "2012-06-10")]);
    let life = |t: &str| scene.activity(A).life.hold(on(t));
    assert_eq!(
        (life("2010-05"), life("2010-06-10"), life("2011"), life("2012-06-10")),
        (No, Possibly, Yes, No)
    );
    scene.clone().when(withdrawn(A, "2013")).refused(Reason::BadTransition);
    given([to_all("2010")]).when(withdrawn(A, "2009")).refused(Reason::BadTransition);
    given([to_all("2010-06")]).when(withdrawn(A, "2010")).accepted();
    let spell = given([to_all("2010-06-01").until("2010-06-10")]);
    assert_eq!(
        (spell.activity(A).life.hold(on("2010-06-10")), spell.activity(A).life.hold(on("2010-06-11"))),
        (Yes, No)
    );
}

#[test]
fn a_participation_falls_within_the_offer() {
    let scene = given([joined(JP, PATG, "2008"), to_all("2010-06"), withdrawn(A, "2012-06-10")]);
    let took = scene.clone().when(took_part(A, JP, "2011")).accepted();
    assert_eq!(took.activity(A).participations[0].participant, name(JP));
    scene.clone().when(took_part(A, JP, "2010-05")).refused(Reason::NotOffered);
    scene.clone().when(took_part(A, JP, "2010")).accepted();
    scene.clone().when(took_part(A, JP, "2012-06-10")).refused(Reason::NotOffered);
    scene.clone().when(took_part(A, JP, "2012-06")).accepted();
    // Neither on offer nor allowed: the first as listed.
    scene.when(took_part(A, KR, "2009")).refused(Reason::NotOffered);
    let taken = || given([joined(JP, PATG, "2008"), to_all("2010"), took_part(A, JP, "2012")]);
    taken().when(withdrawn(A, "2011")).breaks_history([3]);
    taken().when(withdrawn(A, "2012")).accepted();
    taken().when(corrects(2, &to_all("2013"))).breaks_history([3]);
    taken().when(corrects(2, &to_all("2012"))).accepted();
    taken().when(retracts(2, A)).breaks_history([3]);
}

#[test]
fn access_is_for_those_who_have_it() {
    let facts = || given([joined(JP, PATG, "2008"), joined(KR, "frameworks/pfp", "2008"), to_all("2010")]);
    for actor in [JP, KR, "countries/be"] {
        facts().when(took_part(A, actor, "2011")).accepted();
    }
    facts().when(took_part(A, "countries/sg", "2011")).refused(Reason::AccessDenied);
    facts().when(took_part(A, "organisations/un", "2011")).refused(Reason::AccessDenied);
    let holders =
        || given([joined(JP, PATG, "2008"), joined(KR, "frameworks/pfp", "2008"), to_holders("2010")]);
    holders().when(took_part(A, JP, "2011")).accepted();
    holders().when(took_part(A, "countries/be", "2011")).accepted();
    holders().when(took_part(A, KR, "2011")).refused(Reason::AccessDenied);
    let listed =
        given([offered(A, Access::Listed, None, "2010")]).when(took_part(A, "organisations/un", "2011"));
    let scene = listed.accepted();
    assert_eq!(scene.activity(A).allowed(&scene.ledger, &name(JP), on("2011")), Yes);
    // By an overlay one is no partner, but holds it.
    let overlay = || given([joined(JP, "frameworks/eop", "2008"), to_all("2010")]);
    overlay().when(took_part(A, JP, "2011")).refused(Reason::AccessDenied);
    let access = Access::Framework(name("frameworks/eop"));
    overlay()
        .when_at_once([offered("activities/b", access, None, "2010"), took_part("activities/b", JP, "2011")])
        .accepted();
}

#[test]
fn access_rests_on_the_standing_of_the_day() {
    let facts = |date| given([joined(JP, PATG, "2008"), to_all("2009"), took_part(A, JP, date)]);
    facts("2012").when(left(JP, PATG, "2011")).breaks_history([3]);
    facts("2012").when(left(JP, PATG, "2012")).accepted();
    facts("2012").when(retracts(1, JP)).breaks_history([3]);
    facts("2012").when(corrects(1, &joined(JP, PATG, "2013"))).breaks_history([3]);
    facts("2012").when(corrects(1, &joined(JP, PATG, "2012-12-31"))).accepted();
    facts("2012").when(suspended(JP, "2011")).breaks_history([3]);
    facts("2012").when(suspended(JP, "2012-06")).accepted();
    facts("2012").when(suspended(JP, "2011").until("2011-12-31")).accepted();
    facts("2012").when(suspended(JP, "2011").until("unknown")).accepted();
    let listed = || given([offered(A, Access::Listed, None, "2009"), took_part(A, JP, "2012")]);
    listed().when(suspended(JP, "2011")).breaks_history([2]);
    let suspended_then = || given([joined(JP, PATG, "2008"), to_all("2009"), suspended(JP, "2011-06-10")]);
    suspended_then().when(took_part(A, JP, "2012")).refused(Reason::AccessDenied);
    suspended_then().when(took_part(A, JP, "2011-06-09")).accepted();
    suspended_then().when(took_part(A, JP, "2011")).accepted();
    given([
        joined(JP, PATG, "2008"),
        to_all("2009"),
        suspended(JP, "2011"),
        resumed(JP, "2012"),
        took_part(A, JP, "2013"),
    ])
    .when(retracts(4, JP))
    .breaks_history([5]);
}

#[test]
fn while_equal_access_is_in_force_an_offer_to_fewer_names_its_exception() {
    let from = || given([equal_access("2011-04-15")]);
    from().when(to_holders("2011-04-15")).refused(Reason::UnequalAccess);
    from().when(to_holders("2011-04-14")).accepted();
    from().when(to_holders("2011")).accepted();
    from().when(to_all("2012")).accepted();
    from().when(offered(A, Access::Listed, Some("by decision"), "2012")).accepted();
    given([equal_access("2011"), lapsed("decisions/equal", "2013-06-10")])
        .when(to_holders("2013-06-10"))
        .accepted();
    given([decided("decisions/equal", false, &[], &[Rule::EqualAccess], "2011")])
        .when(to_holders("2012"))
        .accepted();
    given([]).when_at_once([to_holders("2012"), equal_access("2011")]).refused(Reason::UnequalAccess);
}

#[test]
fn a_decision_recorded_later_turns_older_offers_into_deviations() {
    let scene = given([to_holders("2012"), equal_access("2011")]);
    assert!(scene.activity(A).unequal_access(&name(A), &scene.ledger).is_some());
    assert_eq!(scene.ledger.stream(&name(A)).unwrap().version().0, 1);
    // Neither a withdrawal nor a correction that leaves it as it reads asks again.
    scene.clone().when(withdrawn(A, "2013")).accepted();
    scene.clone().when(corrects(1, &to_holders("2012"))).accepted();
    // Whatever makes it read otherwise does, broken before or not.
    scene.clone().when(corrects(1, &to_holders("2013"))).refused(Reason::UnequalAccess);
    scene
        .clone()
        .when(corrects(1, &offered(A, Access::Framework(name(PATG)), Some("why"), "2012")))
        .accepted();
    scene.when(corrects(1, &to_all("2012"))).accepted();
}

#[test]
fn equal_access_is_asked_again_of_an_offer_that_is_brought_back_or_reads_as_before() {
    let with_reason = || offered(A, Access::Framework(name(PATG)), Some("why"), "2012");
    given([to_holders("2012"), corrects(1, &with_reason()), equal_access("2011")])
        .when(retracts(2, A))
        .breaks_history([1]);
    given([to_holders("2012"), retracts(1, A), equal_access("2011")])
        .when(retracts(2, A))
        .breaks_history([1]);
    given([with_reason(), retracts(1, A), equal_access("2011")]).when(retracts(2, A)).accepted();
}
