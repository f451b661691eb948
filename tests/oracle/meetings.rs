//! Meetings: their steps, their class (DOMAIN.md §8), and what is asked over many of them.

use std::collections::{BTreeMap, BTreeSet};

use minuted::proto::v1;
use minuted::proto::v1::fact::Kind;
use minuted::proto::v1::{MeetingClass as Class, MeetingState as State};
use serde_json::{Value, json};

use crate::because::{Because, Explained, because};
use crate::dates::{End, Possibly, Span, Spell, Truth, Yes};
use crate::known::{Known, titled, until};
use crate::{counted, truth};

/// A meeting as its acts, in recorded order, have made it.
#[derive(Clone, Debug)]
pub(crate) struct Meeting {
    pub(crate) name: String,
    pub(crate) state: State,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) titles: BTreeMap<String, String>,
    pub(crate) topics: Vec<String>,
    pub(crate) venue: Option<v1::Venue>,
    pub(crate) qualifier: String,
    level: i32,
    mode: i32,
    core: i32,
    pub(crate) delegations: Vec<v1::Delegation>,
    declared: Option<u32>,
    complete: Option<bool>,
    pub(crate) invitations: Vec<(String, Option<i32>)>,
    summaries: Vec<(i32, BTreeMap<String, String>, u64)>,
}

impl Meeting {
    pub(crate) fn day(&self) -> Span {
        Span::parse(&self.from)
    }

    pub(crate) fn took_place(&self) -> bool {
        matches!(self.state, State::Held | State::Summarised)
    }

    /// Whether it overlaps what begins on `from` and ends on `to`: on its first day, at least, it took place.
    fn within(&self, from: &str, to: &str) -> Truth {
        let end = until(&self.to).unwrap_or(End::On(self.day().plus_days(1)));
        Spell { begin: self.day(), end }.within(from, to)
    }

    /// Those who are named: until it is held, who is invited.
    fn named(&self) -> Vec<&str> {
        if self.took_place() {
            self.delegations.iter().map(|delegation| delegation.actor.as_str()).collect()
        } else {
            self.invitations.iter().map(|(actor, _)| actor.as_str()).collect()
        }
    }

    /// Those who were there.
    pub(crate) fn attendees(&self) -> impl Iterator<Item = &str> {
        let there = |delegation: &&v1::Delegation| {
            matches!(delegation.attendance(), v1::Attendance::Attended | v1::Attendance::Unspecified)
        };
        self.delegations.iter().filter(there).map(|delegation| delegation.actor.as_str())
    }
}

/// What §8 asks of a country that was there, or that may have been.
struct Guest<'a> {
    external: Explained,
    holds: BTreeMap<&'a str, Explained>,
}

