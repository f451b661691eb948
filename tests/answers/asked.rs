//! One question of a case, asked through the generated client of its service.

use std::collections::{BTreeMap, BTreeSet};

use minuted::proto::v1;
use minuted::proto::v1::Truth::{No, Possibly, Yes};
use minuted::proto::v1::activity_service_client::ActivityServiceClient;
use minuted::proto::v1::actor_service_client::ActorServiceClient;
use minuted::proto::v1::agreement_service_client::AgreementServiceClient;
use minuted::proto::v1::area_service_client::AreaServiceClient;
use minuted::proto::v1::decision_service_client::DecisionServiceClient;
use minuted::proto::v1::dossier_service_client::DossierServiceClient;
use minuted::proto::v1::event_service_client::EventServiceClient;
use minuted::proto::v1::meeting_service_client::MeetingServiceClient;
use minuted::proto::v1::operation_service_client::OperationServiceClient;
use serde_json::{Map, Value, json};
use tonic::transport::Channel;

use crate::support::as_of;

/// As many as a page may have: each answer here fits.
const PAGE: i32 = 1000;

/// A question's arguments, and whom to ask.
pub(crate) struct Asked<'a> {
    pub(crate) channel: Channel,
    pub(crate) args: &'a Value,
    pub(crate) known_position: u64,
}

/// Asks one rpc: its answer, or a panic that says why not.
macro_rules! ask {
    ($self:ident, $client:ident.$rpc:ident($request:ident { $($field:ident $(: $value:expr)?),* $(,)? })) => {
        $client::new($self.channel.clone())
            .$rpc(v1::$request { as_of: $self.as_of(), $($field $(: $value)?,)* ..v1::$request::default() })
            .await
            .unwrap_or_else(|status| panic!("{}: {status:?}", $self.args))
            .into_inner()
    };
}

