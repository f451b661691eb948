//! Agreements whose term will soon be over (DOMAIN.md §9, read model 4).

use crate::domain::agreement::{AgreementTimeline, AmongOthers};
use crate::domain::time::{Day, Truth, When};
use crate::domain::{Collection, Name, World};

use super::agreements::{AgreementOnDay, agreement};
use super::{Languages, known, open_dates};

/// An agreement that stands and whose term will soon be over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiring {
    /// The agreement.
    pub agreement: AgreementOnDay,
    /// Whether it stands on the day and its term is over within so many days.
    pub truth: Truth,
    /// The dates that leave it open, where it is only possible.
    pub open_because: Vec<String>,
}

/// Where it stands in the list: by the earliest day on which the term may be over, then by name.
pub type Place = (Day, Name);

/// The agreements beyond `after` that stand on `t` and whose term is over `days` days later.
pub fn expiring<'a>(
    world: &'a dyn World,
    t: When,
    days: u32,
    languages: &'a Languages,
    partner: Option<&Name>,
    after: Option<&Place>,
) -> impl Iterator<Item = (Place, Expiring)> + use<'a> {
    let later = When { earliest: t.earliest.plus_days(days), latest: t.latest.plus_days(days) };
    let candidates = match partner {
        Some(partner) => world.referrers(partner, Collection::Agreements),
        None => world.names(Collection::Agreements),
    };
    let expires = |name: Name| {
        let stream = known(world, &name)?;
        let timeline = stream.timeline.agreement()?;
        let with_it = |partner: &Name| timeline.terms.as_ref().is_some_and(|terms| terms.partner == *partner);
        let over = timeline.term_over().filter(|_| partner.is_none_or(with_it))?;
        let soon = over.by(later);
        if soon.is_no() {
            return None;
        }
        let among = timeline.among(&name, world);
        let truth = among.stands(t).and(soon);
        let open_because = match truth {
            Truth::No => return None,
            Truth::Yes => Vec::new(),
            Truth::Possibly => open_because(timeline, &among, t, over, later),
        };
        Some(((over.earliest, name), truth, open_because))
    };
    let mut found: Vec<_> = candidates.into_iter().filter_map(expires).collect();
    found.retain(|(place, _, _)| after.is_none_or(|after| place > after));
    found.sort_by(|(a, _, _), (b, _, _)| a.cmp(b));
    found.into_iter().filter_map(move |(place, truth, open_because)| {
        let agreement = agreement(world, &place.1, t, languages)?;
        Some((place, Expiring { agreement, truth, open_because }))
    })
}

fn open_because(
    timeline: &AgreementTimeline,
    among: &AmongOthers<'_>,
    t: When,
    over: When,
    later: When,
) -> Vec<String> {
    let mut found = standing_open_because(timeline, among, t);
    if over.by(later) == Truth::Possibly {
        found.push(term_over(over));
    }
    open_dates::distinct(found)
}

/// The dates that leave it open whether an agreement stood on `t`.
pub(super) fn standing_open_because(
    timeline: &AgreementTimeline,
    among: &AmongOthers<'_>,
    t: When,
) -> Vec<String> {
    let is_open = |at: When| at.by(t) == Truth::Possibly;
    let mut found = Vec::new();
    if among.stands(t) != Truth::Possibly {
        return found;
    }
    if let Some(from) = timeline.stands_from().filter(|from| is_open(*from)) {
        found.push(format!("stands from {}", open_dates::text(from)));
    }
    for end in timeline.ends.iter().filter(|end| is_open(end.mark.at)) {
        found.push(format!("ended {} (events/{})", open_dates::text(end.mark.at), end.mark.event));
    }
    for (other, from) in among.superseded_by.iter().filter(|(_, from)| is_open(*from)) {
        found.push(format!("superseded by {other} from {}", open_dates::text(*from)));
    }
    found.extend(timeline.term_over().filter(|over| is_open(*over)).map(term_over));
    found
}

fn term_over(over: When) -> String {
    format!("term over {}", open_dates::text(over))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day, name};
    use super::*;

    fn example() -> Example {
        let mut example = Example::alliance();
        let opened = [
            ("a", "2012-03-19", "P2Y"),
            ("b", "2012-02", "P2Y"),
            ("c", "2012-01-01", ""),
            ("d", "2014-01-01", "P1M"),
        ];
        for (id, date, term) in opened {
            let opened = json!({
                "partner": if id == "d" { "countries/kr" } else { "countries/jp" },
                "kind": "AGREEMENT_KIND_SOFA",
                "titles": { "en": id },
                "step": "AGREEMENT_STEP_SIGNED",
                "term": term,
            });
            example.say(&format!("agreements/{id}"), date, "agreementOpened", opened);
        }
        example
    }

    fn within(t: &str, days: u32, partner: Option<&str>) -> Vec<String> {
        let (example, en) = (example(), Languages::default());
        let partner = partner.map(name);
        let found = expiring(&example.world, day(t), days, &en, partner.as_ref(), None);
        found
            .map(|((_, name), found)| {
                format!("{} {:?} {}", name.id(), found.truth, found.open_because.join("; "))
            })
            .collect()
    }

    #[test]
    fn what_stands_and_is_over_so_many_days_later_is_listed_the_first_to_end_first() {
        assert_eq!(within("2014-01-15", 17, None), ["b Possibly term over 2014-02", "d Yes "]);
        assert_eq!(within("2014-01-15", 90, None), ["b Yes ", "d Yes ", "a Yes "]);
        assert_eq!(within("2014-03-18", 1, None), ["a Yes "]);
        assert_eq!(within("2014-03-18", 0, None), [""; 0]);
        assert_eq!(within("2014-03-19", 30, None), [""; 0], "it no longer stands");
        assert_eq!(within("2014-01-15", 90, Some("countries/kr")), ["d Yes "]);
    }
}
