//! The register of agreements: how each stood on a day (DOMAIN.md §9, read model 4).

use std::collections::BTreeSet;

use crate::domain::agreement::{AgreementKind, AgreementStatus, AgreementTimeline, EndReason, Step, Terms};
use crate::domain::text::Shown;
use crate::domain::time::{Truth, When};
use crate::domain::{Collection, Name, Version, World};

use super::{Languages, known, names, open_dates, referrers};

/// An agreement on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementOnDay {
    /// Its resource name.
    pub name: Name,
    /// Of its stream.
    pub version: Version,
    /// What it consists of.
    pub terms: Terms,
    /// Its title.
    pub shown: Option<Shown>,
    /// Each step with its date, in order.
    pub steps: Vec<(Step, String)>,
    /// Every status that is possible; the certain one alone where there is one.
    pub statuses: Vec<AgreementStatus>,
    /// Whether it stood, suspended or not.
    pub stands: Truth,
    /// How and when it was ended.
    pub ended: Option<(EndReason, String)>,
    /// Those that supersede it, in the order of their names.
    pub superseded_by: Vec<Name>,
    /// The first day on which it no longer stands by its term; empty: it has none.
    pub term_over: String,
}

/// Which agreements; what is not set asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those with this partner.
    pub partner: Option<Name>,
    /// Only those of this kind.
    pub kind: Option<AgreementKind>,
    /// Only those whose status this certainly or possibly was.
    pub status: Option<AgreementStatus>,
    /// Only those that certainly or possibly stood.
    pub standing: bool,
}

/// One agreement on `t`; none if it is not known.
pub fn agreement(world: &dyn World, name: &Name, t: When, languages: &Languages) -> Option<AgreementOnDay> {
    let stream = known(world, name)?;
    let timeline = stream.timeline.agreement()?;
    let terms = timeline.terms.clone()?;
    let among = timeline.among(name, world);
    let mut superseded_by: Vec<Name> = among.superseded_by.iter().map(|(other, _)| other.clone()).collect();
    superseded_by.sort();
    Some(AgreementOnDay {
        name: name.clone(),
        version: stream.version(),
        shown: languages.text(&terms.titles),
        steps: steps(timeline),
        statuses: among.statuses(t),
        stands: among.stands(t),
        ended: ended(timeline),
        superseded_by,
        term_over: timeline.term_over().map(open_dates::text).unwrap_or_default(),
        terms,
    })
}

/// What it supersedes, what that supersedes and so on, itself, and what superseded it, the first of them first; none where
/// it stands alone.
pub fn chain(world: &dyn World, one: &AgreementOnDay, t: When, languages: &Languages) -> Vec<AgreementOnDay> {
    let mut seen = BTreeSet::from([one.name.clone()]);
    let mut found =
        |name: &Name| seen.insert(name.clone()).then(|| agreement(world, name, t, languages)).flatten();
    let mut before: Vec<AgreementOnDay> = Vec::new();
    while let Some(name) = before.last().unwrap_or(one).terms.supersedes.clone()
        && let Some(superseded) = found(&name)
    {
        before.push(superseded);
    }
    let mut after: Vec<AgreementOnDay> = Vec::new();
    let mut next = 0;
    let mut last = one;
    loop {
        let superseding: Vec<_> = last.superseded_by.iter().filter_map(&mut found).collect();
        after.extend(superseding);
        let Some(it) = after.get(next) else { break };
        (last, next) = (it, next + 1);
    }
    if before.is_empty() && after.is_empty() {
        return Vec::new();
    }
    before.into_iter().rev().chain([one.clone()]).chain(after).collect()
}

/// The agreements beyond `after`, in the order of their names.
pub fn agreements<'a>(
    world: &'a dyn World,
    t: When,
    languages: &'a Languages,
    filter: &'a Filter,
    after: Option<&Name>,
) -> impl Iterator<Item = AgreementOnDay> + use<'a> {
    let candidates = match &filter.partner {
        Some(partner) => referrers(world, partner, Collection::Agreements, after),
        None => names(world, Collection::Agreements, after),
    };
    let found = candidates.into_iter().filter_map(move |name| agreement(world, &name, t, languages));
    found.filter(|agreement| passes(agreement, filter))
}

fn passes(agreement: &AgreementOnDay, filter: &Filter) -> bool {
    filter.partner.as_ref().is_none_or(|partner| agreement.terms.partner == *partner)
        && filter.kind.is_none_or(|kind| agreement.terms.kind == kind)
        && filter.status.is_none_or(|status| agreement.statuses.contains(&status))
        && (!filter.standing || agreement.stands.may_be())
}

fn steps(timeline: &AgreementTimeline) -> Vec<(Step, String)> {
    let mut steps: Vec<_> = timeline.steps.iter().collect();
    steps.sort_by_key(|step| (step.step, step.mark.at, step.mark.event));
    steps.into_iter().map(|step| (step.step, step.valid.text())).collect()
}

