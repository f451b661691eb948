//! `minuted meetings`: who met whom, when, and in which format.

use clap::{Args, Subcommand};

use super::client::{Client, Show};
use super::failure::Failure;
use super::json::named;
use super::look::{self, Look};
use super::page::Limit;
use super::{attendance, calendar, names, options, words};
use crate::proto::v1::meeting_service_client::MeetingServiceClient;
use crate::proto::v1::{
    Delegation, ExternalWithoutAgreement, GetMeetingRequest, GetMeetingResponse,
    ListExternalsWithoutAgreementRequest, ListExternalsWithoutAgreementResponse, ListMeetingsRequest,
    ListMeetingsResponse, Meeting, MeetingClass, Venue,
};

named!(GetMeetingResponse);

/// The subcommands.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Meetings {
    /// One meeting, its class and who was there
    #[command(after_help = "Example:
  minuted meetings get meetings/counter-piracy-2011

A meeting is judged on its own day: --as-of plays no part.")]
    Get {
        /// Such as meetings/counter-piracy-2011
        #[arg(value_parser = names::of(&["meetings"]))]
        name: String,
    },
    /// Meetings in order of time
    #[command(after_help = "Examples:
  minuted meetings list --from 2011 --to 2011
  minuted meetings list --class beyond-frameworks --attendee countries/jp
  minuted meetings list --attendee countries/ru --attendee countries/af")]
    List(Filter),
    /// Who met the alliance with no agreement standing on the day of the meeting
    #[command(after_help = "Example:
  minuted meetings without-agreement --from 2011 --to 2011")]
    WithoutAgreement(WithoutAgreement),
    /// How many meetings were held, per year and class
    #[command(after_help = "Examples:
  minuted meetings statistics
  minuted meetings statistics --topic counter-narcotics")]
    Statistics(attendance::Statistics),
    /// Who attended more than one of several meetings
    #[command(after_help = "Examples:
  minuted meetings co-attendance --topic counter-narcotics
  minuted meetings co-attendance --from 2011 --to 2015 --min 3")]
    CoAttendance(attendance::CoAttendance),
    /// Invitations that nobody has answered
    #[command(after_help = "Example:
  minuted meetings unanswered --actor countries/jp")]
    Unanswered(attendance::Unanswered),
    /// Meetings as a calendar file (iCalendar), for a calendar program to read
    #[command(after_help = "Examples:
  minuted meetings export --output meetings.ics
  minuted meetings export --actor countries/jp --from 2012 --lang fr

A meeting whose days are not known exactly is in no calendar: it is counted and named on standard error.")]
    Export(calendar::Export),
}

/// Which meetings.
#[derive(Clone, Debug, Args)]
pub(crate) struct Filter {
    #[command(flatten)]
    range: Range,
    /// Only those on this topic
    #[arg(long)]
    topic: Option<String>,
    /// Only those that this actor attended; given several times: that all of them attended
    #[arg(long, value_name = "NAME", value_parser = names::of(names::ACTOR))]
    attendee: Vec<String>,
    /// Only those of this class
    #[arg(long, ignore_case = true, value_parser = words::choice("MeetingClass"))]
    class: Option<i32>,
    /// Only those in this state
    #[arg(long, ignore_case = true, value_parser = words::choice("MeetingState"))]
    state: Option<i32>,
    /// Only those in the town or the house of this name
    #[arg(long)]
    venue: Option<String>,
    /// Only those in this country
    #[arg(long, value_name = "NAME", value_parser = names::of(&["countries"]))]
    venue_country: Option<String>,
    #[command(flatten)]
    limit: Limit,
}

/// When the meetings took place.
#[derive(Clone, Debug, Args)]
pub(crate) struct Range {
    /// Only meetings that certainly or possibly reach into the time from this date on
    #[arg(long, value_name = "DATE", value_parser = options::date)]
    pub(crate) from: Option<String>,
    /// Only meetings that certainly or possibly reach into the time up to this date, its last day included
    #[arg(long, value_name = "DATE", value_parser = options::date)]
    pub(crate) to: Option<String>,
}

/// At which meetings.
#[derive(Clone, Debug, Args)]
pub(crate) struct WithoutAgreement {
    #[command(flatten)]
    range: Range,
    /// Only at this meeting
    #[arg(long, value_name = "NAME", value_parser = names::of(&["meetings"]))]
    meeting: Option<String>,
    #[command(flatten)]
    limit: Limit,
}

