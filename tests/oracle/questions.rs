//! Random questions about the small world of the histories, one of each kind, or a few.

use minuted::proto::v1;

use crate::asked::Question;
use crate::history::{
    ACTIVITIES, ACTORS, AGREEMENTS, AREAS, CONTRIBUTIONS, COUNTRIES, DECISIONS, Dice, FRAMEWORKS, MEETINGS,
    OPERATIONS,
};
use crate::seen::BY_NAME_SHOWN;

/// Questions of each kind, about anything.
pub(crate) fn questions(dice: &mut Dice, events: &[v1::Event]) -> Vec<Question> {
    let language = dice.name(&["", "en", "fr", "de", "fr-CA"]);
    let mut all = actor_questions(dice, &language);
    all.extend(register_questions(dice, &language));
    all.extend(policy_questions(dice, &language));
    all.extend(meeting_questions(dice, &language));
    // What is offered, how the actor stood and what is in force have to meet.
    all.extend((0..3).map(|_| access_question(dice, &language)));
    all.push(event_question(dice, events));
    all
}

/// One of these names, or none.
fn some(dice: &mut Dice, names: &[&str]) -> String {
    if dice.one_in(2) { String::new() } else { dice.name(names) }
}

/// One of these in a quarter of the questions.
fn seldom(dice: &mut Dice, names: &[&str]) -> String {
    if dice.one_in(4) { dice.name(names) } else { String::new() }
}

/// None, most often, or one or two of these names.
fn few(dice: &mut Dice, names: &[&str]) -> Vec<String> {
    (0..dice.of(&[0, 0, 0, 1, 2])).map(|_| dice.name(names)).collect()
}

fn order(dice: &mut Dice) -> String {
    dice.name(&["", "name", BY_NAME_SHOWN, BY_NAME_SHOWN])
}

/// By its name or by its command; some is not recorded.
fn event_question(dice: &mut Dice, events: &[v1::Event]) -> Question {
    let mut ask = v1::GetEventRequest::default();
    let position = 1 + dice.below(events.len() + 2);
    match events.get(position - 1) {
        Some(event) if dice.one_in(2) => ask.command_id.clone_from(&event.command_id),
        _ => ask.name = format!("events/{position}"),
    }
    Question::GetEvent(ask)
}

fn actor_questions(dice: &mut Dice, language: &str) -> Vec<Question> {
    let l = || language.to_owned();
    vec![
        Question::GetStanding(v1::GetStandingRequest {
            order_by: order(dice),
            language: l(),
            ..Default::default()
        }),
        Question::GetActor(v1::GetActorRequest {
            name: dice.name(&ACTORS),
            language: l(),
            ..Default::default()
        }),
        Question::ListActors(v1::ListActorsRequest {
            kind: dice.number(0, 2),
            members: dice.one_in(4),
            partners: dice.one_in(4),
            framework: some(dice, &FRAMEWORKS),
            suspended: dice.one_in(4),
            order_by: order(dice),
            language: l(),
            ..Default::default()
        }),
        Question::GetFramework(v1::GetFrameworkRequest {
            name: dice.name(&FRAMEWORKS),
            language: l(),
            ..Default::default()
        }),
        Question::ListFrameworks(v1::ListFrameworksRequest {
            open: dice.one_in(2),
            order_by: order(dice),
            language: l(),
            ..Default::default()
        }),
        Question::GetArea(v1::GetAreaRequest {
            name: dice.name(&AREAS),
            language: l(),
            ..Default::default()
        }),
        Question::ListAreas(v1::ListAreasRequest {
            within: some(dice, &AREAS),
            order_by: order(dice),
            language: l(),
            ..Default::default()
        }),
        Question::ListAreaChoices(v1::ListAreaChoicesRequest {
            actor: seldom(dice, &ACTORS),
            area: seldom(dice, &AREAS),
            with_descendants: dice.one_in(2),
            language: l(),
            ..Default::default()
        }),
        Question::ListOneWayAreas(v1::ListOneWayAreasRequest {
            actor: some(dice, &ACTORS),
            given_by: dice.number(0, 2),
            language: l(),
            ..Default::default()
        }),
    ]
}

