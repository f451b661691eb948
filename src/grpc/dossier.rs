//! `DossierService`: answers with the events themselves.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;

use futures::{Stream, stream};
use parking_lot::Mutex;
use smol_str::SmolStr;
use tonic::{Request, Response, Status};

use super::asking::{Asking, all_known};
use super::page::{Page, Query};
use super::put;
use super::reading::{Readers, Reading};
use super::status;
use crate::domain::Name;
use crate::domain::time::Day;
use crate::position::Position;
use crate::projections::dossier::{KnownEvent, dossier};
use crate::projections::unconfirmed::{Unconfirmed, unconfirmed};
use crate::proto::v1;
use crate::proto::v1::dossier_service_server::{DossierService, DossierServiceServer};
use crate::state::Loader;
use crate::wire::name::ACTORS;
use crate::wire::{encode_content, encode_event};

/// Answers from these readers.
pub fn service(readers: Readers) -> DossierServiceServer<impl DossierService> {
    DossierServiceServer::new(Dossiers { readers, found: Arc::default() })
}

struct Dossiers {
    readers: Readers,
    found: Arc<Found>,
}

/// What was unconfirmed at the positions that were asked about last. To find it, much is gone through: the pages of one
/// question are cut from one finding, and so are those of whoever asks the same before something is recorded.
#[derive(Default)]
struct Found(Mutex<VecDeque<(Position, Arc<Finding>)>>);

/// What was found, in the order of the log, and how much of each kind.
struct Finding {
    events: Vec<Unconfirmed>,
    counts: BTreeMap<SmolStr, usize>,
}

/// For so many positions.
const FOUND_KEPT: usize = 2;

impl Found {
    fn at(&self, reading: &Reading<'_>) -> Arc<Finding> {
        let kept = |found: &VecDeque<(Position, Arc<Finding>)>| {
            found.iter().find(|(position, _)| *position == reading.position).map(|(_, found)| found.clone())
        };
        if let Some(found) = kept(&self.0.lock()) {
            return found;
        }
        let events = unconfirmed(reading.world);
        let mut counts = BTreeMap::new();
        for event in &events {
            *counts.entry(event.kind.clone()).or_default() += 1;
        }
        let found = Arc::new(Finding { events, counts });
        let mut all = self.0.lock();
        if kept(&all).is_none() {
            all.push_front((reading.position, found.clone()));
            all.truncate(FOUND_KEPT);
        }
        found
    }
}

/// So many events are a part of what is sent.
const PART_EVENTS: u32 = 500;

type Parts = Pin<Box<dyn Stream<Item = Result<v1::ReadActorEventsResponse, Status>> + Send>>;

/// Where an event stands in a dossier: by day where that is the order, then by position.
type Place = (Option<(Day, Day)>, Position);

