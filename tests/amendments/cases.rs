//! One case of each kind of fact: what it needs, as it is recorded, and as it should have been.

use serde_json::Value;

/// What is recorded, in a line: `dates` is `2011`, `2011..2012` or empty, `fact` is its JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) stream: &'static str,
    pub(crate) dates: &'static str,
    pub(crate) source: &'static str,
    pub(crate) fact: &'static str,
}

impl Line {
    pub(crate) const fn new(stream: &'static str, dates: &'static str, fact: &'static str) -> Line {
        Line { stream, dates, source: "a test", fact }
    }

    pub(crate) fn fact(&self) -> Value {
        serde_json::from_str(self.fact).unwrap_or_else(|error| panic!("{error}: {}", self.fact))
    }
}

/// A fact of one kind, which is recorded after `given`, and then corrected.
pub(crate) struct Case {
    pub(crate) kind: &'static str,
    pub(crate) given: Vec<Line>,
    pub(crate) recorded: Line,
    pub(crate) corrected: Line,
    /// It changes no timeline: the event alone says it.
    pub(crate) only_the_event_shows_it: bool,
}

pub(crate) const JOINED: &str = r#"{"frameworkJoined":{"framework":"frameworks/patg"}}"#;
const LEFT: &str = r#"{"frameworkLeft":{"framework":"frameworks/patg"}}"#;
const ADMITTED: &str = r#"{"memberAdmitted":{"alliance":"organisations/nato"}}"#;
const MEMBERSHIP_ENDED: &str = r#"{"membershipEnded":{"alliance":"organisations/nato"}}"#;
const SUSPENDED: &str = r#"{"cooperationSuspended":{"scope":"exercises"}}"#;
const CHOSEN: &str =
    r#"{"areaChosen":{"area":"areas/security","extent":"EXTENT_FULL","chosenBy":"countries/jp"}}"#;
const PART_CHOSEN: &str =
    r#"{"areaChosen":{"area":"areas/security","extent":"EXTENT_PARTIAL","chosenBy":"countries/jp"}}"#;
const OPENED: &str = r#"{"agreementOpened":{"partner":"countries/jp","kind":"AGREEMENT_KIND_SOFA",
    "titles":{"en":"An agreement"},"step":"AGREEMENT_STEP_INITIALLED"}}"#;
const OFFERED: &str = r#"{"activityOffered":{"kind":"ACTIVITY_KIND_EXERCISE","titles":{"en":"An exercise"},
    "access":"ACCESS_ALL_PARTNERS"}}"#;
const PLANNED: &str = r#"{"meetingPlanned":{"titles":{"en":"A meeting"},"core":"CORE_MEMBERS",
    "delegations":[{"actor":"countries/jp"}]}}"#;
const HELD: &str = r#"{"meetingHeld":{"titles":{"en":"A meeting"},"core":"CORE_MEMBERS",
    "delegations":[{"actor":"countries/jp","attendance":"ATTENDANCE_ATTENDED"}]}}"#;
const HELD_WITH_KOREA: &str = r#"{"meetingHeld":{"titles":{"en":"A meeting"},"core":"CORE_MEMBERS",
    "delegations":[{"actor":"countries/kr","attendance":"ATTENDANCE_ATTENDED"}]}}"#;
const LAUNCHED: &str = r#"{"operationLaunched":{"names":{"en":"An operation"}}}"#;
const CONTRIBUTED: &str = r#"{"contributionRecorded":{"contributor":"countries/jp","operation":"operations/a",
    "form":"CONTRIBUTION_FORM_TROOPS","personnel":10}}"#;
const INTENDED: &str = r#"{"decisionRecorded":{"body":"The Council","status":"DECISION_STATUS_INTENDED",
    "titles":{"en":"A decision"}}}"#;

const JP: &str = "countries/jp";
const JP_NAMED: &str = r#"{"actorRegistered":{"kind":"ACTOR_KIND_COUNTRY","alpha2":"JP","alpha3":"JPN",
    "names":{"en":"Japan"}}}"#;
const KR_NAMED: &str = r#"{"actorRegistered":{"kind":"ACTOR_KIND_COUNTRY","alpha2":"KR","alpha3":"KOR",
    "names":{"en":"Korea"}}}"#;

