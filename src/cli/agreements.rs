//! `minuted agreements`: which agreements there are, and how they stood.

use clap::{Args, Subcommand};

use super::client::{Client, Show};
use super::failure::Failure;
use super::json::named;
use super::look::{self, Look};
use super::page::Limit;
use super::{names, words};
use crate::proto::v1::agreement_service_client::AgreementServiceClient;
use crate::proto::v1::{
    Agreement, ExpiringAgreement, GetAgreementRequest, GetAgreementResponse, ListAgreementsRequest,
    ListAgreementsResponse, ListExpiringAgreementsRequest, ListExpiringAgreementsResponse,
};

named!(GetAgreementResponse);

/// The subcommands.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Agreements {
    /// One agreement on a day
    #[command(after_help = "Examples:
  minuted agreements get agreements/jp-jpd-2013
  minuted agreements get agreements/jp-jpd-2013 --known-at 421")]
    Get {
        /// Such as agreements/jp-jpd-2013
        #[arg(value_parser = names::of(&["agreements"]))]
        name: String,
    },
    /// Agreements in the order of their resource names
    #[command(after_help = "Examples:
  minuted agreements list --partner countries/jp
  minuted agreements list --kind ipcp --standing --as-of 2015-01-01")]
    List(Filter),
    /// Agreements that stand and whose term is over within so many days, the first to end first
    #[command(after_help = "Example:
  minuted agreements expiring --days 30 --as-of 2014-03-01")]
    Expiring {
        /// Within so many days after the day that is asked about
        #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=36_500))]
        days: u32,
        /// Only those with this partner
        #[arg(long, value_name = "NAME", value_parser = names::of(names::ACTOR))]
        partner: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
}

/// Which agreements.
#[derive(Clone, Debug, Args)]
pub(crate) struct Filter {
    /// Only those with this partner
    #[arg(long, value_name = "NAME", value_parser = names::of(names::ACTOR))]
    partner: Option<String>,
    /// Only those of this kind
    #[arg(long, ignore_case = true, value_parser = words::choice("AgreementKind"))]
    kind: Option<i32>,
    /// Only those whose status this certainly or possibly was
    #[arg(long, ignore_case = true, value_parser = words::choice("AgreementStatus"))]
    status: Option<i32>,
    /// Only those that certainly or possibly stood
    #[arg(long)]
    standing: bool,
    #[command(flatten)]
    limit: Limit,
}