#[tonic::async_trait]
impl DossierService for Dossiers {
    async fn list_actor_events(
        &self,
        request: Request<v1::ListActorEventsRequest>,
    ) -> Result<Response<v1::ListActorEventsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListActorEventsRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListActorEventsRequest { page_size, page_token, actor, order, as_of, at_least_position } =
            request.into_inner();
        let actor = asking.needed_name("actor", &actor, ACTORS);
        let order = asking.choice("order", order, v1::DossierOrder::as_str_name);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let actor = asking.done(actor)?;
        let page: Page<Place> = Page::read(query, size, &page_token, as_of)?;
        let loader = self.readers.state().loader().clone();
        let answer = self.readers.answer_aside(page.as_of(), at_least_position, move |reading| {
            let mut found = in_order(reading, &loader, &actor, order)?;
            found.retain(|(place, _)| page.after().is_none_or(|after| place > after));
            let found = found.into_iter().map(|(place, known)| (place, put_known(&known)));
            let (events, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListActorEventsResponse { events, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }

    type ReadActorEventsStream = Parts;

    async fn read_actor_events(
        &self,
        request: Request<v1::ReadActorEventsRequest>,
    ) -> Result<Response<Parts>, Status> {
        let mut asking = Asking::of(&request);
        let v1::ReadActorEventsRequest { actor, order, as_of, at_least_position } = request.into_inner();
        let actor = asking.needed_name("actor", &actor, ACTORS);
        let order = asking.choice("order", order, v1::DossierOrder::as_str_name);
        asking.as_of(as_of.as_ref());
        let actor = asking.done(actor)?;
        let loader = self.readers.state().loader().clone();
        let answer = self.readers.answer_aside(as_of, at_least_position, move |reading| {
            let found = in_order(reading, &loader, &actor, order)?;
            Ok((found, reading.answered()))
        });
        let (found, answered) = answer.await?;
        let event_count = put::number(found.len());
        let (mut left, mut parts_left) = (found.into_iter(), event_count.div_ceil(PART_EVENTS).max(1));
        // Each part is made when it is sent: of a long dossier no more than that is there twice.
        let parts = std::iter::from_fn(move || {
            parts_left = parts_left.checked_sub(1)?;
            let events =
                left.by_ref().take(PART_EVENTS as usize).map(|(_, known)| put_known(&known)).collect();
            Some(v1::ReadActorEventsResponse { events, event_count, answered_as_of: Some(answered.clone()) })
        });
        Ok(Response::new(Box::pin(stream::iter(parts.map(Ok)))))
    }

    async fn list_unconfirmed_events(
        &self,
        request: Request<v1::ListUnconfirmedEventsRequest>,
    ) -> Result<Response<v1::ListUnconfirmedEventsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListUnconfirmedEventsRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListUnconfirmedEventsRequest { page_size, page_token, kinds, as_of, at_least_position } =
            request.into_inner();
        asking.kinds("kinds", &kinds);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let kinds = asking.done(Some(kinds))?;
        let page: Page<Position> = Page::read(query, size, &page_token, as_of)?;
        let loader = self.readers.state().loader().clone();
        let found = self.found.clone();
        let answer = self.readers.answer_aside(page.as_of(), at_least_position, move |reading| {
            let found = found.at(reading);
            let is_asked = |asked: &SmolStr| kinds.is_empty() || kinds.iter().any(|kind| kind == asked);
            let counts = found.counts.iter().filter(|(kind, _)| is_asked(kind));
            let counts = counts.map(|(kind, count)| put_count(kind, *count)).collect();
            let rest = page.after().map_or(0, |after| found.events.partition_point(|it| it.event <= *after));
            let rest = found.events[rest..].iter().filter(|it| is_asked(&it.kind));
            // One more than a page has: whether there is another one is seen by that.
            let known = rest.take(size + 1);
            let known = known.map(|it| it.known(reading.world, |positions| loader.events(positions)));
            let known = known.collect::<Result<Vec<_>, _>>().map_err(|error| status::internal(&error))?;
            let known = known.iter().flatten().map(|known| (known.event.position, put_known(known)));
            let (events, next_page_token) = page.cut(reading, known);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListUnconfirmedEventsResponse { events, next_page_token, counts, answered_as_of })
        });
        answer.await.map(Response::new)
    }
}

/// The actor's dossier, each event with its place.
fn in_order(
    reading: &Reading<'_>,
    loader: &Loader,
    actor: &Name,
    order: Option<v1::DossierOrder>,
) -> Result<Vec<(Place, KnownEvent)>, Status> {
    all_known(reading, [actor])?;
    let found = dossier(reading.world, actor, |positions| loader.events(positions));
    let found = found.map_err(|error| status::internal(&error))?;
    let by_day = order == Some(v1::DossierOrder::Valid);
    let place = |known: &KnownEvent| (by_day.then_some(known.day), known.event.position);
    let mut found: Vec<_> = found.into_iter().map(|known| (place(&known), known)).collect();
    found.sort_by_key(|(place, _)| *place);
    Ok(found)
}

fn put_count(kind: &SmolStr, count: usize) -> v1::KindCount {
    v1::KindCount { kind: kind.to_string(), count: put::number(count) }
}

fn put_known(KnownEvent { event, stands, known, day: _ }: &KnownEvent) -> v1::KnownEvent {
    let (known_valid, known_source, known_fact) = encode_content(known);
    v1::KnownEvent {
        event: Some(encode_event(event)),
        stands: *stands,
        known_valid: Some(known_valid),
        known_source: Some(known_source),
        known_fact: Some(known_fact),
    }
}
