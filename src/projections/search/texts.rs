//! What of a resource is searched: its texts as known now, each in its field.
//!
//! 1. What is retracted (no standing fact makes it known) has no texts.
//! 2. A former name is searched like the present one; of a summary only the latest revision is.

use crate::domain::activity::Exception;
use crate::domain::stream::AnyTimeline;
use crate::domain::text::{Language, Localized, Shown};
use crate::domain::time::When;
use crate::domain::{Collection, Stream};
use crate::projections::Languages;

/// Which text of a resource; the greater one counts more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Any text that is none of the others.
    Note,
    /// The latest revision of a meeting's summary.
    Summary,
    /// A topic of a meeting.
    Topic,
    /// A name or a title.
    Title,
}

impl Field {
    /// Every field, the one that counts most first.
    pub const ALL: [Field; 4] = [Field::Title, Field::Topic, Field::Summary, Field::Note];
}

/// One text of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// Which one.
    pub field: Field,
    /// Its language, if it has one.
    pub language: Option<&'a Language>,
    /// The text.
    pub text: &'a str,
}

/// Every text that is searched, the fields that count most first.
pub fn texts(stream: &Stream) -> Vec<Text<'_>> {
    if !stream.is_open() {
        return Vec::new();
    }
    let mut texts = Vec::new();
    match &stream.timeline {
        AnyTimeline::Actor(actor) => {
            let names = actor.names.all().map(|(language, name)| (language, &name.value));
            texts.extend(localized(Field::Title, names));
            texts.extend(actor.scopes.iter().map(|scope| note(&scope.text)));
        }
        AnyTimeline::Framework(framework) => texts.extend(localized(Field::Title, &framework.names)),
        AnyTimeline::Area(area) => texts.extend(localized(Field::Title, &area.names)),
        AnyTimeline::Agreement(agreement) => {
            texts.extend(agreement.terms.iter().flat_map(|terms| localized(Field::Title, &terms.titles)));
        }
        AnyTimeline::Activity(activity) => {
            if let Some(offer) = &activity.offer {
                texts.extend(localized(Field::Title, &offer.titles));
                if let Some(Exception::Text(text)) = &offer.exception {
                    texts.push(note(text));
                }
            }
        }
        AnyTimeline::Meeting(meeting) => {
            let summary = meeting.summaries.last();
            if let Some(particulars) = &meeting.particulars {
                texts.extend(localized(Field::Title, &particulars.titles));
                texts
                    .extend(particulars.topics.iter().map(|text| Text { field: Field::Topic, ..note(text) }));
            }
            texts.extend(summary.iter().flat_map(|summary| localized(Field::Summary, &summary.text)));
            if let Some(particulars) = &meeting.particulars {
                let venue = particulars.venue.iter().flat_map(|venue| [&venue.name, &venue.city]);
                texts.extend(venue.chain([&particulars.qualifier]).map(|text| note(text)));
            }
        }
        AnyTimeline::Operation(operation) => texts.extend(localized(Field::Title, &operation.names)),
        AnyTimeline::Contribution(contribution) => {
            texts.extend(contribution.terms.iter().map(|terms| note(&terms.note)));
        }
        AnyTimeline::Decision(decision) => {
            if let Some(taken) = &decision.taken {
                texts.extend(localized(Field::Title, &taken.titles));
                texts.push(note(&taken.body));
            }
        }
    }
    texts.retain(|text| !text.text.is_empty());
    texts
}

fn localized<'a>(
    field: Field,
    texts: impl IntoIterator<Item = (&'a Language, &'a String)>,
) -> impl Iterator<Item = Text<'a>> {
    texts.into_iter().map(move |(language, text)| Text { field, language: Some(language), text })
}

fn note(text: &str) -> Text<'_> {
    Text { field: Field::Note, language: None, text }
}

/// The name or title to show on `t`; none where it has none.
pub fn title(stream: &Stream, languages: &Languages, t: When) -> Option<Shown> {
    let titles: &Localized = match &stream.timeline {
        AnyTimeline::Actor(actor) => return languages.name(&actor.names, t),
        AnyTimeline::Framework(framework) => &framework.names,
        AnyTimeline::Area(area) => &area.names,
        AnyTimeline::Agreement(agreement) => &agreement.terms.as_ref()?.titles,
        AnyTimeline::Activity(activity) => &activity.offer.as_ref()?.titles,
        AnyTimeline::Meeting(meeting) => &meeting.particulars.as_ref()?.titles,
        AnyTimeline::Operation(operation) => &operation.names,
        AnyTimeline::Contribution(_) => return None,
        AnyTimeline::Decision(decision) => &decision.taken.as_ref()?.titles,
    };
    languages.text(titles)
}

/// The collections of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kinds(u16);

impl Kinds {
    /// All of them.
    pub const ALL: Kinds = Kinds(u16::MAX);
    /// None of them.
    pub(super) const NONE: Kinds = Kinds(0);

    /// One of them.
    pub fn of(collection: Collection) -> Kinds {
        Kinds(1 << collection as u16)
    }

    /// What is in either.
    #[must_use]
    pub fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// Whether anything is in both.
    pub fn meets(self, other: Kinds) -> bool {
        self.0 & other.0 != 0
    }
}