/// What every case can name.
pub(crate) fn cast() -> Vec<Line> {
    vec![
        Line::new(JP, "", JP_NAMED),
        Line::new("countries/kr", "", KR_NAMED),
        Line::new(
            "organisations/nato",
            "",
            r#"{"actorRegistered":{"kind":"ACTOR_KIND_ORGANISATION","names":{"en":"NATO"}}}"#,
        ),
        Line::new(
            "frameworks/patg",
            "2000",
            r#"{"frameworkEstablished":{"names":{"en":"Partners across the globe"}}}"#,
        ),
        Line::new("areas/security", "", r#"{"areaDefined":{"names":{"en":"Security"}}}"#),
        Line::new("operations/a", "2001", LAUNCHED),
    ]
}

fn case(kind: &'static str, given: &[Line], recorded: Line, corrected: Line) -> Case {
    Case { kind, given: given.to_vec(), recorded, corrected, only_the_event_shows_it: false }
}

/// The same fact, on another date.
fn moved(kind: &'static str, given: &[Line], recorded: Line, dates: &'static str) -> Case {
    case(kind, given, recorded, Line { dates, ..recorded })
}

pub(crate) fn all() -> Vec<Case> {
    [
        of_actors(),
        of_frameworks_areas_and_operations(),
        of_agreements(),
        of_activities(),
        of_meetings(),
        of_decisions(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_actors() -> Vec<Case> {
    let joined = Line::new(JP, "2005", JOINED);
    let chosen = Line::new(JP, "2005", CHOSEN);
    vec![
        case(
            "actor_registered",
            &[],
            Line::new("countries/ua", "", UA_NAMED),
            Line::new("countries/ua", "", UA_NAMED_OTHERWISE),
        ),
        case(
            "actor_renamed",
            &[],
            Line::new(JP, "2005", r#"{"actorRenamed":{"names":{"en":"Nippon"}}}"#),
            Line::new(JP, "2006", r#"{"actorRenamed":{"names":{"en":"Nihon","fr":"Japon"}}}"#),
        ),
        moved("framework_joined", &[], Line::new(JP, "2005", JOINED), "2006..2009"),
        moved("framework_left", &[joined], Line::new(JP, "2007", LEFT), "2008-03"),
        moved("member_admitted", &[], Line::new(JP, "2005", ADMITTED), "2006..unknown"),
        moved(
            "membership_ended",
            &[Line::new(JP, "2005", ADMITTED)],
            Line::new(JP, "2007", MEMBERSHIP_ENDED),
            "2008",
        ),
        case(
            "cooperation_suspended",
            &[],
            Line::new(JP, "2005", SUSPENDED),
            Line::new(JP, "2005..2006", r#"{"cooperationSuspended":{"scope":"all","dialogueKept":true}}"#),
        ),
        moved(
            "cooperation_resumed",
            &[Line::new(JP, "2005", SUSPENDED)],
            Line::new(JP, "2007", r#"{"cooperationResumed":{}}"#),
            "2008-05-01",
        ),
        case("area_chosen", &[], chosen, Line::new(JP, "2006", PART_CHOSEN)),
        moved(
            "area_withdrawn",
            &[chosen],
            Line::new(JP, "2007", r#"{"areaWithdrawn":{"area":"areas/security"}}"#),
            "2008",
        ),
    ]
}

const UA_NAMED: &str = r#"{"actorRegistered":{"kind":"ACTOR_KIND_COUNTRY","alpha2":"UA","alpha3":"UKR",
    "names":{"en":"The Ukraine"}}}"#;
const UA_NAMED_OTHERWISE: &str = r#"{"actorRegistered":{"kind":"ACTOR_KIND_COUNTRY","alpha2":"UA",
    "alpha3":"UKR","names":{"en":"Ukraine","fr":"Ukraine"}}}"#;

fn of_frameworks_areas_and_operations() -> Vec<Case> {
    let established = r#"{"frameworkEstablished":{"names":{"en":"A framework"}}}"#;
    let overlay = r#"{"frameworkEstablished":{"names":{"en":"A framework"},"overlay":true}}"#;
    let accepted = r#"{"contributionAccepted":{}}"#;
    let contribution = Line::new("contributions/a", "2005", CONTRIBUTED);
    vec![
        case(
            "framework_established",
            &[],
            Line::new("frameworks/new", "2005", established),
            Line::new("frameworks/new", "2006", overlay),
        ),
        moved(
            "framework_closed",
            &[],
            Line::new("frameworks/patg", "2015", r#"{"frameworkClosed":{}}"#),
            "2016-02",
        ),
        case(
            "area_defined",
            &[],
            Line::new("areas/demining", "", r#"{"areaDefined":{"names":{"en":"Demining"}}}"#),
            Line::new(
                "areas/demining",
                "",
                r#"{"areaDefined":{"names":{"en":"Demining"},"parent":"areas/security"}}"#,
            ),
        ),
        case(
            "operation_launched",
            &[],
            Line::new("operations/b", "2005", LAUNCHED),
            Line::new(
                "operations/b",
                "2006",
                r#"{"operationLaunched":{"names":{"en":"An operation"},"lead":"countries/jp"}}"#,
            ),
        ),
        moved("operation_ended", &[], Line::new("operations/a", "2015", r#"{"operationEnded":{}}"#), "2016"),
        case(
            "contribution_recorded",
            &[],
            contribution,
            Line::new(
                "contributions/a",
                "2006",
                r#"{"contributionRecorded":{"contributor":"countries/kr","operation":"operations/a",
                    "form":"CONTRIBUTION_FORM_TRANSIT","observed":true}}"#,
            ),
        ),
        moved(
            "contribution_accepted",
            &[contribution],
            Line::new("contributions/a", "2006", accepted),
            "2007",
        ),
        moved(
            "contribution_ended",
            &[contribution],
            Line::new("contributions/a", "2006", r#"{"contributionEnded":{}}"#),
            "2007-01",
        ),
    ]
}

fn of_agreements() -> Vec<Case> {
    let opened = Line::new("agreements/a", "2005", OPENED);
    let suspended = Line::new("agreements/a", "2007", r#"{"agreementSuspended":{}}"#);
    vec![
        case(
            "agreement_opened",
            &[],
            opened,
            Line::new(
                "agreements/a",
                "2006",
                r#"{"agreementOpened":{"partner":"countries/kr","kind":"AGREEMENT_KIND_IPCP",
                    "titles":{"en":"A programme"},"step":"AGREEMENT_STEP_SIGNED","term":"P2Y"}}"#,
            ),
        ),
        case(
            "agreement_advanced",
            &[opened],
            Line::new("agreements/a", "2006", r#"{"agreementAdvanced":{"step":"AGREEMENT_STEP_APPROVED"}}"#),
            Line::new("agreements/a", "2007", r#"{"agreementAdvanced":{"step":"AGREEMENT_STEP_SIGNED"}}"#),
        ),
        moved("agreement_suspended", &[opened], suspended, "2008..2009"),
        moved(
            "agreement_resumed",
            &[opened, suspended],
            Line::new("agreements/a", "2009", r#"{"agreementResumed":{}}"#),
            "2010-06-01",
        ),
        case(
            "agreement_ended",
            &[opened],
            Line::new("agreements/a", "2009", r#"{"agreementEnded":{"reason":"AGREEMENT_END_WITHDRAWN"}}"#),
            Line::new("agreements/a", "2010", r#"{"agreementEnded":{"reason":"AGREEMENT_END_COMPLETED"}}"#),
        ),
    ]
}

fn of_activities() -> Vec<Case> {
    let offered = Line::new("activities/a", "2005", OFFERED);
    let joined = [Line::new(JP, "2005", JOINED), Line::new("countries/kr", "2005", JOINED)];
    vec![
        case(
            "activity_offered",
            &[],
            offered,
            Line::new(
                "activities/a",
                "2006..2008",
                r#"{"activityOffered":{"kind":"ACTIVITY_KIND_TECHNOLOGY","titles":{"en":"A workshop"},
                    "access":"ACCESS_LISTED"}}"#,
            ),
        ),
        moved(
            "activity_withdrawn",
            &[offered],
            Line::new("activities/a", "2008", r#"{"activityWithdrawn":{}}"#),
            "2009",
        ),
        case(
            "participation_recorded",
            &[joined[0], joined[1], offered],
            Line::new("activities/a", "2006", r#"{"participationRecorded":{"participant":"countries/jp"}}"#),
            Line::new("activities/a", "2007", r#"{"participationRecorded":{"participant":"countries/kr"}}"#),
        ),
    ]
}

fn of_meetings() -> Vec<Case> {
    let of = |dates: &'static str, fact: &'static str| Line::new("meetings/a", dates, fact);
    let (planned, held) = (of("2010-05", PLANNED), of("2010-05", HELD));
    let confirmed = of("", r#"{"meetingConfirmed":{}}"#);
    let cancelled = of("", r#"{"meetingCancelled":{}}"#);
    let declined = r#"{"invitationAnswered":{"actor":"countries/jp","answer":"ANSWER_DECLINED"}}"#;
    vec![
        case(
            "meeting_planned",
            &[],
            planned,
            of(
                "2010-06-01",
                r#"{"meetingPlanned":{"titles":{"en":"A meeting"},"core":"CORE_NONE","topics":["trade"],
                    "delegations":[{"actor":"countries/kr"}]}}"#,
            ),
        ),
        // It says nothing but that it was so: all that can be corrected is where that is from.
        case("meeting_confirmed", &[planned], confirmed, Line { source: "another", ..confirmed }),
        moved(
            "meeting_rescheduled",
            &[planned],
            of("2010-07", r#"{"meetingRescheduled":{}}"#),
            "2010-08-02T10:00+02:00[Europe/Brussels]",
        ),
        case(
            "delegation_invited",
            &[planned],
            of("", r#"{"delegationInvited":{"delegation":{"actor":"countries/kr"}}}"#),
            of("", r#"{"delegationInvited":{"delegation":{"actor":"organisations/nato"}}}"#),
        ),
        case(
            "invitation_answered",
            &[planned],
            of("", r#"{"invitationAnswered":{"actor":"countries/jp","answer":"ANSWER_ACCEPTED"}}"#),
            of("", declined),
        ),
        case(
            "meeting_cancelled",
            &[planned],
            cancelled,
            of("", r#"{"meetingCancelled":{"reason":"nobody came"}}"#),
        ),
        case("meeting_held", &[], held, of("2010-06-01..2010-06-03", HELD_WITH_KOREA)),
        case(
            "meeting_held",
            &[planned],
            of("2010-05-11", r#"{"meetingHeld":{}}"#),
            of("2010-05-12", HELD_WITH_KOREA),
        ),
        case(
            "summary_recorded",
            &[held],
            of("", r#"{"summaryRecorded":{"state":"SUMMARY_STATE_DRAFT","text":{"en":"It went well"}}}"#),
            of("", r#"{"summaryRecorded":{"state":"SUMMARY_STATE_FINAL","text":{"en":"It did not"}}}"#),
        ),
    ]
}

fn of_decisions() -> Vec<Case> {
    let of = |dates: &'static str, fact: &'static str| Line::new("decisions/a", dates, fact);
    let intended = of("2005", INTENDED);
    let other = |name: &'static str, dates: &'static str| Line::new(name, dates, INTENDED);
    let others =
        [other("decisions/b", "2004"), other("decisions/c", "2006"), other("decisions/d", "2007"), intended];
    vec![
        case(
            "decision_recorded",
            &[],
            intended,
            of(
                "2006",
                r#"{"decisionRecorded":{"body":"Ministers","status":"DECISION_STATUS_IN_EFFECT",
                    "titles":{"en":"A policy"},"rules":["RULE_EQUAL_ACCESS"]}}"#,
            ),
        ),
        moved("decision_put_in_effect", &[intended], of("2006", r#"{"decisionPutInEffect":{}}"#), "2007-03"),
        case(
            "decisions_linked",
            &others,
            of("", r#"{"decisionsLinked":{"links":[{"type":"LINK_TYPE_FOLLOWS","to":"decisions/b"}]}}"#),
            of("", r#"{"decisionsLinked":{"links":[{"type":"LINK_TYPE_PART_OF","to":"decisions/c"}]}}"#),
        ),
        case(
            "decision_superseded",
            &others,
            of("2008", r#"{"decisionSuperseded":{"by":"decisions/c"}}"#),
            of("2009", r#"{"decisionSuperseded":{"by":"decisions/d"}}"#),
        ),
        moved("decision_lapsed", &[intended], of("2008", r#"{"decisionLapsed":{}}"#), "2009-01-01"),
    ]
}
