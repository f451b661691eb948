//! The register of meetings: who met, when and in which format (DOMAIN.md §9, read model 5). A meeting is judged on its
//! own day, so no other day plays a part.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::meeting::class::{Class, Format, Judge};
use crate::domain::meeting::{Delegation, MeetingState, MeetingTimeline, Particulars};
use crate::domain::text::Shown;
use crate::domain::time::Truth;
use crate::domain::{Name, Stream, Version, World};

use super::{Count, Languages, known, open_class};

mod filter;

use self::filter::places;
pub use self::filter::{Filter, Place, Range, attended};
pub(super) use self::filter::{candidates, visit, visit_only};

/// A meeting, with what follows from what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeetingShown {
    stream: Arc<Stream>,
    /// Its title.
    pub shown: Option<Shown>,
    /// What kind of meeting it was; none until it is held.
    pub format: Option<Format>,
    /// The dates that leave its class open, where it is undetermined.
    pub open_because: Vec<String>,
    /// Who is named.
    pub named: Named,
    /// Whether it overlaps the time that was asked for.
    pub within: Truth,
}

impl MeetingShown {
    /// Its resource name.
    pub fn name(&self) -> &Name {
        &self.stream.name
    }

    /// Of its stream.
    pub fn version(&self) -> Version {
        self.stream.version()
    }

    /// When it takes or took place, who is invited, and each revision of the summary.
    pub fn timeline(&self) -> &MeetingTimeline {
        self.stream.timeline.meeting().expect("what is shown is a meeting")
    }

    /// How far it has come.
    pub fn state(&self) -> MeetingState {
        self.timeline().state.expect("what is shown has begun")
    }

    /// What is known of it.
    pub fn particulars(&self) -> &Particulars {
        self.timeline().particulars.as_ref().expect("what is shown has begun")
    }
}

/// How many delegations are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// Of countries.
    pub countries: usize,
    /// Of organisations.
    pub organisations: usize,
    /// Declared but not named; none where no total is declared.
    pub not_named: Option<usize>,
}

/// A class, or that it cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClassAsked {
    /// This one.
    Of(Class),
    /// Several are possible.
    Undetermined,
}

/// How many meetings were held, and of which classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub meetings: Count,
    /// By class, in their order, then those that are undetermined; what counts for nothing is left out.
    pub classes: BTreeMap<ClassAsked, Count>,
}

/// By the year of their first day.
pub type ByYear = BTreeMap<i16, Tally>;

impl Tally {
    /// So many more, of this class or of one of these.
    pub(super) fn add(&mut self, classes: &[Class], within: Truth, meetings: usize) {
        self.meetings = self.meetings.with_all(within, meetings);
        let mut count = |class: ClassAsked, truth: Truth| {
            let count = self.classes.entry(class).or_default();
            *count = count.with_all(within.and(truth), meetings);
        };
        if let [class] = classes {
            count(ClassAsked::Of(*class), Truth::Yes);
        } else {
            for &class in classes {
                count(ClassAsked::Of(class), Truth::Possibly);
            }
            count(ClassAsked::Undetermined, Truth::Yes);
        }
    }
}

/// How many meetings were held, per year of their first day, and over all years. What is asked of a class is left out of
/// account.
pub fn statistics(world: &dyn World, filter: &Filter) -> (ByYear, Tally) {
    let judge = Judge::new(world);
    let (mut years, mut all) = (ByYear::new(), Tally::default());
    visit(world, filter, |_, meeting| {
        let Some((year, classes)) = judged(&judge, meeting) else { return };
        let within = filter.range.has(meeting);
        years.entry(year).or_default().add(&classes, within, 1);
        all.add(&classes, within, 1);
    });
    (years, all)
}

/// The year in which a meeting began and what it was; none if it was not held, or nothing is known of when.
pub(super) fn judged(judge: &Judge, meeting: &MeetingTimeline) -> Option<(i16, Vec<Class>)> {
    let year = meeting.day().earliest.year().filter(|_| meeting.took_place())?;
    Some((year, judge.classes(meeting)))
}

