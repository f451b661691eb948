//! Every error as a status: a code, one sentence, and details for programs (AIP-193).
//!
//! 1. `google.rpc.ErrorInfo` is always there, with a reason of DOMAIN.md §6 or of the API's own, and the domain `minuted`.
//! 2. What is malformed has a `BadRequest` with every field; what stands in the way has a `PreconditionFailure`.
//! 3. Our own faults go to the log with their cause; the caller gets the code and a reason.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use prost::Message;
use prost_types::Any;
use tonic::{Code, Status};

use crate::domain::decide::Violation;
use crate::domain::time::BadDate;
use crate::domain::{Name, Reason, Refusal};
use crate::log::AppendError;
use crate::position::Position;
use crate::proto::google::rpc;
use crate::recorder::RecordError;
use crate::wire::{FieldViolation, Invalid};

/// Who names the reasons.
const DOMAIN: &str = "minuted";
/// Bytes of violations that one status holds; base64 makes a third more of them. With the message, which stands in the
/// details again, and the metadata of its `ErrorInfo`, a status stays below the 8 KiB of trailers that clients take.
const DETAIL_BYTES_MAX: usize = 3_600;
/// Bytes of a status's message as it is sent, where a byte beyond ASCII takes three.
const MESSAGE_BYTES_MAX: usize = 900;
/// Bytes of one text among the details. What is refused may be as long as a request, and is repeated in part.
const TEXT_BYTES_MAX: usize = 400;
/// After how long a queue has room again, as a rule.
const QUEUE_RETRY: Duration = Duration::from_millis(100);
/// After how long it is worth asking whether the search index is there.
const INDEX_RETRY: Duration = Duration::from_secs(1);
/// After how long it is worth asking whether a disk has room again.
const DISK_RETRY: Duration = Duration::from_secs(10);

/// The code of every reason, row by row as in DOMAIN.md §6.
pub fn code(reason: Reason) -> Code {
    match reason {
        Reason::FieldRequired
        | Reason::UnknownValue
        | Reason::BadCommandId
        | Reason::NoCommand
        | Reason::TooLarge
        | Reason::BadCountryCode
        | Reason::BadLanguageTag
        | Reason::BadTimeZone
        | Reason::BadDate
        | Reason::BadName
        | Reason::ValidIntervalInverted
        | Reason::SourceRequired
        | Reason::DeclaredTotalTooSmall
        | Reason::DuplicateDelegation
        | Reason::BadForm
        | Reason::ReasonRequired => Code::InvalidArgument,
        Reason::CommandIdReused | Reason::IdTaken => Code::AlreadyExists,
        Reason::VersionConflict => Code::Aborted,
        Reason::UnknownActor
        | Reason::UnknownFramework
        | Reason::UnknownArea
        | Reason::UnknownAgreement
        | Reason::UnknownActivity
        | Reason::UnknownMeeting
        | Reason::UnknownOperation
        | Reason::UnknownContribution
        | Reason::UnknownDecision
        | Reason::UnknownEvent => Code::NotFound,
        Reason::AlreadyRetracted
        | Reason::NotCorrectable
        | Reason::NotLastCorrection
        | Reason::HappensInFuture
        | Reason::OtherAlliance
        | Reason::AreaNotChosenByPartner
        | Reason::FrameworkClosed
        | Reason::MemberIsNotPartner
        | Reason::AlreadyJoined
        | Reason::NotJoined
        | Reason::AgreementOverlaps
        | Reason::BadSupersession
        | Reason::UnequalAccess
        | Reason::NotOffered
        | Reason::AccessDenied
        | Reason::NotHeld
        | Reason::NotInvited
        | Reason::OperationNotActive
        | Reason::LineageCycle
        | Reason::LineageBackwards
        | Reason::BadTransition
        | Reason::BreaksHistory => Code::FailedPrecondition,
    }
}

/// A request that was decided on and refused.
pub fn refusal(refusal: &Refusal) -> Status {
    let Refusal { reason, violations } = refusal;
    let leading = violations.iter().find(|violation| violation.reason == *reason).or(violations.first());
    let message = match leading {
        Some(first) => {
            let more = more(violations.len());
            format!("{}: {}, {}{more}", reason.says(), place(first), first.says)
        }
        None => reason.says().into(),
    };
    let code = code(*reason);
    let detail = if code == Code::InvalidArgument { fields(violations) } else { preconditions(violations) };
    let metadata = leading.map(metadata_of).unwrap_or_default();
    build(code, reason.text(), message, metadata, [detail])
}

