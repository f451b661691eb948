//! What kind of meeting it was: derived from who was there and what they were that day (DOMAIN.md §8).

use super::facts::*;
use super::scene::{Scene, given};
use crate::domain::meeting::class::Class::{
    self, AcrossFrameworks, BeyondFrameworks, Bilateral, MembersOnly, OrganisationsOnly, WithinFramework,
};
use crate::domain::meeting::class::{Format, format};
use crate::domain::meeting::{Attendance, Core, MeetingFact, Particulars};

const JP: &str = "countries/jp";
const KR: &str = "countries/kr";
const UA: &str = "countries/ua";
const SG: &str = "countries/sg";
const BE: &str = "countries/be";

/// Japan and Korea across the globe, Ukraine for peace, Korea for both from 2012; Singapore with nothing; Ukraine is
/// admitted in 2015.
fn world() -> Scene {
    given([
        joined(JP, "frameworks/patg", "2008"),
        joined(KR, "frameworks/patg", "2008"),
        joined(UA, "frameworks/pfp", "2008"),
        joined(KR, "frameworks/pfp", "2012"),
        joined(JP, "frameworks/eop", "2008"),
        joined(UA, "frameworks/eop", "2008"),
        admitted(UA, "2015"),
    ])
}

fn what(core: Core, attended: &[&str], date: &str, alter: impl FnOnce(&mut Particulars)) -> Format {
    let mut particulars = particulars(core, attended);
    alter(&mut particulars);
    let scene =
        world().when(meeting("meetings/m", date, MeetingFact::Held(Box::new(particulars)))).accepted();
    format(&scene.ledger, &scene.meeting("meetings/m"))
}

fn assert_format(core: Core, attended: &[&str], date: &str, classes: &[Class], label: &str) {
    let format = what(core, attended, date, |_| {});
    assert_eq!(
        (format.classes.as_slice(), format.label.to_string().as_str()),
        (classes, label),
        "{attended:?} {date}"
    );
    assert_eq!(format.class(), if let [class] = classes { Some(*class) } else { None });
}

#[test]
fn each_class_has_its_meeting() {
    assert_format(Core::Secretariat, &[SG], "2010", &[Bilateral], "0+1");
    assert_format(Core::Secretariat, &[SG, BE], "2010", &[Bilateral], "0+1");
    assert_format(Core::Members, &[SG], "2010", &[BeyondFrameworks], "1+1");
    assert_format(Core::Secretariat, &[SG, JP], "2010", &[BeyondFrameworks], "0+2");
    assert_format(Core::Members, &["organisations/eu"], "2010", &[OrganisationsOnly], "1+0");
    assert_format(Core::Members, &["organisations/nato", BE], "2010", &[MembersOnly], "1+0");
    assert_format(Core::Members, &[], "2010", &[MembersOnly], "1+0");
    assert_format(Core::Members, &[JP, KR, "organisations/un"], "2010", &[WithinFramework], "1+2");
    assert_format(Core::Members, &[JP], "2010", &[WithinFramework], "1+1");
    // An overlay is not common ground.
    assert_format(Core::Nobody, &[JP, UA], "2010", &[AcrossFrameworks], "0+2");
    assert_format(Core::Members, &[JP, KR, UA], "2014", &[AcrossFrameworks], "1+3");
    assert_format(Core::Members, &[KR, UA], "2014", &[WithinFramework], "1+2");
    assert_format(Core::Members, &[JP, UA], "2016", &[WithinFramework], "2+1");
    assert_format(Core::Members, &[UA], "2016", &[MembersOnly], "2+0");
}

#[test]
fn what_inexact_dates_leave_open_is_undetermined() {
    // Korea may not hold the partnership yet, and may hold the other one by then.
    assert_format(
        Core::Members,
        &[KR, JP],
        "2008",
        &[BeyondFrameworks, WithinFramework, AcrossFrameworks],
        "1+2",
    );
    assert_format(Core::Members, &[KR, UA], "2012", &[WithinFramework, AcrossFrameworks], "1+2");
    // Ukraine may be a member by then; apart from that it holds its framework.
    assert_format(Core::Members, &[UA], "2015", &[MembersOnly, WithinFramework], "1–2+0–1");
    assert_format(
        Core::Members,
        &[UA, "organisations/eu"],
        "2015",
        &[OrganisationsOnly, WithinFramework],
        "1–2+0–1",
    );
    assert_format(Core::Secretariat, &[UA, SG], "2015", &[Bilateral, BeyondFrameworks], "0+1–2");
    assert_format(Core::Members, &[UA, JP], "2015", &[WithinFramework, AcrossFrameworks], "1–2+1–2");
    assert_format(Core::Secretariat, &[UA], "2015", &[Bilateral, MembersOnly, WithinFramework], "0+0–1");
}

#[test]
fn on_an_incomplete_list_one_more_guest_may_be_anything() {
    let some = |core, attended: &[&str]| what(core, attended, "2010", |p| p.named_is_complete = Some(false));
    assert_eq!(some(Core::Members, &[SG]).classes, [BeyondFrameworks]);
    assert_eq!(some(Core::Members, &[SG]).label.to_string(), "1+1 or more");
    assert_eq!(some(Core::Members, &[JP]).classes, [BeyondFrameworks, WithinFramework, AcrossFrameworks]);
    assert_eq!(some(Core::Members, &[JP, UA]).classes, [BeyondFrameworks, AcrossFrameworks]);
    assert_eq!(some(Core::Secretariat, &[JP]).classes[..2], [Bilateral, BeyondFrameworks]);
    assert_eq!(
        some(Core::Secretariat, &[JP, KR]).classes,
        [BeyondFrameworks, WithinFramework, AcrossFrameworks]
    );
    let nobody = some(Core::Secretariat, &[]);
    let all =
        [Bilateral, BeyondFrameworks, OrganisationsOnly, MembersOnly, WithinFramework, AcrossFrameworks];
    assert_eq!((nobody.classes.as_slice(), nobody.label.to_string().as_str()), (&all[..], "0+0 or more"));
    let fewer = what(Core::Members, &[JP], "2010", |p| p.declared_total = Some(2));
    assert!(fewer.label.or_more && fewer.class().is_none());
    let all_named = what(Core::Members, &[JP], "2010", |p| p.declared_total = Some(1));
    assert_eq!((all_named.class(), all_named.label.or_more), (Some(WithinFramework), false));
}

#[test]
fn a_core_that_is_not_known_adds_no_members_and_may_be_the_secretariat() {
    assert_format(Core::Unspecified, &[JP], "2010", &[Bilateral, WithinFramework], "0+1");
    assert_format(Core::Unspecified, &[JP, KR], "2010", &[WithinFramework], "0+2");
    assert_format(Core::Unspecified, &[], "2010", &[MembersOnly], "0+0");
}

#[test]
fn who_was_not_there_does_not_count() {
    for attendance in [Attendance::Absent, Attendance::Excused] {
        let format = what(Core::Members, &[JP], "2010", |p| p.delegations.push(delegation(SG, attendance)));
        assert_eq!(format.class(), Some(WithinFramework));
    }
    let format =
        what(Core::Members, &[JP], "2010", |p| p.delegations.push(delegation(SG, Attendance::Unspecified)));
    assert_eq!((format.class(), format.label.to_string().as_str()), (Some(BeyondFrameworks), "1+2"));
}
