//! `minuted bench ask`: what answers take, each question asked over and over by one client, in turns with an empty call.

use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_health::pb::health_client::HealthClient;

use super::load::{Measured, WARM_UP, Worker, connect, now};
use super::print_json;
use super::work::Empty;
use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::look::{Look, print};
use crate::proto::v1::activity_service_client::ActivityServiceClient;
use crate::proto::v1::actor_service_client::ActorServiceClient;
use crate::proto::v1::admin_service_client::AdminServiceClient;
use crate::proto::v1::agreement_service_client::AgreementServiceClient;
use crate::proto::v1::dossier_service_client::DossierServiceClient;
use crate::proto::v1::meeting_service_client::MeetingServiceClient;
use crate::proto::v1::search_service_client::SearchServiceClient;
use crate::proto::v1::{
    AsOf, ExplainAccessRequest, GetActorRequest, GetMeetingRequest, GetMeetingStatisticsRequest,
    GetStatusRequest, ListActivitiesRequest, ListActorsRequest, ListAgreementsRequest, ListMeetingsRequest,
    ListUnconfirmedEventsRequest, SearchRequest, as_of,
};

/// A question is asked so often, then as many empty calls are made.
const TURN: usize = 50;
/// Entries of one page.
const PAGE: i32 = 50;
/// So many pages are asked for in turn: more than are kept, unpacked or as they were answered.
const PAGES: usize = 1_000;
/// Meetings are taken from each of these years.
const YEARS: [&str; 5] = ["1997", "2004", "2011", "2017", "2023"];

/// What is asked.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples, of a daemon on which `minuted bench generate` has recorded:
  minuted bench ask --seconds 5 --format json
  minuted bench ask --anew

It records nothing. Each question takes turns with an empty call, so that both meet the same moods of the machine, which client
and daemon share.")]
pub(crate) struct Ask {
    /// How long each question is asked
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0)]
    seconds: f64,
    /// Only questions whose description has this in it
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Ask nothing twice in the same words, so that no answer is one that the daemon has kept
    #[arg(long)]
    anew: bool,
}

impl Ask {
    /// Asks one question after the other, and prints what came of it.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let channel = connect(client.addr()).await?;
        let tail = AdminServiceClient::new(channel.clone())
            .get_status(GetStatusRequest::default())
            .await?
            .into_inner()
            .tail_position;
        let half = as_of::KnownAt::KnownPosition(tail / 2);
        let then = Some(AsOf { valid_at: String::new(), known_at: Some(half) });
        let mut asking = Asking { channel, ask: self, measured: Vec::new() };
        asking.empty().await?;
        let meetings = asking.meetings().await?;
        for (as_of, when) in [(None, "now"), (then, "as of a past position")] {
            asking.of_meetings(&meetings, as_of.as_ref(), when).await?;
            asking.of_registers(as_of.as_ref(), when).await?;
        }
        asking.statistics().await?;
        asking.access().await?;
        asking.unconfirmed().await?;
        asking.search().await?;
        let report = Report { measured: asking.measured };
        if client.wants_json() {
            return print_json(&report);
        }
        Ok(print(&report.table(client.look))?)
    }
}

#[derive(Serialize)]
struct Report {
    measured: Vec<Asked>,
}

/// What a question took.
#[derive(Serialize)]
struct Asked {
    #[serde(flatten)]
    measured: Measured,
    /// Half of the empty calls in between took at most so long, in microseconds.
    empty_p50_micros: f64,
    /// Its p50 beside theirs.
    ratio: f64,
}

impl Report {
    fn table(&self, look: Look) -> String {
        let rows = self.measured.iter().map(|Asked { measured, empty_p50_micros, ratio }| {
            let Measured { what, p50_micros, p99_micros, requests, .. } = measured;
            let micros = [p50_micros, p99_micros, empty_p50_micros].map(|micros| format!("{micros:.0}"));
            let [p50, p99, empty] = micros;
            [what.clone(), p50, p99, empty, format!("{ratio:.2}"), requests.to_string()]
        });
        look.rows(["what", "p50 µs", "p99 µs", "an empty call, p50 µs", "ratio", "requests"], rows)
    }
}

struct Asking {
    channel: Channel,
    ask: Ask,
    measured: Vec<Asked>,
}

/// Asks with the next of its questions each time, first with any: what an earlier run asked anew is not asked so again.
struct Each<Q, F> {
    questions: Vec<Q>,
    next: usize,
    anew: bool,
    ask: F,
}

