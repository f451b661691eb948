//! What each reason becomes, and what the details say.

use super::*;
use Code::{Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound};

/// The table of DOMAIN.md §6, in its order.
const TABLE: &[(Reason, Code, &str)] = &[
    (Reason::FieldRequired, InvalidArgument, "FIELD_REQUIRED"),
    (Reason::UnknownValue, InvalidArgument, "UNKNOWN_VALUE"),
    (Reason::BadCommandId, InvalidArgument, "BAD_COMMAND_ID"),
    (Reason::NoCommand, InvalidArgument, "NO_COMMAND"),
    (Reason::TooLarge, InvalidArgument, "TOO_LARGE"),
    (Reason::BadCountryCode, InvalidArgument, "BAD_COUNTRY_CODE"),
    (Reason::BadLanguageTag, InvalidArgument, "BAD_LANGUAGE_TAG"),
    (Reason::BadTimeZone, InvalidArgument, "BAD_TIME_ZONE"),
    (Reason::BadDate, InvalidArgument, "BAD_DATE"),
    (Reason::BadName, InvalidArgument, "BAD_NAME"),
    (Reason::ValidIntervalInverted, InvalidArgument, "VALID_INTERVAL_INVERTED"),
    (Reason::SourceRequired, InvalidArgument, "SOURCE_REQUIRED"),
    (Reason::DeclaredTotalTooSmall, InvalidArgument, "DECLARED_TOTAL_TOO_SMALL"),
    (Reason::DuplicateDelegation, InvalidArgument, "DUPLICATE_DELEGATION"),
    (Reason::BadForm, InvalidArgument, "BAD_FORM"),
    (Reason::ReasonRequired, InvalidArgument, "REASON_REQUIRED"),
    (Reason::CommandIdReused, AlreadyExists, "COMMAND_ID_REUSED"),
    (Reason::VersionConflict, Aborted, "VERSION_CONFLICT"),
    (Reason::UnknownActor, NotFound, "UNKNOWN_ACTOR"),
    (Reason::UnknownFramework, NotFound, "UNKNOWN_FRAMEWORK"),
    (Reason::UnknownArea, NotFound, "UNKNOWN_AREA"),
    (Reason::UnknownAgreement, NotFound, "UNKNOWN_AGREEMENT"),
    (Reason::UnknownActivity, NotFound, "UNKNOWN_ACTIVITY"),
    (Reason::UnknownMeeting, NotFound, "UNKNOWN_MEETING"),
    (Reason::UnknownOperation, NotFound, "UNKNOWN_OPERATION"),
    (Reason::UnknownContribution, NotFound, "UNKNOWN_CONTRIBUTION"),
    (Reason::UnknownDecision, NotFound, "UNKNOWN_DECISION"),
    (Reason::UnknownEvent, NotFound, "UNKNOWN_EVENT"),
    (Reason::IdTaken, AlreadyExists, "ID_TAKEN"),
    (Reason::AlreadyRetracted, FailedPrecondition, "ALREADY_RETRACTED"),
    (Reason::NotCorrectable, FailedPrecondition, "NOT_CORRECTABLE"),
    (Reason::NotLastCorrection, FailedPrecondition, "NOT_LAST_CORRECTION"),
    (Reason::HappensInFuture, FailedPrecondition, "HAPPENS_IN_FUTURE"),
    (Reason::OtherAlliance, FailedPrecondition, "OTHER_ALLIANCE"),
    (Reason::AreaNotChosenByPartner, FailedPrecondition, "AREA_NOT_CHOSEN_BY_PARTNER"),
    (Reason::FrameworkClosed, FailedPrecondition, "FRAMEWORK_CLOSED"),
    (Reason::MemberIsNotPartner, FailedPrecondition, "MEMBER_IS_NOT_PARTNER"),
    (Reason::AlreadyJoined, FailedPrecondition, "ALREADY_JOINED"),
    (Reason::NotJoined, FailedPrecondition, "NOT_JOINED"),
    (Reason::AgreementOverlaps, FailedPrecondition, "AGREEMENT_OVERLAPS"),
    (Reason::BadSupersession, FailedPrecondition, "BAD_SUPERSESSION"),
    (Reason::UnequalAccess, FailedPrecondition, "UNEQUAL_ACCESS"),
    (Reason::NotOffered, FailedPrecondition, "NOT_OFFERED"),
    (Reason::AccessDenied, FailedPrecondition, "ACCESS_DENIED"),
    (Reason::NotHeld, FailedPrecondition, "NOT_HELD"),
    (Reason::NotInvited, FailedPrecondition, "NOT_INVITED"),
    (Reason::OperationNotActive, FailedPrecondition, "OPERATION_NOT_ACTIVE"),
    (Reason::LineageCycle, FailedPrecondition, "LINEAGE_CYCLE"),
    (Reason::LineageBackwards, FailedPrecondition, "LINEAGE_BACKWARDS"),
    (Reason::BadTransition, FailedPrecondition, "BAD_TRANSITION"),
    (Reason::BreaksHistory, FailedPrecondition, "BREAKS_HISTORY"),
];

fn violation(reason: Reason, event: Option<u64>) -> Violation {
    let (event, subject) = (event.map(Position), "countries/jp".into());
    Violation { reason, command: Some(0), event, subject, says: "begun only 2011".into() }
}

/// A detail of a status, by the name of its type.
fn detail<M: Message + Default>(status: &Status, name: &str) -> Option<M> {
    let all = rpc::Status::decode(status.details()).unwrap();
    let found = all.details.iter().find(|any| any.type_url.ends_with(&format!("/google.rpc.{name}")))?;
    Some(M::decode(found.value.as_slice()).unwrap())
}

