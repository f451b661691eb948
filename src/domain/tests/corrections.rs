//! Slips in the record: which events stand, and what they say.

use super::facts::*;
use super::scene::{Scene, corrects, given, nth, retracts};
use crate::domain::Reason;
use crate::domain::World;
use crate::domain::correction::{EventRef, History};
use crate::domain::time::Truth::{No, Yes};
use crate::domain::world::Record;

const JP: &str = "countries/jp";
const PATG: &str = "frameworks/patg";

fn join(date: &str) -> Told {
    joined(JP, PATG, date)
}

fn holds(scene: &Scene, t: &str) -> bool {
    scene.actor(JP).holds(&scene.ledger, &name(PATG), on(t)) == Yes
}

#[test]
fn what_an_event_says_is_its_last_standing_correction() {
    let scene = given([join("2010")]).when(corrects(1, &join("2012"))).accepted();
    assert!(!holds(&scene, "2011") && holds(&scene, "2013"));
    let scene = scene.when(corrects(1, &join("2008"))).accepted();
    assert!(holds(&scene, "2009"));
    let scene = scene.when(retracts(3, JP)).accepted();
    assert!(!holds(&scene, "2011") && holds(&scene, "2013"));
    let scene = scene.when(retracts(2, JP)).accepted();
    assert!(holds(&scene, "2011"));
    let events = scene.ledger.events(&name(JP));
    let history = History::new(&events);
    assert_eq!(history.amendments(nth(1)).len(), 4);
    assert!(history.stands(nth(1)) && !history.stands(nth(2)) && !history.stands(nth(3)));
}

#[test]
fn only_the_last_standing_correction_is_retracted() {
    let scene = given([join("2010"), corrects(1, &join("2011")), corrects(1, &join("2012"))]);
    scene.clone().when(retracts(2, JP)).refused(Reason::NotLastCorrection);
    let scene = scene.when(retracts(3, JP)).accepted();
    scene.clone().when(retracts(2, JP)).accepted();
    // The retraction of the later one is retracted: the later one is the last again.
    let back = scene.when(retracts(4, JP)).accepted();
    assert!(!holds(&back, "2011") && holds(&back, "2013"));
    back.when(retracts(2, JP)).refused(Reason::NotLastCorrection);
    given([join("2010"), corrects(1, &join("2011")), corrects(1, &join("2012"))])
        .when_at_once([retracts(3, JP), retracts(2, JP)])
        .accepted();
}

#[test]
fn what_is_retracted_is_not_corrected_or_retracted_again() {
    let scene = given([join("2010"), retracts(1, JP)]);
    assert!(!holds(&scene, "2011"));
    scene.clone().when(retracts(1, JP)).refused(Reason::AlreadyRetracted);
    scene.clone().when(corrects(1, &join("2012"))).refused(Reason::AlreadyRetracted);
    let back = scene.when(retracts(2, JP)).accepted();
    assert!(holds(&back, "2011"));
    back.clone().when(retracts(2, JP)).refused(Reason::AlreadyRetracted);
    back.clone().when(corrects(1, &join("2012"))).accepted();
    back.when(retracts(1, JP)).accepted();
    given([join("2010")]).when_at_once([retracts(1, JP), retracts(1, JP)]).refused(Reason::AlreadyRetracted);
    given([join("2010")])
        .when_at_once([retracts(1, JP), corrects(1, &join("2012"))])
        .refused(Reason::AlreadyRetracted);
    given([join("2010")]).when_at_once([corrects(1, &join("2012")), retracts(1, JP)]).accepted();
}

#[test]
fn neither_the_kind_nor_a_correction_is_corrected() {
    let scene = given([join("2010"), corrects(1, &join("2011")), retracts(2, JP)]);
    scene.clone().when(corrects(1, &left(JP, PATG, "2012"))).refused(Reason::NotCorrectable);
    scene.clone().when(corrects(1, &joined(JP, "frameworks/pfp", "2012"))).accepted();
    // Retracted before: the first as listed.
    scene.clone().when(corrects(2, &join("2012"))).refused(Reason::AlreadyRetracted);
    scene.clone().when(corrects(3, &join("2012"))).refused(Reason::NotCorrectable);
    scene.clone().when(corrects(3, &retracts(1, JP))).refused(Reason::NotCorrectable);
    given([join("2010"), corrects(1, &join("2011"))])
        .when(corrects(2, &join("2012")))
        .refused(Reason::NotCorrectable);
}

#[test]
fn a_retraction_writes_nothing_so_that_what_it_brings_back_breaks_history() {
    let scene = given([join("2008"), retracts(1, JP), join("2010")]);
    scene.clone().when(retracts(2, JP)).breaks_history([1, 3]);
    let ended = scene.when(corrects(3, &join("2010").until("2011"))).accepted();
    ended.clone().when(retracts(2, JP)).breaks_history([1, 3]);
    // Joined again before that: what is brought back ends where the other begins.
    let scene =
        given([join("2008"), retracts(1, JP), join("2010"), left(JP, PATG, "2009")].into_iter().take(3));
    scene.when_at_once([retracts(2, JP), left(JP, PATG, "2009")]).accepted();
}

#[test]
fn a_correction_that_breaks_the_corrected_event_gives_the_rule_s_own_reason() {
    let scene = given([join("2008"), left(JP, PATG, "2010")]);
    // The join is moved behind the leave: the leave fails, and that is not what is corrected.
    scene.clone().when(corrects(1, &join("2011"))).breaks_history([2]);
    scene.clone().when(corrects(2, &left(JP, PATG, "2007"))).refused(Reason::NotJoined);
    scene.clone().when(corrects(1, &join("1999"))).refused(Reason::FrameworkClosed);
    scene.when_at_once([corrects(1, &join("2011")), corrects(2, &left(JP, PATG, "2012"))]).accepted();
}

#[test]
fn a_reference_is_judged_as_it_then_reads() {
    given([join("2010")])
        .when(corrects(1, &joined(JP, "frameworks/none", "2010")))
        .refused(Reason::UnknownFramework);
    let moved = given([established("frameworks/new", "2000"), join("2010")]);
    let moved = moved.when(corrects(2, &joined(JP, "frameworks/new", "2010"))).accepted();
    moved.clone().when(closed(PATG, "2005")).accepted();
    moved.clone().when(closed("frameworks/new", "2005")).breaks_history([2]);
    moved.when(retracts(1, "frameworks/new")).breaks_history([2]);
}

#[test]
fn an_event_is_named_by_its_command_as_well() {
    let id = crate::domain::CommandId(uuid::Uuid::from_u128(7));
    let scene = given([join("2010").with_id(7)]).when(retracted(JP, EventRef::Command(id))).accepted();
    assert_eq!(scene.actor(JP).holds(&scene.ledger, &name(PATG), on("2011")), No);
    assert_eq!(scene.ledger.stream(&name(JP)).unwrap().version().0, 3);
}
