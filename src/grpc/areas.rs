//! `AreaService`: which areas there are, and who chose them.

use tonic::{Request, Response, Status};

use super::asking::{Asking, all_known};
use super::page::{Page, Query};
use super::put;
use super::reading::Readers;
use super::status;
use crate::domain::{Collection, Name};
use crate::projections::areas::{self, AreaShown, ChoiceFilter, ChoiceOnDay};
use crate::proto::v1;
use crate::proto::v1::area_service_server::{AreaService, AreaServiceServer};
use crate::wire::name::ACTORS;

const AREAS: &[Collection] = &[Collection::Areas];

/// Answers from these readers.
pub fn service(readers: Readers) -> AreaServiceServer<impl AreaService> {
    AreaServiceServer::new(Areas(readers))
}

struct Areas(Readers);

#[tonic::async_trait]
impl AreaService for Areas {
    async fn get_area(
        &self,
        request: Request<v1::GetAreaRequest>,
    ) -> Result<Response<v1::GetAreaResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::GetAreaRequest { name, as_of, at_least_position, language } = request.into_inner();
        let name = asking.needed_name("name", &name, AREAS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let name = asking.done(name)?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            let area = areas::area(reading.world, &name, &languages);
            let area = area.ok_or_else(|| status::unknown(&name))?;
            Ok(v1::GetAreaResponse { area: Some(put_area(area)), answered_as_of: Some(reading.answered()) })
        });
        answer.await.map(Response::new)
    }

    async fn list_areas(
        &self,
        request: Request<v1::ListAreasRequest>,
    ) -> Result<Response<v1::ListAreasResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListAreasRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListAreasRequest {
            page_size,
            page_token,
            within,
            as_of,
            at_least_position,
            language,
            order_by,
        } = request.into_inner();
        let order = asking.order_by(&order_by);
        let within = asking.name("within", &within, AREAS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let (within, languages) = asking.done(Some((within, languages)))?;
        let page: Page<Name> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        let answer = self.0.answer(page.as_of(), at_least_position, move |reading| {
            all_known(reading, &within)?;
            let beyond =
                |after: Option<&Name>| areas::areas(reading.world, &languages, within.as_ref(), after);
            let found = order.list(&languages, page.after(), beyond);
            let found = found.map(|area| (area.name.clone(), put_area(area)));
            let (areas, next_page_token) = page.cut(reading, found);
            Ok(v1::ListAreasResponse { areas, next_page_token, answered_as_of: Some(reading.answered()) })
        });
        answer.await.map(Response::new)
    }

    async fn list_area_choices(
        &self,
        request: Request<v1::ListAreaChoicesRequest>,
    ) -> Result<Response<v1::ListAreaChoicesResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListAreaChoicesRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListAreaChoicesRequest {
            page_size,
            page_token,
            actor,
            area,
            with_descendants,
            as_of,
            at_least_position,
            language,
        } = request.into_inner();
        let actor = asking.name("actor", &actor, ACTORS);
        let area = asking.name("area", &area, AREAS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let filter = asking.done(Some(ChoiceFilter { actor, area, with_descendants }))?;
        let page: Page<(Name, Name)> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        let answer = self.0.answer(page.as_of(), at_least_position, move |reading| {
            all_known(reading, filter.actor.iter().chain(&filter.area))?;
            let after = page.after().cloned();
            let found = areas::choices(reading.world, reading.t, &languages, &filter, after);
            let found = found.map(|choice| ((choice.actor.clone(), choice.area.clone()), put_choice(choice)));
            let (choices, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListAreaChoicesResponse { choices, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn list_one_way_areas(
        &self,
        request: Request<v1::ListOneWayAreasRequest>,
    ) -> Result<Response<v1::ListOneWayAreasResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListOneWayAreasRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListOneWayAreasRequest {
            page_size,
            page_token,
            actor,
            given_by,
            as_of,
            at_least_position,
            language,
        } = request.into_inner();
        let actor = asking.name("actor", &actor, ACTORS);
        let given_by = asking.choice_among(
            "given_by",
            given_by,
            v1::GivenBy::as_str_name,
            &[v1::GivenBy::Alliance, v1::GivenBy::Partner],
        );
        let given_by = given_by.map(Into::into);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let filter = asking.done(Some(ChoiceFilter { actor, ..ChoiceFilter::default() }))?;
        let page: Page<(Name, Name)> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        let answer = self.0.answer(page.as_of(), at_least_position, move |reading| {
            all_known(reading, &filter.actor)?;
            let after = page.after().cloned();
            let found =
                areas::one_way_choices(reading.world, reading.t, &languages, &filter, given_by, after);
            let found = found.map(|(choice, truth)| {
                let key = (choice.actor.clone(), choice.area.clone());
                let one_way = v1::Truth::from(truth).into();
                (key, v1::OneWayArea { choice: Some(put_choice(choice)), one_way })
            });
            let (areas, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListOneWayAreasResponse { areas, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }
}

fn put_area(area: AreaShown) -> v1::Area {
    let AreaShown { name, version, shown, parent, ancestors, descendants } = area;
    v1::Area {
        etag: put::etag(version),
        display_name: Some(put::display(shown, &name)),
        parent: put::optional(parent.as_ref()),
        ancestors: put::names(&ancestors),
        descendants: put::names(&descendants),
        name: name.to_string(),
    }
}

fn put_choice(choice: ChoiceOnDay) -> v1::AreaChoice {
    let ChoiceOnDay {
        actor,
        actor_shown,
        area,
        area_shown,
        chosen,
        extents,
        given_by,
        agreements,
        since,
        open_because,
    } = choice;
    v1::AreaChoice {
        actor_display_name: Some(put::display(actor_shown, &actor)),
        actor: actor.to_string(),
        area_display_name: Some(put::display(area_shown, &area)),
        area: area.to_string(),
        chosen: v1::Truth::from(chosen).into(),
        extents: put::numbers::<_, v1::Extent>(&extents),
        given_by: put::numbers::<_, v1::GivenBy>(&given_by),
        agreements: put::names(&agreements),
        since,
        open_because,
    }
}
