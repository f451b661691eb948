//! Agreements: steps, when they stand, how they end, and what they do to each other.

use super::facts::*;
use super::scene::{Scene, corrects, given, retracts};
use crate::domain::Reason;
use crate::domain::agreement::AgreementFact::{Resumed, Suspended};
use crate::domain::agreement::AgreementStatus::{self, At, Ended, Expired, NotYet, Superseded};
use crate::domain::agreement::{AgreementKind, Step, Terms};
use crate::domain::time::Truth::{No, Possibly, Yes};

const A: &str = "agreements/a";
const B: &str = "agreements/b";

fn periodic() -> Terms {
    terms("countries/jp", AgreementKind::Ipcp)
}

fn sofa() -> Terms {
    terms("countries/jp", AgreementKind::Sofa)
}

fn superseding(terms: Terms, older: &str) -> Terms {
    Terms { supersedes: Some(name(older)), ..terms }
}

fn lasting(terms: Terms, term: &str) -> Terms {
    Terms { term: Some(term.parse().unwrap()), ..terms }
}

fn assert_statuses(scene: &Scene, cases: &[(&str, &[AgreementStatus])]) {
    for (t, statuses) in cases {
        assert_eq!(scene.status(A, on(t)), *statuses, "{t}");
    }
}

#[test]
fn opened_and_advanced() {
    let scene =
        given([opened(A, sofa(), Step::Negotiating, "2010-06"), advanced(A, Step::Signed, "2012-06-10")]);
    assert_statuses(
        &scene,
        &[
            ("2010-05-31", &[NotYet]),
            ("2010-06-15", &[NotYet, At(Step::Negotiating)]),
            ("2011", &[At(Step::Negotiating)]),
            ("2012-06-10", &[At(Step::Signed)]),
            ("2099", &[At(Step::Signed)]),
        ],
    );
    let stands = |t: &str| scene.agreement(A).stands(&name(A), &scene.ledger, on(t));
    assert_eq!((stands("2012-06-09"), stands("2012-06"), stands("2012-06-10")), (No, Possibly, Yes));
}

#[test]
fn steps_come_in_order_each_once() {
    let open = || {
        given([opened(A, sofa(), Step::Initialled, "2010-06-10"), advanced(A, Step::Ratified, "2012-06-10")])
    };
    open().when(advanced(A, Step::Signed, "2012-06-11")).refused(Reason::BadTransition);
    open().when(advanced(A, Step::Signed, "2012-06-10")).accepted();
    open().when(advanced(A, Step::Signed, "2012")).accepted();
    open().when(advanced(A, Step::Negotiating, "2010-06-11")).refused(Reason::BadTransition);
    open().when(advanced(A, Step::Negotiating, "2010")).accepted();
    open().when(advanced(A, Step::Initialled, "2011")).refused(Reason::BadTransition);
    open().when(advanced(A, Step::InForce, "2012-06")).accepted();
    // Of steps out of order all fail, so the one that is corrected, too.
    open().when(corrects(1, &opened(A, sofa(), Step::Initialled, "2013"))).refused(Reason::BadTransition);
    open().when(corrects(1, &opened(A, sofa(), Step::Initialled, "2012"))).accepted();
}

#[test]
fn suspended_and_resumed() {
    let scene = given([
        signed(A, "2010-06-10"),
        agreement(A, "2011", Suspended),
        agreement(A, "2012-06-10", Resumed),
    ]);
    let suspended = AgreementStatus::Suspended;
    assert_statuses(
        &scene,
        &[
            ("2011-06-01", &[At(Step::Signed), suspended]),
            ("2012-01-01", &[suspended]),
            ("2012-06-10", &[At(Step::Signed)]),
        ],
    );
    // Suspended it stands all the same.
    assert_eq!(scene.agreement(A).stands(&name(A), &scene.ledger, on("2012-01-01")), Yes);
    scene.clone().when(agreement(A, "2012", Suspended)).accepted();
    scene.clone().when(agreement(A, "2012-06-09", Suspended)).refused(Reason::BadTransition);
    scene.clone().when(agreement(A, "2014", Resumed)).refused(Reason::BadTransition);
    scene.when(agreement(A, "2010-06-09", Suspended)).refused(Reason::BadTransition);
    given([signed(A, "2010")]).when(agreement(A, "2012", Resumed)).refused(Reason::BadTransition);
    let spell =
        given([signed(A, "2010")]).when(agreement(A, "2011-06-01", Suspended).until("2011-06-10")).accepted();
    assert_statuses(&spell, &[("2011-06-10", &[suspended]), ("2011-06-11", &[At(Step::Signed)])]);
}

