//! Actors: names, tenures, memberships, suspensions and choices.

use super::facts::*;
use super::scene::{corrects, given, nothing, retracts};
use crate::domain::Reason;
use crate::domain::actor::Extent;
use crate::domain::time::Truth::{self, No, Possibly, Yes};

const JP: &str = "countries/jp";
const BE: &str = "countries/be";
const PATG: &str = "frameworks/patg";
const AREA: &str = "areas/demining";

#[test]
fn registered_and_renamed() {
    let scene = given([renamed(JP, "2010-06", "fr", "Nippon")]);
    let names = scene.actor(JP).names;
    let french = |t: &str| names.shown(&"fr".parse().unwrap(), on(t)).unwrap();
    assert_eq!((french("2010-05-31").language.as_str(), french("2010-05-31").fallback), ("en", true));
    assert_eq!((french("2010-06-10").names, french("2010-06-10").truth), (vec!["Nippon".into()], Possibly));
    assert_eq!((french("2010-07-01").names, french("2010-07-01").truth), (vec!["Nippon".into()], Yes));
    // Of one exact day both fail; of one month, which came last cannot be told.
    let twice = |date| given([renamed(JP, date, "en", "A")]).when(renamed(JP, date, "en", "B"));
    twice("2010-06-01").refused(Reason::BadTransition);
    let names =
        twice("2010-06").accepted().actor(JP).names.shown(&"en".parse().unwrap(), on("2011")).unwrap();
    assert_eq!((names.names, names.truth), (vec!["A".into(), "B".into()], Possibly));
    given([renamed(JP, "2010-06-01", "en", "A")]).when(renamed(JP, "2010-06-01", "fr", "B")).accepted();
}

fn holds(scene: &super::scene::Scene, t: &str) -> Truth {
    scene.actor(JP).holds(&scene.ledger, &name(PATG), on(t))
}

#[test]
fn joined_and_left() {
    let scene = given([joined(JP, PATG, "2008-03"), left(JP, PATG, "2010")]);
    for (t, truth) in [
        ("2008-02-28", No),
        ("2008-03-15", Possibly),
        ("2008-04-01", Yes),
        ("2009", Yes),
        ("2010-01-01", Possibly),
        ("2011", No),
    ] {
        assert_eq!(holds(&scene, t), truth, "{t}");
        assert_eq!(scene.actor(JP).partner(&scene.ledger, on(t)), truth, "{t}");
    }
    let overlay = given([joined(JP, "frameworks/eop", "2008")]);
    assert_eq!(overlay.actor(JP).partner(&overlay.ledger, on("2009")), No);
}

#[test]
fn a_tenure_may_have_a_last_day_of_its_own() {
    let scene = given([joined(JP, PATG, "2008-03-01").until("2008-03-10")]);
    assert_eq!((holds(&scene, "2008-03-10"), holds(&scene, "2008-03-11")), (Yes, No));
    // What has one is not paired.
    scene.when(left(JP, PATG, "2008-03-05")).refused(Reason::NotJoined);
    let open = given([joined(JP, PATG, "2008-03-01").until("unknown")]);
    assert_eq!((holds(&open, "2008-02"), holds(&open, "2020")), (No, Possibly));
    open.when(joined(JP, PATG, "2012")).accepted();
}

#[test]
fn a_leave_has_a_tenure_to_end() {
    given([]).when(left(JP, PATG, "2010")).refused(Reason::NotJoined);
    given([joined(JP, PATG, "2008")]).when(left(JP, PATG, "2007")).refused(Reason::NotJoined);
    given([joined(JP, PATG, "2008-06-10")]).when(left(JP, PATG, "2008")).accepted();
    given([joined(JP, PATG, "2011-03")]).when(left(JP, PATG, "2011")).accepted();
    given([joined(JP, PATG, "2008"), left(JP, PATG, "2010")])
        .when(left(JP, PATG, "2012"))
        .refused(Reason::NotJoined);
    // Of too many ends the last fails: here it is the one that is recorded.
    given([joined(JP, PATG, "2008"), left(JP, PATG, "2010")])
        .when(left(JP, PATG, "2009"))
        .breaks_history([2]);
    given([joined(JP, PATG, "2008"), left(JP, PATG, "2010")])
        .when(left(JP, PATG, "2010"))
        .refused(Reason::NotJoined);
    // Begun and ended on one day: held on no day.
    let scene =
        given([]).when_at_once([joined(JP, PATG, "2008-05-05"), left(JP, PATG, "2008-05-05")]).accepted();
    assert_eq!(holds(&scene, "2008-05-05"), No);
}

