//! Why it is open whether a contribution was made: its own dates and those of its operation.
//!
//! 1. On a day: what was seen once is open on every other day, by the date on which it was seen.
//! 2. At any time: the dates of which it is open whether one comes after the other.

use crate::domain::contribution::{ContributionTimeline, Terms};
use crate::domain::time::{Mark, Spell, Spells, Truth, When};
use crate::domain::{Name, World};

use super::open_dates::{self, distinct};

/// The dates that leave it open whether the contribution was made on `t`, or without a day at any time; `made` says
/// whether it was.
pub(super) fn contribution(
    world: &dyn World,
    name: &Name,
    timeline: &ContributionTimeline,
    t: Option<When>,
    made: Truth,
) -> Vec<String> {
    let Some(terms) = timeline.terms.as_ref().filter(|_| made == Truth::Possibly) else { return Vec::new() };
    let stream = world.stream(&terms.operation);
    let Some(operation) = stream.as_ref().and_then(|stream| stream.timeline.operation()) else {
        return Vec::new();
    };
    let open = Open { name, terms, active: format!("{} active", terms.operation), life: &operation.life };
    distinct(timeline.life.spells().flat_map(|(mark, spell)| match t {
        Some(t) => open.on(mark, &spell, t),
        None if terms.observed => open.on(mark, &spell, spell.begin),
        None => open.ever(mark, &spell),
    }))
}

struct Open<'a> {
    name: &'a Name,
    terms: &'a Terms,
    /// What is said of the operation.
    active: String,
    /// The operation's.
    life: &'a Spells,
}

impl Open<'_> {
    fn on(&self, mark: Mark, spell: &Spell, t: When) -> Vec<String> {
        let made = format!("{} made", self.name);
        let mut found = if self.terms.observed {
            let seen = (spell.begin.same_day(t) != Truth::Yes).then(|| self.seen(mark, spell));
            let until = Spell { begin: When::EVER, end: spell.end };
            seen.into_iter().chain(open_dates::of_spell(mark, &until, &made, t)).collect()
        } else {
            open_dates::of_spell(mark, spell, &made, t)
        };
        found.extend(open_dates::of(self.life, &self.active, t));
        found
    }

    fn seen(&self, mark: Mark, spell: &Spell) -> String {
        format!("{} seen {} (events/{})", self.name, open_dates::text(spell.begin), mark.event)
    }

    fn ever(&self, mark: Mark, spell: &Spell) -> Vec<String> {
        let made = format!("{} made", self.name);
        let mut found = Vec::new();
        for (active, life) in self.life.spells().filter(|(_, life)| spell.overlaps(life) == Truth::Possibly) {
            let both = [(&made, mark, *spell), (&self.active, active, life)];
            for (begins, begin, begun) in both {
                for (ends, end, ended) in
                    both.iter().filter(|(_, _, it)| it.end.after(begun.begin) == Truth::Possibly)
                {
                    found.extend(open_dates::inexact_begin(begin, begun.begin, begins));
                    found.extend(open_dates::inexact_end(*end, ended.end, ends));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day, name};
    use super::*;

    /// An operation from some day of 2010 to some day of 2014; contributions to it.
    fn example() -> Example {
        let mut example = Example::alliance();
        example.say("operations/a", "2010", "operationLaunched", json!({ "names": { "en": "x" } }));
        example.say("operations/a", "2014", "operationEnded", json!({}));
        for (id, date, observed) in [
            ("made", "2011-05", false),
            ("seen", "2012-03", true),
            ("late", "2014-06-01", false),
            ("last", "2014", true),
        ] {
            let recorded = json!({
                "contributor": "countries/jp",
                "operation": "operations/a",
                "form": "CONTRIBUTION_FORM_NAVAL",
                "observed": observed,
            });
            example.say(&format!("contributions/{id}"), date, "contributionRecorded", recorded);
        }
        example.say("contributions/made", "2013-02", "contributionEnded", json!({}));
        example.say("contributions/seen", "2013-07", "contributionEnded", json!({}));
        example
    }

    fn open(id: &str, t: Option<&str>) -> Vec<String> {
        let (world, name) = (&example().world, name(&format!("contributions/{id}")));
        let stream = world.stream(&name).unwrap();
        let (timeline, t) = (stream.timeline.contribution().unwrap(), t.map(day));
        let made = t.map_or_else(|| timeline.ever_held(world), |t| timeline.holds(world, t));
        contribution(world, &name, timeline, t, made)
    }

    #[test]
    fn promise_1_on_a_day_its_own_dates_and_the_operations_are_named() {
        let nothing: [&str; 0] = [];
        assert_eq!(open("made", Some("2011-05-10")), ["contributions/made made from 2011-05 (events/12)"]);
        assert_eq!(open("made", Some("2012")), nothing, "certain");
        assert_eq!(open("made", Some("2013-02-10")), ["contributions/made made no longer from 2013-02"]);
        let seen = "contributions/seen seen 2012-03 (events/13)";
        assert_eq!(open("seen", Some("2012-01-01")), [seen]);
        assert_eq!(open("seen", Some("2010-02-01")), [seen, "operations/a active from 2010 (events/10)"]);
        assert_eq!(
            open("seen", Some("2013-07-10")),
            [seen, "contributions/seen made no longer from 2013-07"]
        );
        assert_eq!(open("late", Some("2014-06-02")), ["operations/a active no longer from 2014"]);
        assert_eq!(open("late", Some("2015-01-01")), nothing, "certainly over");
    }

    #[test]
    fn promise_2_at_any_time_the_dates_that_meet_are_named() {
        let nothing: [&str; 0] = [];
        assert_eq!(open("made", None), nothing, "certain");
        assert_eq!(open("seen", None), nothing);
        assert_eq!(open("late", None), ["operations/a active no longer from 2014"]);
        let last = ["contributions/last seen 2014 (events/15)", "operations/a active no longer from 2014"];
        assert_eq!(open("last", None), last);
    }
}
