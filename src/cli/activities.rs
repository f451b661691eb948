//! `minuted activities`: what was offered to whom, and who took part.

use clap::{Args, Subcommand};

use super::client::{Client, Show};
use super::failure::Failure;
use super::json::named;
use super::look::{self, Look};
use super::page::Limit;
use super::{names, options, words};
use crate::proto::v1::activity_service_client::ActivityServiceClient;
use crate::proto::v1::{
    Access, AccessFinding, Activity, Deviation, ExplainAccessRequest, ExplainAccessResponse,
    GetActivityRequest, GetActivityResponse, ListActivitiesRequest, ListActivitiesResponse,
    ListDeviationsRequest, ListDeviationsResponse, RuleInForce,
};

named!(GetActivityResponse, ExplainAccessResponse);

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
    /// Activities in the order of their resource names
    #[command(after_help = "Examples:
  minuted activities list --kind exercise
  minuted activities list --kind exercise --participant countries/ua --from 2013 --to 2013
  minuted activities list --participant countries/jp --offered --as-of 2012")]
    List(Filter),
    /// Whether an actor may take part on a day, by which rule, and which dates decide it
    #[command(after_help = "Examples:
  minuted activities may-join activities/sps countries/kr --as-of 2013-06-01
  minuted activities may-join activities/sps countries/ru --as-of 2014-05-01")]
    MayJoin {
        /// Such as activities/sps
        #[arg(value_parser = names::of(&["activities"]))]
        activity: String,
        /// Such as countries/kr
        #[arg(value_parser = names::of(names::ACTOR))]
        actor: String,
    },
    /// Offers made while all partners had the same access, and open to fewer than all of them
    #[command(after_help = "Examples:
  minuted activities deviations
  minuted activities deviations --without-exception")]
    Deviations {
        /// Only those that name no exception
        #[arg(long)]
        without_exception: bool,
        #[command(flatten)]
        limit: Limit,
    },
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
    /// Only those in which somebody, or the participant, took part on this date or later, or that were on offer then
    #[arg(long, value_name = "DATE", value_parser = options::date)]
    from: Option<String>,
    /// The same, on this date, its last day included, or before
    #[arg(long, value_name = "DATE", value_parser = options::date)]
    to: Option<String>,
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
            Activities::List(Filter { kind, participant, access, offered, from, to, limit }) => {
                let request = ListActivitiesRequest {
                    page_size: 0,
                    page_token: String::new(),
                    kind: kind.unwrap_or_default(),
                    participant: participant.unwrap_or_default(),
                    access: access.unwrap_or_default(),
                    offered,
                    from: from.unwrap_or_default(),
                    to: to.unwrap_or_default(),
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
            Activities::MayJoin { activity, actor } => {
                let request = ExplainAccessRequest { activity, actor, as_of, at_least_position, language };
                client.print(&service.explain_access(request).await?.into_inner())
            }
            Activities::Deviations { without_exception, limit } => {
                let request = ListDeviationsRequest {
                    page_size: 0,
                    page_token: String::new(),
                    without_exception,
                    as_of,
                    at_least_position,
                    language,
                };
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let request = ListDeviationsRequest { page_size, page_token, ..request.clone() };
                    async move { service.list_deviations(request).await }
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

impl Show for ExplainAccessResponse {
    fn show(&self, look: Look) -> String {
        let rule = words::word("Access", self.rule);
        let rule = if self.framework.is_empty() { rule } else { format!("{rule} {}", self.framework) };
        let from = match (self.rule(), self.decisions.as_slice()) {
            (Access::AllPartners, []) => "no decision in force that day".to_owned(),
            (Access::AllPartners, decisions) => decisions.iter().map(in_force).collect::<Vec<_>>().join("\n"),
            _ => format!("the offer (events/{})", self.offer_position),
        };
        let findings: Vec<String> = self.findings.iter().map(finding).collect();
        look.fields([
            ("may take part", words::truth(self.answer).to_owned()),
            ("who", look::name(self.actor_display_name.as_ref())),
            ("in", look::name(self.activity_title.as_ref())),
            ("offered", look::valid(self.offered.as_ref())),
            ("open to", rule),
            ("by", from),
            ("because", findings.join("\n")),
        ]) + &look::times(self.answered_as_of.as_ref())
    }
}

/// `partner: POSSIBLY (in frameworks/patg from 2011 (events/3))`.
fn finding(finding: &AccessFinding) -> String {
    let dates = finding.dates.join("; ");
    let dates = if dates.is_empty() { dates } else { format!(" ({dates})") };
    format!("{}: {}{dates}", words::word("AccessGround", finding.ground), words::truth(finding.truth))
}

/// The decision and since when; why it may not be in force.
fn in_force(rule: &RuleInForce) -> String {
    let doubt = if rule.open_because.is_empty() {
        String::new()
    } else {
        format!(" (POSSIBLY: {})", rule.open_because.join("; "))
    };
    format!("{}, in effect since {}{doubt}", rule.decision, rule.in_effect_since)
}

impl Show for ListDeviationsResponse {
    fn show(&self, look: Look) -> String {
        let row = |deviation: &Deviation| {
            let activity = deviation.activity.clone().unwrap_or_default();
            let exception = if deviation.has_exception { activity.exception.clone() } else { "none".into() };
            [
                look::valid(activity.valid.as_ref()),
                activity.name.clone(),
                look::name(activity.title.as_ref()),
                access(&activity),
                words::truth(deviation.truth).to_owned(),
                exception,
                deviation.decisions.iter().map(in_force).collect::<Vec<_>>().join("\n"),
            ]
        };
        look.rows(
            ["offered", "activity", "title", "open to", "deviates", "exception", "from"],
            self.deviations.iter().map(row),
        ) + &look::known(self.answered_as_of.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{AccessGround, DisplayName, Truth, Valid};

    #[test]
    fn an_explanation_names_the_rule_and_the_dates() {
        let name = |text: &str| Some(DisplayName { text: text.into(), ..Default::default() });
        let finding = |ground: AccessGround, truth: Truth, date: &str| AccessFinding {
            ground: ground.into(),
            truth: truth.into(),
            dates: Some(date.to_owned()).filter(|date| !date.is_empty()).into_iter().collect(),
        };
        let policy = RuleInForce {
            decision: "decisions/policy".into(),
            in_effect_since: "2011-04-15".into(),
            in_force: Truth::Yes.into(),
            ..Default::default()
        };
        let answer = ExplainAccessResponse {
            answer: Truth::Possibly.into(),
            rule: Access::AllPartners.into(),
            decisions: vec![policy],
            offered: Some(Valid { from: "2012".into(), to: String::new() }),
            findings: vec![
                finding(AccessGround::Offered, Truth::Possibly, "on offer from 2012 (events/9)"),
                finding(AccessGround::Suspended, Truth::No, ""),
            ],
            activity_title: name("Science for Peace"),
            actor_display_name: name("Japan"),
            ..Default::default()
        };
        insta::assert_snapshot!(answer.show(Look::default()), @r"
        ┌───────────────┬───────────────────────────────────────────────────┐
        │ may take part ┆ POSSIBLY                                          │
        │ who           ┆ Japan                                             │
        │ in            ┆ Science for Peace                                 │
        │ offered       ┆ 2012                                              │
        │ open to       ┆ all partners                                      │
        │ by            ┆ decisions/policy, in effect since 2011-04-15      │
        │ because       ┆ offered: POSSIBLY (on offer from 2012 (events/9)) │
        │               ┆ suspended: no                                     │
        └───────────────┴───────────────────────────────────────────────────┘
        ");
    }
}
