//! Frameworks and areas: their lives, and what rests on them elsewhere.

use super::facts::*;
use super::scene::{given, of_cast, retracts};
use crate::domain::Reason;
use crate::domain::activity::Access;
use crate::domain::actor::Extent;
use crate::domain::area::{ancestors, descendants};
use crate::domain::time::Truth::{No, Possibly, Yes};
use crate::domain::world::{World, framework_open, is_overlay};

const JP: &str = "countries/jp";
const PATG: &str = "frameworks/patg";

#[test]
fn established_and_closed() {
    let scene = given([established("frameworks/new", "2008-06"), closed("frameworks/new", "2010-06-10")]);
    let open = |t: &str| framework_open(&scene.ledger, &name("frameworks/new"), on(t));
    assert_eq!(
        (open("2008-05"), open("2008-06-10"), open("2009"), open("2010-06-10")),
        (No, Possibly, Yes, No)
    );
    assert!(!is_overlay(&scene.ledger, &name("frameworks/new")));
    scene.clone().when(closed("frameworks/new", "2012")).refused(Reason::BadTransition);
    scene.when(closed("frameworks/new", "2009")).breaks_history([2]);
    given([]).when(closed(PATG, "1999")).refused(Reason::BadTransition);
    given([]).when(closed(PATG, "2000")).accepted();
}

#[test]
fn tenures_and_participations_rest_on_the_life_of_a_framework() {
    let facts = || {
        given([
            joined(JP, PATG, "2005"),
            joined("countries/kr", PATG, "2010"),
            offered("activities/a", Access::AllPartners, None, "2005"),
            offered("activities/f", Access::Framework(name(PATG)), None, "2005"),
            took_part("activities/a", JP, "2009"),
            took_part("activities/f", JP, "2011"),
            took_part("activities/a", JP, "2006"),
        ])
    };
    facts().when(closed(PATG, "2008")).breaks_history([2, 5, 6]);
    facts().when(closed(PATG, "2010-06")).breaks_history([6]);
    facts().when(closed(PATG, "2011-06")).accepted();
    facts().when(corrected(of_cast(PATG), &established(PATG, "2007"))).breaks_history([1, 7]);
    facts().when(corrected(of_cast(PATG), &established(PATG, "2005"))).accepted();
    // As an overlay it no longer makes a partner, and is held all the same.
    facts().when(corrected(of_cast(PATG), &framework(PATG, "2000-01-01", true))).breaks_history([5, 7]);
    facts().when(retracted(PATG, of_cast(PATG))).breaks_history([1, 2, 4, 5, 6, 7]);
}

#[test]
fn areas_are_a_taxonomy() {
    let scene = given([defined("areas/mines", Some("areas/demining"))]);
    let up = ancestors(&scene.ledger, &name("areas/mines"));
    assert_eq!(up, [name("areas/demining"), name("areas/security")]);
    assert_eq!(descendants(&scene.ledger, &name("areas/security")).len(), 2);
    scene.clone().when(defined("areas/self", Some("areas/self"))).refused(Reason::LineageCycle);
    let security = corrected(of_cast("areas/security"), &defined("areas/security", Some("areas/mines")));
    scene.clone().when(security).refused(Reason::LineageCycle);
    let demining = corrected(of_cast("areas/demining"), &defined("areas/demining", None));
    let free = scene.when(demining).accepted();
    assert_eq!(ancestors(&free.ledger, &name("areas/mines")), [name("areas/demining")]);
    free.when(corrected(of_cast("areas/security"), &defined("areas/security", Some("areas/mines"))))
        .accepted();
    given([])
        .when_at_once([defined("areas/a", Some("areas/b")), defined("areas/b", Some("areas/a"))])
        .refused(Reason::LineageCycle);
}

#[test]
fn a_cycle_that_comes_back_breaks_history() {
    let scene = given([defined("areas/mines", Some("areas/demining"))]);
    // Without its correction demining is part of security again, which is part of mines by now.
    let scene = scene.when(corrected(of_cast("areas/demining"), &defined("areas/demining", None))).accepted();
    let scene = scene
        .when(corrected(of_cast("areas/security"), &defined("areas/security", Some("areas/mines"))))
        .accepted();
    let verdict = scene.when(retracts(2, "areas/demining"));
    assert_eq!(verdict.broken().len(), 3);
    verdict.refused(Reason::BreaksHistory);
}

#[test]
fn a_choice_and_an_area_rest_on_the_area_that_they_name() {
    given([chose(JP, "areas/demining", Extent::Full, "2010")])
        .when(retracted("areas/demining", of_cast("areas/demining")))
        .breaks_history([1]);
    given([]).when(retracted("areas/demining", of_cast("areas/demining"))).accepted();
    let verdict = given([]).when(retracted("areas/security", of_cast("areas/security")));
    assert_eq!(verdict.broken().len(), 1);
    verdict.refused(Reason::BreaksHistory);
}

#[test]
fn retracting_a_registration_breaks_its_own_later_facts_and_every_reference() {
    given([
        joined(JP, PATG, "2008"),
        offered("activities/a", Access::Listed, None, "2008"),
        took_part("activities/a", JP, "2009"),
        held("meetings/m", &[JP], "2009"),
        renamed("countries/kr", "2008", "en", "Korea"),
    ])
    .when(retracted(JP, of_cast(JP)))
    .breaks_history([1, 3, 4]);
    let scene =
        given([joined(JP, PATG, "2008"), retracts(1, JP)]).when(retracted(JP, of_cast(JP))).accepted();
    assert!(scene.ledger.stream(&name(JP)).is_some_and(|stream| !stream.is_open()));
    // It comes back with the retraction of its retraction.
    let back = scene.clone().when(retracts(3, JP)).accepted();
    back.when(joined(JP, PATG, "2009")).accepted();
    scene.when(joined(JP, PATG, "2009")).refused(Reason::UnknownActor);
}
