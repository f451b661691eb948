//! What the rules may look at: the streams, and who refers to whom.

use std::sync::Arc;

use super::fact::{CommandId, Event};
use super::meeting::Roll;
use super::name::{Collection, Name};
use super::stream::Stream;
use super::time::{Day, End, Truth, Valid, When};
use crate::position::Position;

/// Meetings by how long they last, or may last where a date is not exact: those that began long before a day are only
/// looked for among the long ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// All of them.
    Any,
    /// More than [`Lasting::DAYS`]: one of a known day is not among them.
    Days,
    /// More than [`Lasting::WEEKS`]: one of a day known by its month is not among them.
    Weeks,
    /// More than [`Lasting::LONG`]: one of a day known by its year is not among them.
    Long,
}

impl Lasting {
    /// In days.
    pub const DAYS: u32 = 4;
    /// In days.
    pub const WEEKS: u32 = 40;
    /// In days.
    pub const LONG: u32 = 400;

    /// Every length.
    pub const ALL: [Lasting; 4] = [Lasting::Any, Lasting::Days, Lasting::Weeks, Lasting::Long];

    /// Whether what is said to be then lasts so long, or may.
    pub fn has(self, valid: &Valid) -> bool {
        let days = match self {
            Lasting::Any => return true,
            Lasting::Days => Lasting::DAYS,
            Lasting::Weeks => Lasting::WEEKS,
            Lasting::Long => Lasting::LONG,
        };
        let begin = valid.begin().earliest;
        begin == Day::EVER || latest(valid) > begin.plus_days(days)
    }
}

/// The latest day to which what is said to be then may go on.
pub fn latest(valid: &Valid) -> Day {
    match valid.end() {
        None => valid.begin().latest,
        Some(End::On(end)) => end.latest,
        Some(End::None | End::Unknown) => Day::NEVER,
    }
}

/// Which days of meetings are looked for.
#[derive(Clone, Copy, Debug)]
pub struct DaysAsked<'a> {
    /// Of meetings that last so long.
    pub lasting: Lasting,
    /// The first day.
    pub from: Day,
    /// Without those that were never said to go on until this day.
    pub reaching: Day,
    /// Beyond this one.
    pub after: Option<&'a (Day, Name)>,
    /// So many at most.
    pub limit: usize,
}

impl DaysAsked<'_> {
    /// All days of meetings that last so long.
    pub fn all(lasting: Lasting) -> DaysAsked<'static> {
        DaysAsked { lasting, from: Day::EVER, reaching: Day::EVER, after: None, limit: usize::MAX }
    }
}

/// Read access to what is recorded.
pub trait World {
    /// The last position that it holds.
    fn tail(&self) -> Position;

    /// A stream's fold; none if nothing was ever recorded under that name.
    fn stream(&self, name: &Name) -> Option<Arc<Stream>>;

    /// Every stream of `collection` that ever named `name`: candidates, of which the timeline says what still counts.
    fn referrers(&self, name: &Name, collection: Collection) -> Vec<Name>;

    /// The same, unless there are more than `max`.
    fn few_referrers(&self, name: &Name, collection: Collection, max: usize) -> Option<Vec<Name>> {
        Some(self.referrers(name, collection)).filter(|referrers| referrers.len() <= max)
    }

    /// Every name of `collection` under which something was ever recorded, in order.
    fn names(&self, collection: Collection) -> Vec<Name>;

    /// At most `limit` names of `collection` beyond `after`, in order.
    fn names_after(&self, collection: Collection, after: Option<&Name>, limit: usize) -> Vec<Name> {
        let names = self.names(collection).into_iter();
        names.filter(|name| after.is_none_or(|after| name > after)).take(limit).collect()
    }

    /// Shows every stream of `collection` under whose name something is known, in no order: for questions about so many
    /// that looking them up one by one takes longer.
    fn visit(&self, collection: Collection, show: &mut dyn FnMut(&Stream)) {
        for stream in self.names(collection).iter().filter_map(|name| self.stream(name)) {
            show(&stream);
        }
    }

    /// The days on which a meeting was ever said to begin, each by the earliest that its date may mean, with that meeting, in
    /// order: candidates.
    fn meetings_by_day(&self, asked: DaysAsked<'_>) -> Vec<(Day, Name)> {
        let DaysAsked { lasting, from, reaching, after, limit } = asked;
        let mut days = Vec::new();
        self.visit(Collection::Meetings, &mut |stream| {
            let Some(meeting) = stream.timeline.meeting().filter(|it| lasting.has(&it.valid)) else { return };
            if latest(&meeting.valid) >= reaching {
                days.push((meeting.day().earliest, stream.name.clone()));
            }
        });
        days.retain(|it| it.0 >= from && after.is_none_or(|after| it > after));
        days.sort();
        days.truncate(limit);
        days
    }

    /// The organisation that this log belongs to: that of its first `MemberAdmitted`.
    fn alliance(&self) -> Option<Name>;

    /// Who was a member and in which frameworks, and when.
    fn roll(&self) -> Arc<Roll> {
        Arc::new(Roll::of(self))
    }

    /// Every stream that ever had an event whose source, as then known, was unconfirmed: candidates.
    fn unconfirmed(&self) -> Vec<Name> {
        Collection::ALL.into_iter().flat_map(|collection| self.names(collection)).collect()
    }

    /// Every decision that ever carried `EQUAL_ACCESS`: candidates.
    fn equal_access(&self) -> Vec<Name>;
}

/// What `decide` needs beyond the world that rules see: events themselves.
pub trait Record: World {
    /// The event that a command made.
    fn event_of(&self, id: CommandId) -> Option<Event>;

    /// Every event of a stream, in order. Only asked for streams that a correction or a retraction is about.
    fn events(&self, name: &Name) -> Vec<Event>;
}

/// Whether the framework was open on `t`.
pub fn framework_open(world: &(impl World + ?Sized), framework: &Name, t: When) -> Truth {
    world
        .stream(framework)
        .and_then(|stream| stream.timeline.framework().map(|timeline| timeline.life.hold(t)))
        .unwrap_or(Truth::No)
}

/// Whether the framework is held beside another.
pub fn is_overlay(world: &(impl World + ?Sized), framework: &Name) -> bool {
    world.stream(framework).is_some_and(|stream| stream.timeline.framework().is_some_and(|f| f.overlay))
}
