//! `minuted activities`: what was offered to whom, and who took part.

use clap::{Args, Subcommand};

use super::client::{Client, Show};
use super::failure::Failure;
use super::json::named;
use super::look::{self, Look};
use super::page::Limit;
use super::{names, words};
use crate::proto::v1::activity_service_client::ActivityServiceClient;
use crate::proto::v1::{
    Activity, GetActivityRequest, GetActivityResponse, ListActivitiesRequest, ListActivitiesResponse,
};

named!(GetActivityResponse);

/// The subcommands.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Activities {
    /// One activity on a day
    #[command(after_help = "Example:
  minuted activities get activities/sps --as-of 2012")]
    Get {
        /// Such as activities/sps
        #[arg(value_parser = names::of(&["activities"]))]
        name: String,
    },
    /// Activities in the order of their names
    #[command(after_help = "Examples:
  minuted activities list --kind exercise
  minuted activities list --participant countries/jp --offered --as-of 2012")]
    List(Filter),
}

/// Which activities.
#[derive(Clone, Debug, Args)]
pub(crate) struct Filter {
    /// Only those of this kind
    #[arg(long, ignore_case = true, value_parser = words::choice("ActivityKind"))]
    kind: Option<i32>,
    /// Only those in which this actor took part
    #[arg(long, value_name = "NAME", value_parser = names::of(names::ACTOR))]
    participant: Option<String>,
    /// Only those with this access
    #[arg(long, ignore_case = true, value_parser = words::choice("Access"))]
    access: Option<i32>,
    /// Only those that certainly or possibly were on offer
    #[arg(long)]
    offered: bool,
    #[command(flatten)]
    limit: Limit,
}

impl Activities {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut service = ActivityServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, language) = client.reading();
        match self {
            Activities::Get { name } => {
                let request = GetActivityRequest { name, as_of, at_least_position, language };
                client.print(&service.get_activity(request).await?.into_inner())
            }
            Activities::List(Filter { kind, participant, access, offered, limit }) => {
                let request = ListActivitiesRequest {
                    page_size: 0,
                    page_token: String::new(),
                    kind: kind.unwrap_or_default(),
                    participant: participant.unwrap_or_default(),
                    access: access.unwrap_or_default(),
                    offered,
                    as_of,
                    at_least_position,
                    language,
                };
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let request = ListActivitiesRequest { page_size, page_token, ..request.clone() };
                    async move { service.list_activities(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
        }
    }
}

/// To whom it is open, with the framework where it is open to one.
fn access(activity: &Activity) -> String {
    let word = words::word("Access", activity.access);
    if activity.framework.is_empty() { word } else { format!("{word} {}", activity.framework) }
}

impl Show for GetActivityResponse {
    fn show(&self, look: Look) -> String {
        let fields = |activity: &Activity| {
            let participations = activity
                .participations
                .iter()
                .map(|part| format!("{} {}", look::valid(part.valid.as_ref()), part.participant));
            look.fields([
                ("activity", activity.name.clone()),
                ("title", look::name(activity.title.as_ref())),
                ("kind", words::word("ActivityKind", activity.kind)),
                ("open to", access(activity)),
                ("exception", activity.exception.clone()),
                ("offered", look::valid(activity.valid.as_ref())),
                ("withdrawn", activity.withdrawn.clone()),
                ("on offer that day", words::truth(activity.offered).to_owned()),
                ("who took part", participations.collect::<Vec<_>>().join("\n")),
                ("version", activity.etag.clone()),
            ])
        };
        self.activity.as_ref().map(fields).unwrap_or_default() + &look::times(self.answered_as_of.as_ref())
    }
}

impl Show for ListActivitiesResponse {
    fn show(&self, look: Look) -> String {
        let row = |activity: &Activity| {
            [
                look::called(activity.title.as_ref(), &activity.name),
                words::word("ActivityKind", activity.kind),
                access(activity),
                look::valid(activity.valid.as_ref()),
                words::truth(activity.offered).to_owned(),
                activity.participations.len().to_string(),
            ]
        };
        look.rows(
            ["activity", "kind", "open to", "offered", "that day", "took part"],
            self.activities.iter().map(row),
        ) + &look::times(self.answered_as_of.as_ref())
    }
}
