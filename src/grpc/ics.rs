//! A calendar as text (RFC 5545).
//!
//! 1. It follows from the calendar alone: no clock, no chance.
//! 2. Text is escaped (§3.3.11) and lines are folded (§3.1); a control character, which RFC 5545 has no room for, becomes
//!    U+FFFD.
//! 3. No text can end its line or leave its parameter.

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

/// Octets in a line, its end not among them (§3.1).
const LINE: usize = 75;

/// One entry, each line ended.
pub(super) fn event(entry: &Entry) -> String {
    let mut lines = Lines::default();
    lines.add("BEGIN:VEVENT");
    lines.add(&format!("UID:{}", entry.id));
    lines.add(&format!("DTSTAMP:{}", instant(entry.stamp)));
    lines.add(&format!("SEQUENCE:{}", entry.sequence));
    lines.add(match entry.status {
        Status::Tentative => "STATUS:TENTATIVE",
        Status::Confirmed => "STATUS:CONFIRMED",
        Status::Cancelled => "STATUS:CANCELLED",
    });
    span(&mut lines, entry.span);
    lines.add(&titled("SUMMARY", entry.title.as_ref(), entry.meeting.id()));
    if entry.summary.is_some() {
        lines.add(&titled("DESCRIPTION", entry.summary.as_ref(), ""));
    }
    if !entry.place.is_empty() {
        lines.add(&format!("LOCATION:{}", text(&entry.place.join(", "))));
    }
    if !entry.topics.is_empty() {
        let topics: Vec<String> = entry.topics.iter().map(|topic| text(topic)).collect();
        lines.add(&format!("CATEGORIES:{}", topics.join(",")));
    }
    // §3.8.4.3: where there are attendees, there is an organiser.
    if let Some(Party { actor, shown }) = entry.organiser.as_ref().filter(|_| !entry.attendees.is_empty()) {
        lines.add(&format!("ORGANIZER;CN={}:{}", common_name(shown.as_ref(), actor), address(actor)));
    }
    for attendee in &entry.attendees {
        lines.add(&line(attendee));
    }
    lines.add(&format!("X-MINUTED-NAME:{}", entry.meeting));
    lines.add("END:VEVENT");
    lines.0
}

/// Lines, folded and ended.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, line: &str) {
        let (mut rest, mut room) = (line, LINE);
        while rest.len() > room {
            let end = (0..=room).rev().find(|&end| rest.is_char_boundary(end)).unwrap_or(0);
            let (now, later) = rest.split_at(end);
            self.0.push_str(now);
            self.0.push_str("\r\n ");
            (rest, room) = (later, LINE - 1);
        }
        self.0.push_str(rest);
        self.0.push_str("\r\n");
    }
}

fn span(lines: &mut Lines, span: Span) {
    match span {
        Span::Days { first, after } => {
            for (key, day) in [("DTSTART", first), ("DTEND", after)] {
                lines.add(&format!("{key};VALUE=DATE:{}", date(day)));
            }
        }
        Span::Instants { start, end } => {
            let start = instant(start);
            lines.add(&format!("DTSTART:{start}"));
            // An end is later than its beginning (§3.6.1), to the second.
            if let Some(end) = end.map(instant).filter(|end| *end > start) {
                lines.add(&format!("DTEND:{end}"));
            }
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
fn titled(key: &str, shown: Option<&Shown>, otherwise: &str) -> String {
    let said = shown.and_then(|shown| Some((shown.names.first()?, &shown.language)));
    match said {
        Some((said, language)) => format!("{key};LANGUAGE={}:{}", language.as_str(), text(said)),
        None => format!("{key}:{otherwise}"),
    }
}

fn line(Attendee { party: Party { actor, shown }, participation }: &Attendee) -> String {
    let participation = match participation {
        Participation::NeedsAction => "NEEDS-ACTION",
        Participation::Accepted => "ACCEPTED",
        Participation::Declined => "DECLINED",
        Participation::Tentative => "TENTATIVE",
    };
    let (name, address) = (common_name(shown.as_ref(), actor), address(actor));
    format!("ATTENDEE;CUTYPE=GROUP;PARTSTAT={participation};CN={name}:{address}")
}

/// A URI, as a calendar wants one of everybody: actors have names here, not mailboxes.
fn address(actor: &Name) -> String {
    format!("x-minuted:{actor}")
}

/// In quotes: §3.2 has neither quotes nor control characters in a parameter, and no way to write them; a backslash it has,
/// which readers take for an escape all the same.
fn common_name(shown: Option<&Shown>, actor: &Name) -> String {
    let name = shown.and_then(|shown| shown.names.first()).map_or(actor.id(), String::as_str);
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("\"{}\"", printable(&name).replace('"', "'").replace('\\', "/"))
}

/// Escaped; lines end with a line feed.
fn text(said: &str) -> String {
    let mut escaped = String::with_capacity(said.len());
    for c in printable(&said.replace("\r\n", "\n").replace('\r', "\n")).chars() {
        match c {
            '\n' => escaped.push_str("\\n"),
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Without the control characters that a text has no place for (§3.3.11): all but line ends and tabs.
fn printable(said: &str) -> String {
    said.replace(|c: char| c.is_ascii_control() && c != '\n' && c != '\t', "\u{fffd}")
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
        UID:4f0c1d3a-0000-4000-8000-000000000001
        DTSTAMP:20261001T120000Z
        SEQUENCE:2
        STATUS:CONFIRMED
        DTSTART;VALUE=DATE:20120521
        DTEND;VALUE=DATE:20120523
        SUMMARY;LANGUAGE=fr:Réunion de Séoul\; avec la Corée\, le Japon
        LOCATION:Seoul\, République de Corée
        CATEGORIES:cyber,piracy\, at sea
        ORGANIZER;CN="OTAN":x-minuted:organisations/nato
        ATTENDEE;CUTYPE=GROUP;PARTSTAT=ACCEPTED;CN="Japon":x-minuted:countries/jp
        ATTENDEE;CUTYPE=GROUP;PARTSTAT=NEEDS-ACTION;CN="Corée, République de":x-m
         inuted:countries/kr
        X-MINUTED-NAME:meetings/seoul-2012
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
        assert_eq!(lines(Some("2011-09-15T15:30:00Z")), [begin, "DTEND:20110915T153000Z"]);
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
                prop_assert!(line.len() <= 75 && !line.contains(['\r', '\n']), "{line:?}");
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