#[test]
fn tenures_of_one_framework_do_not_overlap() {
    given([joined(JP, PATG, "2008")]).when(joined(JP, PATG, "2010")).refused(Reason::AlreadyJoined);
    given([joined(JP, PATG, "2010")]).when(joined(JP, PATG, "2008")).refused(Reason::AlreadyJoined);
    given([joined(JP, PATG, "2008")]).when(joined(JP, "frameworks/pfp", "2010")).accepted();
    let left_in_2010 = || given([joined(JP, PATG, "2008"), left(JP, PATG, "2010-06-10")]);
    left_in_2010().when(joined(JP, PATG, "2010-06-10")).accepted();
    left_in_2010().when(joined(JP, PATG, "2010-06")).accepted();
    left_in_2010().when(joined(JP, PATG, "2010-06-09")).refused(Reason::AlreadyJoined);
    // Without its end the first goes on: of spells that overlap all fail, and a retraction writes none of them.
    given([joined(JP, PATG, "2008"), left(JP, PATG, "2009"), joined(JP, PATG, "2010")])
        .when(retracts(2, JP))
        .breaks_history([1, 3]);
    given([joined(JP, PATG, "2008"), left(JP, PATG, "2009"), joined(JP, PATG, "2010")])
        .when(corrects(2, &left(JP, PATG, "2011")))
        .breaks_history([1, 3]);
    given([joined(JP, PATG, "2008"), left(JP, PATG, "2009"), joined(JP, PATG, "2010")])
        .when(corrects(3, &joined(JP, PATG, "2009")))
        .accepted();
}

#[test]
fn a_tenure_begins_within_its_framework_and_not_during_a_membership() {
    given([]).when(joined(JP, PATG, "1999")).refused(Reason::FrameworkClosed);
    given([]).when(joined(JP, PATG, "2000")).accepted();
    let closing = || given([closed(PATG, "2010-06")]);
    closing().when(joined(JP, PATG, "2010-07")).refused(Reason::FrameworkClosed);
    let scene = closing().when(joined(JP, PATG, "2010-06")).accepted();
    assert_eq!((holds(&scene, "2010-06"), holds(&scene, "2010-07-01")), (Possibly, No));
    given([]).when(joined(BE, PATG, "2010")).refused(Reason::MemberIsNotPartner);
    given([membership_ended(BE, "2010-06")]).when(joined(BE, PATG, "2010")).accepted();
    given([membership_ended(BE, "2010-06")])
        .when(joined(BE, PATG, "2010-05"))
        .refused(Reason::MemberIsNotPartner);
    // Both: the first as listed.
    given([]).when(joined(BE, PATG, "1999")).refused(Reason::FrameworkClosed);
    given([joined(JP, PATG, "2008")]).when(admitted(JP, "2000")).breaks_history([1]);
    given([joined(JP, PATG, "2008")]).when(admitted(JP, "2008")).accepted();
}

#[test]
fn admitted_and_ended() {
    let scene = given([joined(JP, PATG, "2008"), admitted(JP, "2010-06-10"), membership_ended(JP, "2012")]);
    for (t, member, partner) in [
        ("2010-06-09", No, Yes),
        ("2010-06-10", Yes, No),
        ("2012-03-03", Possibly, Possibly),
        ("2013", No, Yes),
    ] {
        let actor = scene.actor(JP);
        assert_eq!((actor.member(on(t)), actor.partner(&scene.ledger, on(t))), (member, partner), "{t}");
    }
    // Its tenure was never ended, and counts again.
    scene.clone().when(joined(JP, PATG, "2014")).refused(Reason::AlreadyJoined);
    // It may be left while a member.
    scene.when(left(JP, PATG, "2011")).accepted();
    given([]).when(membership_ended(JP, "2010")).refused(Reason::BadTransition);
    given([]).when(admitted(BE, "2010")).refused(Reason::BadTransition);
    given([membership_ended(BE, "2010-06-10")]).when(admitted(BE, "2010-06-10")).accepted();
}