impl<Q, F, A> Worker for Each<Q, F>
where
    Q: Clone + Send + 'static,
    F: Fn(Request<Q>) -> A + Send + 'static,
    A: Future<Output = Result<(), Status>> + Send,
{
    fn request(&mut self) -> impl Future<Output = Result<(), Status>> + Send {
        self.next = self.next.wrapping_add(1);
        let mut request = Request::new(self.questions[self.next % self.questions.len()].clone());
        if self.anew {
            // Any other language is wanted less than English each time, and none of them is answered in.
            let languages = format!("en, *;q=0.{}", self.next).parse().expect("it is ASCII");
            request.metadata_mut().insert("accept-language", languages);
        }
        (self.ask)(request)
    }
}

impl Asking {
    async fn measure<Q, A>(
        &mut self,
        what: &str,
        questions: Vec<Q>,
        ask: impl Fn(Request<Q>) -> A + Send + 'static,
    ) -> Result<(), Failure>
    where
        Q: Clone + Send + 'static,
        A: Future<Output = Result<(), Status>> + Send + 'static,
    {
        if what.contains(&self.ask.only) && !questions.is_empty() {
            let mut each = Each { questions, next: fastrand::usize(..), anew: self.ask.anew, ask };
            let asked = self.in_turns(what, &mut each).await?;
            self.measured.push(asked);
        }
        Ok(())
    }

    async fn empty(&mut self) -> Result<(), Failure> {
        let asked =
            self.in_turns("an empty call", &mut Empty(HealthClient::new(self.channel.clone()))).await?;
        self.measured.push(asked);
        Ok(())
    }

    async fn in_turns(&self, what: &str, question: &mut impl Worker) -> Result<Asked, Failure> {
        let mut empty = Empty(HealthClient::new(self.channel.clone()));
        let time = Duration::from_secs_f64(self.ask.seconds);
        let (mut times, mut empty_times) = (Vec::new(), Vec::new());
        for (time, counts) in [(WARM_UP, false), (time, true)] {
            let begun = now();
            let (mut asked, mut called) = (Vec::new(), Vec::new());
            // What takes longer than it is asked for is counted once.
            while asked.is_empty() || begun.elapsed() < time {
                take_turn(question, &mut asked, begun, time).await?;
                take_turn(&mut empty, &mut called, begun, time).await?;
            }
            if counts {
                (times, empty_times) = (asked, called);
            }
        }
        let measured = Measured::of(what, 1, 1, times.iter().sum(), &times);
        let empty_p50_micros = Measured::of("", 1, 1, time, &empty_times).p50_micros;
        Ok(Asked { ratio: measured.p50_micros / empty_p50_micros, measured, empty_p50_micros })
    }

    /// Names of some meetings, of early and of late years.
    async fn meetings(&self) -> Result<Vec<String>, Failure> {
        let mut service = MeetingServiceClient::new(self.channel.clone());
        let mut names = Vec::new();
        for year in YEARS {
            let request = ListMeetingsRequest {
                page_size: PAGE,
                from: year.into(),
                to: year.into(),
                ..ListMeetingsRequest::default()
            };
            let found = service.list_meetings(request).await?.into_inner().meetings;
            names.extend(found.into_iter().map(|meeting| meeting.name));
        }
        Ok(names)
    }

    async fn of_meetings(
        &mut self,
        names: &[String],
        as_of: Option<&AsOf>,
        when: &str,
    ) -> Result<(), Failure> {
        let service = MeetingServiceClient::new(self.channel.clone());
        let get = |name: &String| GetMeetingRequest {
            name: name.clone(),
            as_of: as_of.cloned(),
            ..Default::default()
        };
        let asked = service.clone();
        self.measure(&format!("one meeting, {when}"), names.iter().map(get).collect(), move |request| {
            let mut service = asked.clone();
            // A name that was not known then is an answer, too.
            async move { service.get_meeting(request).await.map(drop).or_else(not_found) }
        })
        .await?;
        let page = ListMeetingsRequest { page_size: PAGE, as_of: as_of.cloned(), ..Default::default() };
        let of_year = |year: &str| ListMeetingsRequest { from: year.into(), to: year.into(), ..page.clone() };
        let lists = [
            ("50 meetings", vec![page.clone()]),
            ("50 meetings of another page each time", self.pages(&page).await?),
            ("50 meetings of one year", YEARS.map(of_year).to_vec()),
            (
                "50 meetings of one attendee",
                vec![ListMeetingsRequest { attendee: "countries/jp".into(), ..page.clone() }],
            ),
        ];
        for (what, requests) in lists {
            let service = service.clone();
            self.measure(&format!("{what}, {when}"), requests, move |request| {
                let mut service = service.clone();
                async move { service.list_meetings(request).await.map(drop) }
            })
            .await?;
        }
        Ok(())
    }

