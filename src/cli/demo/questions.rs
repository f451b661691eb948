//! The seven questions of the demo: what is asked, and the commands that ask it.

use crate::cli::json;
use crate::proto::v1::fact::Kind;

/// A question and the commands that answer it, without the name of the program.
pub(super) struct Question {
    /// As a reader asks it.
    pub(super) text: &'static str,
    /// As a user types it.
    pub(super) commands: Vec<String>,
}

fn question(text: &'static str, commands: &[&str]) -> Question {
    Question { text, commands: commands.iter().map(ToString::to_string).collect() }
}

const DECLARATION: &str = "agreements/jp-jpd-2013";

/// All seven, asked of a log that holds `sample` and nothing else.
pub(super) fn all(sample: &str) -> Vec<Question> {
    let before = position_before_correction(sample);
    vec![
        question(
            "Who were the members and the partners on 30 September 2011, by framework?",
            &["actors standing --as-of 2011-09-30"],
        ),
        question(
            "Who met against piracy in September 2011, and what kind of meeting was it?",
            &["meetings get meetings/counter-piracy-2011"],
        ),
        question(
            "What does the partnership policy of 2011 rest on, and what rests on it?",
            &["decisions trace decisions/partnership-policy-2011"],
        ),
        question("In what has Japan chosen to cooperate?", &["areas choices --actor countries/jp"]),
        question(
            "Who contributed to ISAF, militarily and otherwise?",
            &["operations contributors operations/isaf --any-time"],
        ),
        question(
            "Who met the alliance in 2011 without any agreement?",
            &["meetings without-agreement --from 2011 --to 2011"],
        ),
        question(
            "When was Japan's joint declaration signed, as known before and after its correction?",
            &[
                &format!("agreements get {DECLARATION} --known-at {before}"),
                &format!("agreements get {DECLARATION}"),
            ],
        ),
    ]
}

/// The position of the last event before the declaration is corrected: in a fresh log, events stand as in the sample.
fn position_before_correction(sample: &str) -> usize {
    let corrects = |line: &str| {
        let command = json::command(line).unwrap_or_default();
        let fact = command.fact.and_then(|fact| fact.kind);
        command.name == DECLARATION && matches!(fact, Some(Kind::EventCorrected(_)))
    };
    sample.lines().position(corrects).unwrap_or_else(|| sample.lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_the_correction_is_the_event_before_it() {
        let sample = format!(
            "{{\"name\":\"{DECLARATION}\",\"fact\":{{\"agreementResumed\":{{}}}}}}\n\
             {{\"name\":\"{DECLARATION}\",\"fact\":{{\"eventCorrected\":{{}}}}}}\n"
        );
        assert_eq!(position_before_correction(&sample), 1);
        assert_eq!(position_before_correction(""), 0);
        assert_eq!(position_before_correction(crate::cli::sample::SAMPLE), 421);
    }
}
