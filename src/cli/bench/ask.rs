//! `minuted bench ask`: what answers take, each question asked over and over by one client, beside an empty call.

use clap::Args;
use tonic::Status;
use tonic::transport::Channel;
use tonic_health::pb::health_client::HealthClient;

use super::Report;
use super::load::{Measured, Worker, connect, run};
use super::work::Empty;
use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::proto::v1::activity_service_client::ActivityServiceClient;
use crate::proto::v1::actor_service_client::ActorServiceClient;
use crate::proto::v1::admin_service_client::AdminServiceClient;
use crate::proto::v1::agreement_service_client::AgreementServiceClient;
use crate::proto::v1::meeting_service_client::MeetingServiceClient;
use crate::proto::v1::search_service_client::SearchServiceClient;
use crate::proto::v1::{
    AsOf, ExplainAccessRequest, GetActorRequest, GetMeetingRequest, GetMeetingStatisticsRequest,
    GetStatusRequest, ListActivitiesRequest, ListActorsRequest, ListAgreementsRequest, ListMeetingsRequest,
    SearchRequest, as_of,
};

/// Entries of one page.
const PAGE: i32 = 50;
/// Meetings are taken from each of these years.
const YEARS: [&str; 5] = ["1997", "2004", "2011", "2017", "2023"];

/// What is asked.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example, of a daemon on which `minuted bench generate` has recorded:
  minuted bench ask --seconds 5 --format json

It records nothing. Client and daemon share the machine; compare figures of one run only.")]
pub(crate) struct Ask {
    /// How long each question is asked
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0)]
    seconds: f64,
    /// Only questions whose description has this in it
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
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
        asking.search().await?;
        Report { measured: asking.measured }.print(client)
    }
}

struct Asking {
    channel: Channel,
    ask: Ask,
    measured: Vec<Measured>,
}

/// Asks with the next of its questions each time.
struct Each<Q, F> {
    questions: Vec<Q>,
    next: usize,
    ask: F,
}

impl<Q, F, A> Worker for Each<Q, F>
where
    Q: Clone + Send + 'static,
    F: Fn(Q) -> A + Send + 'static,
    A: Future<Output = Result<(), Status>> + Send,
{
    fn request(&mut self) -> impl Future<Output = Result<(), Status>> + Send {
        self.next += 1;
        (self.ask)(self.questions[self.next % self.questions.len()].clone())
    }
}

impl Asking {
    async fn measure<Q, A>(
        &mut self,
        what: &str,
        questions: Vec<Q>,
        ask: impl Fn(Q) -> A + Send + 'static,
    ) -> Result<(), Failure>
    where
        Q: Clone + Send + 'static,
        A: Future<Output = Result<(), Status>> + Send + 'static,
    {
        if what.contains(&self.ask.only) && !questions.is_empty() {
            self.measured.push(run(what, vec![Each { questions, next: 0, ask }], 1, self.ask.seconds).await?);
        }
        Ok(())
    }

    async fn empty(&mut self) -> Result<(), Failure> {
        let worker = Empty(HealthClient::new(self.channel.clone()));
        self.measured.push(run("an empty call", vec![worker], 1, self.ask.seconds).await?);
        Ok(())
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

fn not_found(status: Status) -> Result<(), Status> {
    match status.code() {
        tonic::Code::NotFound => Ok(()),
        _ => Err(status),
    }
}
