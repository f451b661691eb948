//! What `MeetingService` counts over many meetings: classes, who met again and again, and who has not answered.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::asking::{Asking, all_known};
use super::page::{Page, Query};
use super::put;
use super::reading::Readers;
use super::status;
use crate::domain::{Collection, Name};
use crate::projections::attendance::{self, CoAttendance, Place, Unanswered};
use crate::projections::meetings::{self, ClassAsked, Filter, Tally};
use crate::projections::tallies::Tallies;
use crate::proto::v1;
use crate::wire::name::ACTORS;
use crate::wire::time::encode_valid;

const MEETINGS: &[Collection] = &[Collection::Meetings];
/// More than one.
const MIN_MEETINGS_DEFAULT: usize = 2;

/// The topic that is asked about; empty: none.
pub(super) fn topic(topic: String) -> Option<String> {
    Some(topic).filter(|topic| !topic.is_empty())
}

pub(super) async fn statistics(
    readers: &Readers,
    tallies: &Arc<Tallies>,
    request: Request<v1::GetMeetingStatisticsRequest>,
) -> Result<Response<v1::GetMeetingStatisticsResponse>, Status> {
    let mut asking = Asking::of(&request);
    let v1::GetMeetingStatisticsRequest { from, to, topic, attendees, as_of, at_least_position } =
        request.into_inner();
    let range = asking.range(&from, &to);
    let attendees = asking.names("attendees", &attendees, ACTORS);
    asking.as_of(as_of.as_ref());
    let topic = self::topic(topic);
    let filter = asking.done(Some(Filter { range, topic, attendees, ..Filter::default() }))?;
    let tallies = tallies.clone();
    let answer = readers.answer_aside(as_of, at_least_position, move |reading| {
        all_known(reading, &filter.attendees)?;
        let (years, all) = match reading.latest.filter(|_| filter == Filter::default()) {
            Some(latest) => tallies.of(latest).map_err(|error| status::internal(&error))?,
            None => meetings::statistics(reading.world, &filter),
        };
        let years = years.into_iter().map(|(year, tally)| {
            let Tally { meetings, classes } = tally;
            let classes = classes.into_iter().map(put_class).collect();
            v1::YearStatistics { year: year.into(), meetings: Some(put::count(meetings)), classes }
        });
        Ok(v1::GetMeetingStatisticsResponse {
            years: years.collect(),
            meetings: Some(put::count(all.meetings)),
            classes: all.classes.into_iter().map(put_class).collect(),
            answered_as_of: Some(reading.answered()),
        })
    });
    answer.await.map(Response::new)
}

fn put_class((class, count): (ClassAsked, crate::projections::Count)) -> v1::ClassCount {
    let class = match class {
        ClassAsked::Of(class) => class.into(),
        ClassAsked::Undetermined => v1::MeetingClass::Undetermined,
    };
    v1::ClassCount { class: class.into(), count: Some(put::count(count)) }
}

pub(super) async fn co_attendance(
    readers: &Readers,
    request: Request<v1::ListCoAttendanceRequest>,
) -> Result<Response<v1::ListCoAttendanceResponse>, Status> {
    let mut asking = Asking::of(&request);
    let query = Query::of(&v1::ListCoAttendanceRequest {
        page_size: 0,
        page_token: String::new(),
        at_least_position: 0,
        ..request.get_ref().clone()
    });
    let v1::ListCoAttendanceRequest {
        page_size,
        page_token,
        from,
        to,
        topic,
        meetings,
        min_meetings,
        as_of,
        at_least_position,
        language,
        order_by,
    } = request.into_inner();
    let order = asking.order_by(&order_by);
    let range = asking.range(&from, &to);
    let only = asking.names("meetings", &meetings, MEETINGS);
    let languages = asking.languages(&language);
    asking.as_of(as_of.as_ref());
    let size = asking.page_size(page_size);
    let min = usize::try_from(min_meetings).ok().filter(|min| *min > 0).unwrap_or(MIN_MEETINGS_DEFAULT);
    let filter = asking.done(Some(Filter { range, topic: self::topic(topic), ..Filter::default() }))?;
    let page: Page<Name> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
    let answer = readers.answer_aside(page.as_of(), at_least_position, move |reading| {
        all_known(reading, &only)?;
        let found = attendance::co_attendance(reading.world, reading.t, &languages, &filter, &only, min);
        let beyond = |after: Option<&Name>| {
            let after = after.cloned();
            found.into_iter().filter(move |found| after.as_ref().is_none_or(|after| found.actor > *after))
        };
        let rest = order.list(&languages, page.after(), beyond);
        let rest = rest.map(|found| (found.actor.clone(), put_co_attendance(found)));
        let (actors, next_page_token) = page.cut(reading, rest);
        let answered_as_of = Some(reading.answered());
        Ok(v1::ListCoAttendanceResponse { actors, next_page_token, answered_as_of })
    });
    answer.await.map(Response::new)
}

fn put_co_attendance(CoAttendance { actor, shown, count, meetings }: CoAttendance) -> v1::CoAttendance {
    v1::CoAttendance {
        display_name: Some(put::display(shown, &actor)),
        count: Some(put::count(count)),
        meetings: put::names(&meetings),
        actor: actor.to_string(),
    }
}

pub(super) async fn unanswered(
    readers: &Readers,
    request: Request<v1::ListUnansweredInvitationsRequest>,
) -> Result<Response<v1::ListUnansweredInvitationsResponse>, Status> {
    let mut asking = Asking::of(&request);
    let query = Query::of(&v1::ListUnansweredInvitationsRequest {
        page_size: 0,
        page_token: String::new(),
        at_least_position: 0,
        ..request.get_ref().clone()
    });
    let v1::ListUnansweredInvitationsRequest {
        page_size,
        page_token,
        from,
        to,
        actor,
        meeting,
        as_of,
        at_least_position,
        language,
    } = request.into_inner();
    let range = asking.range(&from, &to);
    let actor = asking.name("actor", &actor, ACTORS);
    let meeting = asking.name("meeting", &meeting, MEETINGS);
    let languages = asking.languages(&language);
    asking.as_of(as_of.as_ref());
    let size = asking.page_size(page_size);
    let (actor, meeting) = asking.done(Some((actor, meeting)))?;
    let page: Page<Place> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
    let answer = readers.answer_aside(page.as_of(), at_least_position, move |reading| {
        all_known(reading, actor.iter().chain(&meeting))?;
        let (actor, meeting) = (actor.as_ref(), meeting.as_ref());
        let found = attendance::unanswered(reading.world, &languages, range, actor, meeting, page.after());
        let found = found.map(|(place, unanswered)| (place, put_unanswered(unanswered)));
        let (invitations, next_page_token) = page.cut(reading, found);
        let answered_as_of = Some(reading.answered());
        Ok(v1::ListUnansweredInvitationsResponse { invitations, next_page_token, answered_as_of })
    });
    answer.await.map(Response::new)
}

fn put_unanswered(found: Unanswered) -> v1::UnansweredInvitation {
    let Unanswered { actor, shown, meeting, meeting_shown, valid, state, within } = found;
    v1::UnansweredInvitation {
        display_name: Some(put::display(shown, &actor)),
        actor: actor.to_string(),
        meeting_title: Some(put::display(meeting_shown, &meeting)),
        meeting: meeting.to_string(),
        valid: Some(encode_valid(&valid)),
        state: v1::MeetingState::from(state).into(),
        within: v1::Truth::from(within).into(),
    }
}
