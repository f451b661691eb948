//! `ActivityService`: what was offered, and who took part.

use tonic::{Request, Response, Status};

use super::asking::{Asking, all_known};
use super::page::{Page, Query};
use super::put;
use super::reading::Readers;
use super::status;
use crate::domain::activity::{Offer, Participation};
use crate::domain::{Collection, Name};
use crate::projections::activities::{self, AccessAsked, ActivityOnDay};
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
        } = request.into_inner();
        let kind = asking.choice("kind", kind, v1::ActivityKind::as_str_name).map(Into::into);
        let participant = asking.name("participant", &participant, ACTORS);
        let access = asking.choice("access", access, v1::Access::as_str_name).and_then(access_asked);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let filter = asking.done(Some(activities::Filter { kind, participant, access, offered }))?;
        let page: Page<Name> = Page::read(query, size, &page_token, as_of)?;
        let answer = self.0.answer(page.as_of(), at_least_position, move |reading| {
            all_known(reading, &filter.participant)?;
            let found = activities::activities(reading.world, reading.t, &languages, &filter, page.after());
            let found = found.map(|activity| (activity.name.clone(), put_activity(activity)));
            let (activities, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListActivitiesResponse { activities, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
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