fn info(status: &Status) -> rpc::ErrorInfo {
    detail(status, "ErrorInfo").unwrap()
}

#[test]
fn every_row_has_its_code_its_reason_and_its_details() {
    assert_eq!(TABLE.len(), Reason::BreaksHistory as usize + 1);
    for &(reason, code, text) in TABLE {
        let status = refusal(&Refusal { reason, violations: vec![violation(reason, None)] });
        let info = info(&status);
        assert_eq!((status.code(), info.reason.as_str(), info.domain.as_str()), (code, text, "minuted"));
        assert_eq!(info.metadata["resource"], "countries/jp");
        let malformed = code == InvalidArgument;
        assert_eq!(detail::<rpc::BadRequest>(&status, "BadRequest").is_some(), malformed, "{text}");
        assert_eq!(
            detail::<rpc::PreconditionFailure>(&status, "PreconditionFailure").is_some(),
            !malformed,
            "{text}"
        );
    }
}

#[test]
fn what_would_no_longer_hold_is_named_with_its_own_reason() {
    let violations = vec![violation(Reason::NotJoined, Some(7)), violation(Reason::BadTransition, Some(9))];
    let status = refusal(&Refusal { reason: Reason::BreaksHistory, violations });
    let named = detail::<rpc::PreconditionFailure>(&status, "PreconditionFailure").unwrap().violations;
    let named: Vec<_> = named.iter().map(|v| (v.r#type.as_str(), v.subject.as_str())).collect();
    assert_eq!(named, [("NOT_JOINED", "events/7"), ("BAD_TRANSITION", "events/9")]);
    let says = "events that are recorded would no longer hold: countries/jp (events/7) (commands[0]), \
                begun only 2011 (and 1 more)";
    assert_eq!(status.message(), says);
}

#[test]
fn every_field_that_is_wrong_is_named_with_its_own_reason() {
    let violation = |field: &str, reason| FieldViolation { field: field.into(), reason, says: "no".into() };
    let violations =
        vec![violation("name", Reason::BadName), violation("commands[0].command_id", Reason::BadCommandId)];
    let status = invalid(&Invalid { violations });
    let fields = detail::<rpc::BadRequest>(&status, "BadRequest").unwrap().field_violations;
    let fields: Vec<_> = fields.iter().map(|v| (v.field.as_str(), v.reason.as_str())).collect();
    assert_eq!(fields, [("name", "BAD_NAME"), ("commands[0].command_id", "BAD_COMMAND_ID")]);
    assert_eq!(info(&status).reason, "BAD_COMMAND_ID");
    assert_eq!(info(&status).metadata["field"], "commands[0].command_id");
}

#[test]
fn a_status_stands_in_place_with_its_details() {
    let status = unknown(&"countries/xk".parse().unwrap());
    let in_place = in_place(&status);
    assert_eq!((in_place.code, in_place.details.len()), (i32::from(NotFound), 1));
    assert_eq!(super::in_place(&Status::cancelled("gone")).code, i32::from(Code::Cancelled));
}

#[test]
fn who_may_try_again_is_told_when() {
    let status = queue_full(Duration::from_millis(250));
    let retry = detail::<rpc::RetryInfo>(&status, "RetryInfo").unwrap().retry_delay.unwrap();
    assert_eq!((retry.seconds, retry.nanos), (0, 250_000_000));
    assert_eq!(status.code(), Code::ResourceExhausted);
}

#[test]
fn our_own_fault_keeps_its_cause_to_itself() {
    let status = internal(&std::io::Error::other("secret path"));
    assert_eq!((status.code(), info(&status).reason.as_str()), (Code::Internal, "INTERNAL"));
    assert!(!status.message().contains("secret"));
}

/// What the trailers of a call take, as clients count them against the 8 KiB that they take by default.
fn trailer_bytes(status: &Status) -> usize {
    let mut headers = tonic::codegen::http::HeaderMap::new();
    status.add_header(&mut headers).unwrap();
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

#[test]
fn a_status_fits_into_the_trailers_of_a_call_whatever_was_sent() {
    for text in ["é".repeat(100_000), "%".repeat(100_000), "x".repeat(1_000_000), "é".repeat(390)] {
        let fault = FieldViolation { field: text.clone(), reason: Reason::BadName, says: text.clone() };
        let held =
            Violation { subject: text.clone(), says: text.clone(), ..violation(Reason::NotHeld, Some(9)) };
        let statuses = [
            invalid(&Invalid { violations: vec![fault; 100] }),
            refusal(&Refusal { reason: Reason::NotHeld, violations: vec![held; 100] }),
            unknown_value("kinds", &text),
            unknown_event(&text),
            bad_page_token(&text),
            explained(&Status::internal(text)),
        ];
        for status in statuses {
            assert!(trailer_bytes(&status) <= 8_000, "{} bytes", trailer_bytes(&status));
        }
    }
}

#[test]
fn what_is_too_long_to_repeat_is_named_all_the_same() {
    let status = unknown_value("kinds", &"é".repeat(100_000));
    let named = detail::<rpc::BadRequest>(&status, "BadRequest").unwrap().field_violations;
    assert_eq!(named[0].field, "kinds");
    assert!(named[0].description.ends_with("é…"), "{}", named[0].description);
}

#[test]
fn what_the_transport_refuses_has_a_reason_too() {
    let reason = |status: Status| (explained(&status).code(), info(&explained(&status)).reason);
    assert_eq!(reason(Status::out_of_range("too large")), (InvalidArgument, "TOO_LARGE".into()));
    assert_eq!(reason(Status::internal("invalid varint")), (InvalidArgument, "MALFORMED".into()));
    assert_eq!(reason(Status::unimplemented("")), (Code::Unimplemented, "UNKNOWN_METHOD".into()));
}
