//! What went wrong, as a person can act on it: what, where, what to do; and the exit code that a script reads.

use std::fmt::{self, Write as _};
use std::process::ExitCode;

use prost::Message;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::client::root;
use crate::proto::google::rpc;

/// The exit codes, for `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  the daemon refused it, or it failed
  2  a usage error, or input that is malformed
  3  what is named is not recorded
  4  the daemon cannot be reached, is busy, or did not answer in time: try again";

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The arguments or the input are not as they must be.
    Input(String),
    /// The daemon answered with an error.
    Refused(Box<Status>),
    /// Nobody answers at this address.
    Unreachable {
        /// The address.
        addr: String,
        /// What was tried and came of it.
        cause: String,
    },
    /// All that was asked was tried, and some of it refused, which has been said already.
    Partly(String),
    /// Anything else.
    Other(anyhow::Error),
}

impl Failure {
    /// What a script reads. Nobody reading our output any more is no failure.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Failure::Input(_) => 2,
            Failure::Refused(status) if unanswered(status).is_some() => 4,
            Failure::Refused(status) => code(status),
            Failure::Unreachable { .. } => 4,
            Failure::Partly(_) => 1,
            Failure::Other(error) => u8::from(!is_broken_pipe(error)),
        }
    }

    /// Whether there is nothing to say: whoever read our output has gone.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self, Failure::Other(error) if is_broken_pipe(error))
    }
}

fn code(status: &Status) -> u8 {
    match status.code() {
        Code::NotFound => 3,
        Code::InvalidArgument => 2,
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::ResourceExhausted => 4,
        Code::Ok
        | Code::Unknown
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Internal
        | Code::DataLoss
        | Code::Unauthenticated => 1,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    kind == Some(std::io::ErrorKind::BrokenPipe)
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Failure::Refused(Box::new(status))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Other(error.into())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Failure::Other(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Input(what) | Failure::Partly(what) => f.write_str(what),
            Failure::Refused(status) => f.write_str(&readable(status)),
            Failure::Unreachable { addr, cause } => write!(
                f,
                "no daemon answers at {addr}: {cause}\n  \
                 start one:     minuted serve --data-dir data --listen {addr}\n  \
                 or ask another: --addr ADDR, or MINUTED_ADDR"
            ),
            Failure::Other(error) => write!(f, "{error:#}"),
        }
    }
}

/// A refusal that stands in a stream in its answer's place, as the status it would be by itself.
pub(crate) fn status_of(refusal: &rpc::Status) -> Status {
    Status::with_details(Code::from(refusal.code), &refusal.message, refusal.encode_to_vec().into())
}

/// Why no answer came, where the status was made on this side: one that a daemon sent has no cause.
fn unanswered(status: &Status) -> Option<String> {
    let cause = std::error::Error::source(status)?;
    let root = root(cause);
    let expired = matches!(status.code(), Code::Cancelled | Code::DeadlineExceeded);
    Some(if expired {
        format!("no answer in time ({root}): try again, or wait longer with --timeout")
    } else {
        format!(
            "the connection to the daemon was lost: {root}\n  \
             → it may have stopped: `minuted status` tells; what it had acknowledged is recorded"
        )
    })
}

/// A status with everything in it: the code and reason, the message, every violation on its own line, and what to do.
pub(crate) fn readable(status: &Status) -> String {
    if let Some(text) = unanswered(status) {
        return text;
    }
    let details = status.get_error_details();
    let mut text = headline(status, &details);
    for Violation { place, says, reason } in violations(&details) {
        let place = if place.is_empty() { "request" } else { place };
        // A description that begins with its place, or names the event that is the place, does not need it twice.
        let named = says.split_once(": ").is_some_and(|(begin, _)| begin.contains(place));
        let place = if named { String::new() } else { format!("{place}: ") };
        let _ = write!(text, "\n  {place}{}", with_reason(reason, says));
    }
    if let Some(advice) = advice(status, &details) {
        let _ = write!(text, "\n  → {advice}");
    }
    text
}

/// What is wrong in one place.
struct Violation<'d> {
    place: &'d str,
    says: &'d str,
    reason: &'d str,
}

