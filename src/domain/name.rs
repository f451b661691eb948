//! Resource names (AIP-122), which are also the names of streams: `countries/jp`.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use super::as_text;

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collection {
    /// An activity.
    Activities,
    /// An agreement.
    Agreements,
    /// An area of cooperation.
    Areas,
    /// A contribution.
    Contributions,
    /// An actor that is a country.
    Countries,
    /// A decision.
    Decisions,
    /// A framework.
    Frameworks,
    /// A meeting.
    Meetings,
    /// An operation.
    Operations,
    /// An actor that is an organisation.
    Organisations,
}

impl Collection {
    /// Every collection, in the order of its name.
    pub const ALL: [Collection; 10] = [
        Collection::Activities,
        Collection::Agreements,
        Collection::Areas,
        Collection::Contributions,
        Collection::Countries,
        Collection::Decisions,
        Collection::Frameworks,
        Collection::Meetings,
        Collection::Operations,
        Collection::Organisations,
    ];

    /// As it is written in names.
    pub fn text(self) -> &'static str {
        match self {
            Collection::Activities => "activities",
            Collection::Agreements => "agreements",
            Collection::Areas => "areas",
            Collection::Contributions => "contributions",
            Collection::Countries => "countries",
            Collection::Decisions => "decisions",
            Collection::Frameworks => "frameworks",
            Collection::Meetings => "meetings",
            Collection::Operations => "operations",
            Collection::Organisations => "organisations",
        }
    }

    /// A country or an organisation.
    pub fn is_actor(self) -> bool {
        matches!(self, Collection::Countries | Collection::Organisations)
    }
}

/// The name of a resource and of its stream.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(Arc<str>);

/// It is no resource name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no resource name: write a collection, a slash and an id of lower-case letters, digits and hyphens"
)]
pub struct BadName(pub String);

/// The longest id that a name may have (AIP-122 takes it from RFC 1034).
pub const ID_BYTES_MAX: usize = 63;

impl Name {
    /// What it names: no two collections begin with the same letters.
    pub fn collection(&self) -> Collection {
        match self.0.as_bytes() {
            [b'a', b'c', ..] => Collection::Activities,
            [b'a', b'g', ..] => Collection::Agreements,
            [b'a', ..] => Collection::Areas,
            [b'c', b'o', b'u', ..] => Collection::Countries,
            [b'c', ..] => Collection::Contributions,
            [b'd', ..] => Collection::Decisions,
            [b'f', ..] => Collection::Frameworks,
            [b'm', ..] => Collection::Meetings,
            [b'o', b'p', ..] => Collection::Operations,
            // A name is only made with a known collection.
            [..] => Collection::Organisations,
        }
    }

    /// Its part after the slash.
    pub fn id(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, id)| id)
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A country or an organisation.
    pub fn is_actor(&self) -> bool {
        self.collection().is_actor()
    }

    /// A country.
    pub fn is_country(&self) -> bool {
        self.collection() == Collection::Countries
    }
}

impl FromStr for Name {
    type Err = BadName;

    /// Few names are named by many facts: one that was read before is shared and not made again.
    fn from_str(text: &str) -> Result<Self, BadName> {
        // Each place keeps the last that fell on it.
        let place = crc32c::crc32c(text.as_bytes()) as usize % KEPT;
        LAST_READ.with_borrow_mut(|kept| match &kept[place] {
            Some(name) if name.as_str() == text => Ok(name.clone()),
            Some(_) | None => Ok(kept[place].insert(checked(text)?).clone()),
        })
    }
}

/// How many names a thread keeps.
const KEPT: usize = 512;

thread_local! {
    static LAST_READ: RefCell<[Option<Name>; KEPT]> = const { RefCell::new([const { None }; KEPT]) };
}

fn checked(text: &str) -> Result<Name, BadName> {
    let bad = || BadName(text.chars().take(80).collect());
    let (collection, id) = text.split_once('/').ok_or_else(bad)?;
    let known = Collection::ALL.into_iter().any(|c| c.text() == collection);
    let plain = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let edges = !id.is_empty() && !id.starts_with('-') && !id.ends_with('-');
    if known && plain && edges && id.len() <= ID_BYTES_MAX { Ok(Name(text.into())) } else { Err(bad()) }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        as_text::read(deserializer)
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_names() {
        let name: Name = "organisations/nordic-council-2".parse().unwrap();
        assert_eq!((name.collection(), name.id()), (Collection::Organisations, "nordic-council-2"));
        for collection in Collection::ALL {
            assert_eq!(format!("{}/a", collection.text()).parse::<Name>().unwrap().collection(), collection);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = format!("areas/{}", "a".repeat(ID_BYTES_MAX + 1));
        for text in
            ["", "sg", "countries/", "/jp", "countries/JP", "planets/mars", "areas/a/b", "areas/-a", &long]
        {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }
}
