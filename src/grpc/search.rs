//! `SearchService`: what is found by its words.
//!
//! 1. An answer is as known at the position of the index, which is at least the one that was waited for.
//! 2. A page continues behind the last result of the one before, however the index has moved on.

use std::time::Duration;

use tonic::{Request, Response, Status};

use super::asking::Asking;
use super::page::{Page, Query};
use super::put;
use super::reading::{Readers, Reading, WAIT_MAX};
use super::status;
use crate::position::Position;
use crate::projections::Languages;
use crate::projections::search::{self, Field, Match, Place, Search, matches, texts, title};
use crate::proto::v1;
use crate::proto::v1::search_service_server::{SearchService, SearchServiceServer};

/// How long a question waits for the index to be first built.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// Answers from this index; the readers say what day it is, and when the daemon stops.
pub fn service(readers: Readers, search: Search) -> SearchServiceServer<impl SearchService> {
    SearchServiceServer::new(Searching { readers, search })
}

struct Searching {
    readers: Readers,
    search: Search,
}

impl Searching {
    /// Waits until the index holds `position`.
    async fn reached(&self, position: Position) -> Result<(), Status> {
        self.readers.at_least(position).await?;
        let mut watch = self.search.watch();
        let is_built = self.search.progress().position.is_some();
        let reached = watch.wait_for(|progress| {
            progress.failure.is_some() || progress.position.is_some_and(|held| held >= position)
        });
        let max = if is_built { WAIT_MAX } else { FIRST_WAIT };
        match self.readers.wait(max, reached).await? {
            Some(Ok(progress)) if progress.failure.is_none() => Ok(()),
            Some(_) => Err(status::search_stopped()),
            None => match self.search.progress().position {
                Some(held) => Err(status::not_reached(position, held)),
                None => Err(status::search_not_ready()),
            },
        }
    }
}

#[tonic::async_trait]
impl SearchService for Searching {
    async fn search(
        &self,
        request: Request<v1::SearchRequest>,
    ) -> Result<Response<v1::SearchResponse>, Status> {
        let mut asking = Asking::of(&request);
        let same = Query::of(&v1::SearchRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::SearchRequest { page_size, page_token, query, kinds, at_least_position, language } =
            request.into_inner();
        let query = asking.query("query", &query);
        let kinds = asking.collections("kinds", &kinds);
        let languages = asking.languages(&language);
        let size = asking.page_size(page_size);
        let query = asking.done(query)?;
        let page: Page<Place> = Page::read(same.in_languages(&languages), size, &page_token, None)?;
        self.reached(Position(at_least_position)).await?;
        let (places, world) = self.search.find(&query, kinds, page.after(), size + 1);
        let valid_at = page.day().unwrap_or_else(|| self.readers.today());
        let reading = Reading::of(valid_at, &world);
        let found = places.into_iter().filter_map(|place| {
            let result = put_result(&reading, &query, &languages, &place)?;
            Some((place, result))
        });
        let (results, next_page_token) = page.cut(&reading, found);
        let answered_as_of = Some(reading.answered());
        Ok(Response::new(v1::SearchResponse { results, next_page_token, answered_as_of }))
    }
}

/// What is found is in the world that the index was made of.
fn put_result(
    reading: &Reading<'_>,
    query: &search::Query,
    languages: &Languages,
    (score, name): &Place,
) -> Option<v1::SearchResult> {
    let stream = reading.world.stream(name)?;
    let texts = texts(&stream);
    Some(v1::SearchResult {
        kind: name.collection().text().into(),
        title: Some(put::display(title(&stream, languages, reading.t), name)),
        matches: matches(&texts, query.words()).into_iter().map(put_match).collect(),
        score: *score,
        name: name.to_string(),
    })
}

fn put_match(Match { field, language, snippet }: Match) -> v1::SearchMatch {
    let field = match field {
        Field::Title => v1::SearchField::Title,
        Field::Topic => v1::SearchField::Topic,
        Field::Summary => v1::SearchField::Summary,
        Field::Note => v1::SearchField::Note,
    };
    let language = language.map(|language| language.to_string()).unwrap_or_default();
    v1::SearchMatch { field: field.into(), language, snippet }
}
