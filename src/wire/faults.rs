//! What is refused, where and why: commands as they are sent, with one thing or several that are wrong.

use serde_json::{Value, json};

use super::json::command_from_json;
use super::{Limits, parse_commands};
use crate::domain::Reason;
use crate::proto::v1;

fn sent(name: &str, from: &str, fact: &Value) -> v1::Command {
    let command = json!({
        "commandId": "3507dd0e-aa14-524e-85a5-c03d5b12ca30", "name": name, "valid": {"from": from},
        "source": {"text": "an example"}, "fact": fact,
    });
    command_from_json(&command.to_string()).unwrap()
}

fn faults_of(commands: Vec<v1::Command>) -> Vec<String> {
    match parse_commands(commands, &Limits::default()) {
        Ok(_) => Vec::new(),
        Err(invalid) => {
            let found = invalid.violations.iter();
            found.map(|fault| format!("{} {}", fault.reason.text(), fault.field)).collect()
        }
    }
}

/// What is wrong, with the fields named from the fact on.
fn faults(name: &str, from: &str, fact: &Value) -> Vec<String> {
    faults_of(vec![sent(name, from, fact)]).iter().map(|fault| fault.replace("commands[0].", "")).collect()
}

#[track_caller]
fn check(name: &str, from: &str, fact: &Value, expected: &[&str]) {
    assert_eq!(faults(name, from, fact), expected, "{fact}");
}

#[test]
fn a_command_that_says_nothing_is_told_all_that_it_lacks() {
    let expected = [
        "BAD_COMMAND_ID commands[0].command_id",
        "FIELD_REQUIRED commands[0].name",
        "SOURCE_REQUIRED commands[0].source.text",
        "FIELD_REQUIRED commands[0].fact",
    ];
    assert_eq!(faults_of(vec![v1::Command::default()]), expected);
    assert_eq!(faults_of(Vec::new()), ["NO_COMMAND commands"]);
}

#[test]
fn all_commands_are_read_and_the_first_reason_is_given() {
    let good = sent("countries/jp", "2011", &json!({"cooperationResumed": {}}));
    let bad = sent("areas/jp", "2011-13", &json!({"frameworkJoined": {"framework": "areas/pfp"}}));
    let invalid = parse_commands(vec![good.clone(), bad], &Limits::default()).unwrap_err();
    let fields: Vec<&str> = invalid.violations.iter().map(|fault| fault.field.as_str()).collect();
    let expected =
        ["commands[1].name", "commands[1].valid.from", "commands[1].fact.framework_joined.framework"];
    assert_eq!((fields.as_slice(), invalid.reason()), (expected.as_slice(), Reason::BadDate));
    assert_eq!(faults_of(vec![good]), [""; 0]);
}

#[test]
fn limits_are_kept() {
    let good = sent("countries/jp", "2011", &json!({"cooperationSuspended": {"scope": "all of it"}}));
    let limits = Limits { commands_max: 2, text_bytes_max: 8, request_bytes_max: 10_000 };
    let found = |commands, limits: &Limits| {
        parse_commands(commands, limits).map_err(|invalid| invalid.violations[0].field.clone())
    };
    assert_eq!(found(vec![good.clone(); 3], &limits).unwrap_err(), "commands");
    let scope = "commands[0].fact.cooperation_suspended.scope";
    let source = "commands[0].source.text";
    assert_eq!(found(vec![good.clone()], &limits).unwrap_err(), source);
    let limits = Limits { text_bytes_max: 10, ..limits };
    assert!(found(vec![good.clone()], &limits).is_ok());
    let long = sent("countries/jp", "2011", &json!({"cooperationSuspended": {"scope": "all of this"}}));
    assert_eq!(found(vec![long], &limits).unwrap_err(), scope);
    let small = Limits { request_bytes_max: 50, ..Limits::default() };
    assert_eq!(found(vec![good], &small).unwrap_err(), "commands");
}

#[test]
fn lists_have_an_end() {
    let many = json!({"meetingHeld": {"topics": vec!["a"; super::LIST_ITEMS_MAX + 1]}});
    check("meetings/m", "2011", &many, &["TOO_LARGE fact.meeting_held.topics"]);
}

