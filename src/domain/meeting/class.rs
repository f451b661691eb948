//! A meeting's class and label: derived from who was there and what they were that day, never stored (DOMAIN.md §8).

use std::fmt;
use std::sync::Arc;

use super::roll::Roll;
use super::{Core, MeetingTimeline};
use crate::domain::name::{Collection, Name};
use crate::domain::time::{Truth, When, one_holds};
use crate::domain::world::World;

/// The format of a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "documented in the schema")]
pub enum Class {
    Bilateral,
    BeyondFrameworks,
    OrganisationsOnly,
    MembersOnly,
    WithinFramework,
    AcrossFrameworks,
}

impl Class {
    /// Each of them, in the order in which they are tried.
    pub const ALL: [Class; 6] = [
        Class::Bilateral,
        Class::BeyondFrameworks,
        Class::OrganisationsOnly,
        Class::MembersOnly,
        Class::WithinFramework,
        Class::AcrossFrameworks,
    ];
}

/// What a meeting was, as far as the dates and the list decide it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// The class, or every one that is possible.
    pub classes: Vec<Class>,
    /// Members and externals.
    pub label: Label,
}

impl Format {
    /// The class where it is certain; else UNDETERMINED.
    pub fn class(&self) -> Option<Class> {
        if let [class] = self.classes[..] { Some(class) } else { None }
    }
}

/// Members and externals, such as `28+15`, `26–28+4` or `28+15 or more`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Members: at least, at most.
    pub members: (usize, usize),
    /// Externals: at least, at most.
    pub externals: (usize, usize),
    /// The list is known to be incomplete.
    pub or_more: bool,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = |f: &mut fmt::Formatter<'_>, (least, most): (usize, usize)| {
            write!(f, "{least}")?;
            if least == most { Ok(()) } else { write!(f, "–{most}") }
        };
        between(f, self.members)?;
        f.write_str("+")?;
        between(f, self.externals)?;
        if self.or_more { f.write_str(" or more") } else { Ok(()) }
    }
}

/// Derives what a meeting was from who attended.
pub fn format(world: &dyn World, meeting: &MeetingTimeline) -> Format {
    Judge::new(world).format(meeting)
}

impl MeetingTimeline {
    /// The list is known to be incomplete: it is said so, or fewer are named than declared.
    pub fn is_incomplete(&self) -> bool {
        self.particulars.as_ref().is_some_and(|particulars| {
            let named = particulars.delegations.len();
            let fewer = particulars.declared_total.is_some_and(|total| (total as usize) > named);
            particulars.named_is_complete == Some(false) || fewer
        })
    }
}

/// Whether the actor was external: a country that was not a member.
pub fn external(world: &dyn World, actor: &Name, day: When) -> Truth {
    if !actor.is_country() {
        return Truth::No;
    }
    let stream = world.stream(actor);
    stream.and_then(|s| s.timeline.actor().map(|timeline| timeline.member(day).not())).unwrap_or(Truth::Yes)
}

/// Judges meetings by who stood how on their days.
pub struct Judge(Arc<Roll>);

/// What is to be known of the countries that attended, the unnamed ones among them as one of which all is possible.
struct Guests {
    /// Of each whether it was external.
    external: Vec<Truth>,
    /// The first so many of them are named.
    named: usize,
    /// By framework: whether each external held it.
    each_holds: Vec<Truth>,
    each_holds_some: Truth,
    one_holds_none: Truth,
}

impl Guests {
    fn none(frameworks: usize) -> Guests {
        Guests {
            external: Vec::new(),
            named: 0,
            each_holds: vec![Truth::Yes; frameworks],
            each_holds_some: Truth::Yes,
            one_holds_none: Truth::No,
        }
    }

    /// One more; `holds` says of a framework whether it held it, its own membership left apart.
    fn add(&mut self, external: Truth, holds: impl Fn(usize) -> Truth) {
        let mut holds_some = Truth::No;
        for (i, each) in self.each_holds.iter_mut().enumerate() {
            let holds = holds(i);
            holds_some = holds_some.or(holds);
            *each = each.and(external.not().or(holds));
        }
        self.each_holds_some = self.each_holds_some.and(external.not().or(holds_some));
        self.one_holds_none = self.one_holds_none.or(external.and(holds_some.not()));
        self.external.push(external);
    }

    /// Exactly one is external; the unnamed guest, who stands for any number, may be it too.
    fn exactly_one_external(&self) -> Truth {
        Truth::any(self.external.iter().enumerate().map(|(i, external)| {
            let others = self.external.iter().enumerate().filter(|&(j, _)| j != i);
            external.and(Truth::all(others.map(|(_, other)| other.not())))
        }))
    }
}

