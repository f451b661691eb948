//! `minuted decisions`: what was decided, what it rests on, and what became of it.

use clap::{Args, Subcommand};

use super::client::{Client, Show};
use super::failure::Failure;
use super::json::named;
use super::look::{self, Look};
use super::page::Limit;
use super::{dot, names, words};
use crate::proto::v1::decision_service_client::DecisionServiceClient;
use crate::proto::v1::{
    Decision, GetDecisionRequest, GetDecisionResponse, Intention, LineageStep, Link, ListDecisionsRequest,
    ListDecisionsResponse, ListIntentionsRequest, ListIntentionsResponse, Outcome, TraceDecisionRequest,
    TraceDecisionResponse,
};

named!(GetDecisionResponse, TraceDecisionResponse);

/// The subcommands.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Decisions {
    /// One decision on a day
    #[command(after_help = "Example:
  minuted decisions get decisions/partnership-policy-2011 --as-of 2011-04")]
    Get {
        /// Such as decisions/partnership-policy-2011
        #[arg(value_parser = names::of(&["decisions"]))]
        name: String,
    },
    /// Decisions in the order of their resource names
    #[command(after_help = "Examples:
  minuted decisions list --meeting meetings/lisbon-2010
  minuted decisions list --rule equal-access --in-effect --as-of 2012")]
    List(Filter),
    /// Back to all that a decision rests on, and forward to all that rests on it
    #[command(after_help = "Examples:
  minuted decisions trace decisions/partnership-policy-2011
  minuted decisions trace decisions/partnership-policy-2011 --format dot

The second one prints a graph for Graphviz: pipe it into dot -Tsvg.")]
    Trace {
        /// Such as decisions/partnership-policy-2011
        #[arg(value_parser = names::of(&["decisions"]))]
        name: String,
    },
    /// Each intention with how it ended
    #[command(after_help = "Examples:
  minuted decisions intentions
  minuted decisions intentions --outcome open --known-at 249")]
    Intentions {
        /// Only those that certainly or possibly ended so
        #[arg(long, ignore_case = true, value_parser = words::choice("Outcome"))]
        outcome: Option<i32>,
        #[command(flatten)]
        limit: Limit,
    },
}

/// Which decisions.
#[derive(Clone, Debug, Args)]
pub(crate) struct Filter {
    /// Only those taken at this meeting
    #[arg(long, value_name = "NAME", value_parser = names::of(&["meetings"]))]
    meeting: Option<String>,
    /// Only those that carry this rule
    #[arg(long, ignore_case = true, value_parser = words::choice("Rule"))]
    rule: Option<i32>,
    /// Only those that certainly or possibly were in effect
    #[arg(long)]
    in_effect: bool,
    /// Only those that were intentions when they were taken
    #[arg(long)]
    intentions: bool,
    #[command(flatten)]
    limit: Limit,
}

