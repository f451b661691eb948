//! `minuted events`: the log itself, one event with its corrections or many in order.

use clap::{Args, Subcommand};

use super::client::{Client, Show};
use super::failure::Failure;
use super::json::{self, named};
use super::look::{self, Look, print};
use super::{names, options, time, words};
use crate::proto::v1::event_service_client::EventServiceClient;
use crate::proto::v1::read_events_request::Start;
use crate::proto::v1::{
    Amendment, Event, Fact, GetEventRequest, GetEventResponse, ReadEventsRequest, Source,
};

named!(GetEventResponse, ReadEventsResponse);

/// `events` alone lists.
#[derive(Clone, Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  minuted events --limit 20 --backwards
  minuted events --stream countries/jp --kind area_chosen
  minuted events --topic counter-piracy --follow
  minuted events --from 425 --follow --format json
  minuted events get events/195

With --format json each line is the protobuf JSON of one response of the stream: a batch of events, a checkpoint, or both."
)]
pub(crate) struct Events {
    #[command(subcommand)]
    command: Option<Subcommands>,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Clone, Debug, Subcommand)]
enum Subcommands {
    /// One event with all that corrects or retracts it
    #[command(after_help = "Examples:
  minuted events get events/195
  minuted events get b659aa08-4616-5c61-bb00-9fa846aa12ce")]
    Get {
        /// events/POSITION, or the id of the command that made it
        #[arg(value_parser = event_name)]
        name: String,
    },
    /// Events in the order of the log, or against it (the same as `events` alone)
    #[command(after_help = "Example:
  minuted events list --actor countries/jp --backwards --limit 5")]
    List(Filter),
}

/// Which events.
#[derive(Clone, Debug, Args)]
struct Filter {
    /// Begin with this event, or with the first recorded at this time or later
    #[arg(long, value_name = "POSITION|TIME", value_parser = start)]
    from: Option<Start>,
    /// Newest first
    #[arg(long, conflicts_with = "follow")]
    backwards: bool,
    /// Only events of this stream; may be given several times
    #[arg(long, value_name = "NAME", value_parser = names::any())]
    stream: Vec<String>,
    /// Only facts of this kind, such as `area_chosen` (a wrong one lists them all); may be given several times
    #[arg(long, value_parser = words::fact_kind(), hide_possible_values = true)]
    kind: Vec<String>,
    /// Only events whose stream or content names this actor; may be given several times
    #[arg(long, value_name = "NAME", value_parser = names::of(names::ACTOR))]
    actor: Vec<String>,
    /// Only events of meetings on this topic: the event or one before it says so; may be given several times
    #[arg(long)]
    topic: Vec<String>,
    /// Go on with what is recorded later, until Ctrl-C
    #[arg(long)]
    follow: bool,
    /// End after so many events [default: no limit]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

fn start(text: &str) -> Result<Start, String> {
    match text.strip_prefix("events/").unwrap_or(text).parse() {
        Ok(position) => Ok(Start::FromPosition(position)),
        Err(_) => options::timestamp(text).map(Start::FromTime),
    }
}

fn event_name(text: &str) -> Result<String, String> {
    let position = text.strip_prefix("events/").is_some_and(|position| position.parse::<u64>().is_ok());
    if position || uuid::Uuid::parse_str(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err("names are written in full: events/195, or the UUID of a command".to_owned())
}

impl Events {
    /// Whether the options about a time mean anything: they do for `get`.
    pub(crate) fn takes_known_at(&self) -> bool {
        matches!(self.command, Some(Subcommands::Get { .. }))
    }

    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self.command {
            Some(Subcommands::Get { name }) => get(name, client).await,
            Some(Subcommands::List(filter)) => filter.run(client).await,
            None => self.filter.run(client).await,
        }
    }
}

async fn get(name: String, client: &Client) -> Result<(), Failure> {
    let (as_of, at_least_position, _) = client.reading();
    let (name, command_id) =
        if name.starts_with("events/") { (name, String::new()) } else { (String::new(), name) };
    let request = GetEventRequest { name, command_id, as_of, at_least_position };
    client.print(&EventServiceClient::new(client.bounded().await?).get_event(request).await?.into_inner())
}

impl Filter {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let Filter { from, backwards, stream, kind, actor, topic, follow, limit } = self;
        let request = ReadEventsRequest {
            backwards,
            streams: stream,
            kinds: kind,
            actors: actor,
            topics: topic,
            follow,
            limit: limit.unwrap_or(0),
            start: from,
        };
        let answers = EventServiceClient::new(client.unbounded().await?).read_events(request).await?;
        let mut answers = answers.into_inner();
        let mut headed = client.wants_json();
        while let Some(answer) = answers.message().await? {
            let text: String = if client.wants_json() {
                json::compact(&answer) + "\n"
            } else {
                answer.events.iter().map(|event| line(event, client.look.terminal())).collect()
            };
            if !text.is_empty() && !std::mem::replace(&mut headed, true) {
                print(&header())?;
            }
            print(&text)?;
        }
        Ok(())
    }
}