#[test]
fn an_actor_is_what_its_name_and_its_codes_say() {
    let country = |alpha2: &str, alpha3: &str| {
        json!({"actorRegistered": {
            "kind": "ACTOR_KIND_COUNTRY", "alpha2": alpha2, "alpha3": alpha3, "names": {"en": "x"}}})
    };
    let at = "fact.actor_registered";
    let bad = |field: &str| vec![format!("BAD_COUNTRY_CODE {at}.{field}")];
    let missing = |field: &str| vec![format!("FIELD_REQUIRED {at}.{field}")];
    assert_eq!(faults("countries/jp", "", &country("JP", "JPN")), [""; 0]);
    assert_eq!(faults("countries/jp", "", &country("jp", "JPN")), bad("alpha2"));
    assert_eq!(faults("countries/jp", "", &country("JP", "XYZ")), bad("alpha3"));
    assert_eq!(faults("countries/jp", "", &country("JP", "BEL")), bad("alpha3"));
    assert_eq!(faults("countries/jp", "", &country("BE", "BEL")), bad("alpha2"));
    let both = [bad("alpha2"), bad("alpha3")].concat();
    assert_eq!(faults("countries/jp", "", &country("BE", "JPN")), both);
    assert_eq!(faults("countries/jp", "", &country("BE", "XYZ")), both);
    assert_eq!(faults("countries/jp", "", &country("", "JPN")), missing("alpha2"));
    assert_eq!(faults("countries/jp", "2011", &country("JP", "JPN")), ["BAD_DATE valid.from"]);
    assert_eq!(
        faults("organisations/jp", "", &country("JP", "JPN")),
        ["BAD_NAME fact.actor_registered.kind"]
    );
    let organisation = json!({"actorRegistered": {
        "kind": "ACTOR_KIND_ORGANISATION", "alpha2": "JP", "names": {"en": "x"}}});
    assert_eq!(faults("organisations/un", "", &organisation), bad("alpha2"));
    assert_eq!(
        faults("organisations/un", "", &json!({"actorRegistered": {}})),
        ["FIELD_REQUIRED fact.actor_registered.kind", "FIELD_REQUIRED fact.actor_registered.names"]
    );
}

#[test]
fn names_are_in_languages_once_each() {
    let names = json!({"actorRenamed": {"names": {"en": "x", "EN": "y", "en_US": "z", "fr": " "}}});
    let expected = [
        "BAD_LANGUAGE_TAG fact.actor_renamed.names[\"en\"]",
        "BAD_LANGUAGE_TAG fact.actor_renamed.names[\"en_US\"]",
        "FIELD_REQUIRED fact.actor_renamed.names[\"fr\"]",
    ];
    check("countries/jp", "2011", &names, &expected);
    check("countries/jp", "2011", &json!({"actorRenamed": {}}), &["FIELD_REQUIRED fact.actor_renamed.names"]);
}

#[test]
fn unspecified_is_a_value_where_something_may_not_be_known() {
    let chosen = json!({"areaChosen": {"area": "areas/science", "chosenBy": "countries/jp"}});
    check("countries/jp", "2011", &chosen, &[]);
    check("agreements/a", "2011", &json!({"agreementEnded": {}}), &[]);
    check("meetings/m", "2011", &json!({"meetingHeld": {}}), &[]);
    let step = &["FIELD_REQUIRED fact.agreement_advanced.step"];
    check("agreements/a", "2011", &json!({"agreementAdvanced": {}}), step);
    let unknown = json!({"agreementAdvanced": {"step": 77}});
    check("agreements/a", "2011", &unknown, &["UNKNOWN_VALUE fact.agreement_advanced.step"]);
    let later = json!({"decisionRecorded": {
        "body": "b", "status": "DECISION_STATUS_LAPSED", "titles": {"en": "t"}, "rules": ["RULE_UNSPECIFIED"]}});
    let expected =
        ["UNKNOWN_VALUE fact.decision_recorded.status", "FIELD_REQUIRED fact.decision_recorded.rules[0]"];
    check("decisions/d", "2011", &later, &expected);
}

