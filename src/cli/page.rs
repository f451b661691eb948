//! Lists longer than a page: the pages of one question, put together.

use std::future::Future;

use clap::Args;

use super::failure::Failure;
use super::json::Named;
use crate::proto::v1;

/// The most that the API puts on a page.
const PAGE_SIZE_MAX: usize = 1_000;

/// How much of a list to show.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Limit {
    /// At most so many [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

/// A page of a list.
pub(crate) trait Page: Named {
    /// Where the next page begins; empty: this is the last one.
    fn next(&mut self) -> &mut String;
    /// Takes the items of `page` behind its own.
    fn append(&mut self, page: Self);
    /// How many items it has.
    fn len(&self) -> usize;
    /// Drops what is beyond `len`.
    fn truncate(&mut self, len: usize);
}

macro_rules! page {
    ($($message:ident . $items:ident),+ $(,)?) => { $(
        super::json::named!($message);
        impl Page for v1::$message {
            fn next(&mut self) -> &mut String { &mut self.next_page_token }
            fn append(&mut self, mut page: Self) { self.$items.append(&mut page.$items); }
            fn len(&self) -> usize { self.$items.len() }
            fn truncate(&mut self, len: usize) { self.$items.truncate(len); }
        }
    )+ };
}

page!(
    ListActorsResponse.actors,
    ListFrameworksResponse.frameworks,
    ListAreasResponse.areas,
    ListAreaChoicesResponse.choices,
    ListAgreementsResponse.agreements,
    ListMeetingsResponse.meetings,
    ListActivitiesResponse.activities,
    ListOperationsResponse.operations,
    ListContributionsResponse.contributions,
    ListDecisionsResponse.decisions,
    ListDeviationsResponse.deviations,
    ListExternalsWithoutAgreementResponse.externals,
    ListCoAttendanceResponse.actors,
    ListUnansweredInvitationsResponse.invitations,
    ListActorEventsResponse.events,
    ListUnconfirmedEventsResponse.events,
    ListIntentionsResponse.intentions,
    ListExpiringAgreementsResponse.agreements,
    ListOneWayAreasResponse.areas,
    SearchResponse.results,
);

impl Limit {
    /// At most so many are shown.
    pub(crate) fn most(self) -> usize {
        self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// Asks for page after page, each with a page size and a token, and gives one response with all their items: up to
    /// the limit, or to the end.
    pub(crate) async fn collect<P, F>(self, mut ask: impl FnMut(i32, String) -> F) -> Result<P, Failure>
    where
        P: Page,
        F: Future<Output = Result<tonic::Response<P>, tonic::Status>>,
    {
        let limit = self.most();
        let size = i32::try_from(limit.min(PAGE_SIZE_MAX)).expect("a page is small");
        let mut all = ask(size, String::new()).await?.into_inner();
        while !all.next().is_empty() && all.len() < limit {
            let token = std::mem::take(all.next());
            let mut page = ask(size, token).await?.into_inner();
            *all.next() = std::mem::take(page.next());
            all.append(page);
        }
        if all.len() > limit {
            all.truncate(limit);
            all.next().clear();
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages of three out of seven actors.
    async fn collect(limit: Option<u32>) -> v1::ListActorsResponse {
        let ask = |_size, token: String| async move {
            let begin: u32 = token.parse().unwrap_or(0);
            let end = (begin + 3).min(7);
            let actor = |n| v1::Actor { name: format!("countries/{n}"), ..Default::default() };
            let next_page_token = if end < 7 { end.to_string() } else { String::new() };
            let actors = (begin..end).map(actor).collect();
            Ok(tonic::Response::new(v1::ListActorsResponse { actors, next_page_token, ..Default::default() }))
        };
        Limit { limit }.collect(ask).await.unwrap()
    }

    #[tokio::test]
    async fn pages_are_followed_to_the_end_or_to_the_limit() {
        let all = collect(None).await;
        assert_eq!((all.actors.len(), all.next_page_token.as_str()), (7, ""));
        assert_eq!(all.actors[6].name, "countries/6");
        assert_eq!(collect(Some(3)).await.actors.len(), 3);
        let some = collect(Some(4)).await;
        assert_eq!((some.actors.len(), some.next_page_token.as_str()), (4, ""));
    }
}
