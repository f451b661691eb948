//! Why the class of a meeting is undetermined: the dates that leave it open.
//!
//! 1. The meeting's own date, where it is not exact and leaves anything open of those who were there.
//! 2. Of each country that was there: its membership's and, where it may have been external, its tenures' and those of the
//!    frameworks; with the country's name.

use crate::domain::meeting::class::Judge;
use crate::domain::time::{Truth, When};
use crate::domain::{Name, World};

use super::meetings::MeetingShown;
use super::open_dates::{self, distinct};
use super::open_standing;

/// The dates that leave the class open; none where it is certain, or where the list alone leaves it open.
pub(super) fn class(world: &dyn World, judge: &Judge, meeting: &MeetingShown) -> Vec<String> {
    if meeting.format.as_ref().is_none_or(|format| format.class().is_some()) {
        return Vec::new();
    }
    let day = meeting.timeline().day();
    let there = meeting.timeline().attendees();
    let countries = there.map(|delegation| &delegation.actor).filter(|actor| actor.is_country());
    let open = countries.filter(|country| judge.is_open(country, day));
    let dates: Vec<String> = open.flat_map(|country| of_country(world, country, day)).collect();
    let own = (!day.is_exact() && !dates.is_empty())
        .then(|| format!("{} on {}", meeting.name(), open_dates::text(day)));
    distinct(own.into_iter().chain(dates))
}

fn of_country(world: &dyn World, country: &Name, day: When) -> Vec<String> {
    let stream = world.stream(country);
    let Some(who) = stream.as_ref().and_then(|stream| stream.timeline.actor()) else { return Vec::new() };
    let mut own = open_standing::membership(who, day);
    let mut lives = Vec::new();
    for framework in who.main_frameworks(world) {
        if who.in_framework(world, framework, day) == Truth::Possibly {
            own.extend(open_standing::joined(who, framework, day));
            lives.extend(open_standing::framework_life(world, framework, day));
        }
    }
    own.into_iter().map(|date| format!("{country} {date}")).chain(lives).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Languages;
    use super::super::example::{Example, name};
    use super::super::meetings::meeting;

    fn example() -> Example {
        let mut example = Example::alliance();
        let joined = |framework: &str| json!({ "framework": format!("frameworks/{framework}") });
        example.say("countries/jp", "2010-01-01", "frameworkJoined", joined("pfp"));
        example.say("countries/jp", "2011", "frameworkJoined", joined("patg"));
        example.say("countries/jp", "2011", "frameworkJoined", joined("eop"));
        example.say("countries/kr", "2010-05-01", "frameworkJoined", joined("patg"));
        example.say("countries/kr", "2014-05", "memberAdmitted", json!({ "alliance": "organisations/nato" }));
        example.say("frameworks/patg", "2020", "frameworkClosed", json!({}));
        example
    }

    /// What leaves the class open of a meeting on that date of Belgium and these.
    fn open(date: &str, countries: &[&str], complete: bool) -> Vec<String> {
        let mut example = example();
        let there = ["be"].iter().chain(countries).map(|id| json!({ "actor": format!("countries/{id}") }));
        let held = json!({
            "core": "CORE_MEMBERS",
            "delegations": there.collect::<Vec<_>>(),
            "namedIsComplete": complete,
        });
        example.say("meetings/m", date, "meetingHeld", held);
        meeting(&example.world, &name("meetings/m"), &Languages::default()).unwrap().open_because
    }

    const NOTHING: [&str; 0] = [];

    #[test]
    fn promise_1_a_date_that_is_not_exact_is_named_where_it_matters() {
        let own = ["meetings/m on 2010", "countries/kr in frameworks/patg from 2010-05-01 (events/13)"];
        assert_eq!(open("2010", &["kr"], true), own);
        assert_eq!(open("2012", &["kr"], false), NOTHING, "the list alone leaves it open");
    }

    #[test]
    fn promise_2_memberships_tenures_and_frameworks_are_named() {
        let joined = "countries/jp in frameworks/patg from 2011 (events/11)";
        assert_eq!(
            open("2011-05-01", &["jp", "kr"], true),
            [joined],
            "within or across; an overlay plays no part"
        );
        assert_eq!(open("2011-05-01", &["jp"], true), NOTHING, "within in any case");
        let admitted = "countries/kr a member from 2014-05 (events/14)";
        assert_eq!(open("2014-05-10", &["kr"], true), [admitted]);
        assert_eq!(open("2015-01-01", &["kr"], true), NOTHING, "members only");
        let closed = "frameworks/patg open no longer from 2020";
        assert_eq!(open("2020-05-01", &["jp"], true), NOTHING, "it was in the other for certain");
        assert_eq!(open("2020-05-01", &["jp"], false), [closed]);
    }
}
