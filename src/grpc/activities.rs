//! `ActivityService`: what was offered to whom, who may take part and why, and who did.

use tonic::{Request, Response, Status};

use super::asking::{Asking, all_known};
use super::page::{Page, Query};
use super::put;
use super::reading::Readers;
use super::status;
use crate::domain::activity::{Offer, Participation};
use crate::domain::{Collection, Name};
use crate::projections::access::{self, Deviation, Explanation, Finding, Ground, InForce};
use crate::projections::activities::{self, AccessAsked, ActivityOnDay};
use crate::projections::meetings::Range;
use crate::proto::v1;
use crate::proto::v1::activity_service_server::{ActivityService, ActivityServiceServer};
use crate::wire::name::ACTORS;
use crate::wire::time::encode_valid;
use crate::wire::{encode_access_framework, encode_exception};

/// Answers from these readers.
pub fn service(readers: Readers) -> ActivityServiceServer<impl ActivityService> {
    ActivityServiceServer::new(Activities(readers))
}

struct Activities(Readers);

#[tonic::async_trait]
impl ActivityService for Activities {
    async fn get_activity(
        &self,
        request: Request<v1::GetActivityRequest>,
    ) -> Result<Response<v1::GetActivityResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::GetActivityRequest { name, as_of, at_least_position, language } = request.into_inner();
        let name = asking.needed_name("name", &name, &[Collection::Activities]);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let name = asking.done(name)?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            let activity = activities::activity(reading.world, &name, reading.t, &languages);
            let activity = activity.ok_or_else(|| status::unknown(&name))?;
            let answered_as_of = Some(reading.answered());
            Ok(v1::GetActivityResponse { activity: Some(put_activity(activity)), answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn list_activities(
        &self,
        request: Request<v1::ListActivitiesRequest>,
    ) -> Result<Response<v1::ListActivitiesResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListActivitiesRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListActivitiesRequest {
            page_size,
            page_token,
            kind,
            participant,
            access,
            offered,
            as_of,
            at_least_position,
            language,
            from,
            to,
        } = request.into_inner();
        let range = asking.range(&from, &to);
        let kind = asking.choice("kind", kind, v1::ActivityKind::as_str_name).map(Into::into);
        let participant = asking.name("participant", &participant, ACTORS);
        let access = asking.choice("access", access, v1::Access::as_str_name).and_then(access_asked);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let filter = asking.done(Some(activities::Filter { kind, participant, access, offered, range }))?;
        let page: Page<Name> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        // Of those that pass a page may be far to find.
        let goes_far = filter.kind.is_some()
            || filter.access.is_some()
            || filter.offered
            || filter.range != Range::ALWAYS;
        let answer = self.0.answer_by(goes_far, page.as_of(), at_least_position, move |reading| {
            all_known(reading, &filter.participant)?;
            let found = activities::activities(reading.world, reading.t, &languages, &filter, page.after());
            let found = found.map(|activity| (activity.name.clone(), put_activity(activity)));
            let (activities, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListActivitiesResponse { activities, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn explain_access(
        &self,
        request: Request<v1::ExplainAccessRequest>,
    ) -> Result<Response<v1::ExplainAccessResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::ExplainAccessRequest { activity, actor, as_of, at_least_position, language } =
            request.into_inner();
        let activity = asking.needed_name("activity", &activity, &[Collection::Activities]);
        let actor = asking.needed_name("actor", &actor, ACTORS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let (activity, actor) = asking.done(activity.zip(actor))?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            all_known(reading, [&activity, &actor])?;
            let found = access::explain(reading.world, &activity, &actor, reading.t, &languages);
            let found = found.ok_or_else(|| status::unknown(&activity))?;
            let explained = put_explanation(found, &activity, &actor);
            Ok(v1::ExplainAccessResponse { answered_as_of: Some(reading.answered()), ..explained })
        });
        answer.await.map(Response::new)
    }

    async fn list_deviations(
        &self,
        request: Request<v1::ListDeviationsRequest>,
    ) -> Result<Response<v1::ListDeviationsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListDeviationsRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListDeviationsRequest {
            page_size,
            page_token,
            without_exception,
            as_of,
            at_least_position,
            language,
        } = request.into_inner();
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let languages = asking.done(Some(languages))?;
        let page: Page<Name> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        let answer = self.0.answer_aside(page.as_of(), at_least_position, move |reading| {
            let (world, t) = (reading.world, reading.t);
            let found = access::deviations(world, t, &languages, without_exception, page.after());
            let found = found.map(|deviation| (deviation.activity.name.clone(), put_deviation(deviation)));
            let (deviations, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListDeviationsResponse { deviations, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }
}

fn put_explanation(found: Explanation, activity: &Name, actor: &Name) -> v1::ExplainAccessResponse {
    let Explanation { answer, offer, activity_shown, actor_shown, decisions, findings } = found;
    let Offer { kind: _, titles: _, access, exception: _, valid, event } = offer;
    v1::ExplainAccessResponse {
        answer: v1::Truth::from(answer).into(),
        rule: v1::Access::from(&access).into(),
        framework: encode_access_framework(&access),
        decisions: decisions.into_iter().map(put_in_force).collect(),
        offer_position: event.0,
        offered: Some(encode_valid(&valid)),
        findings: findings.into_iter().map(put_finding).collect(),
        activity_title: Some(put::display(activity_shown, activity)),
        actor_display_name: Some(put::display(actor_shown, actor)),
        answered_as_of: None,
    }
}

fn put_finding(Finding { ground, truth, dates }: Finding) -> v1::AccessFinding {
    let ground = match ground {
        Ground::Offered => v1::AccessGround::Offered,
        Ground::Member => v1::AccessGround::Member,
        Ground::Partner => v1::AccessGround::Partner,
        Ground::Holder => v1::AccessGround::Holder,
        Ground::Registered => v1::AccessGround::Registered,
        Ground::Suspended => v1::AccessGround::Suspended,
    };
    v1::AccessFinding { ground: ground.into(), truth: v1::Truth::from(truth).into(), dates }
}

fn put_in_force(found: InForce) -> v1::RuleInForce {
    let InForce { decision, shown, since, truth, open_because } = found;
    v1::RuleInForce {
        title: Some(put::display(shown, &decision)),
        in_effect_since: since,
        in_force: v1::Truth::from(truth).into(),
        open_because,
        decision: decision.to_string(),
    }
}

fn put_deviation(Deviation { activity, truth, decisions }: Deviation) -> v1::Deviation {
    v1::Deviation {
        has_exception: activity.offer.exception.is_some(),
        activity: Some(put_activity(activity)),
        truth: v1::Truth::from(truth).into(),
        decisions: decisions.into_iter().map(put_in_force).collect(),
    }
}

fn access_asked(access: v1::Access) -> Option<AccessAsked> {
    match access {
        v1::Access::Unspecified => None,
        v1::Access::AllPartners => Some(AccessAsked::AllPartners),
        v1::Access::Framework => Some(AccessAsked::Framework),
        v1::Access::Listed => Some(AccessAsked::Listed),
    }
}

fn put_activity(activity: ActivityOnDay) -> v1::Activity {
    let ActivityOnDay { name, version, shown, offer, withdrawn, offered, participations } = activity;
    let Offer { kind, titles: _, access, exception, valid, event: _ } = offer;
    let participations = participations.iter().map(|Participation { participant, valid, event: _ }| {
        v1::Participation { participant: participant.to_string(), valid: Some(encode_valid(valid)) }
    });
    v1::Activity {
        etag: put::etag(version),
        kind: v1::ActivityKind::from(kind).into(),
        title: Some(put::display(shown, &name)),
        access: v1::Access::from(&access).into(),
        framework: encode_access_framework(&access),
        exception: encode_exception(exception.as_ref()),
        valid: Some(encode_valid(&valid)),
        withdrawn,
        offered: v1::Truth::from(offered).into(),
        participations: participations.collect(),
        name: name.to_string(),
    }
}