impl Known<'_> {
    pub(crate) fn meeting(&self, name: &str) -> Meeting {
        let mut found: Option<Meeting> = None;
        for said in self.of(name) {
            let valid = (said.from.to_owned(), said.to.to_owned());
            match (said.kind, &mut found) {
                (Kind::MeetingPlanned(it), found) => {
                    *found = Some(Meeting {
                        name: name.into(),
                        state: State::Planned,
                        from: valid.0,
                        to: valid.1,
                        titles: it.titles.clone(),
                        topics: it.topics.clone(),
                        venue: it.venue.clone(),
                        qualifier: it.qualifier.clone(),
                        level: it.level,
                        mode: it.mode,
                        core: it.core,
                        delegations: Vec::new(),
                        declared: it.declared_total,
                        complete: it.named_is_complete,
                        invitations: it.delegations.iter().map(|d| (d.actor.clone(), None)).collect(),
                        summaries: Vec::new(),
                    });
                }
                (Kind::MeetingHeld(it), found) => {
                    let plan = found.take();
                    let of_plan = plan.as_ref();
                    *found = Some(Meeting {
                        name: name.into(),
                        state: State::Held,
                        from: valid.0,
                        to: valid.1,
                        titles: of_plan
                            .filter(|_| it.titles.is_empty())
                            .map_or(&it.titles, |p| &p.titles)
                            .clone(),
                        topics: of_plan
                            .filter(|_| it.topics.is_empty())
                            .map_or(&it.topics, |p| &p.topics)
                            .clone(),
                        venue: it.venue.clone().or(of_plan.and_then(|p| p.venue.clone())),
                        qualifier: of_plan
                            .filter(|_| it.qualifier.is_empty())
                            .map_or(&it.qualifier, |p| &p.qualifier)
                            .clone(),
                        level: of_plan.filter(|_| it.level == 0).map_or(it.level, |p| p.level),
                        mode: of_plan.filter(|_| it.mode == 0).map_or(it.mode, |p| p.mode),
                        core: of_plan.filter(|_| it.core == 0).map_or(it.core, |p| p.core),
                        delegations: it.delegations.clone(),
                        declared: it.declared_total.or(of_plan.and_then(|p| p.declared)),
                        complete: it.named_is_complete.or(of_plan.and_then(|p| p.complete)),
                        invitations: plan.map(|p| p.invitations).unwrap_or_default(),
                        summaries: Vec::new(),
                    });
                }
                (Kind::MeetingConfirmed(_), Some(meeting)) => meeting.state = State::Confirmed,
                (Kind::MeetingCancelled(_), Some(meeting)) => meeting.state = State::Cancelled,
                (Kind::MeetingRescheduled(_), Some(meeting)) => (meeting.from, meeting.to) = valid,
                (Kind::DelegationInvited(it), Some(meeting)) => {
                    let actor = it.delegation.as_ref().unwrap().actor.clone();
                    meeting.invitations.push((actor, None));
                }
                (Kind::InvitationAnswered(it), Some(meeting)) => {
                    let invited = meeting.invitations.iter_mut().filter(|(actor, _)| *actor == it.actor);
                    invited.for_each(|(_, answer)| *answer = Some(it.answer));
                }
                (Kind::SummaryRecorded(it), Some(meeting)) => {
                    meeting.state = State::Summarised;
                    meeting.summaries.push((it.state, it.text.clone(), said.position));
                }
                (other, _) => panic!("{other:?} is no act of a meeting, or follows none"),
            }
        }
        found.expect("it is known")
    }

    fn alliance(&self) -> Option<&str> {
        self.events.iter().find_map(|event| match crate::known::kind(event.fact.as_ref()) {
            Kind::MemberAdmitted(it) => Some(it.alliance.as_str()),
            _ => None,
        })
    }

    /// Every class with whether it was of it, and why that is open, in the order of §8.
    fn classes(&self, meeting: &Meeting) -> Vec<(Class, Explained)> {
        let (t, frameworks) = (meeting.day(), self.main_frameworks());
        // What the list leaves open has no date.
        let by_list = |so: Truth| Explained::new(so, Vec::new);
        let countries = meeting.attendees().filter(|actor| actor.starts_with("countries/"));
        let mut guests: Vec<Guest<'_>> = countries
            .map(|actor| {
                let member = Explained::new(self.member(actor, t), || {
                    let dates = self.member_because(actor, t).into_iter();
                    dates.map(|(what, date)| (format!("{actor} {what}"), date)).collect()
                });
                let holds = |f| {
                    Explained::new(self.in_framework(actor, f, t), || self.in_framework_because(actor, f, t))
                };
                Guest { external: member.not(), holds: frameworks.iter().map(|f| (*f, holds(f))).collect() }
            })
            .collect();
        let alliance = self.alliance();
        let mut organisations = meeting.attendees().filter(|actor| actor.starts_with("organisations/"));
        let mut others = Truth::of(organisations.any(|actor| Some(actor) != alliance));
        if incomplete(meeting) {
            let holds = frameworks.iter().map(|f| (*f, by_list(Possibly))).collect();
            guests.push(Guest { external: by_list(Possibly), holds });
            others = others.or(Possibly);
        }
        let others = by_list(others);
        let external = |guest: &Guest<'_>| guest.external.clone();
        let some = Explained::any(guests.iter().map(external));
        let only = |index: usize| {
            let rest = guests.iter().enumerate().filter(|(other, _)| *other != index);
            external(&guests[index]).and(Explained::all(rest.map(|(_, guest)| external(guest).not())))
        };
        let exactly_one = Explained::any((0..guests.len()).map(only));
        let in_none = |guest: &Guest<'_>| Explained::any(guest.holds.values().cloned()).not();
        let beyond = Explained::any(guests.iter().map(|guest| external(guest).and(in_none(guest))));
        let each_in = |framework: &str| {
            let holds = |guest: &Guest<'_>| guest.holds[framework].clone();
            Explained::all(guests.iter().map(|guest| Explained::any([external(guest).not(), holds(guest)])))
        };
        let common = Explained::any(frameworks.iter().map(|framework| each_in(framework)));
        let secretariat = by_list(match v1::Core::try_from(meeting.core) {
            Ok(v1::Core::Secretariat) => Yes,
            // It is not known.
            Ok(v1::Core::Unspecified) => Possibly,
            _ => Truth::of(false),
        });
        let none = some.clone().not();
        let across = Explained::all([some.clone(), beyond.clone().not(), common.clone().not()]);
        vec![
            (Class::Bilateral, secretariat.and(exactly_one)),
            (Class::BeyondFrameworks, beyond),
            (Class::OrganisationsOnly, none.clone().and(others.clone())),
            (Class::MembersOnly, none.and(others.not())),
            (Class::WithinFramework, some.and(common)),
            (Class::AcrossFrameworks, across),
        ]
    }

    /// Those that are tried, up to the first that is certain.
    fn tried(&self, meeting: &Meeting) -> Vec<(Class, Explained)> {
        let mut tried = self.classes(meeting);
        let certain = tried.iter().position(|(_, it)| it.so == Yes);
        tried.truncate(certain.map_or(tried.len(), |certain| certain + 1));
        tried
    }

    /// Every class that is possible, up to the first that is certain.
    fn possible(&self, meeting: &Meeting) -> Vec<Class> {
        let tried = self.tried(meeting).into_iter().filter(|(_, it)| it.so.may_be());
        tried.map(|(class, _)| class).collect()
    }

    fn may_be_of(&self, meeting: &Meeting, asked: i32) -> bool {
        let class = self.class(meeting);
        class as i32 == asked
            || class == Class::Undetermined
                && self.possible(meeting).iter().any(|class| *class as i32 == asked)
    }

    fn class(&self, meeting: &Meeting) -> Class {
        let certain =
            |class: Class| self.classes(meeting).iter().any(|(it, why)| *it == class && why.so == Yes);
        match self.possible(meeting)[..] {
            [only] if certain(only) => only,
            _ => Class::Undetermined,
        }
    }

    /// The dates that leave the class open, and the day, if there are any and it is not exact.
    fn class_because(&self, meeting: &Meeting) -> Vec<Because> {
        let mut dates: Vec<Because> = self.tried(meeting).into_iter().flat_map(|(_, it)| it.dates).collect();
        if !dates.is_empty() && !meeting.day().is_exact() {
            dates.push((format!("{} on", meeting.name), Some(meeting.day())));
        }
        dates
    }

    fn label(&self, meeting: &Meeting) -> String {
        let range = |truths: &[Truth]| {
            let certain = truths.iter().filter(|t| **t == Yes).count();
            let most = truths.iter().filter(|t| t.may_be()).count();
            if certain == most { certain.to_string() } else { format!("{certain}–{most}") }
        };
        let t = meeting.day();
        // Organisations are listed beside: what §8 counts is countries.
        let mut members: Vec<Truth> =
            self.names("countries/").iter().map(|actor| self.member(actor, t)).collect();
        if meeting.core != v1::Core::Members as i32 {
            members.clear();
        }
        let countries = meeting.attendees().filter(|actor| actor.starts_with("countries/"));
        let externals: Vec<Truth> = countries.map(|actor| self.member(actor, t).not()).collect();
        let more = if incomplete(meeting) { " or more" } else { "" };
        format!("{}+{}{more}", range(&members), range(&externals))
    }

    fn show(&self, meeting: &Meeting, language: &str, within: Truth) -> Value {
        let took_place = meeting.took_place();
        let possible = if took_place { self.possible(meeting) } else { Vec::new() };
        let class = if took_place { self.class(meeting) } else { Class::Unspecified };
        let undetermined = class == Class::Undetermined;
        let named = meeting.named();
        let of = |collection: &str| named.iter().filter(|actor| actor.starts_with(collection)).count();
        let mut topics = meeting.topics.clone();
        topics.sort();
        let invitations = meeting
            .invitations
            .iter()
            .map(|(actor, answer)| (actor.clone(), answer.unwrap_or(0), answer.is_some()));
        json!({
            "name": meeting.name,
            "state": meeting.state as i32,
            "shown": titled(&meeting.titles, language),
            "valid": [meeting.from, meeting.to],
            "topics": topics,
            "core": meeting.core,
            "etag": self.version(&meeting.name).to_string(),
            "how": [meeting.level, meeting.mode],
            "venue": format!("{:?}", meeting.venue),
            "qualifier": meeting.qualifier,
            "delegations": meeting.delegations.iter().map(delegation).collect::<Vec<_>>(),
            "declared": meeting.declared,
            "complete": meeting.complete.unwrap_or_default(),
            "named": [named.len(), of("countries/"), of("organisations/")],
            "not_named": meeting.declared.map(|declared| (declared as usize).saturating_sub(named.len())),
            "invitations": invitations.collect::<BTreeSet<_>>(),
            "summaries": meeting.summaries,
            "class": class as i32,
            "possible": possible.iter().filter(|_| undetermined).map(|class| *class as i32).collect::<Vec<_>>(),
            "because": because(if undetermined { self.class_because(meeting) } else { Vec::new() }),
            "label": if took_place { self.label(meeting) } else { String::new() },
            "within": truth(within),
        })
    }

    pub(crate) fn get_meeting(&self, ask: &v1::GetMeetingRequest) -> Value {
        self.show(&self.meeting(&ask.name), &ask.language, Yes)
    }

    /// In order of time, then of names.
    pub(crate) fn meetings(&self, from: &str, to: &str) -> Vec<(Meeting, Truth)> {
        let all = self.names("meetings/").into_iter().map(|name| self.meeting(name));
        let mut all: Vec<_> = all.map(|meeting| (meeting.within(from, to), meeting)).collect();
        all.retain(|(within, _)| within.may_be());
        all.sort_by_key(|(_, meeting)| (meeting.day().earliest, meeting.name.clone()));
        all.into_iter().map(|(within, meeting)| (meeting, within)).collect()
    }

    pub(crate) fn list_meetings(&self, ask: &v1::ListMeetingsRequest) -> Option<Value> {
        let attendees = || ask.attendees.iter().chain([&ask.attendee]).filter(|name| !name.is_empty());
        let country = Some(&ask.venue_country).filter(|name| !name.is_empty());
        if attendees().chain(country).any(|name| !self.knows(name)) {
            return None;
        }
        let is_there = |venue: &v1::Venue| {
            let called = |name: &str| name.to_lowercase() == ask.venue.to_lowercase();
            country.is_none_or(|country| venue.country == *country)
                && (ask.venue.is_empty() || called(&venue.name) || called(&venue.city))
        };
        let is_anywhere = ask.venue.is_empty() && country.is_none();
        let passes = |meeting: &Meeting| {
            (is_anywhere || meeting.venue.as_ref().is_some_and(is_there))
                && (ask.topic.is_empty() || meeting.topics.contains(&ask.topic))
                && (ask.state == 0 || meeting.state as i32 == ask.state)
                && attendees().all(|actor| meeting.attendees().any(|there| there == actor))
                && (ask.class == 0 || meeting.took_place() && self.may_be_of(meeting, ask.class))
        };
        let found = self.meetings(&ask.from, &ask.to).into_iter().filter(|(meeting, _)| passes(meeting));
        Some(found.map(|(meeting, within)| self.show(&meeting, &ask.language, within)).collect())
    }

    pub(crate) fn statistics(&self, ask: &v1::GetMeetingStatisticsRequest) -> Option<Value> {
        if ask.attendees.iter().any(|name| !self.knows(name)) {
            return None;
        }
        let mut years: BTreeMap<i16, Vec<(Meeting, Truth)>> = BTreeMap::new();
        let counts = |meeting: &Meeting| {
            meeting.took_place()
                && (ask.topic.is_empty() || meeting.topics.contains(&ask.topic))
                && ask.attendees.iter().all(|actor| meeting.attendees().any(|there| there == actor))
        };
        let found = self.meetings(&ask.from, &ask.to).into_iter().filter(|(meeting, _)| counts(meeting));
        let all: Vec<_> = found.collect();
        for (meeting, within) in &all {
            let year = meeting.day().earliest.year();
            years.entry(year).or_default().push((meeting.clone(), *within));
        }
        let years = years.into_iter().map(|(year, meetings)| json!([year, self.tally(&meetings)]));
        Some(json!({ "years": years.collect::<Vec<_>>(), "all": self.tally(&all) }))
    }

    fn tally(&self, meetings: &[(Meeting, Truth)]) -> Value {
        let mut classes: BTreeMap<i32, Vec<Truth>> = BTreeMap::new();
        for (meeting, within) in meetings {
            let class = self.class(meeting);
            classes.entry(class as i32).or_default().push(*within);
            if class == Class::Undetermined {
                for possible in self.possible(meeting) {
                    classes.entry(possible as i32).or_default().push(within.and(Possibly));
                }
            }
        }
        let classes = classes.into_iter().map(|(class, truths)| (class, counted(truths.into_iter())));
        json!({
            "meetings": counted(meetings.iter().map(|(_, within)| *within)),
            "classes": classes.collect::<BTreeMap<_, _>>(),
        })
    }

    pub(crate) fn externals(&self, ask: &v1::ListExternalsWithoutAgreementRequest) -> Option<Value> {
        if !ask.meeting.is_empty() && !self.knows(&ask.meeting) {
            return None;
        }
        let mut found = Vec::new();
        for (meeting, _) in self.meetings(&ask.from, &ask.to) {
            if !ask.meeting.is_empty() && meeting.name != ask.meeting {
                continue;
            }
            let t = meeting.day();
            for actor in meeting.attendees().filter(|actor| actor.starts_with("countries/")) {
                let so = self.member(actor, t).not().and(self.has_agreement(actor, t).not());
                if so.may_be() {
                    let shown = self.name(actor, &ask.language, t);
                    let of_meeting =
                        json!([titled(&meeting.titles, &ask.language), [meeting.from, meeting.to]]);
                    let key = (actor.to_owned(), t.earliest, meeting.name.clone());
                    let why =
                        if so == Possibly { self.external_because(&meeting, actor) } else { Vec::new() };
                    let why = because(why);
                    found.push((key, json!([actor, meeting.name, truth(so), shown, of_meeting, why])));
                }
            }
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Some(found.into_iter().map(|(_, shown)| shown).collect())
    }

    /// Why it is open whether it was an external without an agreement: what is compared with the meeting's day, and that day
    /// itself where it is not exact.
    fn external_because(&self, meeting: &Meeting, actor: &str) -> Vec<Because> {
        let t = meeting.day();
        let mut dates = self.member_because(actor, t);
        dates.extend(self.agreements_because(actor, t));
        if !t.is_exact() {
            dates.push((format!("{} on", meeting.name), Some(t)));
        }
        dates
    }

    pub(crate) fn co_attendance(&self, ask: &v1::ListCoAttendanceRequest, t: Span) -> Option<Value> {
        if ask.meetings.iter().any(|name| !self.knows(name)) {
            return None;
        }
        let at_least = if ask.min_meetings == 0 { 2 } else { ask.min_meetings as usize };
        let mut by_actor: BTreeMap<String, Vec<(String, Truth)>> = BTreeMap::new();
        for (meeting, within) in self.meetings(&ask.from, &ask.to) {
            let counts = meeting.took_place()
                && (ask.topic.is_empty() || meeting.topics.contains(&ask.topic))
                && (ask.meetings.is_empty() || ask.meetings.contains(&meeting.name));
            for actor in meeting.attendees().filter(|_| counts).collect::<BTreeSet<_>>() {
                by_actor.entry(actor.to_owned()).or_default().push((meeting.name.clone(), within));
            }
        }
        by_actor.retain(|_, meetings| meetings.len() >= at_least);
        let found = by_actor.into_iter().map(|(actor, meetings)| {
            let names: Vec<_> = meetings.iter().map(|(name, _)| name).collect();
            let shown = self.name(&actor, &ask.language, t);
            json!([actor, shown, counted(meetings.iter().map(|(_, within)| *within)), names])
        });
        Some(found.collect())
    }

    pub(crate) fn unanswered(&self, ask: &v1::ListUnansweredInvitationsRequest) -> Option<Value> {
        let named = [&ask.actor, &ask.meeting];
        if named.into_iter().any(|name| !name.is_empty() && !self.knows(name)) {
            return None;
        }
        let mut found = Vec::new();
        for (meeting, within) in self.meetings(&ask.from, &ask.to) {
            if meeting.state == State::Cancelled || !ask.meeting.is_empty() && meeting.name != ask.meeting {
                continue;
            }
            let open = meeting.invitations.iter().filter(|(_, answer)| answer.is_none());
            let mut actors: Vec<&String> = open.map(|(actor, _)| actor).collect();
            actors.retain(|actor| ask.actor.is_empty() || **actor == ask.actor);
            actors.sort();
            for actor in actors {
                let shown = self.name(actor, &ask.language, meeting.day());
                let of_meeting = json!([titled(&meeting.titles, &ask.language), [meeting.from, meeting.to]]);
                let state = meeting.state as i32;
                found.push(json!([actor, shown, meeting.name, state, truth(within), of_meeting]));
            }
        }
        Some(Value::Array(found))
    }
}

/// What of one is compared.
pub(crate) fn delegation(it: &v1::Delegation) -> Value {
    json!([it.actor, it.attendance, it.on_behalf_of, it.represented_level])
}

/// Whether more were there than are named.
fn incomplete(meeting: &Meeting) -> bool {
    meeting.complete == Some(false)
        || meeting.declared.is_some_and(|declared| declared as usize > meeting.delegations.len())
}
