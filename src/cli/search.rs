//! `minuted search`: what is found by the words of its names and texts.

use clap::Args;

use super::client::{Client, Show};
use super::failure::Failure;
use super::look::{self, Look};
use super::page::Limit;
use super::words;
use crate::proto::v1::search_service_client::SearchServiceClient;
use crate::proto::v1::{SearchMatch, SearchRequest, SearchResponse, SearchResult};

/// Said where an earlier time is asked about.
const NOW_ALONE: &str =
    "--as-of and --known-at have no meaning here: search knows what is recorded now, and nothing else";

/// What to search for.
#[derive(Clone, Debug, Args)]
pub(crate) struct Search {
    /// The words, in French or English; all must be found, and each may be the beginning of one
    #[arg(required = true, value_name = "WORD")]
    words: Vec<String>,
    /// Only what is of this kind, such as meetings, or actors for countries and organisations; may be given several times
    #[arg(long = "kind", visible_alias = "kinds", value_name = "KIND", value_delimiter = ',')]
    kinds: Vec<String>,
    #[command(flatten)]
    limit: Limit,
}

impl Search {
    /// Asks and prints.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let (as_of, at_least_position, language) = client.reading();
        if as_of.is_some() {
            return Err(Failure::Input(NOW_ALONE.to_owned()));
        }
        let service = SearchServiceClient::new(client.bounded().await?);
        let Search { words, kinds, limit } = self;
        let request = SearchRequest {
            page_size: 0,
            page_token: String::new(),
            query: words.join(" "),
            kinds,
            at_least_position,
            language,
        };
        let ask = |page_size, page_token| {
            let mut service = service.clone();
            let request = SearchRequest { page_size, page_token, ..request.clone() };
            async move { service.search(request).await }
        };
        client.print(&limit.collect(ask).await?)
    }
}

impl Show for SearchResponse {
    fn show(&self, look: Look) -> String {
        let row = |result: &SearchResult| {
            let found: Vec<String> = result.matches.iter().map(|found| place(found, result)).collect();
            [result.name.clone(), look::name(result.title.as_ref()), found.join("\n")]
        };
        look.rows(["what", "title", "found in"], self.results.iter().map(row))
            + &look::known(self.answered_as_of.as_ref())
    }
}

/// The field, with its language, and its text where that is not the title that is shown.
fn place(SearchMatch { field, language, snippet }: &SearchMatch, result: &SearchResult) -> String {
    let field = words::word("SearchField", *field);
    let language = if language.is_empty() { String::new() } else { format!(" ({language})") };
    let is_title = result.title.as_ref().is_some_and(|title| title.text == *snippet);
    let text = if is_title { String::new() } else { format!(": {snippet}") };
    format!("{field}{language}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{DisplayName, SearchField};

    #[test]
    fn a_result_shows_what_was_found_and_where() {
        let title =
            DisplayName { text: "Sommet de Lisbonne".into(), language: "fr".into(), ..Default::default() };
        let summary = SearchMatch {
            field: SearchField::Summary.into(),
            language: "en".into(),
            snippet: "… partners agreed …".into(),
        };
        let note =
            SearchMatch { field: SearchField::Note.into(), snippet: "Lisbon".into(), ..Default::default() };
        let result = SearchResult {
            name: "meetings/lisbon-2010".into(),
            title: Some(title),
            matches: vec![summary, note],
            ..Default::default()
        };
        let shown = SearchResponse { results: vec![result], ..Default::default() }.show(Look::default());
        for part in [
            "meetings/lisbon-2010",
            "Sommet de Lisbonne",
            "summary (en): … partners agreed …",
            "note: Lisbon",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }
}
