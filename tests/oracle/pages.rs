//! Lists page by page, while something is recorded between two pages.
//!
//! 1. All pages, one after the other, are the whole, as known when the first was asked for.
//! 2. Each but the last holds as many as were asked for, and none goes on with nothing.

use minuted::proto::v1;
use prost::Message;

use crate::Product;
use crate::asked::Question;

/// A list that is being read.
pub(crate) struct Reading {
    question: Question,
    size: i32,
    pages: Vec<Vec<u8>>,
    /// Of the next page; empty: there is none.
    token: String,
}

impl Reading {
    /// Asks for the first page; none where it is no list, or what it asks about is not known.
    pub(crate) async fn start(mut question: Question, size: i32, product: &Product) -> Option<Reading> {
        if !question.turn(size, String::new()) {
            return None;
        }
        let first = question.ask(product).await.ok()?;
        let mut reading = Reading { question, size, pages: Vec::new(), token: String::new() };
        reading.add(first);
        Some(reading)
    }

    fn add(&mut self, page: Vec<u8>) {
        let (held, token) = self.question.page(&page);
        let size = usize::try_from(self.size).expect("it is small");
        let full = if token.is_empty() { held <= size } else { held == size };
        assert!(full && (held > 0 || self.pages.is_empty()), "{held} on a page of {:?}", self.question);
        self.token = token;
        self.pages.push(page);
    }

    /// Asks for the page after the last one, if there is one.
    pub(crate) async fn go_on(&mut self, product: &Product) -> bool {
        if self.token.is_empty() {
            return false;
        }
        self.question.turn(self.size, std::mem::take(&mut self.token));
        let page = self.question.ask(product).await;
        self.add(page.unwrap_or_else(|status| panic!("{:?}: {status:?}", self.question)));
        true
    }

    /// The pages that are left, and all of them as one.
    pub(crate) async fn whole(mut self, product: &Product) -> Vec<u8> {
        while self.go_on(product).await {}
        self.question.joined(&self.pages)
    }

    /// Reads what is left, and asks for the same at once, with the two times of the first page.
    pub(crate) async fn finish(self, product: &Product) {
        let mut question = self.question.clone();
        let v1::AnsweredAsOf { valid_at, known_position } = question.answered(&self.pages[0]);
        question.turn(0, String::new());
        let known_at = Some(v1::as_of::KnownAt::KnownPosition(known_position));
        *question.as_of() = Some(v1::AsOf { valid_at, known_at });
        let whole = question.ask(product).await.expect("its first page was answered");
        let pages = self.whole(product).await;
        assert!(pages == whole, "the pages of {question:?}: {pages:?} and {whole:?}");
    }
}

macro_rules! lists {
    ($($name:ident -> $response:ident.$items:ident;)*) => {
        impl Question {
            /// Asks for one page of so many, the first or the one that a token goes on with; no, where it is no list.
            pub(crate) fn turn(&mut self, size: i32, token: String) -> bool {
                match self {
                    $(Question::$name(ask) => (ask.page_size, ask.page_token) = (size, token),)*
                    _ => return false,
                }
                true
            }

            /// How many a page holds, and the token of the next one.
            pub(crate) fn page(&self, bytes: &[u8]) -> (usize, String) {
                match self {
                    $(Question::$name(_) => {
                        let page = v1::$response::decode(bytes).unwrap();
                        (page.$items.len(), page.next_page_token)
                    })*
                    other => panic!("{other:?} has no pages"),
                }
            }

            /// All pages as one; what else they say is the same on each.
            pub(crate) fn joined(&self, pages: &[Vec<u8>]) -> Vec<u8> {
                match self {
                    $(Question::$name(_) => {
                        let (mut items, mut rests) = (Vec::new(), Vec::new());
                        for page in pages {
                            let mut page = v1::$response::decode(&page[..]).unwrap();
                            page.next_page_token.clear();
                            items.append(&mut page.$items);
                            rests.push(page);
                        }
                        let mut whole = rests.swap_remove(0);
                        assert!(rests.iter().all(|rest| *rest == whole), "{self:?}: {whole:?} and {rests:?}");
                        whole.$items = items;
                        whole.encode_to_vec()
                    })*
                    other => panic!("{other:?} has no pages"),
                }
            }
        }
    };
}

lists! {
    ListActors -> ListActorsResponse.actors;
    ListFrameworks -> ListFrameworksResponse.frameworks;
    ListAreas -> ListAreasResponse.areas;
    ListAreaChoices -> ListAreaChoicesResponse.choices;
    ListOneWayAreas -> ListOneWayAreasResponse.areas;
    ListAgreements -> ListAgreementsResponse.agreements;
    ListExpiringAgreements -> ListExpiringAgreementsResponse.agreements;
    ListOperations -> ListOperationsResponse.operations;
    ListContributions -> ListContributionsResponse.contributions;
    ListActivities -> ListActivitiesResponse.activities;
    ListDeviations -> ListDeviationsResponse.deviations;
    ListDecisions -> ListDecisionsResponse.decisions;
    ListIntentions -> ListIntentionsResponse.intentions;
    ListActorEvents -> ListActorEventsResponse.events;
    ListUnconfirmedEvents -> ListUnconfirmedEventsResponse.events;
    ListMeetings -> ListMeetingsResponse.meetings;
    ListExternalsWithoutAgreement -> ListExternalsWithoutAgreementResponse.externals;
    ListCoAttendance -> ListCoAttendanceResponse.actors;
    ListUnansweredInvitations -> ListUnansweredInvitationsResponse.invitations;
}