/// One meeting; none if it is not known.
pub fn meeting(world: &dyn World, name: &Name, languages: &Languages) -> Option<MeetingShown> {
    let judge = Judge::new(world);
    let shown = show(known(world, name)?, &judge, languages, Range::ALWAYS)?;
    Some(explained(world, &judge, shown))
}

/// The meetings beyond `after`, in order of time.
pub fn meetings<'a>(
    world: &'a dyn World,
    languages: &'a Languages,
    filter: &'a Filter,
    after: Option<&Place>,
) -> impl Iterator<Item = (Place, MeetingShown)> + use<'a> {
    let judge = Judge::new(world);
    places(world, filter, after).filter_map(move |(place, stream)| {
        let meeting = show(stream, &judge, languages, filter.range)?;
        of_class(&meeting, filter.class).then(|| (place, explained(world, &judge, meeting)))
    })
}

/// With the dates that leave its class open, which are looked for only where it is undetermined.
fn explained(world: &dyn World, judge: &Judge, mut meeting: MeetingShown) -> MeetingShown {
    meeting.open_because = open_class::class(world, judge, &meeting);
    meeting
}

fn of_class(meeting: &MeetingShown, asked: Option<ClassAsked>) -> bool {
    let Some(asked) = asked else { return true };
    meeting.format.as_ref().is_some_and(|format| match asked {
        ClassAsked::Of(class) => format.classes.contains(&class),
        ClassAsked::Undetermined => format.class().is_none(),
    })
}

fn show(stream: Arc<Stream>, judge: &Judge, languages: &Languages, range: Range) -> Option<MeetingShown> {
    let timeline = stream.timeline.meeting()?;
    let (state, particulars) = (timeline.state?, timeline.particulars.as_ref()?);
    Some(MeetingShown {
        shown: languages.text(&particulars.titles),
        format: state.took_place().then(|| judge.format(timeline)),
        open_because: Vec::new(),
        named: named(timeline, state, particulars),
        within: range.has(timeline),
        stream,
    })
}

/// Those that were there once it is held; until then those that are invited.
fn named(timeline: &MeetingTimeline, state: MeetingState, particulars: &Particulars) -> Named {
    let (all, countries) = if state.took_place() {
        counted(particulars.delegations.iter())
    } else {
        counted(timeline.invitations.iter().map(|invitation| &invitation.delegation))
    };
    let declared = particulars.declared_total.map(|total| total as usize);
    let not_named = declared.map(|total| total.saturating_sub(all));
    Named { countries, organisations: all - countries, not_named }
}

