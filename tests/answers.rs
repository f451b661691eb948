//! The questions of `tests/data/answers.jsonl` and the anchored answers, asked of the sample data as known at a position.
//!
//! 1. Each question has the expected answer.
//! 2. The past is a replay of the events up to it.

mod sample;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use minuted::domain::activity::Access;
use minuted::domain::agreement::{AgreementStatus, EndReason};
use minuted::domain::correction::History;
use minuted::domain::decision::Direction;
use minuted::domain::time::{PartialDate, Truth, Valid, When};
use minuted::domain::{Event, Name, World};
use minuted::position::Position;
use minuted::projections::intentions::Outcome;
use minuted::projections::meetings::ClassAsked;
use minuted::projections::{
    Languages, access, activities, actors, agreements, areas, attendance, calendar, contributors, decisions,
    dossier, expiring, externals, intentions, lineage, meetings, standing, unconfirmed,
};
use minuted::proto::v1;
use minuted::state::Snapshot;
use sample::{AREAS, Memory, lines};
use serde_json::{Map, Value, json};

#[test]
fn each_question_has_its_answer() {
    let sample = Memory::sample();
    let now = sample.snapshot.clone();
    let (mut asked, mut wrong) = (0, Vec::new());
    for case in lines(include_str!("data/answers.jsonl")) {
        let question = case["question"].as_str().unwrap();
        let position = AREAS + case["args"]["known_at_seq"].as_u64().unwrap();
        let (world, events) = if position == now.tail().0 {
            (now.clone(), sample.events.clone())
        } else {
            past(&sample, &case, position)
        };
        let got = Asked { world: &world, events: &events, args: &case["args"], t: t(&case["args"]) };
        let got = got.answer(question);
        let expected = normal(question, &case["expected"]);
        asked += 1;
        if got != expected {
            wrong.push(format!("{} {}\n  expected {expected}\n  got      {got}", case["id"], case["why"]));
        }
    }
    assert!(asked >= 186 && wrong.is_empty(), "{} of {asked} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What was known at a position, and the events that make it so.
fn past(sample: &Memory, case: &Value, position: u64) -> (Snapshot, Vec<Event>) {
    let mut memory = sample.clone();
    memory.set_up(case);
    let snapshot = memory.known_at(position);
    memory.events.retain(|event| event.position.0 <= position);
    (snapshot, memory.events)
}

fn date(text: &str) -> When {
    text.parse::<PartialDate>().unwrap().when()
}

fn t(args: &Value) -> When {
    args["valid_at"].as_str().map_or(When::EVER, date)
}

/// What is listed in no order, in order.
fn normal(question: &str, expected: &Value) -> Value {
    let mut expected = expected.clone();
    if question == "unconfirmed" {
        let counts = expected.as_object().unwrap().iter();
        return Value::Object(counts.map(|(command, count)| (kind(command).into(), count.clone())).collect());
    }
    if question == "corrections" {
        for by in expected["by"].as_array_mut().unwrap() {
            by["command"] = json!(kind(by["command"].as_str().unwrap()));
        }
    }
    if question == "agreement_status" {
        expected["status"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
    }
    expected
}

/// The kind of fact that a command of the cases makes.
fn kind(command: &str) -> &'static str {
    match command {
        "AdmitMember" => "member_admitted",
        "AdvanceAgreement" => "agreement_advanced",
        "CorrectEvent" => "event_corrected",
        "DefineArea" => "area_defined",
        "EndOperation" => "operation_ended",
        "JoinFramework" => "framework_joined",
        "OpenAgreement" => "agreement_opened",
        "RecordContribution" => "contribution_recorded",
        "RegisterActor" => "actor_registered",
        "RenameActor" => "actor_renamed",
        "RetractEvent" => "event_retracted",
        "SuspendAgreement" => "agreement_suspended",
        other => panic!("no case says {other}"),
    }
}

struct Asked<'a> {
    world: &'a Snapshot,
    events: &'a [Event],
    args: &'a Value,
    t: When,
}

impl Asked<'_> {
    fn text(&self, field: &str) -> Option<&str> {
        self.args[field].as_str()
    }

    fn name(&self, field: &str) -> Option<Name> {
        self.text(field).map(|text| text.parse().unwrap())
    }

    fn one(&self, field: &str) -> Name {
        self.name(field).unwrap()
    }

    fn languages(&self) -> Languages {
        self.text("lang").map_or_else(Languages::default, |tag| Languages::from_iter([tag.parse().unwrap()]))
    }

    fn answer(&self, question: &str) -> Value {
        let (world, t, en) = (self.world, self.t, &Languages::default());
        match question {
            "members" => {
                split(standing::standing(world, t, en).members.into_iter().map(|s| (s.actor, s.truth)))
            }
            "all_partners" => {
                split(standing::standing(world, t, en).partners.into_iter().map(|s| (s.actor, s.truth)))
            }
            "partners" => {
                let asked = self.one("framework");
                let all = standing::standing(world, t, en).frameworks;
                let of = all.into_iter().find(|framework| framework.framework == asked).unwrap();
                split(of.holders.into_iter().map(|s| (s.actor, s.truth)))
            }
            "standing" => self.standing(),
            "name" => {
                let shown =
                    actors::actor(world, &self.one("actor"), t, &self.languages()).unwrap().shown.unwrap();
                json!({ "names": sorted(shown.names), "language": shown.language.as_str() })
            }
            "agreement_status" => self.agreement_status(),
            "agreements_standing" => {
                let filter = agreements::Filter {
                    partner: self.name("actor"),
                    standing: true,
                    ..agreements::Filter::default()
                };
                split(agreements::agreements(world, t, en, &filter, None).map(|a| (a.name, a.stands)))
            }
            "meeting_class" => self.meeting_class(),
            "meeting_counts" => self.meeting_counts(),
            "meetings_by_topic" | "meetings_by_attendee" | "meetings_in_range" => self.meetings(),
            "externals_without_agreement" => {
                let meeting = self.name("meeting");
                let range = meetings::Range::ALWAYS;
                let found = externals::externals_without_agreement(world, en, range, meeting.as_ref());
                split(found.into_iter().map(|external| (external.actor, external.truth)))
            }
            "areas" => self.areas(),
            "area_descendants" => {
                json!(texts(areas::area(world, &self.one("area"), en).unwrap().descendants))
            }
            "area_ancestors" => json!(texts(areas::area(world, &self.one("area"), en).unwrap().ancestors)),
            "who_cooperates" => self.who_cooperates(),
            "contributors" | "contributed_only_otherwise" => self.contributors(),
            "activities" => self.activities(),
            "decision_ancestors" => self.lineage(Direction::Back),
            "decision_descendants" => self.lineage(Direction::Forward),
            "decisions_in_effect" => {
                let filter = decisions::Filter { in_effect: true, ..decisions::Filter::default() };
                split(decisions::decisions(world, t, en, &filter, None).map(|d| (d.name, d.in_effect)))
            }
            "explain_access" => self.explain_access(),
            "deviations" => self.deviations(),
            "intentions" => self.intentions(),
            "agreements_expiring" => {
                let days = u32::try_from(self.args["days"].as_u64().unwrap()).unwrap();
                let found = expiring::expiring(world, t, days, en, None, None);
                let found: BTreeSet<(Name, Truth)> =
                    found.map(|((_, name), expiring)| (name, expiring.truth)).collect();
                split(found.into_iter())
            }
            "one_way_areas" => self.one_way_areas(),
            "classes_by_year" => self.classes_by_year(),
            "attended_more_than_one" => self.attended_more_than_one(),
            "co_attendance" => {
                let actors = self.args["actors"].as_array().unwrap().iter();
                let attendees = actors.map(|actor| actor.as_str().unwrap().parse().unwrap()).collect();
                let filter = meetings::Filter { attendees, ..meetings::Filter::default() };
                json!(texts(
                    meetings::meetings(world, en, &filter, None).map(|((_, name), _)| name).collect()
                ))
            }
            "dossier" => {
                let found = dossier::dossier(world, &self.one("actor"), |at| self.load(at)).unwrap();
                let ids: Vec<_> = found.iter().map(|known| known.event.command_id.0.to_string()).collect();
                json!({ "count": ids.len(), "command_ids": ids })
            }
            "unconfirmed" => {
                let mut counts: BTreeMap<String, u64> = BTreeMap::new();
                for known in unconfirmed::unconfirmed(world, |at| self.load(at)).unwrap() {
                    *counts.entry(known.known.fact.kind().to_owned()).or_default() += 1;
                }
                json!(counts)
            }
            "calendar" => {
                let all = meetings::Filter::default();
                let found = calendar::calendar(world, en, &all, |at| self.load(at)).unwrap();
                json!({ "events": found.entries.len(), "left_out": found.left_out.len() })
            }
            "corrections" => self.corrections(),
            other => panic!("no projection answers {other}"),
        }
    }

    fn standing(&self) -> Value {
        let actor = actors::actor(self.world, &self.one("actor"), self.t, &Languages::default()).unwrap();
        let frameworks = actor.frameworks.iter().map(|held| (held.framework.to_string(), truth(held.truth)));
        json!({
            "member": truth(actor.member),
            "partner": truth(actor.partner),
            "suspended": truth(actor.suspended),
            "frameworks": frameworks.collect::<Map<_, _>>(),
        })
    }

    fn agreement_status(&self) -> Value {
        let name = self.one("agreement");
        let found = agreements::agreement(self.world, &name, self.t, &Languages::default()).unwrap();
        let statuses =
            found.statuses.iter().map(|&status| short(v1::AgreementStatus::from(status).as_str_name()));
        let mut answer = json!({ "status": sorted(statuses.collect()) });
        if found.statuses == [AgreementStatus::Ended] {
            let reason = found.ended.map_or(EndReason::Unspecified, |(reason, _)| reason);
            answer["reason"] = json!(short(v1::AgreementEnd::from(reason).as_str_name()));
        }
        answer
    }

    fn meeting_class(&self) -> Value {
        let meeting = meetings::meeting(self.world, &self.one("meeting"), &Languages::default()).unwrap();
        let format = meeting.format.unwrap();
        let name = |class| v1::MeetingClass::from(class).as_str_name().trim_start_matches("MEETING_CLASS_");
        let label = format.label.to_string();
        if let Some(class) = format.class() {
            return json!({ "class": name(class), "label": label });
        }
        let possible: Vec<_> = format.classes.iter().map(|&class| name(class)).collect();
        json!({ "class": "UNDETERMINED", "possible": possible, "label": label })
    }

    fn meeting_counts(&self) -> Value {
        let meeting = meetings::meeting(self.world, &self.one("meeting"), &Languages::default()).unwrap();
        let meetings::Named { countries, organisations, not_named } = meeting.named;
        json!({
            "declared": meeting.particulars.declared_total,
            "named": countries + organisations,
            "not_named": not_named,
            "countries": countries,
            "organisations": organisations,
        })
    }

    fn meetings(&self) -> Value {
        let en = Languages::default();
        let filter = meetings::Filter {
            range: meetings::Range::new(self.text("from").map(date), self.text("to").map(date)),
            topic: self.text("topic").map(ToOwned::to_owned),
            attendees: self.name("attendee").into_iter().collect(),
            ..meetings::Filter::default()
        };
        let found = meetings::meetings(self.world, &en, &filter, None);
        let found: BTreeSet<(Name, Truth)> =
            found.map(|(_, meeting)| (meeting.name, meeting.within)).collect();
        split(found.into_iter())
    }

    fn areas(&self) -> Value {
        let en = Languages::default();
        let filter = areas::ChoiceFilter { actor: self.name("actor"), ..areas::ChoiceFilter::default() };
        let choices = areas::choices(self.world, self.t, &en, &filter, None);
        let choices = choices.map(|choice| {
            let extents = choice.extents.iter().map(|&extent| short(v1::Extent::from(extent).as_str_name()));
            let givers = choice.given_by.iter().map(|&by| v1::GivenBy::from(by).as_str_name());
            let givers = givers.map(|giver| giver.trim_start_matches("GIVEN_BY_").to_owned());
            let value = json!({
                "chosen": truth(choice.chosen),
                "extent": sorted(extents.collect()),
                "given_by": sorted(givers.collect()),
            });
            (choice.area.to_string(), value)
        });
        Value::Object(choices.collect())
    }

    fn who_cooperates(&self) -> Value {
        let en = Languages::default();
        let filter = areas::ChoiceFilter {
            actor: None,
            area: self.name("area"),
            with_descendants: self.args["with_descendants"] == json!(true),
        };
        let mut by_actor: BTreeMap<Name, Truth> = BTreeMap::new();
        for choice in areas::choices(self.world, self.t, &en, &filter, None) {
            let known = by_actor.entry(choice.actor).or_insert(Truth::No);
            *known = known.or(choice.chosen);
        }
        split(by_actor.into_iter())
    }

    fn contributors(&self) -> Value {
        let operation = self.one("operation");
        let found = contributors::contributors(self.world, &operation, self.t, false, &Languages::default());
        split(found.into_iter().map(|contributor| {
            let truth = match self.text("form") {
                Some("military") => contributor.military,
                Some("other") => contributor.other,
                _ => contributor.only_otherwise(),
            };
            (contributor.actor, truth)
        }))
    }

    fn activities(&self) -> Value {
        let en = Languages::default();
        let kind = self.text("kind").map(|kind| {
            let kind = v1::ActivityKind::from_str_name(&format!("ACTIVITY_KIND_{kind}")).unwrap();
            kind.into()
        });
        let participant = self.name("participant");
        let filter = activities::Filter { kind, participant, ..activities::Filter::default() };
        let found = activities::activities(self.world, self.t, &en, &filter, None);
        let found = found.map(|activity| {
            let access = v1::Access::from(&activity.offer.access).as_str_name();
            let participants = activity.participations.iter().map(|part| part.participant.to_string());
            let value = json!({
                "access": access.trim_start_matches("ACCESS_"),
                "participants": participants.collect::<BTreeSet<_>>(),
            });
            (activity.name.to_string(), value)
        });
        Value::Object(found.collect())
    }

    fn explain_access(&self) -> Value {
        let (activity, actor) = (self.one("activity"), self.one("actor"));
        let en = Languages::default();
        let found = access::explain(self.world, &activity, &actor, self.t, &en).unwrap();
        let rule = match &found.offer.access {
            Access::AllPartners => "ALL_PARTNERS".to_owned(),
            Access::Framework(framework) => format!("FRAMEWORK:{framework}"),
            Access::Listed => "LISTED".to_owned(),
        };
        let mut answer = json!({ "answer": truth(found.answer), "rule": rule });
        if let Some(from) = found.decisions.first() {
            answer["decision"] = json!(from.decision);
        }
        answer
    }

    fn deviations(&self) -> Value {
        let en = Languages::default();
        let all = |without| access::deviations(self.world, self.t, &en, without, None);
        let mut answer = split(all(false).map(|deviation| (deviation.activity.name, deviation.truth)));
        answer["without_exception"] = json!(texts(all(true).map(|found| found.activity.name).collect()));
        answer
    }

    fn intentions(&self) -> Value {
        let en = Languages::default();
        let found = intentions::intentions(self.world, self.t, &en, None, None);
        let found = found.map(|intention| {
            let [ended] = &intention.outcomes[..] else { panic!("several are possible: {intention:?}") };
            let (outcome, by) = match ended.outcome {
                Outcome::PutInEffect => ("IN_EFFECT", None),
                Outcome::CarriedOut => ("CARRIED_OUT", Some("by")),
                Outcome::PartOf => ("PART_OF", Some("of")),
                Outcome::Lapsed => ("LAPSED", None),
                Outcome::Superseded => ("SUPERSEDED", None),
                Outcome::Open => ("OPEN", None),
            };
            let mut value = json!({ "outcome": outcome });
            if let Some(by) = by {
                value[by] = json!(texts(ended.decisions.clone()));
            }
            (intention.decision.name.to_string(), value)
        });
        Value::Object(found.collect())
    }

    #[expect(clippy::unnecessary_wraps, reason = "a log may fail to give them; memory does not")]
    fn load(&self, positions: &[Position]) -> Result<Vec<Event>, Infallible> {
        Ok(positions.iter().map(|at| self.events[usize::try_from(at.0).unwrap() - 1].clone()).collect())
    }

    fn classes_by_year(&self) -> Value {
        let topic = self.text("topic").map(ToOwned::to_owned);
        let filter = meetings::Filter { topic, ..meetings::Filter::default() };
        let (years, all) = meetings::statistics(self.world, &filter);
        let asked = self.args["year"].as_i64().map(|year| i16::try_from(year).unwrap());
        let tally = asked.map_or(all, |year| years.get(&year).cloned().unwrap_or_default());
        let classes = tally.classes.into_iter().filter(|(_, count)| count.certain > 0);
        let classes = classes.map(|(class, count)| {
            let class = match class {
                ClassAsked::Certain(class) => v1::MeetingClass::from(class),
                ClassAsked::Undetermined => v1::MeetingClass::Undetermined,
            };
            (class.as_str_name().trim_start_matches("MEETING_CLASS_").to_owned(), json!(count.certain))
        });
        Value::Object(classes.collect())
    }

    fn attended_more_than_one(&self) -> Value {
        let topic = self.text("topic").map(ToOwned::to_owned);
        let filter = meetings::Filter { topic, ..meetings::Filter::default() };
        let en = Languages::default();
        let found = attendance::co_attendance(self.world, self.t, &en, &filter, &[], 2);
        let found = found.into_iter().map(|found| (found.actor.to_string(), json!(found.count.certain)));
        Value::Object(found.collect())
    }

    fn corrections(&self) -> Value {
        let id = self.text("event").unwrap();
        let event = self.events.iter().find(|event| event.command_id.0.to_string() == id).unwrap();
        let stream: Vec<Event> = self.events.iter().filter(|e| e.name == event.name).cloned().collect();
        let history = History::new(&stream);
        let event = stream.iter().find(|other| other.position == event.position).unwrap();
        let from = |valid: &Valid| valid.from.as_ref().map(ToString::to_string);
        let by = history.amendments(event.position).into_iter().map(|by| {
            json!({
                "command_id": by.command_id.0.to_string(),
                "command": by.content.fact.kind(),
                "stands": history.stands(by.position),
            })
        });
        json!({
            "stands": history.stands(event.position),
            "valid_from_recorded": from(&event.content.valid),
            "valid_from_known": from(&history.content(event).valid),
            "by": by.collect::<Vec<_>>(),
        })
    }

    fn one_way_areas(&self) -> Value {
        let (en, all) = (Languages::default(), areas::ChoiceFilter::default());
        let found = areas::one_way_choices(self.world, self.t, &en, &all, None, None);
        let found = found.map(|(choice, truth)| {
            assert_eq!(truth, Truth::Yes, "{choice:?}");
            let givers = choice.given_by.iter().map(|&by| v1::GivenBy::from(by).as_str_name());
            let givers: Vec<_> = givers.map(|giver| giver.trim_start_matches("GIVEN_BY_")).collect();
            json!([choice.actor, choice.area, givers.join(" or ")])
        });
        json!(found.collect::<Vec<_>>())
    }

    fn lineage(&self, direction: Direction) -> Value {
        let decision = self.one("decision");
        let steps = lineage::lineage(self.world, &decision, direction, self.t, &Languages::default());
        json!(sorted(steps.into_iter().map(|step| step.decision.name.to_string()).collect()))
    }
}

