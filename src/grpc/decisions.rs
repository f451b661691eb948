//! `DecisionService`: what was decided, what it rests on and what became of it.

use tonic::{Request, Response, Status};

use super::asking::{Asking, all_known};
use super::page::{Page, Query};
use super::put;
use super::reading::Readers;
use super::status;
use crate::domain::decision::{Direction, Taken};
use crate::domain::{Collection, Name};
use crate::projections::decisions::{self, DecisionOnDay};
use crate::projections::intentions::{Ended, Intention, Outcome, intentions};
use crate::projections::lineage::{Edge, Step, lineage};
use crate::proto::v1;
use crate::proto::v1::decision_service_server::{DecisionService, DecisionServiceServer};
use crate::wire::encode_link;

const DECISIONS: &[Collection] = &[Collection::Decisions];

/// Answers from these readers.
pub fn service(readers: Readers) -> DecisionServiceServer<impl DecisionService> {
    DecisionServiceServer::new(Decisions(readers))
}

struct Decisions(Readers);

#[tonic::async_trait]
impl DecisionService for Decisions {
    async fn get_decision(
        &self,
        request: Request<v1::GetDecisionRequest>,
    ) -> Result<Response<v1::GetDecisionResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::GetDecisionRequest { name, as_of, at_least_position, language } = request.into_inner();
        let name = asking.needed_name("name", &name, DECISIONS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let name = asking.done(name)?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            let decision = decisions::decision(reading.world, &name, reading.t, &languages);
            let decision = decision.ok_or_else(|| status::unknown(&name))?;
            let answered_as_of = Some(reading.answered());
            Ok(v1::GetDecisionResponse { decision: Some(put_decision(decision)), answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn list_decisions(
        &self,
        request: Request<v1::ListDecisionsRequest>,
    ) -> Result<Response<v1::ListDecisionsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListDecisionsRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListDecisionsRequest {
            page_size,
            page_token,
            meeting,
            rule,
            in_effect,
            intentions,
            as_of,
            at_least_position,
            language,
        } = request.into_inner();
        let meeting = asking.name("meeting", &meeting, &[Collection::Meetings]);
        let rule = asking.choice("rule", rule, v1::Rule::as_str_name);
        let rule = rule.and_then(|rule| rule.try_into().ok());
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let filter = asking.done(Some(decisions::Filter { meeting, rule, in_effect, intentions }))?;
        let page: Page<Name> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        // Of those that pass a page may be far to find.
        let goes_far = filter.rule.is_some() || filter.in_effect || filter.intentions;
        let answer = self.0.answer_by(goes_far, page.as_of(), at_least_position, move |reading| {
            all_known(reading, &filter.meeting)?;
            let found = decisions::decisions(reading.world, reading.t, &languages, &filter, page.after());
            let found = found.map(|decision| (decision.name.clone(), put_decision(decision)));
            let (decisions, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListDecisionsResponse { decisions, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn trace_decision(
        &self,
        request: Request<v1::TraceDecisionRequest>,
    ) -> Result<Response<v1::TraceDecisionResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::TraceDecisionRequest { name, as_of, at_least_position, language } = request.into_inner();
        let name = asking.needed_name("name", &name, DECISIONS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let name = asking.done(name)?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            let (world, t) = (reading.world, reading.t);
            let decision = decisions::decision(world, &name, t, &languages);
            let decision = decision.ok_or_else(|| status::unknown(&name))?;
            let trace = |direction| lineage(world, &name, direction, t, &languages).into_iter().map(put_step);
            Ok(v1::TraceDecisionResponse {
                decision: Some(put_decision(decision)),
                ancestors: trace(Direction::Back).collect(),
                descendants: trace(Direction::Forward).collect(),
                answered_as_of: Some(reading.answered()),
            })
        });
        answer.await.map(Response::new)
    }

    async fn list_intentions(
        &self,
        request: Request<v1::ListIntentionsRequest>,
    ) -> Result<Response<v1::ListIntentionsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListIntentionsRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListIntentionsRequest { page_size, page_token, outcome, as_of, at_least_position, language } =
            request.into_inner();
        let outcome = asking.choice("outcome", outcome, v1::Outcome::as_str_name).and_then(outcome_asked);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let languages = asking.done(Some(languages))?;
        let page: Page<Name> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        let answer = self.0.answer(page.as_of(), at_least_position, move |reading| {
            let found = intentions(reading.world, reading.t, &languages, outcome, page.after());
            let found = found.map(|found| (found.decision.name.clone(), put_intention(found)));
            let (intentions, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListIntentionsResponse { intentions, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }
}

fn outcome_asked(outcome: v1::Outcome) -> Option<Outcome> {
    match outcome {
        v1::Outcome::Unspecified => None,
        v1::Outcome::PutInEffect => Some(Outcome::PutInEffect),
        v1::Outcome::CarriedOut => Some(Outcome::CarriedOut),
        v1::Outcome::PartOf => Some(Outcome::PartOf),
        v1::Outcome::Lapsed => Some(Outcome::Lapsed),
        v1::Outcome::Superseded => Some(Outcome::Superseded),
        v1::Outcome::Open => Some(Outcome::Open),
    }
}

fn put_intention(Intention { decision, outcomes }: Intention) -> v1::Intention {
    v1::Intention {
        decision: Some(put_decision(decision)),
        outcomes: outcomes.into_iter().map(put_outcome).collect(),
    }
}

fn put_outcome(Ended { outcome, truth, decisions, dates }: Ended) -> v1::IntentionOutcome {
    let outcome = match outcome {
        Outcome::PutInEffect => v1::Outcome::PutInEffect,
        Outcome::CarriedOut => v1::Outcome::CarriedOut,
        Outcome::PartOf => v1::Outcome::PartOf,
        Outcome::Lapsed => v1::Outcome::Lapsed,
        Outcome::Superseded => v1::Outcome::Superseded,
        Outcome::Open => v1::Outcome::Open,
    };
    v1::IntentionOutcome {
        outcome: outcome.into(),
        truth: v1::Truth::from(truth).into(),
        decisions: put::names(&decisions),
        dates,
    }
}

fn put_decision(decision: DecisionOnDay) -> v1::Decision {
    let DecisionOnDay {
        name,
        version,
        taken,
        shown,
        links,
        in_effect_since,
        superseded,
        superseded_by,
        lapsed,
        statuses,
        in_effect,
    } = decision;
    let Taken { body, in_effect: _, titles: _, meeting, rules, valid, event: _ } = taken;
    v1::Decision {
        etag: put::etag(version),
        body,
        title: Some(put::display(shown, &name)),
        meeting: put::optional(meeting.as_ref()),
        links: links.iter().map(encode_link).collect(),
        rules: put::numbers::<_, v1::Rule>(&rules),
        taken: valid.text(),
        in_effect_since,
        superseded,
        superseded_by: put::names(&superseded_by),
        lapsed,
        statuses: put::numbers::<_, v1::DecisionStatus>(&statuses),
        in_effect: v1::Truth::from(in_effect).into(),
        name: name.to_string(),
    }
}

fn put_step(Step { decision, depth, links }: Step) -> v1::LineageStep {
    v1::LineageStep {
        decision: Some(put_decision(decision)),
        depth,
        links: links.into_iter().map(put_edge).collect(),
    }
}

fn put_edge(Edge { from, kind, to }: Edge) -> v1::LineageLink {
    v1::LineageLink { from: from.to_string(), r#type: v1::LinkType::from(kind).into(), to: to.to_string() }
}