/// Over the first event.
fn header() -> String {
    columns("event", "recorded at", "stream", "fact", "when") + "\n"
}

fn columns(position: &str, at: &str, stream: &str, kind: &str, valid: &str) -> String {
    format!("{position:>7}  {at:<20}  {stream:<30}  {kind:<22}  {valid:<10}").trim_end().to_owned()
}

/// An event on one line: they may come for ever, so no table has an end to wait for. On a terminal of a known width its
/// content is the second line, as far as it fits.
fn line(event: &Event, terminal: Option<usize>) -> String {
    let (kind, content) = event.fact.as_ref().map(json::kind_and_content).unwrap_or_default();
    let valid = look::valid(event.valid.as_ref());
    let at = time::instant(event.recorded_at.as_ref());
    let head = columns(&event.position.to_string(), &at, &event.name, &kind, &valid);
    match terminal {
        None => format!("{head}  {content}\n"),
        Some(width) => {
            let room = width.saturating_sub(9);
            let cut: String = match content.chars().count() {
                length if length <= room => content,
                _ => content.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
            };
            format!("{head}\n         {cut}\n")
        }
    }
}

impl Show for GetEventResponse {
    fn show(&self, look: Look) -> String {
        let Some(event) = &self.event else { return look::known(self.answered_as_of.as_ref()) };
        let (kind, said) = content(event.fact.as_ref());
        let (when, from) = (look::valid(event.valid.as_ref()), source(event.source.as_ref()));
        let mut rows = vec![
            ("event", format!("events/{}", event.position)),
            ("stream", format!("{}, version {}", event.name, event.version)),
            ("recorded", format!("{} by {}", time::instant(event.recorded_at.as_ref()), event.recorded_by)),
            ("command", event.command_id.clone()),
            ("kind", kind),
            ("when", when.clone()),
            ("source", from.clone()),
            ("fact", said.clone()),
            ("stands", if self.stands { "yes" } else { "no, it is retracted" }.to_owned()),
        ];
        let changed =
            |shown: String, as_recorded: &str| if shown == as_recorded { String::new() } else { shown };
        if self.stands {
            rows.push(("corrected: when", changed(look::valid(self.known_valid.as_ref()), &when)));
            rows.push(("corrected: source", changed(source(self.known_source.as_ref()), &from)));
            rows.push(("corrected: fact", changed(content(self.known_fact.as_ref()).1, &said)));
        }
        rows.push(("amended by", self.amendments.iter().map(amendment).collect::<Vec<_>>().join("\n")));
        look.fields(rows) + &look::known(self.answered_as_of.as_ref())
    }
}

/// What is no longer stays on one line.
const SHORT: usize = 60;