fn split(found: impl Iterator<Item = (Name, Truth)>) -> Value {
    let found: Vec<(Name, Truth)> = found.collect();
    let of = |wanted: Truth| {
        found
            .iter()
            .filter(|(_, truth)| *truth == wanted)
            .map(|(name, _)| name.to_string())
            .collect::<Vec<_>>()
    };
    json!({ "yes": of(Truth::Yes), "possibly": of(Truth::Possibly) })
}

fn truth(truth: Truth) -> Value {
    json!(v1::Truth::from(truth).as_str_name().trim_start_matches("TRUTH_"))
}

/// The value's own part of its name in the schema.
fn short(name: &str) -> String {
    let prefixes = ["AGREEMENT_STATUS_", "AGREEMENT_END_", "EXTENT_"];
    let prefix = prefixes.into_iter().find(|prefix| name.starts_with(prefix)).unwrap_or_default();
    name[prefix.len()..].to_owned()
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

fn texts(names: Vec<Name>) -> Vec<String> {
    names.into_iter().map(|name| name.to_string()).collect()
}

#[test]
fn the_anchored_answers() {
    let sample = Memory::sample();
    let (world, en) = (&sample.snapshot, &Languages::default());
    let then = standing::standing(world, date("2011-09-30"), en);
    let count = |stood: &[standing::Stood]| {
        let count = standing::count(stood);
        (count.certain, count.possible)
    };
    assert_eq!((count(&then.members), count(&then.partners)), ((28, 0), (40, 1)));
    let holders = |framework: &str| {
        let found = then.frameworks.iter().find(|f| f.framework.as_str() == framework).unwrap();
        count(&found.holders)
    };
    let all = ["frameworks/pfp", "frameworks/md", "frameworks/ici", "frameworks/patg"].map(holders);
    assert_eq!(all, [(22, 0), (7, 0), (4, 0), (7, 1)]);
    let iraq = then.partners.iter().find(|stood| stood.truth == Truth::Possibly).unwrap();
    assert_eq!(iraq.actor.as_str(), "countries/iq");
    assert!(iraq.open_because[0].starts_with("in frameworks/patg from 2011 (events/"), "{iraq:?}");
    assert_eq!(count(&standing::standing(world, date("2026-11-24"), en).members), (32, 0));

    let japan: Name = "agreements/jp-jpd-2013".parse().unwrap();
    let first_known = sample.known_at(AREAS + 403);
    let signed =
        |world: &Snapshot| agreements::agreement(world, &japan, When::EVER, en).unwrap().steps[0].1.clone();
    assert_eq!((signed(&first_known), signed(world)), ("2013-04-13".into(), "2013-04-15".into()));

    let malta = actors::actor(world, &"countries/mt".parse().unwrap(), date("2008-04-02"), en).unwrap();
    assert_eq!(malta.partner, Truth::No);
}