impl Decisions {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut service = DecisionServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, language) = client.reading();
        match self {
            Decisions::Get { name } => {
                let request = GetDecisionRequest { name, as_of, at_least_position, language };
                client.print(&service.get_decision(request).await?.into_inner())
            }
            Decisions::List(Filter { meeting, rule, in_effect, intentions, limit }) => {
                let request = ListDecisionsRequest {
                    page_size: 0,
                    page_token: String::new(),
                    meeting: meeting.unwrap_or_default(),
                    rule: rule.unwrap_or_default(),
                    in_effect,
                    intentions,
                    as_of,
                    at_least_position,
                    language,
                };
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let request = ListDecisionsRequest { page_size, page_token, ..request.clone() };
                    async move { service.list_decisions(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
            Decisions::Trace { name } => {
                let request = TraceDecisionRequest { name, as_of, at_least_position, language };
                client.print(&service.trace_decision(request).await?.into_inner())
            }
            Decisions::Intentions { outcome, limit } => {
                let request = ListIntentionsRequest {
                    page_size: 0,
                    page_token: String::new(),
                    outcome: outcome.unwrap_or_default(),
                    as_of,
                    at_least_position,
                    language,
                };
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let request = ListIntentionsRequest { page_size, page_token, ..request.clone() };
                    async move { service.list_intentions(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
        }
    }
}

fn rules(decision: &Decision) -> String {
    decision.rules.iter().map(|&rule| words::word("Rule", rule)).collect::<Vec<_>>().join(", ")
}

impl Show for GetDecisionResponse {
    fn show(&self, look: Look) -> String {
        let fields = |decision: &Decision| {
            let link = |link: &Link| format!("{} {}", words::word("LinkType", link.r#type), link.to);
            look.fields([
                ("decision", decision.name.clone()),
                ("title", look::name(decision.title.as_ref())),
                ("by", decision.body.clone()),
                ("at", decision.meeting.clone()),
                ("taken", decision.taken.clone()),
                ("status", words::any_of("DecisionStatus", &decision.statuses)),
                ("in effect", words::truth(decision.in_effect).to_owned()),
                ("in effect since", decision.in_effect_since.clone()),
                ("superseded", decision.superseded.clone()),
                ("superseded by", decision.superseded_by.join("\n")),
                ("lapsed", decision.lapsed.clone()),
                ("rests on", decision.links.iter().map(link).collect::<Vec<_>>().join("\n")),
                ("rules", rules(decision)),
                ("version", decision.etag.clone()),
            ])
        };
        self.decision.as_ref().map(fields).unwrap_or_default() + &look::times(self.answered_as_of.as_ref())
    }
}

impl Show for ListDecisionsResponse {
    fn show(&self, look: Look) -> String {
        let row = |decision: &Decision| {
            [
                decision.taken.clone(),
                look::called(decision.title.as_ref(), &decision.name),
                decision.body.clone(),
                words::any_of("DecisionStatus", &decision.statuses),
                rules(decision),
            ]
        };
        look.rows(["taken", "decision", "by", "status", "rules"], self.decisions.iter().map(row))
            + &look::times(self.answered_as_of.as_ref())
    }
}

impl Show for TraceDecisionResponse {
    fn show(&self, look: Look) -> String {
        let back = self.ancestors.iter().rev().map(|step| row(&format!("back {}", step.depth), step));
        let forward = self.descendants.iter().map(|step| row(&format!("forward {}", step.depth), step));
        let itself = LineageStep { decision: self.decision.clone(), ..Default::default() };
        look.rows(
            ["", "taken", "decision, and its links", "status"],
            back.chain([row("→", &itself)]).chain(forward),
        ) + &look::times(self.answered_as_of.as_ref())
    }

    fn dot(&self) -> Option<String> {
        Some(dot::graph(self))
    }
}

impl Show for ListIntentionsResponse {
    fn show(&self, look: Look) -> String {
        let row = |intention: &Intention| {
            let decision = intention.decision.clone().unwrap_or_default();
            let outcomes = intention.outcomes.iter().map(|ended| {
                let doubt = if words::possible(ended.truth) { "POSSIBLY " } else { "" };
                let outcome = format!("{doubt}{}", words::word("Outcome", ended.outcome));
                let by = match ended.outcome() {
                    Outcome::CarriedOut | Outcome::Superseded => " by ",
                    _ => " ",
                };
                let decisions = ended.decisions.join(", ");
                if decisions.is_empty() { outcome } else { outcome + by + &decisions }
            });
            let dates = intention.outcomes.iter().flat_map(|ended| ended.dates.clone());
            [
                decision.taken.clone(),
                decision.name.clone(),
                look::name(decision.title.as_ref()),
                outcomes.collect::<Vec<_>>().join("\n"),
                dates.collect::<Vec<_>>().join("\n"),
            ]
        };
        look.rows(
            ["taken", "intention", "title", "how it ended", "by these dates"],
            self.intentions.iter().map(row),
        ) + &look::known(self.answered_as_of.as_ref())
    }
}

/// A decision of a lineage: how far away, what it is, and by which links.
fn row(place: &str, step: &LineageStep) -> [String; 4] {
    let decision = step.decision.clone().unwrap_or_default();
    let links = step.links.iter().map(|link| {
        let how = words::word("LinkType", link.r#type);
        if link.from == decision.name {
            format!("\n  {how} {}", link.to)
        } else {
            format!("\n  {} {how} it", link.from)
        }
    });
    let called = look::called(decision.title.as_ref(), &decision.name) + &links.collect::<String>();
    let status = words::any_of("DecisionStatus", &decision.statuses);
    [place.to_owned(), decision.taken, called, status]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{DecisionStatus, LineageLink, LinkType};

    fn step(name: &str, depth: u32, links: &[(&str, LinkType, &str)]) -> LineageStep {
        LineageStep {
            decision: Some(Decision {
                name: format!("decisions/{name}"),
                statuses: vec![DecisionStatus::InEffect.into()],
                ..Default::default()
            }),
            depth,
            links: links
                .iter()
                .map(|(from, how, to)| LineageLink {
                    from: format!("decisions/{from}"),
                    r#type: (*how).into(),
                    to: format!("decisions/{to}"),
                })
                .collect(),
        }
    }

    #[test]
    fn a_lineage_reads_from_the_first_ancestor_to_the_last_descendant() {
        let answer = TraceDecisionResponse {
            decision: step("policy", 0, &[]).decision,
            ancestors: vec![
                step("lisbon", 1, &[("policy", LinkType::Implements, "lisbon")]),
                step("concept", 2, &[("lisbon", LinkType::DerivesFrom, "concept")]),
            ],
            descendants: vec![step("menu", 1, &[("menu", LinkType::PartOf, "policy")])],
            answered_as_of: None,
        };
        insta::assert_snapshot!(answer.show(Look::default()), @r"
        ┌───────────┬───────┬────────────────────────────────────┬───────────┐
        │           ┆ taken ┆ decision, and its links            ┆ status    │
        ╞═══════════╪═══════╪════════════════════════════════════╪═══════════╡
        │ back 2    ┆       ┆ decisions/concept                  ┆ in effect │
        │           ┆       ┆   decisions/lisbon derives from it ┆           │
        │ back 1    ┆       ┆ decisions/lisbon                   ┆ in effect │
        │           ┆       ┆   decisions/policy implements it   ┆           │
        │ →         ┆       ┆ decisions/policy                   ┆ in effect │
        │ forward 1 ┆       ┆ decisions/menu                     ┆ in effect │
        │           ┆       ┆   part of decisions/policy         ┆           │
        └───────────┴───────┴────────────────────────────────────┴───────────┘
        ");
    }
}
