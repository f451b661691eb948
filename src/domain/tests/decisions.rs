//! Decisions: intentions, effect, lineage.

use super::facts::*;
use super::scene::{corrects, given, retracts};
use crate::domain::Reason;
use crate::domain::decision::DecisionStatus::{self, InEffect, Intended, Lapsed, NotYet, Superseded};
use crate::domain::decision::LinkType::{DerivesFrom, Follows, Implements, PartOf, Supersedes};
use crate::domain::decision::{Direction, LinkType, neighbours, reach};
use crate::domain::time::Truth::{No, Possibly, Yes};

const A: &str = "decisions/a";
const B: &str = "decisions/b";
const C: &str = "decisions/c";

fn assert_statuses(scene: &super::scene::Scene, cases: &[(&str, &[DecisionStatus])]) {
    for (t, statuses) in cases {
        assert_eq!(scene.decision(A).statuses(on(t)), *statuses, "{t}");
    }
}

#[test]
fn intended_put_in_effect_and_lapsed() {
    let scene = given([intended(A, "2010-11"), put_in_effect(A, "2012"), lapsed(A, "2014-06-10")]);
    assert_statuses(
        &scene,
        &[
            ("2010-10-31", &[NotYet]),
            ("2010-11-19", &[NotYet, Intended]),
            ("2011", &[Intended]),
            ("2012-06-01", &[Intended, InEffect]),
            ("2013", &[InEffect]),
            ("2014-06-10", &[Lapsed]),
        ],
    );
    let decision = scene.decision(A);
    assert_eq!(
        (decision.in_effect(on("2011")), decision.in_effect(on("2012")), decision.in_effect(on("2013"))),
        (No, Possibly, Yes)
    );
    assert_eq!(decision.ever_in_effect(), Yes);
    scene.clone().when(put_in_effect(A, "2013")).refused(Reason::BadTransition);
    scene.clone().when(lapsed(A, "2015")).refused(Reason::BadTransition);
    scene.clone().when(lapsed(A, "2013")).breaks_history([3]);
    // Of steps out of order all fail, and so the one that is corrected, too.
    scene.clone().when(corrects(3, &lapsed(A, "2011"))).refused(Reason::BadTransition);
    scene.clone().when(corrects(3, &lapsed(A, "2012"))).accepted();
    scene.when(corrects(1, &intended(A, "2013"))).refused(Reason::BadTransition);
}

#[test]
fn steps_of_a_decision_come_in_order() {
    given([intended(A, "2010-11")]).when(put_in_effect(A, "2010-10")).refused(Reason::BadTransition);
    given([intended(A, "2010-11")]).when(put_in_effect(A, "2010")).accepted();
    given([decided(A, true, &[], &[], "2010")]).when(put_in_effect(A, "2011")).refused(Reason::BadTransition);
    given([intended(A, "2010-11")]).when(lapsed(A, "2009")).refused(Reason::BadTransition);
    given([intended(A, "2010-11")]).when(lapsed(A, "2010")).accepted();
    given([intended(A, "2010"), lapsed(A, "2011")])
        .when(put_in_effect(A, "2012"))
        .refused(Reason::BadTransition);
    given([intended(A, "2010"), lapsed(A, "2011")]).when(put_in_effect(A, "2011")).accepted();
}

#[test]
fn only_a_supersession_puts_out_of_effect_and_it_is_part_of_the_lineage() {
    let both = || given([decided(A, true, &[], &[], "2010"), decided(B, true, &[], &[], "2012")]);
    let link = both().when(linked(B, &[(Supersedes, A)])).accepted();
    assert_statuses(&link, &[("2013", &[InEffect])]);
    let scene = both().when(superseded(A, B, "2012-06-10")).accepted();
    assert_statuses(&scene, &[("2012-06-09", &[InEffect]), ("2012-06-10", &[Superseded])]);
    assert_eq!(neighbours(&scene.ledger, &name(B), Direction::Back), [(Supersedes, name(A))]);
    assert_eq!(neighbours(&scene.ledger, &name(A), Direction::Forward), [(Supersedes, name(B))]);
    both().when(superseded(A, A, "2013")).refused(Reason::LineageCycle);
    // By one that is older than it.
    both().when(superseded(B, A, "2013")).refused(Reason::LineageBackwards);
    scene.clone().when(linked(A, &[(PartOf, B)])).refused(Reason::LineageCycle);
    scene.clone().when(lapsed(A, "2013")).refused(Reason::BadTransition);
    scene.clone().when(retracts(2, B)).breaks_history([3]);
    scene.when(corrects(2, &decided(B, true, &[], &[], "2009"))).breaks_history([3]);
}

#[test]
fn links_point_to_what_is_not_later() {
    let both = || given([intended(A, "2010"), intended(B, "2012")]);
    for kind in [DerivesFrom, Implements, Follows, Supersedes] {
        both().when(linked(A, &[(kind, B)])).refused(Reason::LineageBackwards);
        both().when(linked(B, &[(kind, A)])).accepted();
        given([intended(A, "2010-06"), intended(B, "2010")]).when(linked(A, &[(kind, B)])).accepted();
    }
    both().when(linked(A, &[(PartOf, B)])).accepted();
    let links: &[(LinkType, &str)] = &[(DerivesFrom, A)];
    let scene = given([intended(A, "2010"), decided(B, true, links, &[], "2012")]);
    assert_eq!(reach(&scene.ledger, &name(A), Direction::Forward).len(), 1);
    // The decision whose date is corrected records no link: the link of the other fails.
    scene.clone().when(corrects(1, &intended(A, "2013"))).breaks_history([2]);
    scene.clone().when(corrects(1, &intended(A, "2012"))).accepted();
    scene.clone().when(corrects(2, &decided(B, true, links, &[], "2009"))).refused(Reason::LineageBackwards);
    scene.clone().when(retracts(1, A)).breaks_history([2]);
    scene.when(retracts(2, B)).accepted();
}

#[test]
fn the_lineage_has_no_cycle() {
    let three = || {
        given([
            intended(A, "2010"),
            intended(B, "2010"),
            intended(C, "2010"),
            linked(A, &[(PartOf, B)]),
            linked(B, &[(Follows, C)]),
        ])
    };
    three().when(linked(C, &[(PartOf, A)])).refused(Reason::LineageCycle);
    three().when(linked(A, &[(PartOf, C)])).accepted();
    three().when(linked(A, &[(PartOf, A)])).refused(Reason::LineageCycle);
    let free = three().when(retracts(4, A)).accepted().when(linked(C, &[(PartOf, A)])).accepted();
    // Of the links of a cycle all fail; the one that comes back is not written by this.
    free.when(retracts(6, A)).breaks_history([4, 5, 7]);
    // Backwards as well as in a cycle: the first as listed.
    given([intended(A, "2010"), intended(B, "2012"), linked(B, &[(DerivesFrom, A)])])
        .when(linked(A, &[(DerivesFrom, B)]))
        .refused(Reason::LineageCycle);
}

#[test]
fn a_decision_rests_on_the_meeting_at_which_it_was_taken() {
    let mut taken = decided(A, true, &[], &[], "2011-04");
    if let crate::domain::Fact::Decision(crate::domain::decision::DecisionFact::Recorded {
        meeting, ..
    }) = &mut taken.content.fact
    {
        *meeting = Some(name("meetings/berlin"));
    }
    given([]).when(taken.clone()).refused(Reason::UnknownMeeting);
    given([held("meetings/berlin", &[], "2011-04-15"), taken])
        .when(retracts(1, "meetings/berlin"))
        .breaks_history([2]);
}
