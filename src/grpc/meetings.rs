//! `MeetingService`: who met whom, when and in which format.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::asking::{Asking, all_known};
use super::attendance;
use super::calendar;
use super::page::{Page, Query};
use super::put;
use super::reading::Readers;
use super::status;
use crate::domain::Collection;
use crate::domain::meeting::class::{Class, Format};
use crate::domain::meeting::{Invitation, Particulars, Summary};
use crate::projections::externals::{self, External, externals_without_agreement};
use crate::projections::meetings::{self, ClassAsked, MeetingShown, Named, Place};
use crate::projections::tallies::Tallies;
use crate::proto::v1;
use crate::proto::v1::meeting_service_server::{MeetingService, MeetingServiceServer};
use crate::wire::name::ACTORS;
use crate::wire::time::encode_valid;
use crate::wire::{encode_delegation, encode_venue};

const MEETINGS: &[Collection] = &[Collection::Meetings];

/// Answers from these readers; it counts meetings in the background.
pub fn service(readers: Readers) -> MeetingServiceServer<impl MeetingService> {
    let tallies = Tallies::start(readers.state());
    MeetingServiceServer::new(Meetings { readers, tallies })
}

struct Meetings {
    readers: Readers,
    tallies: Arc<Tallies>,
}

#[tonic::async_trait]
impl MeetingService for Meetings {
    async fn get_meeting(
        &self,
        request: Request<v1::GetMeetingRequest>,
    ) -> Result<Response<v1::GetMeetingResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::GetMeetingRequest { name, as_of, at_least_position, language } = request.into_inner();
        let name = asking.needed_name("name", &name, MEETINGS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let name = asking.done(name)?;
        let answer = self.readers.answer(as_of, at_least_position, move |reading| {
            let meeting = meetings::meeting(reading.world, &name, &languages);
            let meeting = meeting.ok_or_else(|| status::unknown(&name))?;
            let answered_as_of = Some(reading.answered());
            Ok(v1::GetMeetingResponse { meeting: Some(put_meeting(meeting)), answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn list_meetings(
        &self,
        request: Request<v1::ListMeetingsRequest>,
    ) -> Result<Response<v1::ListMeetingsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListMeetingsRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListMeetingsRequest {
            page_size,
            page_token,
            from,
            to,
            topic,
            attendee,
            class,
            state,
            as_of,
            at_least_position,
            language,
            attendees,
            venue,
            venue_country,
        } = request.into_inner();
        let range = asking.range(&from, &to);
        let mut all = asking.names("attendees", &attendees, ACTORS);
        all.extend(asking.name("attendee", &attendee, ACTORS));
        let class = asking.choice("class", class, v1::MeetingClass::as_str_name).and_then(class_asked);
        let state = asking.choice("state", state, v1::MeetingState::as_str_name);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let topic = attendance::topic(topic);
        let venue = Some(venue).filter(|venue| !venue.is_empty());
        let venue_country = asking.name("venue_country", &venue_country, &[Collection::Countries]);
        let state = state.and_then(|state| state.try_into().ok());
        let filter = asking.done(Some(meetings::Filter {
            range,
            topic,
            attendees: all,
            actor: None,
            class,
            state,
            venue,
            venue_country,
        }))?;
        let page: Page<Place> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        // Of those that pass a page may be far to find.
        let goes_far = filter.topic.is_some()
            || filter.class.is_some()
            || filter.state.is_some()
            || filter.venue.is_some()
            || filter.venue_country.is_some();
        let answer = self.readers.answer_by(goes_far, page.as_of(), at_least_position, move |reading| {
            all_known(reading, filter.attendees.iter().chain(&filter.venue_country))?;
            let found = meetings::meetings(reading.world, &languages, &filter, page.after());
            let found = found.map(|(place, meeting)| (place, put_meeting(meeting)));
            let (meetings, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListMeetingsResponse { meetings, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn list_externals_without_agreement(
        &self,
        request: Request<v1::ListExternalsWithoutAgreementRequest>,
    ) -> Result<Response<v1::ListExternalsWithoutAgreementResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListExternalsWithoutAgreementRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListExternalsWithoutAgreementRequest {
            from,
            to,
            meeting,
            as_of,
            at_least_position,
            language,
            page_size,
            page_token,
        } = request.into_inner();
        let range = asking.range(&from, &to);
        let meeting = asking.name("meeting", &meeting, MEETINGS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let (meeting, languages) = asking.done(Some((meeting, languages)))?;
        let page: Page<externals::Place> =
            Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        let answer = self.readers.answer_aside(page.as_of(), at_least_position, move |reading| {
            all_known(reading, &meeting)?;
            let (world, meeting) = (reading.world, meeting.as_ref());
            let found = externals_without_agreement(world, &languages, range, meeting, page.after());
            let found = found.map(|(place, external)| (place, put_external(external)));
            let (externals, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListExternalsWithoutAgreementResponse { externals, answered_as_of, next_page_token })
        });
        answer.await.map(Response::new)
    }

    async fn get_meeting_statistics(
        &self,
        request: Request<v1::GetMeetingStatisticsRequest>,
    ) -> Result<Response<v1::GetMeetingStatisticsResponse>, Status> {
        attendance::statistics(&self.readers, &self.tallies, request).await
    }

    async fn list_co_attendance(
        &self,
        request: Request<v1::ListCoAttendanceRequest>,
    ) -> Result<Response<v1::ListCoAttendanceResponse>, Status> {
        attendance::co_attendance(&self.readers, request).await
    }

    async fn list_unanswered_invitations(
        &self,
        request: Request<v1::ListUnansweredInvitationsRequest>,
    ) -> Result<Response<v1::ListUnansweredInvitationsResponse>, Status> {
        attendance::unanswered(&self.readers, request).await
    }

    type ExportCalendarStream = calendar::Pieces;

    async fn export_calendar(
        &self,
        request: Request<v1::ExportCalendarRequest>,
    ) -> Result<Response<calendar::Pieces>, Status> {
        calendar::export(&self.readers, request).await
    }
}

fn class_asked(class: v1::MeetingClass) -> Option<ClassAsked> {
    let of = |class: Class| Some(ClassAsked::Of(class));
    match class {
        v1::MeetingClass::Unspecified => None,
        v1::MeetingClass::Bilateral => of(Class::Bilateral),
        v1::MeetingClass::BeyondFrameworks => of(Class::BeyondFrameworks),
        v1::MeetingClass::OrganisationsOnly => of(Class::OrganisationsOnly),
        v1::MeetingClass::MembersOnly => of(Class::MembersOnly),
        v1::MeetingClass::WithinFramework => of(Class::WithinFramework),
        v1::MeetingClass::AcrossFrameworks => of(Class::AcrossFrameworks),
        v1::MeetingClass::Undetermined => Some(ClassAsked::Undetermined),
    }
}

/// The class, those that are possible where it is undetermined, and the label.
fn put_format(format: Option<&Format>) -> (v1::MeetingClass, Vec<i32>, String) {
    let Some(format) = format else { return (v1::MeetingClass::Unspecified, Vec::new(), String::new()) };
    let (class, possible) = match format.class() {
        Some(class) => (class.into(), Vec::new()),
        None => (v1::MeetingClass::Undetermined, put::numbers::<_, v1::MeetingClass>(&format.classes)),
    };
    (class, possible, format.label.to_string())
}

fn put_meeting(mut meeting: MeetingShown) -> v1::Meeting {
    let open_because = std::mem::take(&mut meeting.open_because);
    let title = put::display(meeting.shown.take(), meeting.name());
    let (state, timeline, particulars) = (meeting.state(), meeting.timeline(), meeting.particulars());
    let Particulars {
        titles: _,
        level,
        topics,
        venue,
        mode,
        core,
        delegations,
        declared_total,
        named_is_complete,
        qualifier,
    } = particulars;
    let Named { countries, organisations, not_named } = meeting.named;
    let (class, possible_classes, label) = put_format(meeting.format.as_ref());
    v1::Meeting {
        name: meeting.name().to_string(),
        etag: put::etag(meeting.version()),
        state: v1::MeetingState::from(state).into(),
        valid: Some(encode_valid(&timeline.valid)),
        level: v1::Level::from(*level).into(),
        topics: topics.clone(),
        venue: venue.as_ref().map(encode_venue),
        mode: v1::Mode::from(*mode).into(),
        core: v1::Core::from(*core).into(),
        delegations: delegations.iter().map(encode_delegation).collect(),
        declared_total: *declared_total,
        named_is_complete: named_is_complete.unwrap_or_default(),
        qualifier: qualifier.clone(),
        invitations: timeline.invitations.iter().map(put_invitation).collect(),
        summaries: timeline.summaries.iter().map(put_summary).collect(),
        class: class.into(),
        possible_classes,
        label,
        named_count: put::number(countries + organisations),
        named_countries: put::number(countries),
        named_organisations: put::number(organisations),
        not_named_count: not_named.map(put::number),
        within: v1::Truth::from(meeting.within).into(),
        open_because,
        title: Some(title),
    }
}

fn put_invitation(Invitation { delegation, answer }: &Invitation) -> v1::Invitation {
    v1::Invitation {
        delegation: Some(encode_delegation(delegation)),
        answer: answer.map_or(v1::Answer::Unspecified, v1::Answer::from).into(),
        answered: answer.is_some(),
    }
}

fn put_summary(Summary { state, text, event }: &Summary) -> v1::Summary {
    v1::Summary { state: v1::SummaryState::from(*state).into(), text: put::texts(text), position: event.0 }
}

fn put_external(external: External) -> v1::ExternalWithoutAgreement {
    let External { actor, shown, meeting, meeting_shown, valid, truth, open_because } = external;
    v1::ExternalWithoutAgreement {
        display_name: Some(put::display(shown, &actor)),
        actor: actor.to_string(),
        meeting_title: Some(put::display(meeting_shown, &meeting)),
        meeting: meeting.to_string(),
        valid: Some(encode_valid(&valid)),
        truth: v1::Truth::from(truth).into(),
        open_because,
    }
}
