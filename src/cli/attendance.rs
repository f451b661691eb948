//! `minuted meetings statistics`, `co-attendance` and `unanswered`: what is counted over many meetings.

use clap::Args;

use super::client::{Client, Show};
use super::failure::Failure;
use super::json::named;
use super::look::{self, Look};
use super::meetings::Range;
use super::page::Limit;
use super::{names, words};
use crate::proto::v1::meeting_service_client::MeetingServiceClient;
use crate::proto::v1::{
    self, ClassCount, Count, GetMeetingStatisticsRequest, GetMeetingStatisticsResponse,
    ListCoAttendanceRequest, ListCoAttendanceResponse, ListUnansweredInvitationsRequest,
    ListUnansweredInvitationsResponse, UnansweredInvitation,
};

named!(GetMeetingStatisticsResponse);

/// Of which meetings.
#[derive(Clone, Debug, Args)]
pub(crate) struct Statistics {
    #[command(flatten)]
    range: Range,
    /// Only meetings on this topic
    #[arg(long)]
    topic: Option<String>,
    /// Only meetings that this actor attended; given several times: that all of them attended
    #[arg(long, value_name = "NAME", value_parser = names::of(names::ACTOR))]
    attendee: Vec<String>,
}

/// Of which meetings, and how many of them.
#[derive(Clone, Debug, Args)]
pub(crate) struct CoAttendance {
    #[command(flatten)]
    range: Range,
    /// Only meetings on this topic
    #[arg(long)]
    topic: Option<String>,
    /// Only this meeting; may be given several times
    #[arg(long, value_name = "NAME", value_parser = names::of(&["meetings"]))]
    meeting: Vec<String>,
    /// Only actors that attended at least so many
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    min: u32,
    #[command(flatten)]
    limit: Limit,
}

/// Which invitations.
#[derive(Clone, Debug, Args)]
pub(crate) struct Unanswered {
    #[command(flatten)]
    range: Range,
    /// Only invitations of this actor
    #[arg(long, value_name = "NAME", value_parser = names::of(names::ACTOR))]
    actor: Option<String>,
    /// Only invitations to this meeting
    #[arg(long, value_name = "NAME", value_parser = names::of(&["meetings"]))]
    meeting: Option<String>,
    #[command(flatten)]
    limit: Limit,
}

impl Statistics {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut service = MeetingServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, _) = client.reading();
        let Statistics { range: Range { from, to }, topic, attendee } = self;
        let request = GetMeetingStatisticsRequest {
            from: from.unwrap_or_default(),
            to: to.unwrap_or_default(),
            topic: topic.unwrap_or_default(),
            attendees: attendee,
            as_of,
            at_least_position,
        };
        client.print(&service.get_meeting_statistics(request).await?.into_inner())
    }
}

impl CoAttendance {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let service = MeetingServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, language) = client.reading();
        let CoAttendance { range: Range { from, to }, topic, meeting, min, limit } = self;
        let request = ListCoAttendanceRequest {
            page_size: 0,
            page_token: String::new(),
            from: from.unwrap_or_default(),
            to: to.unwrap_or_default(),
            topic: topic.unwrap_or_default(),
            meetings: meeting,
            min_meetings: min,
            as_of,
            at_least_position,
            language,
            order_by: look::ORDER_BY.into(),
        };
        let ask = |page_size, page_token| {
            let mut service = service.clone();
            let request = ListCoAttendanceRequest { page_size, page_token, ..request.clone() };
            async move { service.list_co_attendance(request).await }
        };
        client.print(&limit.collect(ask).await?)
    }
}

impl Unanswered {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let service = MeetingServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, language) = client.reading();
        let Unanswered { range: Range { from, to }, actor, meeting, limit } = self;
        let request = ListUnansweredInvitationsRequest {
            page_size: 0,
            page_token: String::new(),
            from: from.unwrap_or_default(),
            to: to.unwrap_or_default(),
            actor: actor.unwrap_or_default(),
            meeting: meeting.unwrap_or_default(),
            as_of,
            at_least_position,
            language,
        };
        let ask = |page_size, page_token| {
            let mut service = service.clone();
            let request = ListUnansweredInvitationsRequest { page_size, page_token, ..request.clone() };
            async move { service.list_unanswered_invitations(request).await }
        };
        client.print(&limit.collect(ask).await?)
    }
}

impl Show for GetMeetingStatisticsResponse {
    const EVERY_FIELD: bool = true;

    fn show(&self, look: Look) -> String {
        let row = |year: String, meetings: Option<&Count>, classes: &[ClassCount]| {
            let class = |found: &ClassCount| {
                format!("{}: {}", words::word("MeetingClass", found.class), look::count(found.count.as_ref()))
            };
            let classes: Vec<String> = classes.iter().map(class).collect();
            [year, look::count(meetings), classes.join("\n")]
        };
        let years = self.years.iter();
        let years = years.map(|year| row(year.year.to_string(), year.meetings.as_ref(), &year.classes));
        let all = row("all".to_owned(), self.meetings.as_ref(), &self.classes);
        look.rows(["year", "meetings", "classes"], years.chain([all]))
            + &look::known(self.answered_as_of.as_ref())
    }
}

impl Show for ListCoAttendanceResponse {
    fn show(&self, look: Look) -> String {
        let row = |found: &v1::CoAttendance| {
            [
                found.actor.clone(),
                look::name(found.display_name.as_ref()),
                look::count(found.count.as_ref()),
                found.meetings.join("\n"),
            ]
        };
        look.rows(["actor", "name", "meetings", "which"], self.actors.iter().map(row))
            + &look::times(self.answered_as_of.as_ref())
    }
}

impl Show for ListUnansweredInvitationsResponse {
    fn show(&self, look: Look) -> String {
        let row = |found: &UnansweredInvitation| {
            [
                look::valid(found.valid.as_ref()),
                found.meeting.clone(),
                look::name(found.meeting_title.as_ref()),
                words::word("MeetingState", found.state),
                found.actor.clone(),
                look::name(found.display_name.as_ref()),
            ]
        };
        look.rows(["when", "meeting", "title", "state", "invited", "name"], self.invitations.iter().map(row))
            + &look::known(self.answered_as_of.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{MeetingClass, YearStatistics};

    #[test]
    fn statistics_tell_certain_from_possible() {
        let count = |certain, possible| Some(Count { certain, possible });
        let class = |class: MeetingClass, count| ClassCount { class: class.into(), count };
        let classes =
            vec![class(MeetingClass::Bilateral, count(1, 2)), class(MeetingClass::Undetermined, count(2, 0))];
        let year = YearStatistics { year: 2010, meetings: count(3, 0), classes: classes.clone() };
        let answer = GetMeetingStatisticsResponse {
            years: vec![year],
            meetings: count(3, 0),
            classes,
            answered_as_of: None,
        };
        insta::assert_snapshot!(answer.show(Look::default()), @r"
        ┌──────┬──────────┬───────────────────────────────────┐
        │ year ┆ meetings ┆ classes                           │
        ╞══════╪══════════╪═══════════════════════════════════╡
        │ 2010 ┆ 3        ┆ bilateral: 1 certain + 2 possible │
        │      ┆          ┆ undetermined: 2                   │
        │ all  ┆ 3        ┆ bilateral: 1 certain + 2 possible │
        │      ┆          ┆ undetermined: 2                   │
        └──────┴──────────┴───────────────────────────────────┘
        ");
    }
}
