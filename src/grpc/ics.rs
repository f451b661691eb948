//! A calendar as text (RFC 5545).
//!
//! 1. It follows from the calendar alone: no clock, no chance.
//! 2. Text is escaped and folded; a control character, which RFC 5545 has no room for, becomes U+FFFD.
//! 3. No text can end its line or leave its parameter.

use icalendar::{Attendee as Line, CUType, PartStat};
use icalendar::{Component, Event, EventLike, EventStatus, Parameter, Property};
use jiff::Timestamp;

use crate::domain::Name;
use crate::domain::text::Shown;
use crate::domain::time::Day;
use crate::projections::calendar::{Attendee, Entry, Participation, Party, Span, Status};

/// What stands before the first entry.
pub(super) const BEGIN: &str =
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//minuted//minuted//EN\r\nCALSCALE:GREGORIAN\r\n";
/// What stands behind the last one.
pub(super) const END: &str = "END:VCALENDAR\r\n";

/// One entry, each line ended.
pub(super) fn event(entry: &Entry) -> String {
    let mut event = Event::new();
    event.uid(&entry.id.to_string());
    event.add_property("DTSTAMP", instant(entry.stamp));
    event.add_property("SEQUENCE", entry.sequence.to_string());
    event.add_property("X-MINUTED-NAME", entry.meeting.as_str());
    event.status(match entry.status {
        Status::Tentative => EventStatus::Tentative,
        Status::Confirmed => EventStatus::Confirmed,
        Status::Cancelled => EventStatus::Cancelled,
    });
    span(&mut event, entry.span);
    event.append_property(titled("SUMMARY", entry.title.as_ref(), entry.meeting.id()));
    if entry.summary.is_some() {
        event.append_property(titled("DESCRIPTION", entry.summary.as_ref(), ""));
    }
    if !entry.place.is_empty() {
        event.add_property("LOCATION", text(&entry.place.join(", ")));
    }
    if !entry.topics.is_empty() {
        event.categories(entry.topics.iter().map(|topic| text(topic)));
    }
    // RFC 5545 §3.8.4.3: where there are attendees, there is an organiser.
    if let Some(Party { actor, shown }) = entry.organiser.as_ref().filter(|_| !entry.attendees.is_empty()) {
        let organiser = Property::new("ORGANIZER", address(actor))
            .append_parameter(Parameter::new("CN", &common_name(shown.as_ref(), actor)))
            .done();
        event.append_property(organiser);
    }
    for attendee in &entry.attendees {
        event.attendee(line(attendee));
    }
    event.try_into_string().expect("writing to a string cannot fail")
}

fn span(event: &mut Event, span: Span) {
    match span {
        Span::Days { first, after } => {
            for (key, day) in [("DTSTART", first), ("DTEND", after)] {
                event.append_property(Property::new(key, date(day)).add_parameter("VALUE", "DATE").done());
            }
        }
        Span::Instants { start, end } => {
            let start = instant(start);
            // An end is later than its beginning (RFC 5545 §3.6.1), to the second.
            if let Some(end) = end.map(instant).filter(|end| *end > start) {
                event.add_property("DTEND", end);
            }
            event.add_property("DTSTART", start);
        }
    }
}

fn date(day: Day) -> String {
    day.to_string().replace('-', "")
}