impl Judge {
    /// Of the meetings of this world.
    pub fn new(world: &dyn World) -> Judge {
        Judge(world.roll())
    }

    /// What the meeting was, from who attended.
    pub fn format(&self, meeting: &MeetingTimeline) -> Format {
        let guests = self.guests(meeting);
        Format { label: self.label(meeting, &guests), classes: self.classes_with(meeting, &guests) }
    }

    /// Its class, or every one that is possible.
    pub fn classes(&self, meeting: &MeetingTimeline) -> Vec<Class> {
        self.classes_with(meeting, &self.guests(meeting))
    }

    /// It is open whether the country was a member that day or, where it may have been external, in which frameworks it was.
    pub fn is_open(&self, country: &Name, day: When) -> bool {
        let country = self.0.country(country);
        let frameworks = self.0.frameworks.iter().enumerate();
        match one_holds(&country.member, day) {
            Truth::Yes => false,
            Truth::Possibly => true,
            Truth::No => frameworks
                .map(|(i, life)| one_holds(country.joined(i), day).and(one_holds(life, day)))
                .any(|joined| joined == Truth::Possibly),
        }
    }

    fn classes_with(&self, meeting: &MeetingTimeline, guests: &Guests) -> Vec<Class> {
        first_that_holds(&truths(core(meeting), guests, self.organisation_attended(meeting)))
    }

    fn guests(&self, meeting: &MeetingTimeline) -> Guests {
        let day = meeting.day();
        let mut guests = Guests::none(self.0.frameworks.len());
        for delegation in meeting.attendees().filter(|delegation| delegation.actor.is_country()) {
            let country = self.0.country(&delegation.actor);
            guests.add(one_holds(&country.member, day).not(), |i| match one_holds(country.joined(i), day) {
                Truth::No => Truth::No,
                joined => joined.and(one_holds(&self.0.frameworks[i], day)),
            });
        }
        guests.named = guests.external.len();
        if meeting.is_incomplete() {
            guests.add(Truth::Possibly, |_| Truth::Possibly);
        }
        guests
    }

    fn label(&self, meeting: &MeetingTimeline, guests: &Guests) -> Label {
        let day = meeting.day();
        let members = match core(meeting) {
            Core::Members => self.0.members(day),
            Core::Unspecified | Core::Secretariat | Core::Nobody => (0, 0),
        };
        let externals = tally(guests.external[..guests.named].iter().copied());
        Label { members, externals, or_more: meeting.is_incomplete() }
    }

    fn organisation_attended(&self, meeting: &MeetingTimeline) -> Truth {
        let mut others = meeting.attendees().filter(|d| {
            d.actor.collection() == Collection::Organisations && self.0.alliance.as_ref() != Some(&d.actor)
        });
        if others.next().is_some() {
            Truth::Yes
        } else if meeting.is_incomplete() {
            Truth::Possibly
        } else {
            Truth::No
        }
    }
}

fn core(meeting: &MeetingTimeline) -> Core {
    meeting.particulars.as_ref().map_or(Core::Unspecified, |particulars| particulars.core)
}

fn truths(core: Core, guests: &Guests, others: Truth) -> [(Class, Truth); 6] {
    let secretariat = match core {
        Core::Secretariat => Truth::Yes,
        Core::Unspecified => Truth::Possibly,
        Core::Members | Core::Nobody => Truth::No,
    };
    let one_external = if secretariat.is_no() { Truth::No } else { guests.exactly_one_external() };
    let some_external = Truth::any(guests.external.iter().copied());
    let common = Truth::any(guests.each_holds.iter().copied());
    [
        (Class::Bilateral, secretariat.and(one_external)),
        (Class::BeyondFrameworks, guests.one_holds_none),
        (Class::OrganisationsOnly, some_external.not().and(others)),
        (Class::MembersOnly, some_external.not().and(others.not())),
        (Class::WithinFramework, some_external.and(common)),
        (Class::AcrossFrameworks, Truth::all([some_external, guests.each_holds_some, common.not()])),
    ]
}

/// The first that is YES while all before it are NO; else every one that is not NO up to the first that is YES.
fn first_that_holds(classes: &[(Class, Truth)]) -> Vec<Class> {
    let first_certain = classes.iter().position(|(_, truth)| truth.is_yes());
    let up_to = first_certain.map_or(classes, |i| &classes[..=i]);
    up_to.iter().filter(|(_, truth)| truth.may_be()).map(|(class, _)| *class).collect()
}

pub(super) fn tally(truths: impl Iterator<Item = Truth>) -> (usize, usize) {
    truths.fold((0, 0), |(least, most), truth| {
        (least + usize::from(truth.is_yes()), most + usize::from(truth.may_be()))
    })
}
