//! What was offered to whom, and who took part (DOMAIN.md §9, read model 7).

use crate::domain::activity::{Access, ActivityKind, ActivityTimeline, Offer, Participation};
use crate::domain::text::Shown;
use crate::domain::time::{Truth, Valid, When};
use crate::domain::{Collection, Name, Version, World};

use super::{Languages, known, names, referrers};

/// An activity on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityOnDay {
    /// Its resource name.
    pub name: Name,
    /// Of its stream.
    pub version: Version,
    /// Its title.
    pub shown: Option<Shown>,
    /// What is offered.
    pub offer: Offer,
    /// When it was withdrawn, as recorded; empty: it was not.
    pub withdrawn: String,
    /// Whether it was on offer.
    pub offered: Truth,
    /// Who took part, at any time, in order of time.
    pub participations: Vec<Participation>,
}

/// Which kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessAsked {
    /// To all partners.
    AllPartners,
    /// To those that hold one framework.
    Framework,
    /// To the actors that are listed.
    Listed,
}

/// Which activities; what is not set asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those of this kind.
    pub kind: Option<ActivityKind>,
    /// Only those in which this actor took part.
    pub participant: Option<Name>,
    /// Only those with this access.
    pub access: Option<AccessAsked>,
    /// Only those that certainly or possibly were on offer.
    pub offered: bool,
}

/// One activity on `t`; none if it is not known.
pub fn activity(world: &dyn World, name: &Name, t: When, languages: &Languages) -> Option<ActivityOnDay> {
    let stream = known(world, name)?;
    let timeline = stream.timeline.activity()?;
    let offer = timeline.offer.clone()?;
    Some(ActivityOnDay {
        name: name.clone(),
        version: stream.version(),
        shown: languages.text(&offer.titles),
        withdrawn: timeline.withdrawn.as_ref().map(Valid::text).unwrap_or_default(),
        offered: timeline.life.hold(t),
        participations: in_order_of_time(timeline),
        offer,
    })
}

/// The activities beyond `after`, in the order of their names.
pub fn activities<'a>(
    world: &'a dyn World,
    t: When,
    languages: &'a Languages,
    filter: &'a Filter,
    after: Option<&Name>,
) -> impl Iterator<Item = ActivityOnDay> + use<'a> {
    let candidates = match &filter.participant {
        Some(participant) => referrers(world, participant, Collection::Activities, after),
        None => names(world, Collection::Activities, after),
    };
    let found = candidates.into_iter().filter_map(move |name| activity(world, &name, t, languages));
    found.filter(|activity| passes(activity, filter))
}

fn passes(activity: &ActivityOnDay, filter: &Filter) -> bool {
    let access = match &activity.offer.access {
        Access::AllPartners => AccessAsked::AllPartners,
        Access::Framework(_) => AccessAsked::Framework,
        Access::Listed => AccessAsked::Listed,
    };
    let took_part = |actor: &Name| activity.participations.iter().any(|part| part.participant == *actor);
    filter.kind.is_none_or(|kind| activity.offer.kind == kind)
        && filter.participant.as_ref().is_none_or(took_part)
        && filter.access.is_none_or(|asked| access == asked)
        && (!filter.offered || activity.offered.may_be())
}

fn in_order_of_time(timeline: &ActivityTimeline) -> Vec<Participation> {
    let mut participations = timeline.participations.clone();
    participations.sort_by_key(|part| (part.valid.begin(), part.participant.clone(), part.event));
    participations
}