#[test]
fn ended() {
    let scene = given([signed(A, "2010"), super::facts::ended(A, "2012-06-10")]);
    assert_statuses(&scene, &[("2012-06-09", &[At(Step::Signed)]), ("2012-06-10", &[Ended])]);
    scene.clone().when(advanced(A, Step::Ratified, "2012-06-11")).refused(Reason::BadTransition);
    scene.clone().when(advanced(A, Step::Ratified, "2012-06-10")).accepted();
    scene.clone().when(advanced(A, Step::Ratified, "2012")).accepted();
    scene.clone().when(agreement(A, "2013", Suspended)).refused(Reason::BadTransition);
    scene.clone().when(agreement(A, "2012-06-10", Suspended)).accepted();
    scene.clone().when(super::facts::ended(A, "2014")).refused(Reason::BadTransition);
    scene.when(super::facts::ended(A, "2011")).breaks_history([2]);
    given([signed(A, "2010")]).when(super::facts::ended(A, "2009")).refused(Reason::BadTransition);
    given([signed(A, "2010")]).when(super::facts::ended(A, "2010")).accepted();
    let never_stood = given([opened(A, sofa(), Step::Negotiating, "2010"), super::facts::ended(A, "2012")]);
    assert_statuses(&never_stood, &[("2013", &[Ended])]);
}

#[test]
fn a_term_ends_what_stands() {
    let scene = given([opened(A, lasting(sofa(), "P2Y"), Step::Signed, "2010-06")]);
    assert_statuses(
        &scene,
        &[
            ("2012-05-31", &[At(Step::Signed)]),
            ("2012-06-15", &[At(Step::Signed), Expired]),
            ("2012-07-01", &[Expired]),
        ],
    );
    // A step or a suspension may follow the end of the term: it stays expired.
    let later = scene.when(advanced(A, Step::InForce, "2014")).accepted();
    assert_statuses(&later, &[("2015", &[Expired])]);
    later.when(agreement(A, "2015", Suspended)).accepted();
    // One that never stood keeps its step.
    let open = || given([opened(A, lasting(sofa(), "2010/2011"), Step::Negotiating, "2010")]);
    assert_statuses(&open(), &[("2020", &[At(Step::Negotiating)])]);
    let stood = open().when(advanced(A, Step::Approved, "2011-12-31")).accepted();
    assert_statuses(&stood, &[("2011-12-31", &[At(Step::Approved)]), ("2012-01-01", &[Expired])]);
    // Nor does it expire before it would have begun to stand.
    let late = open().when(advanced(A, Step::Signed, "2014-06-10")).accepted();
    assert_statuses(&late, &[("2013", &[At(Step::Negotiating)]), ("2014-06-10", &[Expired])]);
    assert_eq!(late.agreement(A).stands(&name(A), &late.ledger, on("2015")), No);
}

#[test]
fn one_that_supersedes_another_ends_it_when_it_begins_to_stand() {
    let scene = given([
        signed(A, "2010-06-10"),
        opened(B, superseding(periodic(), A), Step::Negotiating, "2011-06-10"),
    ]);
    assert_statuses(&scene, &[("2012", &[At(Step::Signed)])]);
    let scene = scene.when(advanced(B, Step::Signed, "2012-06")).accepted();
    assert_statuses(
        &scene,
        &[
            ("2012-05-31", &[At(Step::Signed)]),
            ("2012-06-10", &[At(Step::Signed), Superseded]),
            ("2012-07-01", &[Superseded]),
        ],
    );
    // Whichever end came first; on one day as listed.
    let ended_that_day = |date: &str| {
        let older = opened(A, lasting(periodic(), "P2Y"), Step::Signed, "2010-06-10");
        given([older, opened(B, superseding(periodic(), A), Step::Signed, date)])
    };
    assert_statuses(&ended_that_day("2012-06-10"), &[("2013", &[Expired])]);
    assert_statuses(&ended_that_day("2012-06-09"), &[("2013", &[Superseded])]);
    let all = ended_that_day("2012-06-10").when(super::facts::ended(A, "2012-06-10")).accepted();
    assert_statuses(&all, &[("2013", &[Ended])]);
}