/// How many, and of countries.
fn counted<'a>(delegations: impl Iterator<Item = &'a Delegation>) -> (usize, usize) {
    delegations.fold((0, 0), |(all, countries), delegation| {
        (all + 1, countries + usize::from(delegation.actor.is_country()))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::example::{Example, day, name, short};
    use super::*;

    fn meet(core: &str, delegations: &[(&str, &str)]) -> Value {
        let one = |(actor, attendance): &(&str, &str)| json!({ "actor": actor, "attendance": format!("ATTENDANCE_{attendance}") });
        json!({
            "titles": { "en": "a meeting" },
            "topics": ["cyber"],
            "venue": { "city": "Seoul", "country": "countries/kr" },
            "core": core,
            "delegations": delegations.iter().map(one).collect::<Vec<_>>(),
            "namedIsComplete": true,
        })
    }

    fn example() -> Example {
        let mut example = Example::alliance();
        example.say(
            "countries/jp",
            "2010-01-01",
            "frameworkJoined",
            json!({ "framework": "frameworks/patg" }),
        );
        let japan = &[("countries/jp", "ATTENDED"), ("organisations/eu", "ATTENDED")];
        example.say("meetings/b", "2011-09-15..2011-09-17", "meetingHeld", meet("CORE_MEMBERS", japan));
        example.say(
            "meetings/a",
            "2011-09",
            "meetingHeld",
            meet("CORE_MEMBERS", &[("countries/kr", "ABSENT")]),
        );
        let planned = meet("CORE_SECRETARIAT", &[("countries/jp", "UNSPECIFIED")]);
        example.say("meetings/c", "2027", "meetingPlanned", planned);
        example.say("meetings/d", "2010-01-01", "meetingPlanned", meet("CORE_SECRETARIAT", &[]));
        example.say("meetings/d", "", "meetingCancelled", json!({}));
        example
    }

    fn ids(example: &Example, filter: &Filter) -> Vec<String> {
        let en = Languages::default();
        let found = meetings(&example.world, &en, filter, None);
        short(found.map(|(_, meeting)| (meeting.name().clone(), meeting.within)))
    }

    #[test]
    fn they_come_in_order_of_time_and_go_on_after_a_place() {
        let (example, en, all) = (example(), Languages::default(), Filter::default());
        assert_eq!(ids(&example, &all), ["d YES", "a YES", "b YES", "c YES"]);
        let (first, _) = meetings(&example.world, &en, &all, None).nth(1).unwrap();
        let rest = meetings(&example.world, &en, &all, Some(&first));
        assert_eq!(rest.map(|(place, _)| place.1.id().to_owned()).collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn one_that_is_retracted_is_not_known() {
        let mut example = example();
        let held = meet("CORE_MEMBERS", &[("countries/jp", "ATTENDED")]);
        let slip = example.say("meetings/e", "2011-09-15", "meetingHeld", held);
        assert_eq!(ids(&example, &Filter::default()).len(), 5);
        example.retract("meetings/e", slip);
        assert_eq!(ids(&example, &Filter::default()), ["d YES", "a YES", "b YES", "c YES"]);
        assert_eq!(meeting(&example.world, &name("meetings/e"), &Languages::default()), None);
    }

    #[test]
    fn a_range_has_its_last_day_and_what_may_overlap_it() {
        let example = example();
        let within = |from: &str, to: &str| {
            let range = Range::new(Some(day(from)), Some(day(to)));
            ids(&example, &Filter { range, ..Filter::default() })
        };
        assert_eq!(within("2011-09", "2011-09"), ["a YES", "b YES"]);
        assert_eq!(within("2011-09-17", "2011-09-20"), ["a POSSIBLY", "b YES"]);
        assert_eq!(within("2011-09-18", "2011-09-20"), ["a POSSIBLY"]);
        assert_eq!(within("2011-10", "2012"), [""; 0]);
        let range = Range::new(Some(day("2012")), None);
        assert_eq!(ids(&example, &Filter { range, ..Filter::default() }), ["c YES"]);
    }

    #[test]
    fn filters_ask_topic_attendee_class_and_state() {
        let example = example();
        let found = |filter: Filter| ids(&example, &filter);
        let topic = |topic: &str| Filter { topic: Some(topic.into()), ..Filter::default() };
        assert_eq!((found(topic("cyber")).len(), found(topic("cyb")).len()), (4, 0));
        let of = |actor: &str| Filter { attendees: vec![name(actor)], ..Filter::default() };
        assert_eq!(found(of("countries/jp")), ["b YES"], "who is invited was not there");
        assert_eq!(
            found(of("countries/kr")),
            [""; 0],
            "neither the absent nor the venue's country was there"
        );
        let with = |actor: &str| Filter { actor: Some(name(actor)), ..Filter::default() };
        assert_eq!(
            found(with("countries/jp")),
            ["b YES", "c YES"],
            "who is invited has a part until it is held"
        );
        assert_eq!(found(with("countries/kr")), [""; 0]);
        let class = |class| Filter { class: Some(class), ..Filter::default() };
        assert_eq!(found(class(ClassAsked::Of(Class::WithinFramework))), ["b YES"]);
        assert_eq!(found(class(ClassAsked::Of(Class::MembersOnly))), ["a YES"]);
        assert_eq!(found(class(ClassAsked::Undetermined)), [""; 0]);
        let state = Some(MeetingState::Cancelled);
        assert_eq!(found(Filter { state, ..Filter::default() }), ["d YES"]);
    }

    #[test]
    fn a_venue_is_found_by_its_town_house_and_country() {
        let mut example = example();
        let mut seat = meet("CORE_SECRETARIAT", &[]);
        seat["venue"] = json!({ "name": "Siège", "city": "Brussels", "country": "countries/be" });
        example.say("meetings/e", "2012", "meetingHeld", seat);
        let found = |venue: &str, country: &str| {
            let venue = Some(venue.to_owned()).filter(|venue| !venue.is_empty());
            let venue_country = (!country.is_empty()).then(|| name(country));
            ids(&example, &Filter { venue, venue_country, ..Filter::default() })
        };
        assert_eq!(found("brussels", ""), ["e YES"]);
        assert_eq!(found("SIEGE", ""), ["e YES"]);
        assert_eq!(found("siege", "countries/kr"), [""; 0]);
        assert_eq!(found("brus", ""), [""; 0], "it is a name, not a search");
        assert_eq!(found("", "countries/kr"), ["d YES", "a YES", "b YES", "c YES"]);
    }

    #[test]
    fn what_may_have_been_of_a_class_is_found_by_it() {
        let mut example = example();
        example.say("countries/kr", "2013", "frameworkJoined", json!({ "framework": "frameworks/patg" }));
        let korea = meet("CORE_MEMBERS", &[("countries/kr", "ATTENDED")]);
        example.say("meetings/e", "2013-05-02", "meetingHeld", korea);
        let found = |class| ids(&example, &Filter { class: Some(class), ..Filter::default() });
        assert_eq!(found(ClassAsked::Of(Class::WithinFramework)), ["b YES", "e YES"]);
        assert_eq!(found(ClassAsked::Of(Class::BeyondFrameworks)), ["e YES"]);
        assert_eq!(found(ClassAsked::Undetermined), ["e YES"]);
        let (_, all) = statistics(&example.world, &Filter::default());
        let within = all.classes[&ClassAsked::Of(Class::WithinFramework)];
        assert_eq!(
            within,
            Count { certain: 1, possible: 1 },
            "those that are counted are those that are listed"
        );
    }

    #[test]
    fn statistics_count_what_was_held_by_the_year_of_its_first_day() {
        let example = example();
        let (years, all) = statistics(&example.world, &Filter::default());
        assert_eq!(years.keys().copied().collect::<Vec<_>>(), [2011]);
        assert_eq!(years[&2011], all, "only what was held counts");
        assert_eq!(all.meetings, Count { certain: 2, possible: 0 });
        let certain = Count { certain: 1, possible: 0 };
        let class = |class| (ClassAsked::Of(class), certain);
        let expected = [class(Class::MembersOnly), class(Class::WithinFramework)];
        assert_eq!(all.classes, BTreeMap::from(expected));
        let range = Range::new(Some(day("2011-09-18")), Some(day("2011-09-20")));
        let (_, some) = statistics(&example.world, &Filter { range, ..Filter::default() });
        assert_eq!(some.meetings, Count { certain: 0, possible: 1 }, "some day of the month");
        assert_eq!(some.classes[&ClassAsked::Of(Class::MembersOnly)], Count { certain: 0, possible: 1 });
    }

    #[test]
    fn who_is_named_are_the_delegations_once_held_and_the_invited_before() {
        let (example, en) = (example(), Languages::default());
        let one = |id: &str| meeting(&example.world, &name(id), &en).unwrap();
        assert_eq!(one("meetings/b").named, Named { countries: 1, organisations: 1, not_named: None });
        assert_eq!(one("meetings/c").named, Named { countries: 1, organisations: 0, not_named: None });
        assert_eq!(one("meetings/b").format.unwrap().label.to_string(), "1+1");
        assert_eq!((one("meetings/c").format, one("meetings/d").format), (None, None));
    }
}
