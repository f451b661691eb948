//! Meetings as a calendar: which it holds, what it says of them, and which are left out (DOMAIN.md §9, iCalendar).

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, ZonedDateTime};
use minuted::proto::v1::LeftOutReason as Reason;
use minuted::proto::v1::{self, MeetingState as State};
use serde_json::{Value, json};

use crate::dates::Span;
use crate::known::{Known, titled};
use crate::meetings::Meeting;

impl Known<'_> {
    pub(crate) fn export_calendar(&self, ask: &v1::ExportCalendarRequest) -> Option<Value> {
        if !ask.actor.is_empty() && !self.knows(&ask.actor) {
            return None;
        }
        let passes = |meeting: &Meeting| {
            let there = || meeting.attendees().any(|actor| actor == ask.actor);
            let invited = || meeting.invitations.iter().any(|(actor, _)| *actor == ask.actor);
            let takes_part = || if meeting.took_place() { there() } else { invited() };
            (ask.topic.is_empty() || meeting.topics.contains(&ask.topic))
                && (ask.actor.is_empty() || takes_part())
        };
        let found = self.meetings(&ask.from, &ask.to).into_iter().map(|(meeting, _)| meeting);
        let (mut entries, mut left_out) = (Vec::new(), Vec::new());
        for meeting in found.filter(passes) {
            let title = titled(&meeting.titles, &ask.language);
            match reason(&meeting) {
                None => entries.push(self.entry(&meeting, &title)),
                Some(reason) => {
                    left_out.push(json!([meeting.name, title, [meeting.from, meeting.to], reason as i32]));
                }
            }
        }
        Some(json!({ "counts": [entries.len(), left_out.len()], "entries": entries, "left_out": left_out }))
    }

    fn entry(&self, meeting: &Meeting, title: &Value) -> Value {
        let all: Vec<_> = self.events.iter().filter(|event| event.name == meeting.name).collect();
        let last = all.last().and_then(|event| event.recorded_at).expect("it is recorded");
        let status = match meeting.state {
            State::Planned => "TENTATIVE",
            State::Confirmed | State::Held | State::Summarised => "CONFIRMED",
            State::Cancelled => "CANCELLED",
            State::Unspecified => panic!("it is always known"),
        };
        let (begin, end) = times(meeting);
        json!({
            "meeting": meeting.name,
            // Its name is unique in one log alone; the command that first recorded it is so everywhere.
            "UID": all[0].command_id,
            "SEQUENCE": (all.len() - 1).to_string(),
            "DTSTAMP": utc(Timestamp::new(last.seconds, last.nanos).unwrap()),
            "STATUS": status,
            "DTSTART": begin,
            "DTEND": end,
            "SUMMARY": summary(meeting, title),
            "ATTENDEE": attendees(meeting),
        })
    }
}

/// Its title with the language that it is in; where it has none, what it is called in its name.
fn summary(meeting: &Meeting, title: &Value) -> String {
    match (title["language"].as_str(), title["possible"][0].as_str()) {
        (Some(language), Some(title)) => format!("LANGUAGE={language}:{title}"),
        _ => meeting.name["meetings/".len()..].to_owned(),
    }
}

/// Why a calendar cannot hold it.
fn reason(meeting: &Meeting) -> Option<Reason> {
    let is_exact = |text: &str| Span::parse(text).is_exact();
    match meeting.to.as_str() {
        _ if !is_exact(&meeting.from) => Some(Reason::BeginNotExact),
        "" => None,
        "unknown" => Some(Reason::EndNotExact),
        to if !is_exact(to) => Some(Reason::EndNotExact),
        _ => None,
    }
}