fn register_questions(dice: &mut Dice, language: &str) -> Vec<Question> {
    let l = || language.to_owned();
    vec![
        Question::GetAgreement(v1::GetAgreementRequest {
            name: dice.name(&AGREEMENTS),
            language: l(),
            ..Default::default()
        }),
        Question::ListAgreements(v1::ListAgreementsRequest {
            partner: some(dice, &COUNTRIES),
            kind: dice.of(&[0, 0, 1, 5]),
            status: if dice.one_in(3) { dice.number(1, 11) } else { 0 },
            standing: dice.one_in(2),
            language: l(),
            ..Default::default()
        }),
        Question::ListExpiringAgreements(v1::ListExpiringAgreementsRequest {
            days: u32::try_from(dice.number(1, 800)).unwrap(),
            partner: some(dice, &COUNTRIES),
            language: l(),
            ..Default::default()
        }),
        Question::GetOperation(v1::GetOperationRequest {
            name: dice.name(&OPERATIONS),
            language: l(),
            ..Default::default()
        }),
        Question::ListOperations(v1::ListOperationsRequest {
            active: dice.one_in(2),
            order_by: order(dice),
            language: l(),
            ..Default::default()
        }),
        Question::GetContribution(v1::GetContributionRequest {
            name: dice.name(&CONTRIBUTIONS),
            ..Default::default()
        }),
        Question::ListContributions(v1::ListContributionsRequest {
            operation: some(dice, &OPERATIONS),
            contributor: some(dice, &ACTORS),
            form: if dice.one_in(3) { dice.number(1, 8) } else { 0 },
            active: dice.one_in(2),
            ..Default::default()
        }),
        Question::ListContributors(v1::ListContributorsRequest {
            operation: dice.name(&OPERATIONS),
            at_any_time: dice.one_in(3),
            order_by: order(dice),
            language: l(),
            ..Default::default()
        }),
        Question::ListNonContributors(v1::ListNonContributorsRequest {
            operation: seldom(dice, &OPERATIONS),
            at_any_time: dice.one_in(3),
            order_by: order(dice),
            language: l(),
            ..Default::default()
        }),
    ]
}

fn policy_questions(dice: &mut Dice, language: &str) -> Vec<Question> {
    let l = || language.to_owned();
    vec![
        Question::GetActivity(v1::GetActivityRequest {
            name: dice.name(&ACTIVITIES),
            language: l(),
            ..Default::default()
        }),
        Question::ListActivities(v1::ListActivitiesRequest {
            kind: if dice.one_in(3) { dice.number(1, 7) } else { 0 },
            participant: some(dice, &ACTORS),
            access: dice.number(0, 3),
            offered: dice.one_in(2),
            from: dice.name(&["", "", "2008", "2009-05-11"]),
            to: dice.name(&["", "", "2011", "2010-06"]),
            language: l(),
            ..Default::default()
        }),
        Question::ListDeviations(v1::ListDeviationsRequest {
            without_exception: dice.one_in(2),
            language: l(),
            ..Default::default()
        }),
        Question::GetDecision(v1::GetDecisionRequest {
            name: dice.name(&DECISIONS),
            language: l(),
            ..Default::default()
        }),
        Question::ListDecisions(v1::ListDecisionsRequest {
            rule: dice.number(0, 3),
            meeting: if dice.one_in(4) { dice.name(&MEETINGS) } else { String::new() },
            in_effect: dice.one_in(2),
            intentions: dice.one_in(3),
            language: l(),
            ..Default::default()
        }),
        Question::TraceDecision(v1::TraceDecisionRequest {
            name: dice.name(&DECISIONS),
            language: l(),
            ..Default::default()
        }),
        Question::ListIntentions(v1::ListIntentionsRequest {
            outcome: if dice.one_in(3) { dice.number(1, 6) } else { 0 },
            language: l(),
            ..Default::default()
        }),
        Question::ListActorEvents(v1::ListActorEventsRequest {
            actor: dice.name(&ACTORS),
            order: dice.number(0, 2),
            ..Default::default()
        }),
        Question::ListUnconfirmedEvents(v1::ListUnconfirmedEventsRequest {
            kinds: few(dice, &["area_chosen", "meeting_held", "decision_recorded", "event_corrected"]),
            ..Default::default()
        }),
    ]
}

