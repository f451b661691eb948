//! `ActorService`: who an actor is, and how it stood to the alliance.

use tonic::{Request, Response, Status};

use super::asking::{Asking, all_known};
use super::page::{Page, Query};
use super::put;
use super::reading::Readers;
use super::status;
use crate::domain::actor::ActorKind;
use crate::domain::{Collection, Name};
use crate::projections::actors::{self, ActorOnDay, Held};
use crate::projections::standing::{self, FrameworkStanding, Standing, Stood};
use crate::proto::v1;
use crate::proto::v1::actor_service_server::{ActorService, ActorServiceServer};
use crate::wire::name::ACTORS;

/// Answers from these readers.
pub fn service(readers: Readers) -> ActorServiceServer<impl ActorService> {
    ActorServiceServer::new(Actors(readers))
}

struct Actors(Readers);

#[tonic::async_trait]
impl ActorService for Actors {
    async fn get_actor(
        &self,
        request: Request<v1::GetActorRequest>,
    ) -> Result<Response<v1::GetActorResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::GetActorRequest { name, as_of, at_least_position, language } = request.into_inner();
        let name = asking.needed_name("name", &name, ACTORS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let name = asking.done(name)?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            let actor = actors::actor(reading.world, &name, reading.t, &languages);
            let actor = actor.ok_or_else(|| status::unknown(&name))?;
            Ok(v1::GetActorResponse {
                actor: Some(put_actor(actor)),
                answered_as_of: Some(reading.answered()),
            })
        });
        answer.await.map(Response::new)
    }

    async fn list_actors(
        &self,
        request: Request<v1::ListActorsRequest>,
    ) -> Result<Response<v1::ListActorsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListActorsRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListActorsRequest {
            page_size,
            page_token,
            kind,
            members,
            partners,
            framework,
            suspended,
            as_of,
            at_least_position,
            language,
            order_by,
        } = request.into_inner();
        let order = asking.order_by(&order_by);
        let kind = asking.choice("kind", kind, v1::ActorKind::as_str_name);
        let framework = asking.name("framework", &framework, &[Collection::Frameworks]);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let filter =
            actors::Filter { collection: kind.and_then(collection), members, partners, framework, suspended };
        let filter = asking.done(Some(filter))?;
        let page: Page<Name> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        let answer = self.0.answer(page.as_of(), at_least_position, move |reading| {
            all_known(reading, &filter.framework)?;
            let beyond =
                |after: Option<&Name>| actors::actors(reading.world, reading.t, &languages, &filter, after);
            let found = order.list(&languages, page.after(), beyond);
            let found = found.map(|actor| (actor.name.clone(), put_actor(actor)));
            let (actors, next_page_token) = page.cut(reading, found);
            Ok(v1::ListActorsResponse { actors, next_page_token, answered_as_of: Some(reading.answered()) })
        });
        answer.await.map(Response::new)
    }

    async fn get_standing(
        &self,
        request: Request<v1::GetStandingRequest>,
    ) -> Result<Response<v1::GetStandingResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::GetStandingRequest { as_of, at_least_position, language, order_by } = request.into_inner();
        let order = asking.order_by(&order_by);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let languages = asking.done(Some(languages))?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            let mut standing = standing::standing(reading.world, reading.t, &languages);
            standing.sort(order, &languages);
            Ok(put_standing(standing, reading.answered()))
        });
        answer.await.map(Response::new)
    }
}

fn collection(kind: v1::ActorKind) -> Option<Collection> {
    match kind {
        v1::ActorKind::Unspecified => None,
        v1::ActorKind::Country => Some(Collection::Countries),
        v1::ActorKind::Organisation => Some(Collection::Organisations),
    }
}

fn put_actor(actor: ActorOnDay) -> v1::Actor {
    let ActorOnDay {
        name,
        version,
        kind,
        shown,
        names,
        member,
        partner,
        suspended,
        suspension_scopes,
        frameworks,
        open_because,
    } = actor;
    let (alpha2, alpha3) = match &kind {
        Some(ActorKind::Country { alpha2, alpha3 }) => (alpha2.clone(), alpha3.clone()),
        Some(ActorKind::Organisation) | None => (String::new(), String::new()),
    };
    let names = names.into_iter().map(|(language, text, since)| v1::LocalizedName {
        language: language.to_string(),
        text,
        since,
    });
    v1::Actor {
        etag: put::etag(version),
        kind: kind.as_ref().map_or(v1::ActorKind::Unspecified, v1::ActorKind::from).into(),
        alpha2,
        alpha3,
        display_name: Some(put::display(shown, &name)),
        names: names.collect(),
        member: v1::Truth::from(member).into(),
        partner: v1::Truth::from(partner).into(),
        suspended: v1::Truth::from(suspended).into(),
        suspension_scopes,
        frameworks: frameworks.into_iter().map(put_held).collect(),
        open_because,
        name: name.to_string(),
    }
}

fn put_held(Held { framework, truth, overlay, open_because }: Held) -> v1::HeldFramework {
    v1::HeldFramework {
        framework: framework.to_string(),
        held: v1::Truth::from(truth).into(),
        overlay,
        open_because,
    }
}

fn put_standing(standing: Standing, answered: v1::AnsweredAsOf) -> v1::GetStandingResponse {
    let Standing { members, partners, frameworks } = standing;
    v1::GetStandingResponse {
        member_count: Some(put::count(standing::count(&members))),
        members: members.into_iter().map(put_stood).collect(),
        partner_count: Some(put::count(standing::count(&partners))),
        partners: partners.into_iter().map(put_stood).collect(),
        frameworks: frameworks.into_iter().map(put_framework).collect(),
        answered_as_of: Some(answered),
    }
}

fn put_framework(standing: FrameworkStanding) -> v1::FrameworkStanding {
    let FrameworkStanding { framework, shown, overlay, open, holders } = standing;
    v1::FrameworkStanding {
        display_name: Some(put::display(shown, &framework)),
        framework: framework.to_string(),
        overlay,
        open: v1::Truth::from(open).into(),
        holder_count: Some(put::count(standing::count(&holders))),
        holders: holders.into_iter().map(put_stood).collect(),
    }
}

fn put_stood(Stood { actor, shown, truth, suspended, open_because }: Stood) -> v1::StandingActor {
    v1::StandingActor {
        display_name: Some(put::display(shown, &actor)),
        actor: actor.to_string(),
        truth: v1::Truth::from(truth).into(),
        suspended: v1::Truth::from(suspended).into(),
        open_because,
    }
}