fn ended(timeline: &AgreementTimeline) -> Option<(EndReason, String)> {
    let first = timeline.ends.iter().min_by_key(|end| (end.mark.at, end.mark.event))?;
    Some((first.reason, first.valid.text()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day, name, short};
    use super::*;

    fn example() -> Example {
        let mut example = Example::alliance();
        let open = |kind: &str, step: &str, term: &str, supersedes: &str| {
            json!({
                "partner": "countries/jp",
                "kind": kind,
                "titles": { "en": "text" },
                "step": step,
                "term": term,
                "supersedes": supersedes,
            })
        };
        let (sofa, declaration) = ("AGREEMENT_KIND_SOFA", "AGREEMENT_KIND_JOINT_DECLARATION");
        let (talks, signed) = ("AGREEMENT_STEP_NEGOTIATING", "AGREEMENT_STEP_SIGNED");
        example.say("agreements/a", "2010", "agreementOpened", open(sofa, talks, "", ""));
        example.say("agreements/a", "2011-05-01", "agreementAdvanced", json!({ "step": signed }));
        example.say("agreements/b", "2012", "agreementOpened", open(declaration, signed, "P2Y", ""));
        example.say(
            "agreements/c",
            "2013-05",
            "agreementOpened",
            open(declaration, signed, "", "agreements/b"),
        );
        let ended = json!({ "reason": "AGREEMENT_END_COMPLETED" });
        example.say("agreements/a", "2015-01-01", "agreementEnded", ended);
        example
    }

    #[test]
    fn what_may_have_stood_is_listed() {
        let (example, en) = (example(), Languages::default());
        let standing = Filter { standing: true, ..Filter::default() };
        let on = |t: &str| {
            short(agreements(&example.world, day(t), &en, &standing, None).map(|a| (a.name, a.stands)))
        };
        assert_eq!(on("2010-06-01"), [""; 0]);
        assert_eq!(on("2012-06-01"), ["a YES", "b POSSIBLY"]);
        assert_eq!(on("2013-05-10"), ["a YES", "b POSSIBLY", "c POSSIBLY"]);
        assert_eq!(on("2015-01-01"), ["c YES"]);
    }

    #[test]
    fn filters_ask_partner_kind_and_status() {
        let (example, en) = (example(), Languages::default());
        let ids = |filter: &Filter| {
            let found = agreements(&example.world, day("2013-05-10"), &en, filter, None);
            found.map(|agreement| agreement.name.id().to_owned()).collect::<Vec<_>>()
        };
        let of = |partner: &str| Filter { partner: Some(name(partner)), ..Filter::default() };
        assert_eq!(ids(&of("countries/jp")), ["a", "b", "c"]);
        assert_eq!(ids(&of("countries/kr")), [""; 0]);
        let kind = Some(AgreementKind::Sofa);
        assert_eq!(ids(&Filter { kind, ..Filter::default() }), ["a"]);
        let status = Some(AgreementStatus::Superseded);
        assert_eq!(ids(&Filter { status, ..Filter::default() }), ["b"]);
    }

    #[test]
    fn one_is_shown_with_its_dates() {
        let (example, en) = (example(), Languages::default());
        let one = |id: &str| agreement(&example.world, &name(id), day("2016"), &en).unwrap();
        let first = one("agreements/a");
        let steps: Vec<_> = first.steps.iter().map(|(step, date)| (*step, date.as_str())).collect();
        assert_eq!(steps, [(Step::Negotiating, "2010"), (Step::Signed, "2011-05-01")]);
        assert_eq!(first.ended, Some((EndReason::Completed, "2015-01-01".into())));
        let second = one("agreements/b");
        assert_eq!((second.superseded_by, second.term_over.as_str()), (vec![name("agreements/c")], "2014"));
    }

    #[test]
    fn a_chain_is_the_same_from_each_of_its_ends() {
        let mut example = example();
        let next = json!({
            "partner": "countries/jp",
            "kind": "AGREEMENT_KIND_JOINT_DECLARATION",
            "titles": { "en": "text" },
            "step": "AGREEMENT_STEP_SIGNED",
            "supersedes": "agreements/c",
        });
        example.say("agreements/d", "2017", "agreementOpened", next.clone());
        example.say("agreements/e", "2018", "agreementOpened", next);
        let (t, en) = (day("2020"), Languages::default());
        let of = |id: &str| {
            let one = agreement(&example.world, &name(id), t, &en).unwrap();
            let found = chain(&example.world, &one, t, &en).into_iter();
            found.map(|agreement| agreement.name.id().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of("agreements/a"), [""; 0], "it stands alone");
        assert_eq!(of("agreements/b"), ["b", "c", "d", "e"]);
        assert_eq!(of("agreements/c"), ["b", "c", "d", "e"]);
        assert_eq!(
            of("agreements/d"),
            ["b", "c", "d"],
            "what supersedes its predecessor, too, is not its own"
        );
    }
}
