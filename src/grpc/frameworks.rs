//! `FrameworkService`: which frameworks there were.

use tonic::{Request, Response, Status};

use super::asking::Asking;
use super::page::{Page, Query};
use super::put;
use super::reading::Readers;
use super::status;
use crate::domain::{Collection, Name};
use crate::projections::frameworks::{self, FrameworkOnDay};
use crate::proto::v1;
use crate::proto::v1::framework_service_server::{FrameworkService, FrameworkServiceServer};

/// Answers from these readers.
pub fn service(readers: Readers) -> FrameworkServiceServer<impl FrameworkService> {
    FrameworkServiceServer::new(Frameworks(readers))
}

struct Frameworks(Readers);

#[tonic::async_trait]
impl FrameworkService for Frameworks {
    async fn get_framework(
        &self,
        request: Request<v1::GetFrameworkRequest>,
    ) -> Result<Response<v1::GetFrameworkResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::GetFrameworkRequest { name, as_of, at_least_position, language } = request.into_inner();
        let name = asking.needed_name("name", &name, &[Collection::Frameworks]);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let name = asking.done(name)?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            let framework = frameworks::framework(reading.world, &name, reading.t, &languages);
            let framework = framework.ok_or_else(|| status::unknown(&name))?;
            let answered_as_of = Some(reading.answered());
            Ok(v1::GetFrameworkResponse { framework: Some(put_framework(framework)), answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn list_frameworks(
        &self,
        request: Request<v1::ListFrameworksRequest>,
    ) -> Result<Response<v1::ListFrameworksResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListFrameworksRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListFrameworksRequest {
            page_size,
            page_token,
            open,
            as_of,
            at_least_position,
            language,
            order_by,
        } = request.into_inner();
        let order = asking.order_by(&order_by);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let languages = asking.done(Some(languages))?;
        let page: Page<Name> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        let answer = self.0.answer(page.as_of(), at_least_position, move |reading| {
            let (world, t) = (reading.world, reading.t);
            let beyond = |after: Option<&Name>| frameworks::frameworks(world, t, &languages, open, after);
            let found = order.list(&languages, page.after(), beyond);
            let found = found.map(|framework| (framework.name.clone(), put_framework(framework)));
            let (frameworks, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListFrameworksResponse { frameworks, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }
}

fn put_framework(framework: FrameworkOnDay) -> v1::Framework {
    let FrameworkOnDay { name, version, shown, overlay, established, closed, open } = framework;
    v1::Framework {
        etag: put::etag(version),
        display_name: Some(put::display(shown, &name)),
        overlay,
        established,
        closed,
        open: v1::Truth::from(open).into(),
        name: name.to_string(),
    }
}