impl Meetings {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut service = MeetingServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, language) = client.reading();
        match self {
            Meetings::Get { name } => {
                let request = GetMeetingRequest { name, as_of, at_least_position, language };
                client.print(&service.get_meeting(request).await?.into_inner())
            }
            Meetings::List(Filter {
                range: Range { from, to },
                topic,
                attendee,
                class,
                state,
                venue,
                venue_country,
                limit,
            }) => {
                let request = ListMeetingsRequest {
                    page_size: 0,
                    page_token: String::new(),
                    from: from.unwrap_or_default(),
                    to: to.unwrap_or_default(),
                    topic: topic.unwrap_or_default(),
                    attendee: String::new(),
                    attendees: attendee,
                    class: class.unwrap_or_default(),
                    state: state.unwrap_or_default(),
                    venue: venue.unwrap_or_default(),
                    venue_country: venue_country.unwrap_or_default(),
                    as_of,
                    at_least_position,
                    language,
                };
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let request = ListMeetingsRequest { page_size, page_token, ..request.clone() };
                    async move { service.list_meetings(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
            Meetings::WithoutAgreement(WithoutAgreement { range: Range { from, to }, meeting, limit }) => {
                let request = ListExternalsWithoutAgreementRequest {
                    from: from.unwrap_or_default(),
                    to: to.unwrap_or_default(),
                    meeting: meeting.unwrap_or_default(),
                    as_of,
                    at_least_position,
                    language,
                    page_size: 0,
                    page_token: String::new(),
                };
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let request =
                        ListExternalsWithoutAgreementRequest { page_size, page_token, ..request.clone() };
                    async move { service.list_externals_without_agreement(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
            Meetings::Statistics(statistics) => statistics.run(client).await,
            Meetings::CoAttendance(co_attendance) => co_attendance.run(client).await,
            Meetings::Unanswered(unanswered) => unanswered.run(client).await,
            Meetings::Export(export) => export.run(client).await,
        }
    }
}

impl Show for GetMeetingResponse {
    fn show(&self, look: Look) -> String {
        self.meeting.as_ref().map(|meeting| look.fields(fields(meeting))).unwrap_or_default()
            + &look::known(self.answered_as_of.as_ref())
    }
}

fn fields(meeting: &Meeting) -> Vec<(&'static str, String)> {
    let delegations: Vec<String> = meeting.delegations.iter().map(delegation).collect();
    let invitations = meeting.invitations.iter().map(|invitation| {
        let answer = if invitation.answered {
            words::any_of("Answer", &[invitation.answer])
        } else {
            "not answered".into()
        };
        format!("{}: {answer}", invitation.delegation.as_ref().map(delegation).unwrap_or_default())
    });
    let summaries = meeting.summaries.iter().flat_map(|summary| {
        let state = words::word("SummaryState", summary.state);
        let heading = format!("events/{} {state}", summary.position);
        summary.text.iter().map(move |(language, text)| format!("{heading} [{language}]: {text}"))
    });
    vec![
        ("meeting", meeting.name.clone()),
        ("title", look::name(meeting.title.as_ref())),
        ("state", words::word("MeetingState", meeting.state)),
        ("when", look::valid(meeting.valid.as_ref())),
        ("where", meeting.venue.as_ref().map(venue).unwrap_or_default()),
        ("level", words::word("Level", meeting.level)),
        ("mode", words::word("Mode", meeting.mode)),
        ("for the alliance", words::word("Core", meeting.core)),
        ("topics", meeting.topics.join(", ")),
        ("class", class(meeting)),
        ("left open by", meeting.open_because.join("\n")),
        ("label", meeting.label.clone()),
        ("declared", meeting.declared_total.map(|total| total.to_string()).unwrap_or_default()),
        ("named", named_count(meeting)),
        ("not named", meeting.not_named_count.map(|count| count.to_string()).unwrap_or_default()),
        ("described as", meeting.qualifier.clone()),
        ("delegations", delegations.join("\n")),
        ("invitations", invitations.collect::<Vec<_>>().join("\n")),
        ("summaries", summaries.collect::<Vec<_>>().join("\n")),
        ("version", meeting.etag.clone()),
    ]
}

/// `18: 15 countries, 3 organisations; the list is complete`.
fn named_count(meeting: &Meeting) -> String {
    let complete = if meeting.named_is_complete { "; they are all" } else { "" };
    format!(
        "{}: {} countries, {} organisations{complete}",
        meeting.named_count, meeting.named_countries, meeting.named_organisations
    )
}

/// The class; where it depends on what is not known, every class that is possible.
fn class(meeting: &Meeting) -> String {
    if meeting.class == MeetingClass::Undetermined as i32 {
        return format!("undetermined: {}", words::any_of("MeetingClass", &meeting.possible_classes));
    }
    words::word("MeetingClass", meeting.class)
}

fn delegation(delegation: &Delegation) -> String {
    let on_behalf_of = Some(&delegation.on_behalf_of).filter(|actor| !actor.is_empty());
    let parts = [
        delegation.actor.clone(),
        words::word("Attendance", delegation.attendance),
        words::word("Level", delegation.represented_level),
        on_behalf_of.map(|actor| format!("for {actor}")).unwrap_or_default(),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn venue(venue: &Venue) -> String {
    let parts = [&venue.name, &venue.city, &venue.country, &venue.time_zone];
    parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
}

impl Show for ListMeetingsResponse {
    fn show(&self, look: Look) -> String {
        let row = |meeting: &Meeting| {
            [
                look::valid(meeting.valid.as_ref()),
                look::called(meeting.title.as_ref(), &meeting.name),
                words::word("MeetingState", meeting.state),
                class(meeting),
                meeting.label.clone(),
            ]
        };
        let open = self.meetings.iter().map(|it| (it.name.clone(), it.open_because.as_slice()));
        look.rows(["when", "meeting", "state", "class", "label"], self.meetings.iter().map(row))
            + &look::open_because(open)
            + &look::known(self.answered_as_of.as_ref())
    }
}

impl Show for ListExternalsWithoutAgreementResponse {
    fn show(&self, look: Look) -> String {
        let row = |external: &ExternalWithoutAgreement| {
            [
                look::called(external.display_name.as_ref(), &external.actor),
                look::valid(external.valid.as_ref()),
                look::called(external.meeting_title.as_ref(), &external.meeting),
                words::truth(external.truth).to_owned(),
            ]
        };
        let open = self.externals.iter().map(|external| {
            let who = look::named(external.display_name.as_ref(), &external.actor);
            (format!("{who}, {}", external.meeting), external.open_because.as_slice())
        });
        look.rows(["who", "when", "meeting", "without agreement"], self.externals.iter().map(row))
            + &look::open_because(open)
            + &look::known(self.answered_as_of.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{AnsweredAsOf, DisplayName, MeetingState, Truth, Valid};

    #[test]
    fn a_meeting_shows_who_is_named_and_who_is_not() {
        let meeting = Meeting {
            name: "meetings/counter-piracy-2011".into(),
            state: MeetingState::Held.into(),
            title: Some(DisplayName {
                text: "Counter-piracy dialogue".into(),
                language: "en".into(),
                truth: Truth::Yes.into(),
                ..Default::default()
            }),
            valid: Some(Valid { from: "2011-09".into(), to: String::new() }),
            delegations: vec![
                Delegation { actor: "countries/jp".into(), ..Default::default() },
                Delegation {
                    actor: "organisations/eu".into(),
                    attendance: 1,
                    on_behalf_of: "organisations/un".into(),
                    represented_level: 6,
                },
            ],
            declared_total: Some(47),
            qualifier: "including Russia".into(),
            class: MeetingClass::BeyondFrameworks.into(),
            label: "28+15 or more".into(),
            named_count: 18,
            named_countries: 15,
            named_organisations: 3,
            not_named_count: Some(29),
            ..Default::default()
        };
        let answered_as_of = Some(AnsweredAsOf { valid_at: "2024-01-01".into(), known_position: 424 });
        let answer = GetMeetingResponse { meeting: Some(meeting), answered_as_of };
        insta::assert_snapshot!(answer.show(Look::default()), @r"
        ┌──────────────┬─────────────────────────────────────────────────────────────┐
        │ meeting      ┆ meetings/counter-piracy-2011                                │
        │ title        ┆ Counter-piracy dialogue                                     │
        │ state        ┆ held                                                        │
        │ when         ┆ 2011-09                                                     │
        │ class        ┆ beyond frameworks                                           │
        │ label        ┆ 28+15 or more                                               │
        │ declared     ┆ 47                                                          │
        │ named        ┆ 18: 15 countries, 3 organisations                           │
        │ not named    ┆ 29                                                          │
        │ described as ┆ including Russia                                            │
        │ delegations  ┆ countries/jp                                                │
        │              ┆ organisations/eu, attended, officials, for organisations/un │
        └──────────────┴─────────────────────────────────────────────────────────────┘
        known at 424
        ");
    }

    #[test]
    fn an_undetermined_class_names_all_that_are_possible() {
        let possible_classes =
            vec![MeetingClass::BeyondFrameworks.into(), MeetingClass::AcrossFrameworks.into()];
        let open_because = vec!["countries/jp in frameworks/patg from 2011 (events/9)".to_owned()];
        let meeting = Meeting {
            name: "meetings/a".into(),
            class: MeetingClass::Undetermined.into(),
            possible_classes,
            open_because,
            ..Default::default()
        };
        assert_eq!(class(&meeting), "undetermined: POSSIBLY beyond frameworks or across frameworks");
        let one = GetMeetingResponse { meeting: Some(meeting.clone()), ..Default::default() };
        assert!(
            one.show(Look::default()).contains("│ left open by ┆ countries/jp in frameworks/patg from 2011")
        );
        let all =
            ListMeetingsResponse { meetings: vec![meeting], ..Default::default() }.show(Look::default());
        let last = all.lines().last();
        assert_eq!(last, Some("POSSIBLY meetings/a: countries/jp in frameworks/patg from 2011 (events/9)"));
    }

    #[test]
    fn an_external_that_is_only_possible_says_by_which_dates() {
        let external = ExternalWithoutAgreement {
            actor: "countries/jp".into(),
            display_name: Some(DisplayName { text: "Japan".into(), ..Default::default() }),
            meeting: "meetings/a".into(),
            truth: Truth::Possibly.into(),
            open_because: vec!["agreements/jp stands from 2012".into()],
            ..Default::default()
        };
        let answer =
            ListExternalsWithoutAgreementResponse { externals: vec![external], ..Default::default() };
        let shown = answer.show(Look::default());
        let last = shown.lines().last();
        assert_eq!(last, Some("POSSIBLY Japan (countries/jp), meetings/a: agreements/jp stands from 2012"));
    }
}