fn violations(details: &ErrorDetails) -> Vec<Violation<'_>> {
    let fields = details.bad_request().into_iter().flat_map(|bad| &bad.field_violations);
    let fields = fields.map(|v| Violation { place: &v.field, says: &v.description, reason: &v.reason });
    let events = details.precondition_failure().into_iter().flat_map(|failure| &failure.violations);
    let events = events.map(|v| Violation { place: &v.subject, says: &v.description, reason: &v.r#type });
    fields.chain(events).collect()
}

/// `FAILED_PRECONDITION · NOT_JOINED: …`.
fn headline(status: &Status, details: &ErrorDetails) -> String {
    let reason = details.error_info().map(|info| info.reason.as_str()).unwrap_or_default();
    let name = with_dot(code_name(status.code()), reason);
    let message = general(status.message(), &violations(details));
    if message.is_empty() { name } else { format!("{name}: {message}") }
}

/// A message without the violation that it quotes, where all of them follow on lines of their own; if the answer had no
/// room for all, how many there are.
fn general(message: &str, listed: &[Violation<'_>]) -> String {
    let quoted = listed.iter().find_map(|Violation { place, says, .. }| {
        let field = message.find(&format!(": {place}: {says}"));
        let event = says.split_once(": ").and_then(|(at, says)| message.find(&format!(": {at}, {says}")));
        field.or(event)
    });
    let Some(end) = quoted else { return message.to_owned() };
    let more = message.rsplit_once("(and ").and_then(|(_, rest)| rest.strip_suffix(" more)"));
    let all = 1 + more.and_then(|more| more.parse::<usize>().ok()).unwrap_or(0);
    let general = &message[..end];
    if all > listed.len() {
        format!("{general} (the first {} of {all})", listed.len())
    } else {
        general.to_owned()
    }
}

fn with_dot(code: &str, reason: &str) -> String {
    if reason.is_empty() { code.to_owned() } else { format!("{code} · {reason}") }
}

fn with_reason(reason: &str, text: &str) -> String {
    if reason.is_empty() || text.contains(reason) { text.to_owned() } else { format!("{text} ({reason})") }
}

/// As the protocol names it.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

fn advice(status: &Status, details: &ErrorDetails) -> Option<String> {
    if let Some(delay) = details.retry_info().and_then(|retry| retry.retry_delay) {
        return Some(format!("try again in {delay:?}"));
    }
    let reason = details.error_info().map(|info| info.reason.as_str()).unwrap_or_default();
    let fixed = match (reason, status.code()) {
        ("COMMAND_ID_REUSED", _) => {
            "another command was recorded under this command id: give this one its own"
        }
        ("VERSION_CONFLICT", _) => {
            "the stream has moved on: read it again and send with its version, or with none"
        }
        ("ID_TAKEN", _) => "a name is never used again: correct what is recorded, or choose another name",
        ("BREAKS_HISTORY", _) => {
            "other facts rest on this one: correct or retract the events listed, in the same request or before"
        }
        ("BEYOND_TAIL", _) => "`minuted status` says how far the log goes",
        ("ALREADY_RETRACTED" | "NOT_CORRECTABLE" | "NOT_LAST_CORRECTION", _) => {
            "`minuted events get` shows an event with its corrections"
        }
        ("UNKNOWN_EVENT", _) => "`minuted status` says how far the log goes",
        (unknown, Code::NotFound) if unknown.starts_with("UNKNOWN_") => {
            return Some(if details.precondition_failure().is_some() {
                "check the name, or record it first (or later in the same request)".to_owned()
            } else {
                format!("check the name: `minuted {}` shows those that are recorded", list_of(unknown))
            });
        }
        (_, Code::DeadlineExceeded | Code::Cancelled) => "try again, or wait longer with --timeout",
        (_, Code::Unavailable) => {
            "the daemon is starting, stopping or gone: try again, or see `minuted status`"
        }
        (_, Code::ResourceExhausted) => "the daemon is busy: try again",
        (_, Code::Unimplemented) => "the daemon is older or newer than this client: see `minuted status`",
        (_, Code::Internal | Code::DataLoss | Code::Unknown) => {
            "a fault of the daemon: its own log says more"
        }
        _ => return None,
    };
    Some(fixed.to_owned())
}

/// The command that lists what is of this kind.
fn list_of(unknown: &str) -> &'static str {
    match unknown {
        "UNKNOWN_ACTOR" => "actors list",
        "UNKNOWN_FRAMEWORK" => "frameworks list",
        "UNKNOWN_AREA" => "areas list",
        "UNKNOWN_AGREEMENT" => "agreements list",
        "UNKNOWN_ACTIVITY" => "activities list",
        "UNKNOWN_MEETING" => "meetings list",
        "UNKNOWN_OPERATION" => "operations list",
        "UNKNOWN_CONTRIBUTION" => "operations contributions",
        "UNKNOWN_DECISION" => "decisions list",
        _ => "status",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_violation_is_on_its_own_line() {
        let mut details = ErrorDetails::new();
        details.set_error_info("FIELD_REQUIRED", "minuted", []);
        details.add_bad_request_violation("commands[0].command_id", "is not a UUID (BAD_COMMAND_ID)");
        details.add_bad_request_violation("commands[0].valid.from", "is needed");
        let status = Status::with_error_details(Code::InvalidArgument, "2 fields are wrong", details);
        insta::assert_snapshot!(Failure::from(status.clone()), @r"
        INVALID_ARGUMENT · FIELD_REQUIRED: 2 fields are wrong
          commands[0].command_id: is not a UUID (BAD_COMMAND_ID)
          commands[0].valid.from: is needed
        ");
        assert_eq!(Failure::from(status).code(), 2);
    }

    #[test]
    fn what_stands_in_the_way_is_named_with_what_to_do() {
        let mut details = ErrorDetails::new();
        details.set_error_info("BREAKS_HISTORY", "minuted", []);
        details.add_precondition_failure_violation("NOT_OFFERED", "events/300", "participation of 2012-03");
        let status =
            Status::with_error_details(Code::FailedPrecondition, "1 event would no longer hold", details);
        insta::assert_snapshot!(Failure::from(status.clone()), @r"
        FAILED_PRECONDITION · BREAKS_HISTORY: 1 event would no longer hold
          events/300: participation of 2012-03 (NOT_OFFERED)
          → other facts rest on this one: correct or retract the events listed, in the same request or before
        ");
        assert_eq!(Failure::from(status).code(), 1);
    }

    #[test]
    fn a_violation_that_the_message_quotes_is_shown_once() {
        let mut details = ErrorDetails::new();
        details.set_error_info("FIELD_REQUIRED", "minuted", []);
        details.add_bad_request_violation("commands[0].name", "a name is needed");
        let message = "a field is missing: commands[0].name: a name is needed (and 2 more)";
        let status = Status::with_error_details(Code::InvalidArgument, message, details);
        insta::assert_snapshot!(readable(&status), @r"
        INVALID_ARGUMENT · FIELD_REQUIRED: a field is missing (the first 1 of 3)
          commands[0].name: a name is needed
        ");
        let mut details = ErrorDetails::new();
        details.set_error_info("ALREADY_JOINED", "minuted", []);
        let says = "countries/jp (events/161): it held it since 2008";
        details.add_precondition_failure_violation("ALREADY_JOINED", "events/161", says);
        let message = "it held the framework then: countries/jp (events/161), it held it since 2008";
        let status = Status::with_error_details(Code::FailedPrecondition, message, details);
        insta::assert_snapshot!(readable(&status), @r"
        FAILED_PRECONDITION · ALREADY_JOINED: it held the framework then
          countries/jp (events/161): it held it since 2008 (ALREADY_JOINED)
        ");
    }

    #[test]
    fn what_is_not_recorded_is_looked_for_in_its_list() {
        let mut details = ErrorDetails::new();
        details.set_error_info("UNKNOWN_CONTRIBUTION", "minuted", []);
        let status = Status::with_error_details(Code::NotFound, "contributions/x is not recorded", details);
        assert!(readable(&status).contains("`minuted operations contributions`"), "{}", readable(&status));
    }

    #[test]
    fn a_busy_daemon_says_when_to_try_again() {
        let details = ErrorDetails::with_retry_info(Some(Duration::from_millis(250)));
        let status = Status::with_error_details(Code::ResourceExhausted, "the queue is full", details);
        assert!(readable(&status).ends_with("→ try again in 250ms"));
        assert_eq!(Failure::from(status).code(), 4);
    }

    #[test]
    fn a_refusal_in_a_stream_reads_like_any_other() {
        let mut details = ErrorDetails::new();
        details.set_error_info("UNKNOWN_ACTOR", "minuted", []);
        let status = Status::with_error_details(Code::NotFound, "countries/xx is not recorded", details);
        let sent = rpc::Status::decode(status.details()).unwrap();
        assert_eq!(readable(&status_of(&sent)), readable(&status));
        assert_eq!(Failure::from(status_of(&sent)).code(), 3);
    }

    #[test]
    fn a_lost_connection_is_no_answer_of_the_daemon() {
        let lost = Status::from_error(Box::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset)));
        assert!(readable(&lost).contains("connection to the daemon was lost: connection reset"), "{lost:?}");
        assert_eq!(Failure::from(lost).code(), 4);
        let late = Status::from_error(Box::new(tonic::TimeoutExpired(())));
        assert!(readable(&late).contains("--timeout"), "{late:?}");
        assert_eq!(Failure::from(late).code(), 4);
    }

    #[test]
    fn an_unreachable_daemon_is_named_with_how_to_start_it() {
        let failure =
            Failure::Unreachable { addr: "127.0.0.1:7433".into(), cause: "connection refused".into() };
        let text = failure.to_string();
        assert!(
            text.contains("127.0.0.1:7433: connection refused") && text.contains("minuted serve"),
            "{text}"
        );
        assert_eq!(failure.code(), 4);
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let failure = Failure::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        assert!(failure.is_silent());
        assert_eq!(failure.code(), 0);
    }
}
