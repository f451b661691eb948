//! `minuted actors`: who an actor is, and how it stood to the alliance.

use clap::{Args, Subcommand};

use super::client::{Client, Show};
use super::failure::Failure;
use super::json::named;
use super::look::{self, Look};
use super::page::Limit;
use super::{dossier, names, words};
use crate::proto::v1::actor_service_client::ActorServiceClient;
use crate::proto::v1::{
    Actor, GetActorRequest, GetActorResponse, GetStandingRequest, GetStandingResponse, ListActorsRequest,
    ListActorsResponse, StandingActor,
};

named!(GetActorResponse, GetStandingResponse);

/// The subcommands.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Actors {
    /// One actor on a day
    #[command(after_help = "Examples:
  minuted actors get countries/jp
  minuted actors get countries/mk --as-of 2011 --lang fr")]
    Get {
        /// Such as countries/jp or organisations/eu
        #[arg(value_parser = names::of(names::ACTOR))]
        name: String,
    },
    /// Actors in the order of their names, as the language has it
    #[command(after_help = "Examples:
  minuted actors list --partners --as-of 2011-09-30
  minuted actors list --framework frameworks/patg --format json")]
    List(Filter),
    /// Members and partners on a day, by framework, certain and possible
    #[command(after_help = "Example:
  minuted actors standing --as-of 2011-09-30")]
    Standing,
    /// Every event whose stream or content names an actor, with the later steps of what is its own and all corrections
    #[command(after_help = "Examples:
  minuted actors dossier countries/nz
  minuted actors dossier countries/jp --order valid --known-at 421")]
    Dossier(dossier::Dossier),
}

/// Which actors.
#[derive(Clone, Debug, Args)]
pub(crate) struct Filter {
    /// Only countries, or only organisations
    #[arg(long, ignore_case = true, value_parser = words::choice("ActorKind"))]
    kind: Option<i32>,
    /// Only certain and possible members
    #[arg(long)]
    members: bool,
    /// Only certain and possible partners
    #[arg(long)]
    partners: bool,
    /// Only certain and possible holders of this framework
    #[arg(long, value_name = "NAME", value_parser = names::of(&["frameworks"]))]
    framework: Option<String>,
    /// Only those with which cooperation is certainly or possibly suspended
    #[arg(long)]
    suspended: bool,
    #[command(flatten)]
    limit: Limit,
}

