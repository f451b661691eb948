//! Page tokens: opaque to clients, bound to their query, its languages and the two times of its first page (AIP-158).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tonic::Status;

use super::reading::Reading;
use super::status;
use crate::domain::time::PartialDate;
use crate::projections::Languages;
use crate::proto::v1;

const SEAL_BYTES: usize = 8;
/// A page ends with the item that brings it to this many bytes: clients take messages of 4 MiB by default, and names are
/// as long as their users make them.
pub(super) const PAGE_BYTES: usize = 2 << 20;

/// A query without what may differ from page to page.
pub(super) struct Query(blake3::Hasher);

impl Query {
    /// Of a request whose page fields and `at_least_position` are empty.
    pub(super) fn of<M: prost::Message>(request: &M) -> Query {
        let mut hasher = blake3::Hasher::new();
        hasher.update(std::any::type_name::<M>().as_bytes()).update(&request.encode_to_vec());
        Query(hasher)
    }

    /// What is answered in these languages: by their header, too, a page goes on as it began.
    pub(super) fn in_languages(mut self, languages: &Languages) -> Query {
        self.0.update(languages.to_string().as_bytes());
        self
    }

    fn seal(&self, content: &[u8]) -> [u8; SEAL_BYTES] {
        let hash = self.0.clone().update(content).finalize();
        std::array::from_fn(|i| hash.as_bytes()[i])
    }
}

/// What a token stands for.
#[derive(Serialize, Deserialize)]
struct Place<K> {
    valid_at: PartialDate,
    known_position: u64,
    after: K,
}

/// Which page of which query is asked for.
pub(super) struct Page<K> {
    query: Query,
    size: usize,
    as_of: Option<v1::AsOf>,
    after: Option<K>,
}

impl<K: Serialize + DeserializeOwned> Page<K> {
    /// The first page, or the one that a token continues with.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT · BAD_PAGE_TOKEN`: the token is none of ours, or of another query.
    pub(super) fn read(
        query: Query,
        size: usize,
        token: &str,
        as_of: Option<v1::AsOf>,
    ) -> Result<Page<K>, Status> {
        if token.is_empty() {
            return Ok(Page { query, size, as_of, after: None });
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok();
        let parts = bytes.as_ref().and_then(|bytes| bytes.split_at_checked(SEAL_BYTES));
        let (seal, content) =
            parts.ok_or_else(|| status::bad_page_token("it is no token of this service"))?;
        if query.seal(content) != seal {
            let why = "it belongs to another query, or was altered; the other fields, and accept-language, must be as they were";
            return Err(status::bad_page_token(why));
        }
        let place = postcard::from_bytes::<Place<K>>(content);
        let Place { valid_at, known_position, after } =
            place.map_err(|_| status::bad_page_token("it is of another version of this service"))?;
        let as_of = v1::AsOf {
            valid_at: valid_at.to_string(),
            known_at: Some(v1::as_of::KnownAt::KnownPosition(known_position)),
        };
        Ok(Page { query, size, as_of: Some(as_of), after: Some(after) })
    }

    /// The two times: those of the first page, once there was one.
    pub(super) fn as_of(&self) -> Option<v1::AsOf> {
        self.as_of.clone()
    }

    /// The day of the first page, once there was one.
    pub(super) fn day(&self) -> Option<PartialDate> {
        self.as_of.as_ref().and_then(|as_of| as_of.valid_at.parse().ok())
    }

    /// The key of the last one of the page before.
    pub(super) fn after(&self) -> Option<&K> {
        self.after.as_ref()
    }

    /// The page of what comes after, each with its key, and the token of the next one; empty: this is the last.
    pub(super) fn cut<T: prost::Message>(
        &self,
        reading: &Reading<'_>,
        mut rest: impl Iterator<Item = (K, T)>,
    ) -> (Vec<T>, String) {
        let mut items = Vec::new();
        let mut last = None;
        let mut bytes = 0;
        for (key, item) in rest.by_ref().take(self.size) {
            last = Some(key);
            bytes += item.encoded_len();
            items.push(item);
            if bytes >= PAGE_BYTES {
                break;
            }
        }
        let token = match (last, rest.next()) {
            (Some(after), Some(_)) => self.token(reading, after),
            (Some(_) | None, None) | (None, Some(_)) => String::new(),
        };
        (items, token)
    }

    fn token(&self, reading: &Reading<'_>, after: K) -> String {
        let place = Place { valid_at: reading.valid_at, known_position: reading.position.0, after };
        let content = postcard::to_stdvec(&place).expect("a place is made of strings and numbers");
        URL_SAFE_NO_PAD.encode([&self.query.seal(&content)[..], &content].concat())
    }
}
