//! `minuted operations`: which operations there were, and who contributed, militarily or otherwise.

use clap::{Args, Subcommand};

use super::client::{Client, Show};
use super::failure::Failure;
use super::json::named;
use super::look::{self, Look};
use super::page::Limit;
use super::{names, words};
use crate::proto::v1::operation_service_client::OperationServiceClient;
use crate::proto::v1::{
    Contribution, Contributor, GetContributionRequest, GetContributionResponse, GetOperationRequest,
    GetOperationResponse, ListContributionsRequest, ListContributionsResponse, ListContributorsRequest,
    ListContributorsResponse, ListNonContributorsRequest, ListNonContributorsResponse, ListOperationsRequest,
    ListOperationsResponse, NonContributor, Operation,
};

named!(GetOperationResponse, GetContributionResponse, ListContributorsResponse, ListNonContributorsResponse);

/// The subcommands.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Operations {
    /// One operation, or one contribution, on a day
    #[command(after_help = "Examples:
  minuted operations get operations/isaf --as-of 2011
  minuted operations get contributions/isaf-au-2010")]
    Get {
        /// Such as operations/isaf or contributions/isaf-au-2010
        #[arg(value_parser = names::of(&["operations", "contributions"]))]
        name: String,
    },
    /// Operations in the order of their names, as the language has it
    #[command(after_help = "Example:
  minuted operations list --active --as-of 2011-09-30")]
    List {
        /// Only operations that certainly or possibly were active
        #[arg(long)]
        active: bool,
        #[command(flatten)]
        limit: Limit,
    },
    /// Who contributed to an operation, militarily and otherwise
    #[command(after_help = "Examples:
  minuted operations contributors operations/isaf --as-of 2010-11
  minuted operations contributors operations/isaf --any-time")]
    Contributors {
        /// Such as operations/isaf
        #[arg(value_parser = names::of(&["operations"]))]
        name: String,
        /// At any time, instead of on one day
        #[arg(long)]
        any_time: bool,
    },
    /// Which partners contributed nothing to an operation, or to any
    #[command(after_help = "Examples:
  minuted operations non-contributors operations/unified-protector --as-of 2011-06
  minuted operations non-contributors --any-time")]
    NonContributors {
        /// Such as operations/isaf [default: to any operation]
        #[arg(value_parser = names::of(&["operations"]))]
        name: Option<String>,
        /// At any time, instead of on one day
        #[arg(long)]
        any_time: bool,
    },
    /// Contributions in the order of their resource names
    #[command(after_help = "Example:
  minuted operations contributions --contributor countries/jp --form financial")]
    Contributions(Filter),
}

/// Which contributions.
#[derive(Clone, Debug, Args)]
pub(crate) struct Filter {
    /// Only those to this operation
    #[arg(long, value_name = "NAME", value_parser = names::of(&["operations"]))]
    operation: Option<String>,
    /// Only those of this actor
    #[arg(long, value_name = "NAME", value_parser = names::of(names::ACTOR))]
    contributor: Option<String>,
    /// Only those of this form
    #[arg(long, ignore_case = true, value_parser = words::choice("ContributionForm"))]
    form: Option<i32>,
    /// Only those that certainly or possibly were made on that day
    #[arg(long)]
    active: bool,
    #[command(flatten)]
    limit: Limit,
}

