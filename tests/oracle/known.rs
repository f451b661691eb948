//! What was known at a position, read off the exported events: which stand, and what they say (DOMAIN.md §7).

use std::collections::{BTreeMap, BTreeSet};

use minuted::proto::v1::fact::Kind;
use minuted::proto::v1::{self, event_reference};
use serde_json::{Value, json};

use crate::dates::{End, Span, Spell, Truth, Yes, current, paired};

/// One fact that stands, as it was then known.
#[derive(Clone, Debug)]
pub(crate) struct Said<'a> {
    pub(crate) position: u64,
    pub(crate) stream: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) kind: &'a Kind,
}

/// All that was known.
pub(crate) struct Known<'a> {
    pub(crate) events: &'a [v1::Event],
    pub(crate) facts: Vec<Said<'a>>,
}

fn target<'a>(events: &'a [v1::Event], reference: Option<&v1::EventReference>) -> Option<&'a v1::Event> {
    match reference?.event.as_ref()? {
        event_reference::Event::Position(position) => events.iter().find(|event| event.position == *position),
        event_reference::Event::CommandId(id) => events.iter().find(|event| event.command_id == *id),
    }
}

pub(crate) fn kind(fact: Option<&v1::Fact>) -> &Kind {
    fact.and_then(|fact| fact.kind.as_ref()).expect("an event says something")
}

impl<'a> Known<'a> {
    pub(crate) fn at(all: &'a [v1::Event], position: u64) -> Known<'a> {
        let events = &all[..usize::try_from(position).unwrap()];
        let mut known = Known { events, facts: Vec::new() };
        for event in events {
            let amends =
                matches!(kind(event.fact.as_ref()), Kind::EventCorrected(_) | Kind::EventRetracted(_));
            if !amends && known.stands(event) {
                let (valid, _, fact) = known.content(event);
                let valid = valid.map(|valid| (valid.from.as_str(), valid.to.as_str()));
                let (from, to) = valid.unwrap_or_default();
                let (position, stream, kind) = (event.position, event.name.as_str(), kind(fact));
                known.facts.push(Said { position, stream, from, to, kind });
            }
        }
        known
    }

    /// What an amendment is about.
    pub(crate) fn amended(&self, event: &v1::Event) -> Option<&'a v1::Event> {
        match kind(event.fact.as_ref()) {
            Kind::EventCorrected(it) => target(self.events, it.target.as_ref()),
            Kind::EventRetracted(it) => target(self.events, it.target.as_ref()),
            _ => None,
        }
    }

    /// What retracts the event or corrects it, in the order of recording.
    pub(crate) fn amendments(&self, event: &v1::Event) -> Vec<&'a v1::Event> {
        let about =
            |other: &&v1::Event| self.amended(other).is_some_and(|target| target.position == event.position);
        self.events.iter().filter(about).collect()
    }

    pub(crate) fn stands(&self, event: &v1::Event) -> bool {
        let amendments = self.amendments(event);
        let mut retractions =
            amendments.iter().filter(|by| matches!(kind(by.fact.as_ref()), Kind::EventRetracted(_)));
        !retractions.any(|retraction| self.stands(retraction))
    }

    /// Its dates, source and fact, as then known.
    pub(crate) fn content(
        &self,
        event: &'a v1::Event,
    ) -> (Option<&'a v1::Valid>, Option<&'a v1::Source>, Option<&'a v1::Fact>) {
        let last = self
            .amendments(event)
            .into_iter()
            .rfind(|by| matches!(kind(by.fact.as_ref()), Kind::EventCorrected(_)) && self.stands(by));
        match last.map(|by| kind(by.fact.as_ref())) {
            Some(Kind::EventCorrected(it)) => (it.valid.as_ref(), it.source.as_ref(), it.fact.as_deref()),
            _ => (event.valid.as_ref(), event.source.as_ref(), event.fact.as_ref()),
        }
    }

    /// The facts of one stream, in the order of recording.
    pub(crate) fn of(&self, stream: &str) -> impl Iterator<Item = &Said<'a>> {
        self.facts.iter().filter(move |said| said.stream == stream)
    }

    /// The names of one collection that are known, in order: `countries/`.
    pub(crate) fn names(&self, collection: &str) -> BTreeSet<&'a str> {
        let of = self.facts.iter().filter(|said| said.stream.starts_with(collection) && opens(said.kind));
        of.map(|said| said.stream).collect()
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.of(name).any(|said| opens(said.kind))
    }

    /// The date of the first of such facts, as it is written; empty: there is none.
    pub(crate) fn when(&self, stream: &str, wanted: fn(&Kind) -> bool) -> &'a str {
        let all = self.of(stream).filter(|said| wanted(said.kind));
        all.min_by_key(|said| (said.begin(), said.position)).map(|said| said.from).unwrap_or_default()
    }

    /// How many events of the stream were recorded.
    pub(crate) fn version(&self, stream: &str) -> usize {
        self.events.iter().filter(|event| event.name == stream).count()
    }
}

