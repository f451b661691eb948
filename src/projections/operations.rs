//! Operations and single contributions to them (DOMAIN.md §9, read model 6).

use crate::domain::contribution::{Form, Terms};
use crate::domain::text::Shown;
use crate::domain::time::{Truth, Valid, When};
use crate::domain::{Collection, Name, Version, World};

use super::{Languages, known, names, open_contribution, referrers};

/// An operation on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationOnDay {
    /// Its resource name.
    pub name: Name,
    /// Of its stream.
    pub version: Version,
    /// Its name.
    pub shown: Option<Shown>,
    /// The actor that leads it.
    pub lead: Option<Name>,
    /// When it was launched, as recorded.
    pub launched: String,
    /// When it ended, as recorded apart, else its last day; empty: it has not.
    pub ended: String,
    /// Whether it was active.
    pub active: Truth,
}

/// One operation on `t`; none if it is not known.
pub fn operation(world: &dyn World, name: &Name, t: When, languages: &Languages) -> Option<OperationOnDay> {
    let stream = known(world, name)?;
    let timeline = stream.timeline.operation()?;
    let Valid { from, to } = &timeline.launched;
    let last_day = to.as_ref().map(ToString::to_string);
    Some(OperationOnDay {
        name: name.clone(),
        version: stream.version(),
        shown: languages.text(&timeline.names),
        lead: timeline.lead.clone(),
        launched: from.as_ref().map(ToString::to_string).unwrap_or_default(),
        ended: timeline.ended.as_ref().map(Valid::text).or(last_day).unwrap_or_default(),
        active: timeline.life.hold(t),
    })
}

/// The operations beyond `after`, in the order of their names; `active`: only those that certainly or possibly were.
pub fn operations<'a>(
    world: &'a dyn World,
    t: When,
    languages: &'a Languages,
    active: bool,
    after: Option<&Name>,
) -> impl Iterator<Item = OperationOnDay> + use<'a> {
    let all = names(world, Collection::Operations, after);
    all.filter_map(move |name| operation(world, &name, t, languages))
        .filter(move |operation| !active || operation.active.may_be())
}

/// A contribution on a day, or at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContributionOnDay {
    /// Its resource name.
    pub name: Name,
    /// Of its stream.
    pub version: Version,
    /// What it consists of.
    pub terms: Terms,
    /// When it was accepted, as recorded; empty: not recorded.
    pub accepted: String,
    /// When it ended, as recorded apart; empty: not recorded.
    pub ended: String,
    /// Whether it was made.
    pub active: Truth,
    /// The dates that leave it open, where it is only possible.
    pub open_because: Vec<String>,
}

/// Which contributions; what is not set asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct ContributionFilter {
    /// Only those to this operation.
    pub operation: Option<Name>,
    /// Only those of this actor.
    pub contributor: Option<Name>,
    /// Only those of this form.
    pub form: Option<Form>,
    /// Only those that certainly or possibly were made.
    pub active: bool,
}

/// One contribution on `t`, or without a day at any time; none if it is not known.
pub fn contribution(world: &dyn World, name: &Name, t: Option<When>) -> Option<ContributionOnDay> {
    let stream = known(world, name)?;
    let timeline = stream.timeline.contribution()?;
    let active = t.map_or_else(|| timeline.ever_held(world), |t| timeline.holds(world, t));
    let text = |valid: &Option<Valid>| valid.as_ref().map(Valid::text).unwrap_or_default();
    Some(ContributionOnDay {
        name: name.clone(),
        version: stream.version(),
        terms: timeline.terms.clone()?,
        accepted: text(&timeline.accepted),
        ended: text(&timeline.ended),
        active,
        open_because: open_contribution::contribution(world, name, timeline, t, active),
    })
}

/// The contributions beyond `after`, in the order of their names.
pub fn contributions<'a>(
    world: &'a dyn World,
    t: When,
    filter: &'a ContributionFilter,
    after: Option<&Name>,
) -> impl Iterator<Item = ContributionOnDay> + use<'a> {
    let of = |named: &Name| referrers(world, named, Collection::Contributions, after);
    let candidates = match (&filter.operation, &filter.contributor) {
        (_, Some(contributor)) => of(contributor),
        (Some(operation), None) => of(operation),
        (None, None) => names(world, Collection::Contributions, after),
    };
    let found = candidates.into_iter().filter_map(move |name| contribution(world, &name, Some(t)));
    found.filter(|contribution| passes(contribution, filter))
}

fn passes(contribution: &ContributionOnDay, filter: &ContributionFilter) -> bool {
    let terms = &contribution.terms;
    filter.operation.as_ref().is_none_or(|operation| terms.operation == *operation)
        && filter.contributor.as_ref().is_none_or(|contributor| terms.contributor == *contributor)
        && filter.form.is_none_or(|form| terms.form == form)
        && (!filter.active || contribution.active.may_be())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::example::{Example, day, name, short};
    use super::*;

    #[test]
    fn operations_and_contributions_are_filtered_by_day() {
        let mut example = Example::alliance();
        let launched = json!({ "names": { "en": "x" }, "lead": "organisations/nato" });
        example.say("operations/a", "2003..2005-06", "operationLaunched", launched.clone());
        example.say("operations/b", "2010-01-01", "operationLaunched", launched);
        example.say("operations/b", "2012-01-01", "operationEnded", json!({}));
        for (id, actor, operation, form, date) in [
            ("x", "jp", "a", "FINANCIAL", "2004-01-01"),
            ("y", "jp", "b", "TROOPS", "2010"),
            ("z", "kr", "b", "NAVAL", "2011-01-01"),
        ] {
            let recorded = json!({
                "contributor": format!("countries/{actor}"),
                "operation": format!("operations/{operation}"),
                "form": format!("CONTRIBUTION_FORM_{form}"),
            });
            example.say(&format!("contributions/{id}"), date, "contributionRecorded", recorded);
        }
        let (world, en) = (&example.world, Languages::default());
        let active = |t: &str| short(operations(world, day(t), &en, true, None).map(|o| (o.name, o.active)));
        assert_eq!(active("2005-06-10"), ["a POSSIBLY"]);
        assert_eq!(active("2011"), ["b YES"]);
        assert_eq!(active("2012-01-01"), [""; 0]);
        let shown = |id: &str| operation(world, &name(id), day("2011"), &en).unwrap();
        let dates = |operation: OperationOnDay| (operation.launched, operation.ended);
        assert_eq!(dates(shown("operations/a")), ("2003".into(), "2005-06".into()));
        assert_eq!(dates(shown("operations/b")), ("2010-01-01".into(), "2012-01-01".into()));
        let made = |t: &str, filter: &ContributionFilter| {
            short(contributions(world, day(t), filter, None).map(|c| (c.name, c.active)))
        };
        let active = ContributionFilter { active: true, ..ContributionFilter::default() };
        assert_eq!(made("2010-06-01", &active), ["y POSSIBLY"]);
        assert_eq!(made("2011-06-01", &active), ["y YES", "z YES"]);
        let of =
            ContributionFilter { contributor: Some(name("countries/jp")), ..ContributionFilter::default() };
        assert_eq!(made("2006-01-01", &of), ["x NO", "y NO"]);
        let of = ContributionFilter { operation: Some(name("operations/b")), form: Some(Form::Naval), ..of };
        assert_eq!(made("2011-06-01", &of), [""; 0]);
    }
}