impl Operations {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut service = OperationServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, language) = client.reading();
        match self {
            Operations::Get { name } if name.starts_with("contributions/") => {
                let request = GetContributionRequest { name, as_of, at_least_position };
                client.print(&service.get_contribution(request).await?.into_inner())
            }
            Operations::Get { name } => {
                let request = GetOperationRequest { name, as_of, at_least_position, language };
                client.print(&service.get_operation(request).await?.into_inner())
            }
            Operations::List { active, limit } => {
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let (as_of, language) = (as_of.clone(), language.clone());
                    let request = ListOperationsRequest {
                        page_size,
                        page_token,
                        active,
                        as_of,
                        at_least_position,
                        language,
                        order_by: look::ORDER_BY.into(),
                    };
                    async move { service.list_operations(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
            Operations::Contributors { name: operation, any_time: at_any_time } => {
                let request = ListContributorsRequest {
                    operation,
                    at_any_time,
                    as_of,
                    at_least_position,
                    language,
                    order_by: look::ORDER_BY.into(),
                };
                client.print(&service.list_contributors(request).await?.into_inner())
            }
            Operations::NonContributors { name, any_time: at_any_time } => {
                let operation = name.unwrap_or_default();
                let request = ListNonContributorsRequest {
                    operation,
                    at_any_time,
                    as_of,
                    at_least_position,
                    language,
                    order_by: look::ORDER_BY.into(),
                };
                client.print(&service.list_non_contributors(request).await?.into_inner())
            }
            Operations::Contributions(filter) => filter.run(client).await,
        }
    }
}

impl Filter {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let Filter { operation, contributor, form, active, limit } = self;
        let (as_of, at_least_position, _) = client.reading();
        let service = OperationServiceClient::new(client.bounded().await?);
        let request = ListContributionsRequest {
            page_size: 0,
            page_token: String::new(),
            operation: operation.unwrap_or_default(),
            contributor: contributor.unwrap_or_default(),
            form: form.unwrap_or_default(),
            active,
            as_of,
            at_least_position,
        };
        let ask = |page_size, page_token| {
            let mut service = service.clone();
            let request = ListContributionsRequest { page_size, page_token, ..request.clone() };
            async move { service.list_contributions(request).await }
        };
        client.print(&limit.collect(ask).await?)
    }
}

impl Show for GetOperationResponse {
    fn show(&self, look: Look) -> String {
        let fields = |operation: &Operation| {
            look.fields([
                ("operation", operation.name.clone()),
                ("name", look::name(operation.display_name.as_ref())),
                ("led by", operation.lead.clone()),
                ("launched", operation.launched.clone()),
                ("ended", operation.ended.clone()),
                ("active", words::truth(operation.active).to_owned()),
                ("version", operation.etag.clone()),
            ])
        };
        self.operation.as_ref().map(fields).unwrap_or_default() + &look::times(self.answered_as_of.as_ref())
    }
}

impl Show for ListOperationsResponse {
    fn show(&self, look: Look) -> String {
        let row = |operation: &Operation| {
            [
                look::called(operation.display_name.as_ref(), &operation.name),
                operation.launched.clone(),
                operation.ended.clone(),
                words::truth(operation.active).to_owned(),
            ]
        };
        look.rows(["operation", "launched", "ended", "active"], self.operations.iter().map(row))
            + &look::times(self.answered_as_of.as_ref())
    }
}

/// `military: troops, 1550 people, seen 2010-11`.
fn summary(contribution: &Contribution) -> String {
    let kind = if contribution.military { "military" } else { "other" };
    let people = contribution.personnel.map(|n| format!(", {n} people")).unwrap_or_default();
    let seen = if contribution.observed { ", seen" } else { "," };
    let doubt = if words::possible(contribution.active) { " (POSSIBLY that day)" } else { "" };
    let form = words::word("ContributionForm", contribution.form);
    format!("{kind}: {form}{people}{seen} {}{doubt}", look::valid(contribution.valid.as_ref()))
}

/// For each contribution that is only possible: the dates that leave it open.
fn open_because(contributions: &[Contribution]) -> String {
    let open = contributions.iter();
    look::open_because(open.map(|one| (one.contributor.clone(), one.open_because.as_slice())))
}