/// The kind of a fact and its content as JSON, a field a line where it is long.
fn content(fact: Option<&Fact>) -> (String, String) {
    let (kind, text) = fact.map(json::kind_and_content).unwrap_or_default();
    if text.len() <= SHORT {
        return (kind, text);
    }
    let fields: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    (kind, fields.and_then(|fields| serde_json::to_string_pretty(&fields).ok()).unwrap_or(text))
}

fn source(source: Option<&Source>) -> String {
    match source {
        Some(Source { text, unconfirmed: true }) => format!("{text} (unconfirmed)"),
        Some(Source { text, unconfirmed: false }) => text.clone(),
        None => String::new(),
    }
}

fn amendment(amendment: &Amendment) -> String {
    let event = amendment.event.clone().unwrap_or_default();
    let stands = if amendment.stands { "" } else { ", retracted" };
    format!("events/{} {}{stands}", event.position, content(event.fact.as_ref()).0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::fact::Kind;
    use crate::proto::v1::{AreaWithdrawn, Valid};

    fn event() -> Event {
        let fact = Fact { kind: Some(Kind::AreaWithdrawn(AreaWithdrawn { area: "areas/cyber".into() })) };
        Event {
            position: 425,
            name: "countries/jp".into(),
            version: 9,
            recorded_at: Some(prost_types::Timestamp { seconds: 1_316_080_800, nanos: 0 }),
            recorded_by: "local".into(),
            command_id: "b659aa08-4616-5c61-bb00-9fa846aa12ce".into(),
            valid: Some(Valid { from: "2011-09".into(), to: String::new() }),
            source: Some(Source { text: "a letter".into(), unconfirmed: true }),
            fact: Some(fact),
        }
    }

    #[test]
    fn an_event_is_a_line() {
        assert_eq!(
            line(&event(), None),
            "    425  2011-09-15T10:00:00Z  countries/jp                    area_withdrawn          2011-09  \
             {\"area\":\"areas/cyber\"}\n"
        );
        let on_terminal = line(&event(), Some(24));
        assert!(on_terminal.ends_with("  2011-09\n         {\"area\":\"areas…\n"), "{on_terminal}");
    }

    #[test]
    fn an_event_shows_what_it_was_corrected_to() {
        let event = event();
        let answer = GetEventResponse {
            stands: true,
            known_valid: Some(Valid { from: "2011-10".into(), to: String::new() }),
            known_source: event.source.clone(),
            known_fact: event.fact.clone(),
            amendments: vec![Amendment {
                event: Some(Event { position: 430, ..event.clone() }),
                stands: true,
            }],
            event: Some(event),
            answered_as_of: None,
        };
        insta::assert_snapshot!(answer.show(Look::default()), @r#"
        ┌─────────────────┬──────────────────────────────────────┐
        │ event           ┆ events/425                           │
        │ stream          ┆ countries/jp, version 9              │
        │ recorded        ┆ 2011-09-15T10:00:00Z by local        │
        │ command         ┆ b659aa08-4616-5c61-bb00-9fa846aa12ce │
        │ kind            ┆ area_withdrawn                       │
        │ when            ┆ 2011-09                              │
        │ source          ┆ a letter (unconfirmed)               │
        │ fact            ┆ {"area":"areas/cyber"}               │
        │ stands          ┆ yes                                  │
        │ corrected: when ┆ 2011-10                              │
        │ amended by      ┆ events/430 area_withdrawn            │
        └─────────────────┴──────────────────────────────────────┘
        "#);
    }

    #[test]
    fn events_are_named_in_full() {
        assert!(
            event_name("events/195").is_ok() && event_name("b659aa08-4616-5c61-bb00-9fa846aa12ce").is_ok()
        );
        assert!(event_name("195").unwrap_err().contains("events/195"));
        assert_eq!(start("events/7").unwrap(), Start::FromPosition(7));
        assert!(start("then").is_err());
    }
}
