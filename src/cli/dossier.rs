//! `minuted actors dossier` and `minuted unconfirmed`: the events themselves, as known.

use clap::Args;

use super::client::{Client, Show};
use super::failure::Failure;
use super::json;
use super::look::{self, Look};
use super::page::Limit;
use super::{names, words};
use crate::proto::v1::dossier_service_client::DossierServiceClient;
use crate::proto::v1::{
    KnownEvent, ListActorEventsResponse, ListUnconfirmedEventsRequest, ListUnconfirmedEventsResponse,
    ReadActorEventsRequest,
};

/// How much of an event's content a table shows.
const CONTENT_CHARS: usize = 80;

/// Whose dossier, and in which order.
#[derive(Clone, Debug, Args)]
pub(crate) struct Dossier {
    /// Such as countries/nz
    #[arg(value_parser = names::of(names::ACTOR))]
    actor: String,
    /// In the order of the log, or of the time in the world
    #[arg(long, ignore_case = true, value_parser = words::choice("DossierOrder"))]
    order: Option<i32>,
    #[command(flatten)]
    limit: Limit,
}

/// Which events.
#[derive(Clone, Debug, Args)]
pub(crate) struct Unconfirmed {
    /// Only facts of this kind, such as `area_chosen` (a wrong one lists them all); may be given several times
    #[arg(long, value_parser = words::fact_kind(), hide_possible_values = true)]
    kind: Vec<String>,
    #[command(flatten)]
    limit: Limit,
}

impl Dossier {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut service = DossierServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, _) = client.reading();
        let Dossier { actor, order, limit } = self;
        let order = order.unwrap_or_default();
        let request = ReadActorEventsRequest { actor, order, as_of, at_least_position };
        let mut parts = service.read_actor_events(request).await?.into_inner();
        let mut all = ListActorEventsResponse::default();
        while all.events.len() < limit.most()
            && let Some(part) = parts.message().await?
        {
            all.events.extend(part.events);
            all.answered_as_of = part.answered_as_of;
        }
        all.events.truncate(limit.most());
        client.print(&all)
    }
}

impl Unconfirmed {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let service = DossierServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, _) = client.reading();
        let Unconfirmed { kind: kinds, limit } = self;
        let request = ListUnconfirmedEventsRequest {
            page_size: 0,
            page_token: String::new(),
            kinds,
            as_of,
            at_least_position,
        };
        let ask = |page_size, page_token| {
            let mut service = service.clone();
            let request = ListUnconfirmedEventsRequest { page_size, page_token, ..request.clone() };
            async move { service.list_unconfirmed_events(request).await }
        };
        client.print(&limit.collect(ask).await?)
    }
}

impl Show for ListActorEventsResponse {
    fn show(&self, look: Look) -> String {
        let row = |known: &KnownEvent| {
            let (position, name, kind, content) = parts(known);
            let stands = if known.stands { String::new() } else { "retracted".to_owned() };
            [position, look::valid(known.known_valid.as_ref()), name, kind, short(content), stands]
        };
        look.rows(["event", "when", "stream", "what", "content", ""], self.events.iter().map(row))
            + &look::known(self.answered_as_of.as_ref())
    }
}

impl Show for ListUnconfirmedEventsResponse {
    fn show(&self, look: Look) -> String {
        let row = |known: &KnownEvent| {
            let (position, name, kind, _) = parts(known);
            let source = known.known_source.as_ref().map(|source| source.text.clone()).unwrap_or_default();
            [position, look::valid(known.known_valid.as_ref()), name, kind, source]
        };
        let counts = self.counts.iter().map(|count| [count.kind.clone(), count.count.to_string()]);
        look.rows(["event", "when", "stream", "what", "source"], self.events.iter().map(row))
            + &look.rows(["what", "how many"], counts)
            + &look::known(self.answered_as_of.as_ref())
    }
}

/// A row is for the eye: the rest is in the JSON.
fn short(content: String) -> String {
    if content.chars().count() <= CONTENT_CHARS {
        return content;
    }
    content.chars().take(CONTENT_CHARS - 1).chain(['…']).collect()
}

/// Where it stands, in which stream, and what it says as known.
fn parts(known: &KnownEvent) -> (String, String, String, String) {
    let event = known.event.clone().unwrap_or_default();
    let (kind, content) = known.known_fact.as_ref().map(json::kind_and_content).unwrap_or_default();
    (event.position.to_string(), event.name, kind, content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::fact::Kind;
    use crate::proto::v1::{Event, Fact, FrameworkJoined, Valid};

    #[test]
    fn a_dossier_shows_what_is_known_and_what_is_retracted() {
        let joined = FrameworkJoined { framework: "frameworks/patg".into(), ..Default::default() };
        let event = KnownEvent {
            event: Some(Event { position: 7, name: "countries/sg".into(), ..Default::default() }),
            known_valid: Some(Valid { from: "2011-09".into(), to: String::new() }),
            known_fact: Some(Fact { kind: Some(Kind::FrameworkJoined(joined)) }),
            ..Default::default()
        };
        let answer = ListActorEventsResponse { events: vec![event], ..Default::default() };
        let shown = answer.show(Look::default());
        assert_eq!(short("é".repeat(81)).chars().count(), 80);
        for part in ["7", "2011-09", "countries/sg", "framework_joined", "frameworks/patg", "retracted"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }
}