/// Where a violation is: the resource and its event, and the command of the request.
fn place(violation: &Violation) -> String {
    let Violation { reason: _, command, event, subject, says: _ } = violation;
    let event = event.map(|event| format!(" (events/{event})")).unwrap_or_default();
    let command = command.map(|index| format!(" (commands[{index}])")).unwrap_or_default();
    format!("{subject}{event}{command}")
}

fn more(violations: usize) -> String {
    if violations > 1 { format!(" (and {} more)", violations - 1) } else { String::new() }
}

fn metadata_of(violation: &Violation) -> BTreeMap<String, String> {
    let Violation { reason: _, command, event, subject, says: _ } = violation;
    let resource = [("resource".to_owned(), subject.clone())].into_iter();
    let event = event.map(|event| ("event".to_owned(), format!("events/{event}")));
    let command = command.map(|index| ("command".to_owned(), index.to_string()));
    resource.chain(event).chain(command).collect()
}

fn preconditions(violations: &[Violation]) -> Any {
    let violations = violations.iter().map(|violation| rpc::precondition_failure::Violation {
        r#type: violation.reason.text().into(),
        subject: shortened(
            violation.event.map_or_else(|| violation.subject.clone(), |event| format!("events/{event}")),
        ),
        description: shortened(format!("{}: {}", place(violation), violation.says)),
    });
    any("PreconditionFailure", &rpc::PreconditionFailure { violations: that_fit(violations) })
}

fn fields(violations: &[Violation]) -> Any {
    let violations = violations.iter().map(|violation| rpc::bad_request::FieldViolation {
        field: violation.command.map(|index| format!("commands[{index}]")).unwrap_or_default(),
        description: shortened(format!("{}: {}", place(violation), violation.says)),
        reason: violation.reason.text().into(),
    });
    any("BadRequest", &rpc::BadRequest { field_violations: that_fit(violations) })
}

/// As many as fit into the trailers of a call, of which clients take 8 KiB by default; the message says how many there are.
fn that_fit<M: Message>(violations: impl Iterator<Item = M>) -> Vec<M> {
    let mut bytes = 0;
    let fits = |violation: &M| {
        bytes += violation.encoded_len() + 4;
        bytes <= DETAIL_BYTES_MAX
    };
    violations.take_while(fits).collect()
}

/// A request that is not well-formed.
pub fn invalid(invalid: &Invalid) -> Status {
    let reason = invalid.reason();
    let message = match invalid.first() {
        Some(FieldViolation { field, reason: _, says }) => {
            format!("{}: {field}: {says}{}", reason.says(), more(invalid.violations.len()))
        }
        None => reason.says().into(),
    };
    let field = invalid.first().map(|first| ("field".to_owned(), first.field.clone()));
    let violations = invalid.violations.iter().map(|FieldViolation { field, reason, says }| {
        let (description, reason) = (shortened(says.clone()), reason.text().into());
        rpc::bad_request::FieldViolation { field: shortened(field.clone()), description, reason }
    });
    let detail = any("BadRequest", &rpc::BadRequest { field_violations: that_fit(violations) });
    build(code(reason), reason.text(), message, field.into_iter().collect(), [detail])
}

/// A field that holds no date.
pub fn bad_date(field: &str, error: &BadDate) -> Status {
    let violation = FieldViolation { field: field.into(), reason: Reason::BadDate, says: error.to_string() };
    invalid(&Invalid { violations: vec![violation] })
}

/// A field that holds no instant.
pub fn bad_time(field: &str) -> Status {
    bad(field, Reason::BadDate, "it is no instant between the years 0001 and 9999")
}

/// A field whose value is not one of those allowed.
pub fn unknown_value(field: &str, says: &str) -> Status {
    bad(field, Reason::UnknownValue, says)
}

/// A field that holds no resource name.
pub fn bad_name(field: &str, says: &str) -> Status {
    bad(field, Reason::BadName, says)
}

fn bad(field: &str, reason: Reason, says: &str) -> Status {
    invalid(&Invalid { violations: vec![FieldViolation { field: field.into(), reason, says: says.into() }] })
}

/// A resource that is not known: never recorded, or retracted.
pub fn unknown(name: &Name) -> Status {
    let reason = Reason::unknown(name.collection());
    let message = format!("{name} is not recorded, as far as is known; look at its list for what is");
    build(code(reason), reason.text(), message, metadata([("resource", name.to_string())]), [])
}

