//! What the rules may look at: the streams, and who refers to whom.

use std::sync::Arc;

use super::fact::{CommandId, Event};
use super::name::{Collection, Name};
use super::stream::Stream;
use super::time::{Day, Truth, When};
use crate::position::Position;

/// A meeting is long that lasts, or may last, more days than these: one of a day known by its year alone is not.
pub const LONG_DAYS: u32 = 400;

/// Read access to what is recorded.
pub trait World {
    /// The last position that it holds.
    fn tail(&self) -> Position;

    /// A stream's fold; none if nothing was ever recorded under that name.
    fn stream(&self, name: &Name) -> Option<Arc<Stream>>;

    /// Every stream of `collection` that ever named `name`: candidates, of which the timeline says what still counts.
    fn referrers(&self, name: &Name, collection: Collection) -> Vec<Name>;

    /// Every name of `collection` under which something was ever recorded, in order.
    fn names(&self, collection: Collection) -> Vec<Name>;

    /// At most `limit` names of `collection` beyond `after`, in order.
    fn names_after(&self, collection: Collection, after: Option<&Name>, limit: usize) -> Vec<Name> {
        let names = self.names(collection).into_iter();
        names.filter(|name| after.is_none_or(|after| name > after)).take(limit).collect()
    }

    /// At most `limit` days from `from` on and beyond `after` on which a meeting was ever said to begin, each by the earliest
    /// that its date may mean, with that meeting, in order: candidates.
    fn meetings_by_day(&self, from: Day, after: Option<&(Day, Name)>, limit: usize) -> Vec<(Day, Name)> {
        let names = self.names(Collection::Meetings).into_iter();
        let days =
            names.filter_map(|name| Some((self.stream(&name)?.timeline.meeting()?.day().earliest, name)));
        let mut days: Vec<_> =
            days.filter(|it| it.0 >= from && after.is_none_or(|after| it > after)).collect();
        days.sort();
        days.truncate(limit);
        days
    }

    /// Every meeting that was ever said to last longer than [`LONG_DAYS`], or may have: candidates.
    fn long_meetings(&self) -> Vec<Name> {
        self.names(Collection::Meetings)
    }

    /// The organisation that this log belongs to: that of its first `MemberAdmitted`.
    fn alliance(&self) -> Option<Name>;

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