impl Agreements {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut service = AgreementServiceClient::new(client.bounded().await?);
        let (as_of, at_least_position, language) = client.reading();
        match self {
            Agreements::Get { name } => {
                let request = GetAgreementRequest { name, as_of, at_least_position, language };
                client.print(&service.get_agreement(request).await?.into_inner())
            }
            Agreements::List(Filter { partner, kind, status, standing, limit }) => {
                let request = ListAgreementsRequest {
                    page_size: 0,
                    page_token: String::new(),
                    partner: partner.unwrap_or_default(),
                    kind: kind.unwrap_or_default(),
                    status: status.unwrap_or_default(),
                    standing,
                    as_of,
                    at_least_position,
                    language,
                };
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let request = ListAgreementsRequest { page_size, page_token, ..request.clone() };
                    async move { service.list_agreements(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
            Agreements::Expiring { days, partner, limit } => {
                let request = ListExpiringAgreementsRequest {
                    page_size: 0,
                    page_token: String::new(),
                    days,
                    partner: partner.unwrap_or_default(),
                    as_of,
                    at_least_position,
                    language,
                };
                let ask = |page_size, page_token| {
                    let mut service = service.clone();
                    let request = ListExpiringAgreementsRequest { page_size, page_token, ..request.clone() };
                    async move { service.list_expiring_agreements(request).await }
                };
                client.print(&limit.collect(ask).await?)
            }
        }
    }
}

impl Show for ListExpiringAgreementsResponse {
    fn show(&self, look: Look) -> String {
        let row = |expiring: &ExpiringAgreement| {
            let agreement = expiring.agreement.clone().unwrap_or_default();
            [
                agreement.term_over.clone(),
                agreement.name.clone(),
                agreement.partner.clone(),
                look::name(agreement.title.as_ref()),
                words::truth(expiring.expires).to_owned(),
                expiring.open_because.join("\n"),
            ]
        };
        look.rows(
            ["term over", "agreement", "partner", "title", "expires", "left open by"],
            self.agreements.iter().map(row),
        ) + &look::times(self.answered_as_of.as_ref())
    }
}

impl Show for GetAgreementResponse {
    fn show(&self, look: Look) -> String {
        let fields = |agreement: &Agreement| {
            let steps = agreement
                .steps
                .iter()
                .map(|step| format!("{} {}", step.date, words::word("AgreementStep", step.step)));
            look.fields([
                ("agreement", agreement.name.clone()),
                ("title", look::name(agreement.title.as_ref())),
                ("partner", agreement.partner.clone()),
                ("kind", words::word("AgreementKind", agreement.kind)),
                ("status", words::any_of("AgreementStatus", &agreement.statuses)),
                ("stands", words::truth(agreement.stands).to_owned()),
                ("steps", steps.collect::<Vec<_>>().join("\n")),
                ("term", agreement.term.clone()),
                ("term over", agreement.term_over.clone()),
                ("ended", agreement.ended.clone()),
                ("how it ended", words::word("AgreementEnd", agreement.end_reason)),
                ("supersedes", agreement.supersedes.clone()),
                ("superseded by", agreement.superseded_by.join("\n")),
                ("chain", self.chain.iter().map(in_chain).collect::<Vec<_>>().join("\n")),
                ("binds in law", look::flag(agreement.legally_binding)),
                ("version", agreement.etag.clone()),
            ])
        };
        self.agreement.as_ref().map(fields).unwrap_or_default() + &look::times(self.answered_as_of.as_ref())
    }
}

/// One of several that superseded each other: when it began, and what it was.
fn in_chain(agreement: &Agreement) -> String {
    let begun = agreement.steps.first().map(|step| format!("{} ", step.date)).unwrap_or_default();
    let status = words::any_of("AgreementStatus", &agreement.statuses);
    format!("{begun}{}: {status}", agreement.name)
}

impl Show for ListAgreementsResponse {
    fn show(&self, look: Look) -> String {
        let row = |agreement: &Agreement| {
            [
                look::called(agreement.title.as_ref(), &agreement.name),
                format!("{}\n{}", agreement.partner, words::word("AgreementKind", agreement.kind)),
                words::any_of("AgreementStatus", &agreement.statuses),
                words::truth(agreement.stands).to_owned(),
                agreement.steps.first().map(|step| step.date.clone()).unwrap_or_default(),
            ]
        };
        look.rows(
            ["agreement", "partner, kind", "status", "stands", "first step"],
            self.agreements.iter().map(row),
        ) + &look::times(self.answered_as_of.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{
        AgreementKind, AgreementStatus, AgreementStep, AgreementStepDate, AnsweredAsOf, DisplayName, Truth,
    };

    #[test]
    fn an_agreement_shows_what_is_only_possible() {
        let agreement = Agreement {
            name: "agreements/jp-jpd-2013".into(),
            partner: "countries/jp".into(),
            kind: AgreementKind::JointDeclaration.into(),
            title: Some(DisplayName {
                text: "Déclaration politique commune".into(),
                language: "fr".into(),
                fallback: true,
                truth: Truth::Yes.into(),
                ..Default::default()
            }),
            steps: vec![AgreementStepDate { step: AgreementStep::Signed.into(), date: "2013-04-15".into() }],
            statuses: vec![AgreementStatus::NotYet.into(), AgreementStatus::Signed.into()],
            stands: Truth::Possibly.into(),
            ..Default::default()
        };
        let answered = Some(AnsweredAsOf { valid_at: "2013-04".into(), known_position: 424 });
        let before = Agreement {
            name: "agreements/jp-2010".into(),
            statuses: vec![AgreementStatus::Superseded.into()],
            steps: vec![AgreementStepDate { step: AgreementStep::Signed.into(), date: "2010".into() }],
            ..Default::default()
        };
        let one = GetAgreementResponse {
            agreement: Some(agreement.clone()),
            answered_as_of: answered.clone(),
            chain: vec![before, agreement.clone()],
        };
        insta::assert_snapshot!(one.show(Look::default()), @r"
        ┌───────────┬───────────────────────────────────────────────────────────────┐
        │ agreement ┆ agreements/jp-jpd-2013                                        │
        │ title     ┆ Déclaration politique commune [fr]                            │
        │ partner   ┆ countries/jp                                                  │
        │ kind      ┆ joint declaration                                             │
        │ status    ┆ POSSIBLY not yet or signed                                    │
        │ stands    ┆ POSSIBLY                                                      │
        │ steps     ┆ 2013-04-15 signed                                             │
        │ chain     ┆ 2010 agreements/jp-2010: superseded                           │
        │           ┆ 2013-04-15 agreements/jp-jpd-2013: POSSIBLY not yet or signed │
        └───────────┴───────────────────────────────────────────────────────────────┘
        as of 2013-04, known at 424
        ");
        let many = ListAgreementsResponse {
            agreements: vec![agreement],
            answered_as_of: answered,
            ..Default::default()
        };
        insta::assert_snapshot!(many.show(Look::default()), @r"
        ┌────────────────────────────────────┬───────────────────┬────────────────────────────┬──────────┬────────────┐
        │ agreement                          ┆ partner, kind     ┆ status                     ┆ stands   ┆ first step │
        ╞════════════════════════════════════╪═══════════════════╪════════════════════════════╪══════════╪════════════╡
        │ Déclaration politique commune [fr] ┆ countries/jp      ┆ POSSIBLY not yet or signed ┆ POSSIBLY ┆ 2013-04-15 │
        │ agreements/jp-jpd-2013             ┆ joint declaration ┆                            ┆          ┆            │
        └────────────────────────────────────┴───────────────────┴────────────────────────────┴──────────┴────────────┘
        as of 2013-04, known at 424
        ");
    }
}
