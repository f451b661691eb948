//! Operations and the contributions to them.

use super::facts::*;
use super::scene::{corrects, given, retracts};
use crate::domain::Reason;
use crate::domain::contribution::operation_active;
use crate::domain::time::Truth::{No, Possibly, Yes};

const JP: &str = "countries/jp";
const O: &str = "operations/o";
const C: &str = "contributions/c";

#[test]
fn launched_and_ended() {
    let scene = given([launched(O, "2010-06"), operation_ended(O, "2014-06-10")]);
    let active = |t: &str| operation_active(&scene.ledger, &name(O), on(t));
    assert_eq!(
        (active("2010"), active("2010-07-01"), active("2014-06-09"), active("2014-06-10")),
        (Possibly, Yes, Yes, No)
    );
    scene.clone().when(operation_ended(O, "2015")).refused(Reason::BadTransition);
    scene.when(operation_ended(O, "2012")).breaks_history([2]);
    given([launched(O, "2010-06")]).when(operation_ended(O, "2010-05")).refused(Reason::BadTransition);
    given([launched(O, "2010-06")]).when(operation_ended(O, "2010")).accepted();
    let spell = given([launched(O, "2010").until("2012-06-10")]);
    assert_eq!(operation_active(&spell.ledger, &name(O), on("2012-06-11")), No);
    spell.when(operation_ended(O, "2011")).refused(Reason::BadTransition);
}

#[test]
fn a_contribution_begins_within_its_operation_and_lasts_no_longer() {
    let scene = || given([launched(O, "2010-06-10"), operation_ended(O, "2014-06-10")]);
    scene().when(contributed(C, JP, O, "2010-06-09")).refused(Reason::OperationNotActive);
    scene().when(contributed(C, JP, O, "2014-06-10")).refused(Reason::OperationNotActive);
    let made = scene().when(contributed(C, JP, O, "2010")).accepted();
    let holds = |t: &str| made.contribution(C).holds(&made.ledger, on(t));
    assert_eq!(
        (holds("2010-06-09"), holds("2010-12"), holds("2011"), holds("2014-06-10")),
        (No, Possibly, Yes, No)
    );
    made.clone().when(retracts(1, O)).breaks_history([2, 3]);
    made.clone().when(corrects(1, &launched(O, "2011"))).breaks_history([3]);
    made.when(corrects(1, &launched(O, "2010"))).accepted();
    let later = scene().when(contributed(C, JP, O, "2012")).accepted();
    later.when(corrects(2, &operation_ended(O, "2011"))).breaks_history([3]);
    let running = || given([launched(O, "2010"), contributed(C, JP, O, "2012")]);
    running().when(operation_ended(O, "2011")).breaks_history([2]);
    running().when(operation_ended(O, "2012")).accepted();
}

#[test]
fn accepted_and_ended() {
    let recorded = || given([launched(O, "2010"), contributed(C, JP, O, "2011-06-10")]);
    let scene = recorded().when(accepted(C, "2011-08")).accepted();
    assert_eq!(scene.contribution(C).accepted.map(|valid| valid.text()), Some("2011-08".into()));
    // Every recorded one counts, accepted or not.
    assert_eq!(recorded().contribution(C).holds(&recorded().ledger, on("2012")), Yes);
    recorded().when(accepted(C, "2011-06-09")).refused(Reason::BadTransition);
    recorded().when(accepted(C, "2011")).accepted();
    scene.clone().when(accepted(C, "2012")).refused(Reason::BadTransition);
    // Of steps out of order all fail, so the one that is corrected, too.
    scene.clone().when(corrects(2, &contributed(C, JP, O, "2012"))).refused(Reason::BadTransition);
    scene.clone().when(contribution_ended(C, "2011-07")).refused(Reason::BadTransition);
    let over = scene.when(contribution_ended(C, "2013-06-10")).accepted();
    let holds = |t: &str| over.contribution(C).holds(&over.ledger, on(t));
    assert_eq!((holds("2013-06-09"), holds("2013-06"), holds("2013-06-10")), (Yes, Possibly, No));
    recorded().when(contribution_ended(C, "2011-06-09")).refused(Reason::BadTransition);
    recorded().when(contribution_ended(C, "2011")).accepted();
    over.clone().when(contribution_ended(C, "2015")).refused(Reason::BadTransition);
    over.when(contribution_ended(C, "2012")).breaks_history([4]);
    let ended = || given([launched(O, "2010"), contributed(C, JP, O, "2011"), contribution_ended(C, "2012")]);
    ended().when(accepted(C, "2013")).refused(Reason::BadTransition);
    ended().when(accepted(C, "2012")).accepted();
    // The end that was recorded with it is its end, too.
    let until = || contributed(C, JP, O, "2011").until("2012-06-10");
    let bounded = || given([launched(O, "2010"), until()]);
    bounded().when(accepted(C, "2012-06-12")).refused(Reason::BadTransition);
    bounded().when(accepted(C, "2012-06-11")).accepted();
    bounded().when(accepted(C, "2012")).accepted();
    let accepted_late = given([launched(O, "2010"), contributed(C, JP, O, "2011"), accepted(C, "2013")]);
    accepted_late.when(corrects(2, &until())).refused(Reason::BadTransition);
}

#[test]
fn one_that_was_observed_is_possible_on_every_other_day_until_its_end() {
    let scene = given([launched(O, "2010"), operation_ended(O, "2014"), observed(C, JP, O, "2012-06-10")]);
    let holds = |t: &str| scene.contribution(C).holds(&scene.ledger, on(t));
    for (t, truth) in [
        ("2009", No),
        ("2010-06", Possibly),
        ("2011", Possibly),
        ("2012-06-10", Yes),
        ("2012-06", Possibly),
        ("2013", Possibly),
        ("2015", No),
    ] {
        assert_eq!(holds(t), truth, "{t}");
    }
    let ended = scene.when(contribution_ended(C, "2013-06-10")).accepted();
    let holds = |t: &str| ended.contribution(C).holds(&ended.ledger, on(t));
    assert_eq!((holds("2013-06-09"), holds("2013-06-10"), holds("2011")), (Possibly, No, Possibly));
    let within = given([launched(O, "2010"), observed(C, JP, O, "2012-06-10").until("2012-06-20")]);
    let holds = |t: &str| within.contribution(C).holds(&within.ledger, on(t));
    assert_eq!((holds("2012-06-09"), holds("2012-06-20"), holds("2012-06-21")), (Possibly, Possibly, No));
    assert_eq!(holds("2012-06-10"), Yes);
}

#[test]
fn one_that_ends_on_an_unknown_day_is_possible_once_begun() {
    let scene = given([launched(O, "2010"), contributed(C, JP, O, "2011").until("unknown")]);
    let holds = |t: &str| scene.contribution(C).holds(&scene.ledger, on(t));
    assert_eq!((holds("2010-06"), holds("2020")), (No, Possibly));
}