#[test]
fn an_offer_says_to_whom() {
    let offer = |access: &str, framework: &str| json!({"activityOffered": {"titles": {"en": "t"}, "access": access, "framework": framework}});
    let at = "fact.activity_offered";
    let found = |access, framework| faults("activities/a", "2011", &offer(access, framework));
    assert_eq!(found("ACCESS_UNSPECIFIED", ""), [format!("FIELD_REQUIRED {at}.access")]);
    assert_eq!(found("ACCESS_FRAMEWORK", ""), [format!("FIELD_REQUIRED {at}.framework")]);
    assert_eq!(found("ACCESS_LISTED", "frameworks/pfp"), [format!("UNKNOWN_VALUE {at}.framework")]);
    assert_eq!(found("ACCESS_FRAMEWORK", "frameworks/pfp"), [""; 0]);
}

#[test]
fn delegations_are_counted() {
    let delegations = json!([{"actor": "countries/jp"}, {"actor": "countries/jp"}, {}]);
    let held = json!({"meetingHeld": {
        "delegations": delegations, "declaredTotal": 2, "venue": {"timeZone": "Brussels"}, "topics": [" "]}});
    let at = "fact.meeting_held";
    let expected = [
        format!("FIELD_REQUIRED {at}.topics[0]"),
        format!("BAD_TIME_ZONE {at}.venue.time_zone"),
        format!("DUPLICATE_DELEGATION {at}.delegations[1].actor"),
        format!("FIELD_REQUIRED {at}.delegations[2].actor"),
        format!("DECLARED_TOTAL_TOO_SMALL {at}.declared_total"),
    ];
    assert_eq!(faults("meetings/m", "2011", &held), expected);
}

#[test]
fn a_term_is_checked_like_a_date() {
    let opened = |term: &str| {
        json!({"agreementOpened": {"partner": "countries/jp", "titles": {"en": "t"}, "term": term,
            "step": "AGREEMENT_STEP_SIGNED"}})
    };
    let at = "fact.agreement_opened.term";
    check("agreements/a", "2011", &opened("2 years"), &[&format!("BAD_DATE {at}")]);
    check("agreements/a", "2011", &opened("2012/2011"), &[&format!("VALID_INTERVAL_INVERTED {at}")]);
    check("agreements/a", "2011", &opened("P2Y"), &[]);
}

#[test]
fn a_correction_is_checked_like_what_it_corrects() {
    let nothing = json!({"eventCorrected": {}});
    let at = "fact.event_corrected";
    let expected = [
        format!("FIELD_REQUIRED {at}.target"),
        format!("SOURCE_REQUIRED {at}.source.text"),
        format!("FIELD_REQUIRED {at}.fact"),
        format!("REASON_REQUIRED {at}.reason"),
    ];
    assert_eq!(faults("countries/jp", "", &nothing), expected);
    let corrected = json!({"eventCorrected": {
        "target": {"position": "0"}, "reason": "r", "source": {"text": "s"}, "valid": {"from": "2011-02-30"},
        "fact": {"areaWithdrawn": {"area": "areas/"}}}});
    let expected = [
        "BAD_DATE valid.from".to_owned(),
        format!("FIELD_REQUIRED {at}.target"),
        format!("BAD_DATE {at}.valid.from"),
        format!("BAD_NAME {at}.fact.area_withdrawn.area"),
    ];
    assert_eq!(faults("countries/jp", "2011", &corrected), expected);
    let nested = json!({"eventCorrected": {
        "target": {"commandId": "x"}, "reason": "r", "source": {"text": "s"},
        "fact": {"eventRetracted": {"target": {"position": "7"}}}}});
    let expected = [
        format!("BAD_COMMAND_ID {at}.target.command_id"),
        format!("REASON_REQUIRED {at}.fact.event_retracted.reason"),
    ];
    assert_eq!(faults("countries/jp", "", &nested), expected);
}

#[test]
fn json_says_what_it_does_not_know_and_where() {
    let unknown = command_from_json(r#"{"name": "countries/jp", "colour": "red"}"#).unwrap_err().to_string();
    assert!(unknown.contains("colour") && unknown.contains("line 1 column"), "{unknown}");
    assert!(command_from_json(r#"{"name": "countries/jp"} {}"#).is_err());
    assert!(command_from_json("").is_err());
}