impl Show for GetContributionResponse {
    fn show(&self, look: Look) -> String {
        let fields = |contribution: &Contribution| {
            look.fields([
                ("contribution", contribution.name.clone()),
                ("by", contribution.contributor.clone()),
                ("to", contribution.operation.clone()),
                ("what", summary(contribution)),
                ("accepted", contribution.accepted.clone()),
                ("ended", contribution.ended.clone()),
                ("made on that day", words::truth(contribution.active).to_owned()),
                ("left open by", contribution.open_because.join("\n")),
                ("note", contribution.note.clone()),
                ("version", contribution.etag.clone()),
            ])
        };
        self.contribution.as_ref().map(fields).unwrap_or_default()
            + &look::times(self.answered_as_of.as_ref())
    }
}

impl Show for ListContributionsResponse {
    fn show(&self, look: Look) -> String {
        let row = |contribution: &Contribution| {
            [
                contribution.name.clone(),
                contribution.contributor.clone(),
                contribution.operation.clone(),
                summary(contribution),
                words::truth(contribution.active).to_owned(),
            ]
        };
        look.rows(["contribution", "by", "to", "what", "that day"], self.contributions.iter().map(row))
            + &open_because(&self.contributions)
            + &look::times(self.answered_as_of.as_ref())
    }
}

impl Show for ListContributorsResponse {
    fn show(&self, look: Look) -> String {
        let row = |contributor: &Contributor| {
            let contributions: Vec<String> = contributor.contributions.iter().map(summary).collect();
            [
                look::called(contributor.display_name.as_ref(), &contributor.actor),
                words::truth(contributor.military).to_owned(),
                words::truth(contributor.other).to_owned(),
                contributions.join("\n"),
            ]
        };
        let counts = format!(
            "militarily: {}, otherwise: {}\n",
            look::count(self.military_count.as_ref()),
            look::count(self.other_count.as_ref())
        );
        look.rows(["who", "militarily", "otherwise", "contributions"], self.contributors.iter().map(row))
            + &self.contributors.iter().map(|by| open_because(&by.contributions)).collect::<Vec<_>>().concat()
            + &counts
            + &look::times(self.answered_as_of.as_ref())
    }
}

impl Show for ListNonContributorsResponse {
    fn show(&self, look: Look) -> String {
        let row = |partner: &NonContributor| {
            [
                look::called(partner.display_name.as_ref(), &partner.actor),
                words::truth(partner.truth).to_owned(),
                partner.open_because.join("\n"),
            ]
        };
        look.rows(["partner", "contributed nothing", "left open by"], self.partners.iter().map(row))
            + &format!("contributed nothing: {}\n", look::count(self.count.as_ref()))
            + &look::times(self.answered_as_of.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{Count, Truth, Valid};

    #[test]
    fn contributors_show_how_they_contributed() {
        let contribution = Contribution {
            form: 1,
            military: true,
            personnel: Some(1550),
            observed: true,
            valid: Some(Valid { from: "2010-11".into(), to: String::new() }),
            active: Truth::Possibly.into(),
            contributor: "countries/au".into(),
            open_because: vec!["contributions/a seen 2010-11 (events/9)".into()],
            ..Default::default()
        };
        let answer = ListContributorsResponse {
            contributors: vec![Contributor {
                actor: "countries/au".into(),
                military: Truth::Possibly.into(),
                other: Truth::No.into(),
                contributions: vec![contribution],
                ..Default::default()
            }],
            military_count: Some(Count { certain: 0, possible: 1 }),
            ..Default::default()
        };
        insta::assert_snapshot!(answer.show(Look::default()), @r"
        ┌──────────────┬────────────┬───────────┬─────────────────────────────────────────────────────────────────┐
        │ who          ┆ militarily ┆ otherwise ┆ contributions                                                   │
        ╞══════════════╪════════════╪═══════════╪═════════════════════════════════════════════════════════════════╡
        │ countries/au ┆ POSSIBLY   ┆ no        ┆ military: troops, 1550 people, seen 2010-11 (POSSIBLY that day) │
        └──────────────┴────────────┴───────────┴─────────────────────────────────────────────────────────────────┘
        POSSIBLY countries/au: contributions/a seen 2010-11 (events/9)
        militarily: 0 certain + 1 possible, otherwise: 0
        ");
    }
}