fn access_question(dice: &mut Dice, language: &str) -> Question {
    Question::ExplainAccess(v1::ExplainAccessRequest {
        activity: dice.name(&["activities/a", "activities/a", "activities/b", "activities/c"]),
        actor: if dice.one_in(4) { dice.name(&ACTORS) } else { dice.name(&COUNTRIES) },
        language: language.to_owned(),
        ..Default::default()
    })
}

fn meeting_questions(dice: &mut Dice, language: &str) -> Vec<Question> {
    let l = || language.to_owned();
    vec![
        Question::GetMeeting(v1::GetMeetingRequest {
            name: dice.name(&MEETINGS),
            language: l(),
            ..Default::default()
        }),
        Question::ListMeetings(v1::ListMeetingsRequest {
            from: dice.name(&["", "2009", "2009-05-11"]),
            to: dice.name(&["", "2011", "2010-06"]),
            topic: dice.name(&["", "", "piracy"]),
            attendee: some(dice, &ACTORS),
            attendees: few(dice, &ACTORS),
            class: if dice.one_in(6) { dice.number(1, 7) } else { 0 },
            state: if dice.one_in(6) { dice.number(1, 5) } else { 0 },
            venue: dice.name(&["", "", "", "", "", "BRUSSELS", "Brussel"]),
            venue_country: if dice.one_in(6) { dice.name(&COUNTRIES) } else { String::new() },
            language: l(),
            ..Default::default()
        }),
        Question::GetMeetingStatistics(v1::GetMeetingStatisticsRequest {
            from: dice.name(&["", "2009", "2009-05-11"]),
            to: dice.name(&["", "2011", "2010-06"]),
            topic: dice.name(&["", "", "piracy"]),
            attendees: few(dice, &ACTORS),
            ..Default::default()
        }),
        Question::ListExternalsWithoutAgreement(v1::ListExternalsWithoutAgreementRequest {
            from: dice.name(&["", "2009", "2009-05-11"]),
            to: dice.name(&["", "2011", "2010-06"]),
            meeting: some(dice, &MEETINGS),
            language: l(),
            ..Default::default()
        }),
        Question::ListCoAttendance(v1::ListCoAttendanceRequest {
            from: dice.name(&["", "2009", "2009-05-11"]),
            to: dice.name(&["", "2011", "2010-06"]),
            topic: dice.name(&["", "", "piracy"]),
            meetings: few(dice, &MEETINGS),
            min_meetings: u32::try_from(dice.number(0, 2)).unwrap(),
            order_by: order(dice),
            language: l(),
            ..Default::default()
        }),
        Question::ExportCalendar(v1::ExportCalendarRequest {
            from: dice.name(&["", "", "2009", "2009-05-11"]),
            to: dice.name(&["", "", "2011", "2010-06"]),
            topic: dice.name(&["", "", "", "piracy"]),
            actor: some(dice, &ACTORS),
            language: l(),
            ..Default::default()
        }),
        Question::ListUnansweredInvitations(v1::ListUnansweredInvitationsRequest {
            from: dice.name(&["", "2009", "2009-05-11"]),
            to: dice.name(&["", "2011", "2010-06"]),
            actor: some(dice, &ACTORS),
            meeting: some(dice, &MEETINGS),
            language: l(),
            ..Default::default()
        }),
    ]
}