/// An event that is not recorded, as far as is known.
pub fn unknown_event(event: &str) -> Status {
    let reason = Reason::UnknownEvent;
    let message = format!("{event} is not recorded, as far as is known");
    build(code(reason), reason.text(), message, metadata([("resource", event.to_owned())]), [])
}

/// What is asked for lies beyond the tail of the log.
pub fn beyond_tail(asked: Position, tail: Position) -> Status {
    let message =
        format!("position {asked} is not recorded yet: the last one is {tail}; ask as of that, or later");
    let metadata = metadata([("position", asked.to_string()), ("tail", tail.to_string())]);
    build(Code::OutOfRange, "BEYOND_TAIL", message, metadata, [])
}

/// A read waited for a position that was not reached in time.
pub fn not_reached(asked: Position, tail: Position) -> Status {
    let message = format!("position {asked} was not recorded in time: the last one is {tail}");
    let metadata = metadata([("position", asked.to_string()), ("tail", tail.to_string())]);
    build(Code::DeadlineExceeded, "NOT_REACHED", message, metadata, [])
}

/// A request that was not recorded.
pub fn record_error(error: &RecordError) -> Status {
    match error {
        RecordError::Refused(refused) => refusal(refused),
        RecordError::QueueFull => queue_full(QUEUE_RETRY),
        RecordError::Stopping => stopping(),
        RecordError::Unreadable(_) => internal(error),
        RecordError::Log(append) => append_error(append),
    }
}

fn append_error(error: &AppendError) -> Status {
    match error {
        AppendError::Conflict { .. } => unavailable(
            "LOG_MOVED_ON",
            "another writer came first; send the request again",
            Some(QUEUE_RETRY),
        ),
        AppendError::DiskFull { .. } => {
            let message =
                "the disk is full and nothing was recorded; reads go on; make room and send it again";
            build(
                Code::ResourceExhausted,
                "DISK_FULL",
                message.into(),
                BTreeMap::new(),
                [retry_info(DISK_RETRY)],
            )
        }
        AppendError::ReadOnly => {
            let message = "the daemon serves reads alone: its data directory cannot be written";
            build(Code::FailedPrecondition, "READ_ONLY", message.into(), BTreeMap::new(), [])
        }
        AppendError::Closed => stopping(),
        AppendError::Failed { .. } => unavailable(
            "LOG_FAILED",
            "the disk failed and the daemon ends; whether the request was recorded shows when it is sent again",
            None,
        ),
        AppendError::FrameTooLarge { .. } | AppendError::EmptyFrame => internal(error),
    }
}

/// The daemon is stopping.
pub fn stopping() -> Status {
    let message = "the daemon is stopping; whether the request was recorded shows when it is sent again";
    unavailable("STOPPING", message, Some(QUEUE_RETRY))
}

/// The daemon is stopping, and what it was asked records nothing.
pub fn stopping_reads() -> Status {
    unavailable("STOPPING", "the daemon is stopping; ask again once it is back", Some(QUEUE_RETRY))
}

/// A page token that is not of this query.
pub fn bad_page_token(why: &str) -> Status {
    let message = format!("the page_token cannot be used: {why}; begin again without one");
    let field = rpc::bad_request::FieldViolation {
        field: "page_token".into(),
        description: shortened(why.into()),
        reason: "BAD_PAGE_TOKEN".into(),
    };
    let detail = any("BadRequest", &rpc::BadRequest { field_violations: vec![field] });
    let metadata = metadata([("field", "page_token".to_owned()), ("why", why.to_owned())]);
    build(Code::InvalidArgument, "BAD_PAGE_TOKEN", message, metadata, [detail])
}

/// More requests wait to be recorded than we hold; nothing of this one was.
pub fn queue_full(retry_after: Duration) -> Status {
    let message = format!("too much waits to be recorded: try again in {} ms", retry_after.as_millis());
    let retry = retry_info(retry_after);
    build(Code::ResourceExhausted, "QUEUE_FULL", message, BTreeMap::new(), [retry])
}

/// We cannot serve this now: starting, stopping, or the disk is full.
pub fn unavailable(reason: &'static str, why: &str, retry_after: Option<Duration>) -> Status {
    build(Code::Unavailable, reason, why.into(), BTreeMap::new(), retry_after.map(retry_info))
}