fn utc(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Instants in UTC, where it has no date beside them; of days the end is the day after the last.
fn times(meeting: &Meeting) -> (String, String) {
    let instant = |text: &str| utc(text.parse::<ZonedDateTime>().unwrap().timestamp());
    let day = |span: Span| span.earliest.strftime("VALUE=DATE:%Y%m%d").to_string();
    let last = if meeting.to.is_empty() { &meeting.from } else { &meeting.to };
    match (meeting.from.contains('T'), meeting.to.contains('T')) {
        (true, _) if meeting.to.is_empty() => (instant(&meeting.from), String::new()),
        (true, true) => (instant(&meeting.from), instant(&meeting.to)),
        _ => (day(meeting.day()), day(Span::parse(last).plus_days(1))),
    }
}

/// Who was there or was not, or until it is held, who is invited and what they answered.
fn attendees(meeting: &Meeting) -> BTreeSet<(String, &'static str)> {
    use v1::{Answer, Attendance};
    if meeting.took_place() {
        let there = meeting.delegations.iter().map(|delegation| match delegation.attendance() {
            Attendance::Attended | Attendance::Unspecified => (delegation.actor.clone(), "ACCEPTED"),
            Attendance::Absent | Attendance::Excused => (delegation.actor.clone(), "DECLINED"),
        });
        return there.collect();
    }
    let invited = meeting.invitations.iter().map(|(actor, answer)| {
        let answer = match answer.map(|answer| Answer::try_from(answer).unwrap()) {
            None | Some(Answer::Unspecified) => "NEEDS-ACTION",
            Some(Answer::Accepted) => "ACCEPTED",
            Some(Answer::Declined) => "DECLINED",
            Some(Answer::Tentative) => "TENTATIVE",
        };
        (actor.clone(), answer)
    });
    invited.collect()
}

/// What an answer, put together, says of the same.
pub(crate) fn read(answer: v1::ExportCalendarResponse) -> Value {
    let lines = unfolded(&answer.ics);
    assert_eq!((lines[0].as_str(), lines.last().unwrap().as_str()), ("BEGIN:VCALENDAR", "END:VCALENDAR"));
    let entries = lines.split(|line| line == "BEGIN:VEVENT").skip(1).map(entry).collect::<Vec<_>>();
    assert_eq!(entries.len(), answer.meetings.len(), "{lines:?}");
    let named = entries.into_iter().zip(answer.meetings).map(|(mut entry, name)| {
        entry["meeting"] = Value::from(name);
        entry
    });
    let left_out = answer.left_out.into_iter().map(|left| {
        let valid = left.valid.unwrap();
        json!([left.meeting, crate::seen::shown(left.title), [valid.from, valid.to], left.reason])
    });
    json!({
        "counts": [answer.meeting_count, answer.left_out_count],
        "entries": named.collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(),
    })
}

/// RFC 5545 §3.1: a line that begins with a space goes on with the one before, and none is longer than 75 octets.
fn unfolded(ics: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in ics.strip_suffix("\r\n").expect("each line has an end").split("\r\n") {
        assert!(line.len() <= 75, "{line}");
        match line.strip_prefix(' ') {
            Some(more) => lines.last_mut().unwrap().push_str(more),
            None => lines.push(line.to_owned()),
        }
    }
    lines
}

fn entry(lines: &[String]) -> Value {
    let mut found: BTreeMap<&str, String> = BTreeMap::new();
    let mut attendees = BTreeSet::new();
    for line in lines.iter().take_while(|line| *line != "END:VEVENT") {
        let (name, value) = line.split_at(line.find([';', ':']).unwrap());
        if name == "ATTENDEE" {
            let said =
                |parameter: &str| value.split([';', ':']).find_map(|part| part.strip_prefix(parameter));
            let actor = line.split_once("x-minuted:").unwrap().1.to_owned();
            assert_eq!(said("CUTYPE="), Some("GROUP"), "{line}");
            attendees.insert((actor, said("PARTSTAT=").unwrap().to_owned()));
        } else {
            let twice = found.insert(name, value[1..].to_owned());
            assert!(twice.is_none(), "{line} is there twice");
        }
    }
    assert!(!found.contains_key("RRULE"));
    let mut said = |name: &str| found.remove(name).unwrap_or_default();
    json!({
        "UID": said("UID"),
        "SEQUENCE": said("SEQUENCE"),
        "DTSTAMP": said("DTSTAMP"),
        "STATUS": said("STATUS"),
        "DTSTART": said("DTSTART"),
        "DTEND": said("DTEND"),
        "SUMMARY": said("SUMMARY"),
        "ATTENDEE": attendees,
    })
}