fn instant(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A text with the language that it is in; where there is none, `otherwise`.
fn titled(key: &str, shown: Option<&Shown>, otherwise: &str) -> Property {
    let said = shown.and_then(|shown| Some((shown.names.first()?, &shown.language)));
    match said {
        Some((said, language)) => {
            Property::new(key, text(said)).add_parameter("LANGUAGE", language.as_str()).done()
        }
        None => Property::new(key, otherwise),
    }
}

fn line(Attendee { party: Party { actor, shown }, participation }: &Attendee) -> Line {
    let participation = match participation {
        Participation::NeedsAction => PartStat::NeedsAction,
        Participation::Accepted => PartStat::Accepted,
        Participation::Declined => PartStat::Declined,
        Participation::Tentative => PartStat::Tentative,
    };
    let name = common_name(shown.as_ref(), actor);
    Line::new(address(actor)).cutype(CUType::Group).partstat(participation).cn(name)
}

/// A URI, as a calendar wants one of everybody: actors have names here, not mailboxes.
fn address(actor: &Name) -> String {
    format!("x-minuted:{actor}")
}

/// RFC 5545 §3.2 has neither quotes nor control characters in a parameter, and no way to write them; a backslash it has,
/// which readers take for an escape all the same.
fn common_name(shown: Option<&Shown>, actor: &Name) -> String {
    let name = shown.and_then(|shown| shown.names.first()).map_or(actor.id(), String::as_str);
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    text(&name).replace('"', "'").replace('\\', "/")
}

/// Lines end with a line feed, which the escaping knows; other control characters but tabs have no place (§3.3.11).
fn text(said: &str) -> String {
    let lines = said.replace("\r\n", "\n").replace('\r', "\n");
    lines.replace(|c: char| c.is_ascii_control() && c != '\n' && c != '\t', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use calcard::icalendar::{ICalendar, ICalendarComponent, ICalendarParameterName, ICalendarProperty};
    use proptest::prelude::*;

    use super::*;
    use crate::domain::CommandId;
    use crate::domain::text::Language;
    use crate::domain::time::{PartialDate, Truth};

    #[expect(clippy::unnecessary_wraps, reason = "an entry has its texts as options")]
    fn shown(name: &str) -> Option<Shown> {
        let language: Language = "fr".parse().unwrap();
        Some(Shown { language, names: vec![name.into()], truth: Truth::Yes, fallback: false })
    }

    fn day(text: &str) -> Day {
        text.parse::<PartialDate>().unwrap().when().earliest
    }

    fn entry() -> Entry {
        let party = |name: &str, called: &str| Party { actor: name.parse().unwrap(), shown: shown(called) };
        let attendee = |name, called, participation| Attendee { party: party(name, called), participation };
        Entry {
            meeting: "meetings/seoul-2012".parse().unwrap(),
            id: CommandId("4f0c1d3a-0000-4000-8000-000000000001".parse().unwrap()),
            sequence: 2,
            stamp: "2026-10-01T12:00:00.5Z".parse().unwrap(),
            status: Status::Confirmed,
            title: shown("Réunion de Séoul; avec la Corée, le Japon"),
            summary: None,
            topics: vec!["cyber".into(), "piracy, at sea".into()],
            place: vec!["Seoul".into(), "République de Corée".into()],
            span: Span::Days { first: day("2012-05-21"), after: day("2012-05-23") },
            organiser: Some(party("organisations/nato", "OTAN")),
            attendees: vec![
                attendee("countries/jp", "Japon", Participation::Accepted),
                attendee("countries/kr", "Corée, République de", Participation::NeedsAction),
            ],
        }
    }

    fn read(entry: &Entry) -> ICalendarComponent {
        let whole = [BEGIN, &event(entry), END].concat();
        let calendar = ICalendar::parse(&whole).unwrap_or_else(|other| panic!("{other:?}\n{whole}"));
        assert_eq!(calendar.components.len(), 2, "a calendar and one event\n{whole}");
        calendar.components.into_iter().nth(1).unwrap()
    }

    fn said(event: &ICalendarComponent, property: &ICalendarProperty) -> Vec<String> {
        let values = event.properties(property).flat_map(|entry| &entry.values);
        values.filter_map(|value| value.as_text()).map(str::to_owned).collect()
    }

    fn names(event: &ICalendarComponent) -> Vec<String> {
        let attendees = event.properties(&ICalendarProperty::Attendee);
        let name = |entry: &calcard::icalendar::ICalendarEntry| {
            entry.parameter(&ICalendarParameterName::Cn).and_then(|name| name.as_text()).unwrap().to_owned()
        };
        attendees.map(name).collect()
    }

    #[test]
    fn an_entry_is_written_as_the_standard_has_it() {
        insta::assert_snapshot!(event(&entry()).replace("\r\n", "\n"), @r#"
        BEGIN:VEVENT
        DTEND;VALUE=DATE:20120523
        DTSTAMP:20261001T120000Z
        DTSTART;VALUE=DATE:20120521
        LOCATION:Seoul\, République de Corée
        ORGANIZER;CN=OTAN:x-minuted:organisations/nato
        SEQUENCE:2
        STATUS:CONFIRMED
        SUMMARY;LANGUAGE=fr:Réunion de Séoul\; avec la Corée\, le Japon
        UID:4f0c1d3a-0000-4000-8000-000000000001
        X-MINUTED-NAME:meetings/seoul-2012
        ATTENDEE;CN=Japon;CUTYPE=GROUP;PARTSTAT=ACCEPTED:x-minuted:countries/jp
        ATTENDEE;CN="Corée, République de";CUTYPE=GROUP;PARTSTAT=NEEDS-ACTION:x-m
         inuted:countries/kr
        CATEGORIES:cyber,piracy\, at sea
        END:VEVENT
        "#);
    }

    #[test]
    fn instants_are_in_utc_and_end_after_they_begin() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let start = at("2011-09-15T07:00:00Z");
        let lines = |end: Option<&str>| {
            let span = Span::Instants { start, end: end.map(at) };
            let event = event(&Entry { span, ..entry() });
            let times = event.lines().filter(|line| line.starts_with("DTSTART") || line.starts_with("DTEND"));
            times.map(str::to_owned).collect::<Vec<_>>()
        };
        let begin = "DTSTART:20110915T070000Z";
        assert_eq!(lines(Some("2011-09-15T15:30:00Z")), ["DTEND:20110915T153000Z", begin]);
        for no_end in [None, Some("2011-09-15T07:00:00.9Z")] {
            assert_eq!(lines(no_end), [begin]);
        }
    }

    #[test]
    fn promise_3_a_name_stays_within_its_parameter() {
        let mut entry = entry();
        entry.attendees[0].party.shown = shown("\"Japon\";X=1:\r\nSTATUS:CANCELLED\u{7}");
        let read = read(&entry);
        assert_eq!(names(&read), ["'Japon';X=1: STATUS:CANCELLED\u{fffd}", "Corée, République de"]);
        assert_eq!(read.properties(&ICalendarProperty::Status).count(), 1);
    }

    proptest! {
        #[test]
        fn promise_2_what_is_written_is_read_back_by_another_reader(
            title in "[\\PC,;:\\\\\n \"é漢🎼]{1,300}",
            summary in "[\\PC,;\\\\\n\t]{0,300}",
            topics in prop::collection::vec("[a-z,;é]{1,60}", 1..4),
            name in "[\\PC,;:^ ]{1,120}",
        ) {
            let mut entry = Entry { title: shown(&title), summary: shown(&summary), topics, ..entry() };
            entry.attendees[0].party.shown = shown(&name);
            let written = event(&entry);
            for line in written.split("\r\n") {
                // The writer leaves out of account the space that continues a last line of just 75.
                prop_assert!(line.len() <= 76 && !line.contains(['\r', '\n']), "{line:?}");
            }
            let read = read(&entry);
            prop_assert_eq!(said(&read, &ICalendarProperty::Summary), [title]);
            prop_assert_eq!(said(&read, &ICalendarProperty::Description).concat(), summary);
            prop_assert_eq!(said(&read, &ICalendarProperty::Categories), entry.topics);
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ").replace('"', "'").replace('\\', "/");
            prop_assert_eq!(&names(&read)[0], &name);
        }
    }
}