/// The index of a search is not there yet.
pub fn search_not_ready() -> Status {
    let message = "the search index is being built after a start; ask again in a moment";
    unavailable("SEARCH_NOT_READY", message, Some(INDEX_RETRY))
}

/// The index of a search has stopped; why is in its status.
pub fn search_stopped() -> Status {
    let message = "search has stopped and everything else goes on; the daemon's status says why; a restart builds it anew";
    unavailable("SEARCH_STOPPED", message, None)
}

/// A status of the transport, which has no details: the same with a reason. What it cannot read of a request is the
/// caller's fault.
pub fn explained(status: &Status) -> Status {
    let says = status.message();
    let (code, reason, message) = match status.code() {
        Code::OutOfRange | Code::ResourceExhausted => (
            Code::InvalidArgument,
            "TOO_LARGE",
            format!("the request is larger than the limits: {says}; split it"),
        ),
        Code::Internal => {
            let message = format!("the request cannot be read: {says}; send what the schema says");
            (Code::InvalidArgument, "MALFORMED", message)
        }
        Code::Unimplemented if says.is_empty() => {
            let message = "there is no such method; reflection tells those that there are";
            (Code::Unimplemented, "UNKNOWN_METHOD", message.into())
        }
        Code::Unimplemented => (Code::Unimplemented, "UNSUPPORTED", says.into()),
        Code::NotFound => (Code::NotFound, "UNKNOWN_SERVICE", says.into()),
        Code::Cancelled => (Code::Cancelled, "CANCELLED", says.into()),
        code => (code, "TRANSPORT", says.into()),
    };
    build(code, reason, message, BTreeMap::new(), [])
}

/// Our own fault: the cause goes to the log, and the caller learns that there was one.
pub fn internal(cause: &(dyn Error + 'static)) -> Status {
    let causes = std::iter::successors(Some(cause), |cause: &&(dyn Error + 'static)| (*cause).source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    tracing::error!(cause = causes.join(": "), "internal error");
    let message = "an internal error; its cause is in the log of the server".into();
    build(Code::Internal, "INTERNAL", message, BTreeMap::new(), [])
}

/// The same status as a message, to stand in an answer's place.
pub fn in_place(status: &Status) -> rpc::Status {
    match rpc::Status::decode(status.details()) {
        Ok(details) if !status.details().is_empty() => details,
        Ok(_) | Err(_) => rpc::Status {
            code: i32::from(status.code()),
            message: status.message().into(),
            details: Vec::new(),
        },
    }
}

fn metadata<const N: usize>(pairs: [(&str, String); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn retry_info(after: Duration) -> Any {
    let retry_delay = prost_types::Duration::try_from(after).ok();
    any("RetryInfo", &rpc::RetryInfo { retry_delay })
}

fn any<M: Message>(name: &str, message: &M) -> Any {
    Any { type_url: format!("type.googleapis.com/google.rpc.{name}"), value: message.encode_to_vec() }
}

/// As much of a text as the details of a status have room for.
fn shortened(text: String) -> String {
    within(text, TEXT_BYTES_MAX, char::len_utf8)
}

/// As much of a text as fits, where each character takes so many bytes; that it goes on is shown.
fn within(text: String, max: usize, takes: impl Fn(char) -> usize) -> String {
    let mut bytes = 0;
    let beyond = text.char_indices().find(|&(_, char)| {
        bytes += takes(char);
        bytes > max
    });
    match beyond {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// What a character takes in the `grpc-message` of a call, which is percent-encoded.
fn percent_encoded(char: char) -> usize {
    if matches!(char, ' '..='~') && char != '%' { 1 } else { 3 * char.len_utf8() }
}

fn build(
    code: Code,
    reason: &str,
    message: String,
    metadata: BTreeMap<String, String>,
    details: impl IntoIterator<Item = Any>,
) -> Status {
    let message = within(message, MESSAGE_BYTES_MAX, percent_encoded);
    let metadata = metadata.into_iter().map(|(key, value)| (key, shortened(value))).collect();
    let info = rpc::ErrorInfo { reason: reason.into(), domain: DOMAIN.into(), metadata };
    let details = std::iter::once(any("ErrorInfo", &info)).chain(details).collect();
    let whole = rpc::Status { code: i32::from(code), message: message.clone(), details };
    Status::with_details(code, message, whole.encode_to_vec().into())
}

#[cfg(test)]
mod tests;
