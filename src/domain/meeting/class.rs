//! A meeting's class and label: derived from who was there and what they were that day, never stored (DOMAIN.md §8).

use std::fmt;

use super::{Core, MeetingTimeline};
use crate::domain::actor::ActorTimeline;
use crate::domain::name::{Collection, Name};
use crate::domain::time::{Truth, When};
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
        let range = |(least, most): (usize, usize)| {
            if least == most { least.to_string() } else { format!("{least}–{most}") }
        };
        write!(f, "{}+{}", range(self.members), range(self.externals))?;
        if self.or_more { f.write_str(" or more") } else { Ok(()) }
    }
}

/// One country, or the unnamed ones as one guest, of whom all is possible.
struct Guest {
    external: Truth,
    /// By framework: whether it holds it, its own membership left apart.
    tenures: Vec<(Name, Truth)>,
    holds_some: Truth,
}

/// Derives what a meeting was from who attended.
pub fn format(world: &dyn World, meeting: &MeetingTimeline) -> Format {
    let day = meeting.day();
    let incomplete = meeting.is_incomplete();
    let frameworks = main_frameworks(world);
    let countries = meeting.attendees().filter(|delegation| delegation.actor.is_country());
    let mut guests: Vec<Guest> = countries.map(|d| guest(world, &d.actor, &frameworks, day)).collect();
    let named = tally(guests.iter().map(|guest| guest.external));
    if incomplete {
        let tenures = frameworks.iter().map(|framework| (framework.clone(), Truth::Possibly)).collect();
        guests.push(Guest { external: Truth::Possibly, tenures, holds_some: Truth::Possibly });
    }
    let core = meeting.particulars.as_ref().map_or(Core::Unspecified, |particulars| particulars.core);
    let others = organisation_attended(world, meeting, incomplete);
    let label = Label { members: members(world, core, day), externals: named, or_more: incomplete };
    Format { classes: first_that_holds(&classes(core, &guests, &frameworks, others)), label }
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

fn main_frameworks(world: &dyn World) -> Vec<Name> {
    let main = |name: &Name| {
        world.stream(name).is_some_and(|s| s.is_open() && s.timeline.framework().is_some_and(|f| !f.overlay))
    };
    world.names(Collection::Frameworks).into_iter().filter(main).collect()
}

/// Whether the actor was external: a country that was not a member.
pub fn external(world: &dyn World, actor: &Name, day: When) -> Truth {
    if !actor.is_country() {
        return Truth::No;
    }
    let stream = world.stream(actor);
    stream.and_then(|s| s.timeline.actor().map(|timeline| timeline.member(day).not())).unwrap_or(Truth::Yes)
}

fn guest(world: &dyn World, actor: &Name, frameworks: &[Name], day: When) -> Guest {
    let nobody = ActorTimeline::default();
    let stream = world.stream(actor);
    let timeline = stream.as_ref().and_then(|stream| stream.timeline.actor()).unwrap_or(&nobody);
    let held = |framework: &Name| (framework.clone(), timeline.in_framework(world, framework, day));
    let tenures: Vec<_> = frameworks.iter().map(held).collect();
    let holds_some = Truth::any(tenures.iter().map(|(_, truth)| *truth));
    Guest { external: external(world, actor, day), tenures, holds_some }
}

fn organisation_attended(world: &dyn World, meeting: &MeetingTimeline, incomplete: bool) -> Truth {
    let alliance = world.alliance();
    let mut organisations = meeting.attendees().filter(|d| d.actor.collection() == Collection::Organisations);
    let attended = organisations.any(|delegation| alliance.as_ref() != Some(&delegation.actor));
    if attended {
        Truth::Yes
    } else if incomplete {
        Truth::Possibly
    } else {
        Truth::No
    }
}

fn classes(core: Core, guests: &[Guest], frameworks: &[Name], others: Truth) -> Vec<(Class, Truth)> {
    let some_external = Truth::any(guests.iter().map(|guest| guest.external));
    let secretariat = match core {
        Core::Secretariat => Truth::Yes,
        Core::Unspecified => Truth::Possibly,
        Core::Members | Core::Nobody => Truth::No,
    };
    let one_external = exactly_one(guests);
    let each =
        |holds: &dyn Fn(&Guest) -> Truth| Truth::all(guests.iter().map(|g| g.external.not().or(holds(g))));
    let each_holds_one = each(&|guest| guest.holds_some);
    let common = Truth::any((0..frameworks.len()).map(|i| each(&|guest| guest.tenures[i].1)));
    let beyond = Truth::any(guests.iter().map(|guest| guest.external.and(guest.holds_some.not())));
    vec![
        (Class::Bilateral, secretariat.and(one_external)),
        (Class::BeyondFrameworks, beyond),
        (Class::OrganisationsOnly, some_external.not().and(others)),
        (Class::MembersOnly, some_external.not().and(others.not())),
        (Class::WithinFramework, some_external.and(common)),
        (Class::AcrossFrameworks, Truth::all([some_external, each_holds_one, common.not()])),
    ]
}

/// Exactly one is external; the unnamed guest, who stands for any number, may be it too.
fn exactly_one(guests: &[Guest]) -> Truth {
    Truth::any(guests.iter().enumerate().map(|(i, guest)| {
        let others = guests.iter().enumerate().filter(|&(j, _)| j != i);
        guest.external.and(Truth::all(others.map(|(_, other)| other.external.not())))
    }))
}

/// The first that is YES while all before it are NO; else every one that is not NO up to the first that is YES.
fn first_that_holds(classes: &[(Class, Truth)]) -> Vec<Class> {
    let first_certain = classes.iter().position(|(_, truth)| truth.is_yes());
    let up_to = first_certain.map_or(classes, |i| &classes[..=i]);
    up_to.iter().filter(|(_, truth)| truth.may_be()).map(|(class, _)| *class).collect()
}

/// Members on that day; none where the core is not MEMBERS, or not known to be.
fn members(world: &dyn World, core: Core, day: When) -> (usize, usize) {
    let member = |name: Name| world.stream(&name)?.timeline.actor().map(|timeline| timeline.member(day));
    match core {
        Core::Members => tally(world.names(Collection::Countries).into_iter().filter_map(member)),
        Core::Unspecified | Core::Secretariat | Core::Nobody => (0, 0),
    }
}

fn tally(truths: impl Iterator<Item = Truth>) -> (usize, usize) {
    truths.fold((0, 0), |(least, most), truth| {
        (least + usize::from(truth.is_yes()), most + usize::from(truth.may_be()))
    })
}