#[test]
fn one_log_belongs_to_one_alliance() {
    given([]).when(admitted_to(JP, "organisations/un", "2010")).refused(Reason::OtherAlliance);
    given([]).when(admitted(JP, "2010")).accepted();
    given([admitted(JP, "2010")])
        .when(corrects(1, &admitted_to(JP, "organisations/un", "2010")))
        .refused(Reason::OtherAlliance);
    let un = "organisations/un";
    let first = [registered(JP), registered(un), admitted_to(JP, un, "2010")];
    let scene = nothing().when_at_once(first).accepted();
    assert_eq!(scene.ledger.breaches().len(), 0);
    let nato = "organisations/nato";
    scene.when_at_once([registered(nato), admitted("countries/jp", "2011")]).refused(Reason::OtherAlliance);
}

#[test]
fn suspended_and_resumed() {
    let scene = given([suspended(JP, "2010-06-10"), resumed(JP, "2011")]);
    for (t, truth) in [("2010-06-09", No), ("2010-06-10", Yes), ("2011-06-01", Possibly), ("2012", No)] {
        assert_eq!(scene.actor(JP).suspended(on(t)), truth, "{t}");
    }
    assert_eq!(scene.actor(JP).scopes[0].text, "practical cooperation");
    scene.clone().when(suspended(JP, "2010-12")).refused(Reason::BadTransition);
    scene.clone().when(suspended(JP, "2011")).accepted();
    scene.when(resumed(JP, "2012")).refused(Reason::BadTransition);
    given([]).when(resumed(JP, "2012")).refused(Reason::BadTransition);
    given([suspended(JP, "2010").until("2011")]).when(resumed(JP, "2010-12")).refused(Reason::BadTransition);
}

#[test]
fn chosen_and_withdrawn() {
    let choices = [chose(JP, AREA, Extent::Partial, "2010-06-10"), chose(JP, AREA, Extent::Full, "2012")];
    let scene = given(choices).when(withdrew(JP, AREA, "2014-06")).accepted();
    let extents = |t: &str| -> Vec<(Truth, Extent)> {
        let actor = scene.actor(JP);
        actor
            .choices_on(&name(AREA), on(t))
            .iter()
            .map(|(truth, _, choice)| (*truth, choice.extent))
            .collect()
    };
    assert_eq!(extents("2011"), [(Yes, Extent::Partial)]);
    assert_eq!(extents("2012-06-01"), [(Possibly, Extent::Partial), (Possibly, Extent::Full)]);
    assert_eq!(extents("2013"), [(Yes, Extent::Full)]);
    let chosen = |t: &str| scene.actor(JP).chosen(&name(AREA), on(t));
    assert_eq!(
        (chosen("2010-06-09"), chosen("2012-06-01"), chosen("2014-06"), chosen("2015")),
        (No, Yes, Possibly, No)
    );
    scene.clone().when(withdrew(JP, AREA, "2015")).refused(Reason::BadTransition);
    scene.clone().when(chose(JP, AREA, Extent::Observer, "2015")).accepted();
    scene.when(withdrew(JP, AREA, "2014-05")).breaks_history([3]);
    given([]).when(withdrew(JP, AREA, "2015")).refused(Reason::BadTransition);
    let chosen = || given([chose(JP, AREA, Extent::Full, "2010-06-10")]);
    chosen().when(withdrew(JP, AREA, "2010-06-10")).refused(Reason::BadTransition);
    chosen().when(chose(JP, AREA, Extent::Partial, "2010-06-10")).refused(Reason::BadTransition);
    chosen().when(withdrew(JP, AREA, "2010-06")).accepted();
    chosen().when(withdrew(JP, AREA, "2010-05")).refused(Reason::BadTransition);
}

#[test]
fn an_area_is_chosen_by_the_partner_itself() {
    given([]).when(chose_for(JP, AREA, "countries/kr", "2010")).refused(Reason::AreaNotChosenByPartner);
    given([]).when(chose_for(JP, AREA, JP, "2010")).accepted();
    given([chose_for(JP, AREA, JP, "2010")])
        .when(corrects(1, &chose_for(JP, AREA, "organisations/nato", "2010")))
        .refused(Reason::AreaNotChosenByPartner);
}

#[test]
fn the_pairs_of_joins_and_leaves_do_not_depend_on_the_order_of_recording() {
    let facts =
        [joined(JP, PATG, "2001"), left(JP, PATG, "2003"), joined(JP, PATG, "2005"), left(JP, PATG, "2007")];
    let [a, b, c, d] = facts;
    let scene = given([a, d]).when_at_once([c, b]).accepted();
    for (t, truth) in [("2002", Yes), ("2004", No), ("2006", Yes), ("2008", No)] {
        assert_eq!(holds(&scene, t), truth, "{t}");
    }
}