    /// A page's request and those of the pages behind it.
    async fn pages(&self, first: &ListMeetingsRequest) -> Result<Vec<ListMeetingsRequest>, Failure> {
        let mut service = MeetingServiceClient::new(self.channel.clone());
        let mut pages = vec![first.clone()];
        while pages.len() < PAGES
            && let Some(last) = pages.last().cloned()
        {
            let page_token = service.list_meetings(last).await?.into_inner().next_page_token;
            if page_token.is_empty() {
                break;
            }
            pages.push(ListMeetingsRequest { page_token, ..first.clone() });
        }
        Ok(pages)
    }

    async fn of_registers(&mut self, as_of: Option<&AsOf>, when: &str) -> Result<(), Failure> {
        let actors = ActorServiceClient::new(self.channel.clone());
        let names = ["countries/jp", "countries/se", "countries/fi", "countries/au"];
        let get =
            |name: &str| GetActorRequest { name: name.into(), as_of: as_of.cloned(), ..Default::default() };
        let service = actors.clone();
        self.measure(&format!("one actor, {when}"), names.map(get).to_vec(), move |request| {
            let mut service = service.clone();
            async move { service.get_actor(request).await.map(drop) }
        })
        .await?;
        let page = ListActorsRequest { page_size: PAGE, as_of: as_of.cloned(), ..Default::default() };
        self.measure(&format!("50 actors, {when}"), vec![page], move |request| {
            let mut service = actors.clone();
            async move { service.list_actors(request).await.map(drop) }
        })
        .await?;
        let agreements = AgreementServiceClient::new(self.channel.clone());
        let page = ListAgreementsRequest { page_size: PAGE, as_of: as_of.cloned(), ..Default::default() };
        self.measure(&format!("50 agreements, {when}"), vec![page], move |request| {
            let mut service = agreements.clone();
            async move { service.list_agreements(request).await.map(drop) }
        })
        .await
    }

    async fn statistics(&mut self) -> Result<(), Failure> {
        let service = MeetingServiceClient::new(self.channel.clone());
        let request = GetMeetingStatisticsRequest::default();
        self.measure("meetings by year and class, all years", vec![request], move |request| {
            let mut service = service.clone();
            async move { service.get_meeting_statistics(request).await.map(drop) }
        })
        .await
    }

    async fn access(&mut self) -> Result<(), Failure> {
        let mut service = ActivityServiceClient::new(self.channel.clone());
        let page = ListActivitiesRequest { page_size: PAGE, ..Default::default() };
        let activities = service.list_activities(page).await?.into_inner().activities;
        let requests = activities.into_iter().map(|activity| ExplainAccessRequest {
            activity: activity.name,
            actor: "countries/jp".into(),
            ..Default::default()
        });
        self.measure("why an actor may take part", requests.collect(), move |request| {
            let mut service = service.clone();
            async move { service.explain_access(request).await.map(drop) }
        })
        .await
    }

    async fn unconfirmed(&mut self) -> Result<(), Failure> {
        let service = DossierServiceClient::new(self.channel.clone());
        let page = ListUnconfirmedEventsRequest { page_size: PAGE, ..Default::default() };
        self.measure("50 records that rest on no confirmed source", vec![page], move |request| {
            let mut service = service.clone();
            async move { service.list_unconfirmed_events(request).await.map(drop) }
        })
        .await
    }

    async fn search(&mut self) -> Result<(), Failure> {
        let service = SearchServiceClient::new(self.channel.clone());
        for query in ["réunion cyber", "meeting 1234", "partenariat", "pira"] {
            let request = SearchRequest { query: query.into(), ..Default::default() };
            let service = service.clone();
            self.measure(&format!("search: {query}"), vec![request], move |request| {
                let mut service = service.clone();
                async move { service.search(request).await.map(drop) }
            })
            .await?;
        }
        Ok(())
    }
}

/// So many requests, one after the other, or fewer where the time is over.
async fn take_turn(
    worker: &mut impl Worker,
    times: &mut Vec<Duration>,
    begun: Instant,
    time: Duration,
) -> Result<(), Failure> {
    for _ in 0..TURN {
        let at = now();
        worker.request().await?;
        times.push(at.elapsed());
        if begun.elapsed() >= time {
            break;
        }
    }
    Ok(())
}

fn not_found(status: Status) -> Result<(), Status> {
    match status.code() {
        tonic::Code::NotFound => Ok(()),
        _ => Err(status),
    }
}