impl Asked<'_> {
    #[expect(clippy::unnecessary_wraps, reason = "a request has its two times as an option")]
    fn as_of(&self) -> Option<v1::AsOf> {
        Some(as_of(&self.text("valid_at"), Some(self.known_position)))
    }

    /// An argument; empty where there is none.
    fn text(&self, field: &str) -> String {
        self.args[field].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) async fn answer(&self, question: &str) -> Value {
        match question {
            "members" => split(self.standing().await.members.iter().map(|s| (&s.actor, s.truth()))),
            "all_partners" => split(self.standing().await.partners.iter().map(|s| (&s.actor, s.truth()))),
            "partners" => self.partners().await,
            "standing" => self.standing_of_one().await,
            "name" => self.name().await,
            "agreement_status" => self.agreement_status().await,
            "agreements_standing" => self.agreements_standing().await,
            "agreements_expiring" => self.agreements_expiring().await,
            "meeting_class" => self.meeting_class().await,
            "meeting_counts" => self.meeting_counts().await,
            "meetings_by_topic" | "meetings_by_attendee" | "meetings_in_range" => self.meetings().await,
            "co_attendance" => self.co_attendance().await,
            "attended_more_than_one" => self.attended_more_than_one().await,
            "classes_by_year" => self.classes_by_year().await,
            "externals_without_agreement" => self.externals().await,
            "areas" => self.areas().await,
            "area_descendants" => json!(self.area().await.descendants),
            "area_ancestors" => json!(self.area().await.ancestors),
            "who_cooperates" => self.who_cooperates().await,
            "one_way_areas" => self.one_way_areas().await,
            "contributors" | "contributed_only_otherwise" => self.contributors().await,
            "activities" => self.activities().await,
            "explain_access" => self.explain_access().await,
            "deviations" => self.deviations().await,
            "decision_ancestors" => lineage(self.trace().await.ancestors),
            "decision_descendants" => lineage(self.trace().await.descendants),
            "decisions_in_effect" => self.decisions_in_effect().await,
            "intentions" => self.intentions().await,
            "dossier" => self.dossier().await,
            "unconfirmed" => self.unconfirmed().await,
            "corrections" => self.corrections().await,
            "calendar" => self.calendar().await,
            other => panic!("no rpc answers {other}"),
        }
    }

    async fn standing(&self) -> v1::GetStandingResponse {
        ask!(self, ActorServiceClient.get_standing(GetStandingRequest {}))
    }

    async fn actor(&self) -> v1::Actor {
        let (name, language) = (self.text("actor"), self.text("lang"));
        ask!(self, ActorServiceClient.get_actor(GetActorRequest { name, language })).actor.unwrap()
    }

    async fn partners(&self) -> Value {
        let (all, asked) = (self.standing().await.frameworks, self.text("framework"));
        let of = all.iter().find(|framework| framework.framework == asked).unwrap();
        split(of.holders.iter().map(|s| (&s.actor, s.truth())))
    }

    async fn standing_of_one(&self) -> Value {
        let actor = self.actor().await;
        let frameworks = actor.frameworks.iter().map(|f| (f.framework.clone(), truth(f.held())));
        json!({
            "member": truth(actor.member()),
            "partner": truth(actor.partner()),
            "suspended": truth(actor.suspended()),
            "frameworks": frameworks.collect::<Map<_, _>>(),
        })
    }

    async fn name(&self) -> Value {
        let shown = self.actor().await.display_name.unwrap();
        json!({ "names": sorted(shown.possible), "language": shown.language })
    }

    async fn agreement_status(&self) -> Value {
        let name = self.text("agreement");
        let answer = ask!(self, AgreementServiceClient.get_agreement(GetAgreementRequest { name }));
        let found = answer.agreement.unwrap();
        let statuses: Vec<String> =
            found.statuses().map(|s| short(s.as_str_name(), "AGREEMENT_STATUS_")).collect();
        let mut answer = json!({ "status": sorted(statuses.clone()) });
        if statuses == ["ENDED"] {
            answer["reason"] = json!(short(found.end_reason().as_str_name(), "AGREEMENT_END_"));
        }
        answer
    }

    async fn agreements_standing(&self) -> Value {
        let partner = self.text("actor");
        let answer = ask!(
            self,
            AgreementServiceClient.list_agreements(ListAgreementsRequest {
                partner,
                standing: true,
                page_size: PAGE,
            })
        );
        split(answer.agreements.iter().map(|a| (&a.name, a.stands())))
    }

    async fn agreements_expiring(&self) -> Value {
        let days = u32::try_from(self.args["days"].as_u64().unwrap()).unwrap();
        let answer = ask!(
            self,
            AgreementServiceClient
                .list_expiring_agreements(ListExpiringAgreementsRequest { days, page_size: PAGE })
        );
        let found: BTreeMap<&str, v1::Truth> = answer
            .agreements
            .iter()
            .map(|e| (e.agreement.as_ref().unwrap().name.as_str(), e.expires()))
            .collect();
        split(found.into_iter())
    }

    async fn meeting(&self) -> v1::Meeting {
        let name = self.text("meeting");
        ask!(self, MeetingServiceClient.get_meeting(GetMeetingRequest { name })).meeting.unwrap()
    }

    async fn meeting_class(&self) -> Value {
        let meeting = self.meeting().await;
        let name = |class: v1::MeetingClass| short(class.as_str_name(), "MEETING_CLASS_");
        let mut answer = json!({ "class": name(meeting.class()), "label": meeting.label });
        if meeting.class() == v1::MeetingClass::Undetermined {
            answer["possible"] = json!(meeting.possible_classes().map(name).collect::<Vec<_>>());
        }
        answer
    }

    async fn meeting_counts(&self) -> Value {
        let meeting = self.meeting().await;
        json!({
            "declared": meeting.declared_total,
            "named": meeting.named_count,
            "not_named": meeting.not_named_count,
            "countries": meeting.named_countries,
            "organisations": meeting.named_organisations,
        })
    }

    async fn list_meetings(&self, attendees: Vec<String>) -> Vec<v1::Meeting> {
        let (from, to, topic) = (self.text("from"), self.text("to"), self.text("topic"));
        let attendee = self.text("attendee");
        let answer = ask!(
            self,
            MeetingServiceClient.list_meetings(ListMeetingsRequest {
                from,
                to,
                topic,
                attendee,
                attendees,
                page_size: PAGE,
            })
        );
        answer.meetings
    }

    async fn meetings(&self) -> Value {
        let found = self.list_meetings(Vec::new()).await;
        let found: BTreeMap<&str, v1::Truth> = found.iter().map(|m| (m.name.as_str(), m.within())).collect();
        split(found.into_iter())
    }

    async fn co_attendance(&self) -> Value {
        let actors = self.args["actors"].as_array().unwrap().iter();
        let actors = actors.map(|actor| actor.as_str().unwrap().to_owned()).collect();
        let found = self.list_meetings(actors).await;
        json!(found.into_iter().map(|meeting| meeting.name).collect::<Vec<_>>())
    }

    async fn attended_more_than_one(&self) -> Value {
        let topic = self.text("topic");
        let answer = ask!(
            self,
            MeetingServiceClient.list_co_attendance(ListCoAttendanceRequest {
                topic,
                min_meetings: 2,
                page_size: PAGE,
            })
        );
        let counts = answer.actors.into_iter().map(|met| (met.actor, json!(met.count.unwrap().certain)));
        Value::Object(counts.collect())
    }

    async fn classes_by_year(&self) -> Value {
        let topic = self.text("topic");
        let answer =
            ask!(self, MeetingServiceClient.get_meeting_statistics(GetMeetingStatisticsRequest { topic }));
        let classes = match self.args["year"].as_i64() {
            None => answer.classes,
            Some(asked) => answer
                .years
                .into_iter()
                .find(|of| i64::from(of.year) == asked)
                .map(|of| of.classes)
                .unwrap_or_default(),
        };
        let counts = classes.iter().map(|of| {
            (short(of.class().as_str_name(), "MEETING_CLASS_"), of.count.as_ref().unwrap().certain)
        });
        Value::Object(
            counts.filter(|(_, certain)| *certain > 0).map(|(class, n)| (class, json!(n))).collect(),
        )
    }

    async fn externals(&self) -> Value {
        let meeting = self.text("meeting");
        let answer = ask!(
            self,
            MeetingServiceClient.list_externals_without_agreement(ListExternalsWithoutAgreementRequest {
                meeting,
                page_size: 1000
            })
        );
        split(answer.externals.iter().map(|e| (&e.actor, e.truth())))
    }

    async fn area(&self) -> v1::Area {
        let name = self.text("area");
        ask!(self, AreaServiceClient.get_area(GetAreaRequest { name })).area.unwrap()
    }

    async fn choices(&self) -> Vec<v1::AreaChoice> {
        let (actor, area) = (self.text("actor"), self.text("area"));
        let with_descendants = self.args["with_descendants"] == true;
        let answer = ask!(
            self,
            AreaServiceClient.list_area_choices(ListAreaChoicesRequest {
                actor,
                area,
                with_descendants,
                page_size: PAGE,
            })
        );
        answer.choices
    }

    async fn areas(&self) -> Value {
        let choices = self.choices().await;
        let choices = choices.iter().map(|choice| {
            let extents = choice.extents().map(|extent| short(extent.as_str_name(), "EXTENT_"));
            let givers = choice.given_by().map(|by| short(by.as_str_name(), "GIVEN_BY_"));
            let value = json!({
                "chosen": truth(choice.chosen()),
                "extent": sorted(extents.collect()),
                "given_by": sorted(givers.collect()),
            });
            (choice.area.clone(), value)
        });
        Value::Object(choices.collect())
    }

    async fn who_cooperates(&self) -> Value {
        let choices = self.choices().await;
        let mut by_actor: BTreeMap<&str, v1::Truth> = BTreeMap::new();
        for choice in &choices {
            let known = by_actor.entry(&choice.actor).or_insert(No);
            *known = choice.chosen().max(*known);
        }
        split(by_actor.into_iter())
    }

    async fn one_way_areas(&self) -> Value {
        let answer =
            ask!(self, AreaServiceClient.list_one_way_areas(ListOneWayAreasRequest { page_size: PAGE }));
        let found = answer.areas.iter().map(|found| {
            assert_eq!(found.one_way(), Yes, "{found:?}");
            let choice = found.choice.as_ref().unwrap();
            let givers = choice.given_by().map(|by| short(by.as_str_name(), "GIVEN_BY_"));
            json!([choice.actor, choice.area, givers.collect::<Vec<_>>().join(" or ")])
        });
        json!(found.collect::<Vec<_>>())
    }

    async fn contributors(&self) -> Value {
        let operation = self.text("operation");
        let answer =
            ask!(self, OperationServiceClient.list_contributors(ListContributorsRequest { operation }));
        let only_otherwise = |military: v1::Truth, other: v1::Truth| {
            let not_military = match military {
                Yes => No,
                No => Yes,
                Possibly | v1::Truth::Unspecified => Possibly,
            };
            not_military.min(other)
        };
        let form = self.text("form");
        split(answer.contributors.iter().map(|contributor| {
            let truth = match form.as_str() {
                "military" => contributor.military(),
                "other" => contributor.other(),
                _ => only_otherwise(contributor.military(), contributor.other()),
            };
            (&contributor.actor, truth)
        }))
    }

    async fn activities(&self) -> Value {
        let participant = self.text("participant");
        let kind = self.args["kind"].as_str().map_or(v1::ActivityKind::Unspecified, |kind| {
            v1::ActivityKind::from_str_name(&format!("ACTIVITY_KIND_{kind}")).unwrap()
        });
        let answer = ask!(
            self,
            ActivityServiceClient.list_activities(ListActivitiesRequest {
                participant,
                kind: kind.into(),
                page_size: PAGE,
            })
        );
        let found = answer.activities.iter().map(|activity| {
            let participants = activity.participations.iter().map(|part| &part.participant);
            let value = json!({
                "access": short(activity.access().as_str_name(), "ACCESS_"),
                "participants": participants.collect::<BTreeSet<_>>(),
            });
            (activity.name.clone(), value)
        });
        Value::Object(found.collect())
    }

    async fn explain_access(&self) -> Value {
        let (activity, actor) = (self.text("activity"), self.text("actor"));
        let found =
            ask!(self, ActivityServiceClient.explain_access(ExplainAccessRequest { activity, actor }));
        let mut rule = short(found.rule().as_str_name(), "ACCESS_");
        if !found.framework.is_empty() {
            rule = format!("{rule}:{}", found.framework);
        }
        let mut answer = json!({ "answer": truth(found.answer()), "rule": rule });
        if let Some(from) = found.decisions.first() {
            answer["decision"] = json!(from.decision);
        }
        answer
    }

    async fn deviations(&self) -> Value {
        let all = async |without_exception| {
            let answer = ask!(
                self,
                ActivityServiceClient
                    .list_deviations(ListDeviationsRequest { without_exception, page_size: PAGE })
            );
            answer.deviations
        };
        let name = |deviation: &v1::Deviation| deviation.activity.as_ref().unwrap().name.clone();
        let mut answer = split(all(false).await.iter().map(|found| (name(found), found.truth())));
        answer["without_exception"] = json!(all(true).await.iter().map(name).collect::<Vec<_>>());
        answer
    }

    async fn trace(&self) -> v1::TraceDecisionResponse {
        let name = self.text("decision");
        ask!(self, DecisionServiceClient.trace_decision(TraceDecisionRequest { name }))
    }

    async fn decisions_in_effect(&self) -> Value {
        let answer = ask!(
            self,
            DecisionServiceClient.list_decisions(ListDecisionsRequest { in_effect: true, page_size: PAGE })
        );
        split(answer.decisions.iter().map(|decision| (&decision.name, decision.in_effect())))
    }

    async fn intentions(&self) -> Value {
        let answer =
            ask!(self, DecisionServiceClient.list_intentions(ListIntentionsRequest { page_size: PAGE }));
        let found = answer.intentions.into_iter().map(|intention| {
            let [ended] = &intention.outcomes[..] else { panic!("several are possible: {intention:?}") };
            let (outcome, by) = match ended.outcome() {
                v1::Outcome::PutInEffect => ("IN_EFFECT", None),
                v1::Outcome::CarriedOut => ("CARRIED_OUT", Some("by")),
                v1::Outcome::PartOf => ("PART_OF", Some("of")),
                v1::Outcome::Lapsed => ("LAPSED", None),
                v1::Outcome::Superseded => ("SUPERSEDED", None),
                v1::Outcome::Open => ("OPEN", None),
                v1::Outcome::Unspecified => panic!("{intention:?}"),
            };
            let mut value = json!({ "outcome": outcome });
            if let Some(by) = by {
                value[by] = json!(ended.decisions);
            }
            (intention.decision.unwrap().name, value)
        });
        Value::Object(found.collect())
    }

    async fn dossier(&self) -> Value {
        let actor = self.text("actor");
        let answer = ask!(
            self,
            DossierServiceClient.list_actor_events(ListActorEventsRequest { actor, page_size: PAGE })
        );
        let ids: Vec<_> = answer.events.into_iter().map(|known| known.event.unwrap().command_id).collect();
        json!({ "count": ids.len(), "command_ids": ids })
    }

    async fn unconfirmed(&self) -> Value {
        let answer =
            ask!(self, DossierServiceClient.list_unconfirmed_events(ListUnconfirmedEventsRequest {}));
        Value::Object(answer.counts.into_iter().map(|of| (of.kind, json!(of.count))).collect())
    }

    async fn calendar(&self) -> Value {
        let mut pieces = ask!(self, MeetingServiceClient.export_calendar(ExportCalendarRequest {}));
        let (mut events, mut left_out) = (0, 0);
        while let Some(piece) = pieces.message().await.unwrap() {
            events += piece.ics.matches("BEGIN:VEVENT").count();
            left_out += piece.left_out.len();
            assert_eq!(piece.left_out_count, 8);
        }
        json!({ "events": events, "left_out": left_out })
    }

    async fn corrections(&self) -> Value {
        let command_id = self.text("event");
        let answer = ask!(self, EventServiceClient.get_event(GetEventRequest { command_id }));
        let by = answer.amendments.into_iter().map(|by| {
            let event = by.event.unwrap();
            let kind = match event.fact.unwrap().kind.unwrap() {
                v1::fact::Kind::EventCorrected(_) => "event_corrected",
                v1::fact::Kind::EventRetracted(_) => "event_retracted",
                other => panic!("{other:?} amends nothing"),
            };
            json!({ "command_id": event.command_id, "command": kind, "stands": by.stands })
        });
        json!({
            "by": by.collect::<Vec<_>>(),
            "stands": answer.stands,
            "valid_from_recorded": answer.event.unwrap().valid.unwrap().from,
            "valid_from_known": answer.known_valid.unwrap().from,
        })
    }
}

fn lineage(steps: Vec<v1::LineageStep>) -> Value {
    json!(sorted(steps.into_iter().map(|step| step.decision.unwrap().name).collect()))
}

/// What is certain and what is possible.
fn split<T: AsRef<str>>(found: impl Iterator<Item = (T, v1::Truth)>) -> Value {
    let found: Vec<(T, v1::Truth)> = found.collect();
    let of = |wanted: v1::Truth| {
        let those = found.iter().filter(|(_, truth)| *truth == wanted);
        those.map(|(name, _)| name.as_ref().to_owned()).collect::<Vec<_>>()
    };
    json!({ "yes": of(Yes), "possibly": of(Possibly) })
}

fn truth(truth: v1::Truth) -> Value {
    json!(short(truth.as_str_name(), "TRUTH_"))
}

/// The value's own part of its name in the schema.
fn short(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).expect("values begin with the name of their list").to_owned()
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

/// What is listed in no order, in order, and kinds of events as the schema calls them.
pub(crate) fn normal(question: &str, expected: &Value) -> Value {
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