fn opens(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::ActorRegistered(_)
            | Kind::FrameworkEstablished(_)
            | Kind::AreaDefined(_)
            | Kind::AgreementOpened(_)
            | Kind::ActivityOffered(_)
            | Kind::MeetingPlanned(_)
            | Kind::MeetingHeld(_)
            | Kind::OperationLaunched(_)
            | Kind::ContributionRecorded(_)
            | Kind::DecisionRecorded(_)
    )
}

impl Said<'_> {
    /// When it begins; since ever where it has no date.
    pub(crate) fn begin(&self) -> Span {
        if self.from.is_empty() { Span::EVER } else { Span::parse(self.from) }
    }
}

/// The end that `valid.to` says: the day after the last.
pub(crate) fn until(to: &str) -> Option<End> {
    match to {
        "" => None,
        "unknown" => Some(End::Unknown),
        last => Some(End::On(Span::parse(last).plus_days(1))),
    }
}

/// The spells that `begins` begin and `ends` end.
pub(crate) fn spells<'s, 'a: 's>(
    begins: impl Iterator<Item = &'s Said<'a>>,
    ends: impl Iterator<Item = &'s Said<'a>>,
) -> Vec<Spell> {
    let (mut whole, mut open) = (Vec::new(), Vec::new());
    for said in begins {
        match until(said.to) {
            Some(end) => whole.push(Spell { begin: said.begin(), end }),
            None => open.push(said.begin()),
        }
    }
    whole.extend(paired(&open, &ends.map(Said::begin).collect::<Vec<_>>()));
    whole
}

pub(crate) fn hold(spells: &[Spell], t: Span) -> Truth {
    Truth::any(spells.iter().map(|spell| spell.holds(t)))
}

/// A name or a title to show, among dated ones by language: RFC 4647 lookup, else English, French, the first by tag.
pub(crate) fn shown(names: &[(&str, &str, Span)], asked: &str, t: Span) -> Value {
    let mut by_language: BTreeMap<&str, Vec<(&str, Span)>> = BTreeMap::new();
    for (language, text, since) in names {
        by_language.entry(language).or_default().push((text, *since));
    }
    let asked = if asked.is_empty() { "en" } else { asked };
    let mut ranges = vec![asked];
    ranges.extend(asked.rsplit_once('-').map(|(range, _)| range));
    let fallbacks = ["en", "fr"].into_iter().chain(by_language.keys().copied());
    let wanted = ranges.iter().copied().map(|range| (range, false)).chain(fallbacks.map(|it| (it, true)));
    for (language, fallback) in wanted {
        let Some(dated) = by_language.get(language) else { continue };
        let truths = current(&dated.iter().map(|(_, since)| *since).collect::<Vec<_>>(), t);
        let possible: BTreeSet<&str> = match truths.iter().position(|truth| *truth == Yes) {
            Some(certain) => BTreeSet::from([dated[certain].0]),
            None => {
                dated.iter().zip(&truths).filter(|(_, t)| t.may_be()).map(|((text, _), _)| *text).collect()
            }
        };
        if !possible.is_empty() {
            let certain = truths.contains(&Yes);
            return json!({ "language": language, "fallback": fallback, "possible": possible, "certain": certain });
        }
    }
    Value::Null
}

/// A title without a date.
pub(crate) fn titled(titles: &BTreeMap<String, String>, asked: &str) -> Value {
    let titles: Vec<_> = titles.iter().map(|(tag, text)| (tag.as_str(), text.as_str(), Span::EVER)).collect();
    shown(&titles, asked, Span::EVER)
}