#[test]
fn it_supersedes_only_another_of_the_same_partner() {
    let korean = || terms("countries/kr", AgreementKind::Sofa);
    let given_a = || given([opened(A, sofa(), Step::Signed, "2010")]);
    given_a()
        .when(opened(B, superseding(korean(), A), Step::Signed, "2012"))
        .refused(Reason::BadSupersession);
    given_a().when(opened(B, superseding(periodic(), A), Step::Signed, "2012")).accepted();
    given_a().when(opened(B, superseding(sofa(), B), Step::Signed, "2012")).refused(Reason::BadSupersession);
    let both = || {
        given([
            opened(A, sofa(), Step::Signed, "2010"),
            opened(B, superseding(sofa(), A), Step::Signed, "2012"),
        ])
    };
    both().when(corrects(1, &opened(A, korean(), Step::Signed, "2010"))).breaks_history([2]);
    both().when(retracts(1, A)).breaks_history([2]);
    both().when(retracts(2, B)).accepted();
}

#[test]
fn no_two_periodic_ones_of_a_partner_stand_at_once() {
    given([signed(A, "2010")]).when(signed(B, "2012")).refused(Reason::AgreementOverlaps);
    let itpp = opened(B, terms("countries/jp", AgreementKind::Itpp), Step::Signed, "2012");
    given([signed(A, "2010")]).when(itpp).accepted();
    let korean = opened(B, terms("countries/kr", AgreementKind::Ipcp), Step::Signed, "2012");
    given([signed(A, "2010")]).when(korean).accepted();
    let sofas =
        given([opened(A, sofa(), Step::Signed, "2010")]).when(opened(B, sofa(), Step::Signed, "2012"));
    sofas.accepted();
    given([signed(A, "2010"), super::facts::ended(A, "2012-06-10")]).when(signed(B, "2012-06-10")).accepted();
    given([signed(A, "2010"), super::facts::ended(A, "2012-06-10")])
        .when(signed(B, "2012-06-09"))
        .refused(Reason::AgreementOverlaps);
    given([signed(A, "2010"), super::facts::ended(A, "2012-06-10")]).when(signed(B, "2012")).accepted();
    given([signed(A, "2010")]).when(opened(B, superseding(periodic(), A), Step::Signed, "2012")).accepted();
    let two_years = || given([opened(A, lasting(periodic(), "P2Y"), Step::Signed, "2010-06-10")]);
    two_years().when(signed(B, "2012-06-09")).refused(Reason::AgreementOverlaps);
    two_years().when(signed(B, "2012-06-10")).accepted();
}

#[test]
fn overlapping_ones_fail_by_the_events_with_which_they_begin_to_stand() {
    let open = || given([signed(A, "2010"), opened(B, periodic(), Step::Negotiating, "2011")]);
    open().when(advanced(B, Step::Initialled, "2012")).accepted();
    open().when(advanced(B, Step::Approved, "2012")).refused(Reason::AgreementOverlaps);
    let superseded = || {
        given([
            signed(A, "2010"),
            opened(B, superseding(periodic(), A), Step::Negotiating, "2011"),
            advanced(B, Step::Approved, "2012"),
        ])
    };
    // The opening is corrected, the approval stands in the way: it is no event that this writes or corrects.
    superseded().when(corrects(2, &opened(B, periodic(), Step::Negotiating, "2011"))).breaks_history([1, 3]);
    let at_once = || given([signed(A, "2010"), opened(B, superseding(periodic(), A), Step::Signed, "2012")]);
    at_once().when(corrects(2, &signed(B, "2012"))).refused(Reason::AgreementOverlaps);
    // A third one that ended the first: without it, the first and the second stand at once.
    given([
        signed(A, "2010"),
        opened(B, superseding(terms("countries/jp", AgreementKind::Sofa), A), Step::Signed, "2012"),
        signed("agreements/c", "2014"),
    ])
    .when(retracts(2, B))
    .breaks_history([1, 3]);
    given([signed(A, "2010"), super::facts::ended(A, "2012"), signed(B, "2014")])
        .when(retracts(2, A))
        .breaks_history([1, 3]);
}

#[test]
fn possible_statuses_come_in_their_order_whatever_the_order_of_recording() {
    let steps = [Step::Initialled, Step::Negotiating];
    let scene = given([
        opened(A, sofa(), Step::Signed, "2010"),
        advanced(A, steps[0], "2010"),
        advanced(A, steps[1], "2010"),
    ]);
    let possible = [NotYet, At(Step::Negotiating), At(Step::Initialled), At(Step::Signed)];
    assert_statuses(&scene, &[("2010-06-10", &possible)]);
}

#[test]
fn a_superseded_one_may_be_possible() {
    let scene = given([signed(A, "2010"), opened(B, superseding(periodic(), A), Step::Signed, "2012")]);
    let stands = |t: &str| scene.agreement(A).stands(&name(A), &scene.ledger, on(t));
    assert_eq!((stands("2011"), stands("2012-06"), stands("2013")), (Yes, Possibly, No));
}