impl Actors {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut service = ActorServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, language) = client.reading();
        match self {
            Actors::Get { name } => {
                let request = GetActorRequest { name, as_of, at_least_position, language };
                client.print(&service.get_actor(request).await?.into_inner())
            }
            Actors::List(Filter { kind, members, partners, framework, suspended, limit }) => {
                let request = ListActorsRequest {
                    page_size: 0,
                    page_token: String::new(),
                    kind: kind.unwrap_or_default(),
                    members,
                    partners,
                    framework: framework.unwrap_or_default(),
                    suspended,
                    as_of,
                    at_least_position,
                    language,
                    order_by: look::ORDER_BY.into(),
                };
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let request = ListActorsRequest { page_size, page_token, ..request.clone() };
                    async move { service.list_actors(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
            Actors::Standing => {
                let request = GetStandingRequest {
                    as_of,
                    at_least_position,
                    language,
                    order_by: look::ORDER_BY.into(),
                };
                client.print(&service.get_standing(request).await?.into_inner())
            }
            Actors::Dossier(dossier) => dossier.run(client).await,
        }
    }
}

impl Show for GetActorResponse {
    fn show(&self, look: Look) -> String {
        let Some(actor) = &self.actor else { return look::times(self.answered_as_of.as_ref()) };
        let codes: Vec<&str> = [&actor.alpha2, &actor.alpha3]
            .into_iter()
            .map(String::as_str)
            .filter(|c| !c.is_empty())
            .collect();
        let names = actor.names.iter().map(|name| {
            let since = if name.since.is_empty() { String::new() } else { format!(", since {}", name.since) };
            format!("{} [{}{since}]", name.text, name.language)
        });
        look.fields([
            ("actor", actor.name.clone()),
            ("name", look::name(actor.display_name.as_ref())),
            ("kind", words::word("ActorKind", actor.kind)),
            ("ISO 3166-1", codes.join(", ")),
            ("member", words::truth(actor.member).to_owned()),
            ("partner", words::truth(actor.partner).to_owned()),
            ("suspended", words::truth(actor.suspended).to_owned()),
            ("what is suspended", actor.suspension_scopes.join("\n")),
            ("frameworks", held(actor, "\n")),
            ("left open by", open_because(actor).join("\n")),
            ("every name", names.collect::<Vec<_>>().join("\n")),
            ("version", actor.etag.clone()),
        ]) + &look::times(self.answered_as_of.as_ref())
    }
}

fn held(actor: &Actor, between: &str) -> String {
    let frameworks = actor.frameworks.iter().map(|held| {
        let doubt = if words::possible(held.held) { " (POSSIBLY)" } else { "" };
        let overlay = if held.overlay { " (overlay)" } else { "" };
        format!("{}{doubt}{overlay}", held.framework)
    });
    frameworks.collect::<Vec<_>>().join(between)
}

impl Show for ListActorsResponse {
    fn show(&self, look: Look) -> String {
        let row = |actor: &Actor| {
            [
                look::called(actor.display_name.as_ref(), &actor.name),
                words::truth(actor.member).to_owned(),
                words::truth(actor.partner).to_owned(),
                words::truth(actor.suspended).to_owned(),
                held(actor, ", "),
            ]
        };
        let open: Vec<_> = self.actors.iter().map(|actor| (actor, open_because(actor))).collect();
        let open = open
            .iter()
            .map(|(actor, dates)| (look::named(actor.display_name.as_ref(), &actor.name), dates.as_slice()));
        look.rows(["actor", "member", "partner", "suspended", "frameworks"], self.actors.iter().map(row))
            + &look::open_because(open)
            + &look::times(self.answered_as_of.as_ref())
    }
}

impl Show for GetStandingResponse {
    fn show(&self, look: Look) -> String {
        let all = [
            ("members", self.member_count.as_ref(), &self.members),
            ("partners", self.partner_count.as_ref(), &self.partners),
        ];
        let mut rows: Vec<[String; 3]> = all
            .into_iter()
            .map(|(what, count, actors)| [what.to_owned(), look::count(count), standing_names(actors)])
            .collect();
        rows.extend(self.frameworks.iter().map(|framework| {
            let name = look::name(framework.display_name.as_ref());
            let overlay = if framework.overlay { ", overlay" } else { "" };
            let closed = match words::truth(framework.open) {
                "no" => ", not open",
                "POSSIBLY" => ", POSSIBLY open",
                _ => "",
            };
            [
                format!("{name} ({}{overlay}{closed})", framework.framework),
                look::count(framework.holder_count.as_ref()),
                standing_names(&framework.holders),
            ]
        }));
        look.rows(["standing", "how many", "who"], rows)
            + &open_reasons(self)
            + &look::times(self.answered_as_of.as_ref())
    }
}

/// The certain ones, then the possible ones.
fn standing_names(actors: &[StandingActor]) -> String {
    let shown = |actor: &StandingActor| {
        let suspended = match words::truth(actor.suspended) {
            "yes" => " (suspended)",
            "POSSIBLY" => " (POSSIBLY suspended)",
            _ => "",
        };
        format!("{}{suspended}", look::name(actor.display_name.as_ref()))
    };
    let (possible, certain): (Vec<_>, Vec<_>) = actors.iter().partition(|actor| words::possible(actor.truth));
    let join = |actors: Vec<&StandingActor>| actors.into_iter().map(shown).collect::<Vec<_>>().join(", ");
    match (join(certain), join(possible)) {
        (certain, possible) if possible.is_empty() => certain,
        (certain, possible) if certain.is_empty() => format!("POSSIBLY {possible}"),
        (certain, possible) => format!("{certain}; POSSIBLY {possible}"),
    }
}

/// For each actor that is only possible: the dates that leave it open.
fn open_reasons(standing: &GetStandingResponse) -> String {
    look::open_because(
        standing.members.iter().chain(&standing.partners).map(|actor| {
            (look::named(actor.display_name.as_ref(), &actor.actor), actor.open_because.as_slice())
        }),
    )
}

/// The dates that leave open how it stood, or which frameworks it held.
fn open_because(actor: &Actor) -> Vec<String> {
    let held = actor.frameworks.iter().flat_map(|held| &held.open_because);
    let mut dates = actor.open_because.clone();
    dates.extend(held.filter(|date| !actor.open_because.contains(date)).cloned());
    dates
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{AnsweredAsOf, Count, DisplayName, FrameworkStanding, HeldFramework, Truth};

    fn standing(name: &str, truth: Truth, because: &[&str]) -> StandingActor {
        StandingActor {
            actor: format!("countries/{}", name[..2].to_lowercase()),
            display_name: Some(display(name)),
            truth: truth.into(),
            suspended: Truth::No.into(),
            open_because: because.iter().map(ToString::to_string).collect(),
        }
    }

    fn display(text: &str) -> DisplayName {
        DisplayName {
            text: text.into(),
            language: "en".into(),
            truth: Truth::Yes.into(),
            ..Default::default()
        }
    }

    #[test]
    fn a_standing_tells_certain_from_possible() {
        let partners = vec![
            standing("Japan", Truth::Yes, &[]),
            standing("Iraq", Truth::Possibly, &["joined frameworks/patg 2011"]),
        ];
        let count = Some(Count { certain: 1, possible: 1 });
        let answer = GetStandingResponse {
            members: vec![standing("Belgium", Truth::Yes, &[])],
            member_count: Some(Count { certain: 1, possible: 0 }),
            partners: partners.clone(),
            partner_count: count,
            frameworks: vec![FrameworkStanding {
                framework: "frameworks/patg".into(),
                display_name: Some(display("Partners across the globe")),
                open: Truth::Yes.into(),
                holders: partners,
                holder_count: count,
                ..Default::default()
            }],
            answered_as_of: Some(AnsweredAsOf { valid_at: "2011-09-30".into(), known_position: 424 }),
        };
        insta::assert_snapshot!(answer.show(Look::default()), @r"
        ┌─────────────────────────────────────────────┬────────────────────────┬──────────────────────┐
        │ standing                                    ┆ how many               ┆ who                  │
        ╞═════════════════════════════════════════════╪════════════════════════╪══════════════════════╡
        │ members                                     ┆ 1                      ┆ Belgium              │
        │ partners                                    ┆ 1 certain + 1 possible ┆ Japan; POSSIBLY Iraq │
        │ Partners across the globe (frameworks/patg) ┆ 1 certain + 1 possible ┆ Japan; POSSIBLY Iraq │
        └─────────────────────────────────────────────┴────────────────────────┴──────────────────────┘
        POSSIBLY Iraq (countries/ir): joined frameworks/patg 2011
        as of 2011-09-30, known at 424
        ");
    }

    #[test]
    fn an_actor_that_is_only_possible_says_by_which_dates() {
        let held = |framework: &str, because: &str| HeldFramework {
            framework: framework.into(),
            held: Truth::Possibly.into(),
            open_because: vec![because.into()],
            ..Default::default()
        };
        let iraq = Actor {
            name: "countries/iq".into(),
            display_name: Some(display("Iraq")),
            member: Truth::No.into(),
            partner: Truth::Possibly.into(),
            suspended: Truth::No.into(),
            frameworks: vec![
                held("frameworks/patg", "in patg from 2011"),
                held("frameworks/o", "in o from 2011"),
            ],
            open_because: vec!["in patg from 2011".into()],
            ..Default::default()
        };
        let answer = GetActorResponse { actor: Some(iraq.clone()), answered_as_of: None };
        insta::assert_snapshot!(answer.show(Look::default()), @r"
        ┌──────────────┬────────────────────────────┐
        │ actor        ┆ countries/iq               │
        │ name         ┆ Iraq                       │
        │ member       ┆ no                         │
        │ partner      ┆ POSSIBLY                   │
        │ suspended    ┆ no                         │
        │ frameworks   ┆ frameworks/patg (POSSIBLY) │
        │              ┆ frameworks/o (POSSIBLY)    │
        │ left open by ┆ in patg from 2011          │
        │              ┆ in o from 2011             │
        └──────────────┴────────────────────────────┘
        ");
        let shown = ListActorsResponse { actors: vec![iraq], ..Default::default() }.show(Look::default());
        let last = shown.lines().last();
        assert_eq!(last, Some("POSSIBLY Iraq (countries/iq): in patg from 2011; in o from 2011"));
    }
}
