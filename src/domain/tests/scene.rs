//! Given what is recorded, when a request comes, then it is accepted, refused or breaks history.
//!
//! What is given stands after the usual cast, see [`cast`]; events that a test counts are counted from there, from 1.

use super::facts::{Told, admitted, corrected, defined, established, framework, name, registered, retracted};
use super::ledger::{Ledger, now};
use crate::domain::activity::ActivityTimeline;
use crate::domain::actor::ActorTimeline;
use crate::domain::agreement::{AgreementStatus, AgreementTimeline};
use crate::domain::contribution::ContributionTimeline;
use crate::domain::correction::EventRef;
use crate::domain::decision::DecisionTimeline;
use crate::domain::meeting::MeetingTimeline;
use crate::domain::time::When;
use crate::domain::{Changes, Command, Reason, Refusal, World, decide};
use crate::position::Position;

/// What every test can name: five countries, of which Belgium is a member, three organisations, two frameworks and an
/// overlay, two areas.
pub(super) fn cast() -> Vec<Told> {
    let actors = ["countries/be", "countries/jp", "countries/kr", "countries/ua", "countries/sg"];
    let organisations = ["organisations/nato", "organisations/eu", "organisations/un"];
    let mut cast: Vec<Told> = actors.into_iter().chain(organisations).map(registered).collect();
    cast.push(admitted("countries/be", "1949-04-04"));
    cast.push(established("frameworks/patg", "2000-01-01"));
    cast.push(established("frameworks/pfp", "1994-01-10"));
    cast.push(framework("frameworks/eop", "2000-01-01", true));
    cast.push(defined("areas/security", None));
    cast.push(defined("areas/demining", Some("areas/security")));
    cast
}

/// Where the n-th event that a test tells stands.
pub(super) fn nth(n: usize) -> Position {
    Position((cast().len() + n) as u64)
}

/// A correction of the n-th event that the test told.
pub(super) fn corrects(n: usize, as_it_should_be: &Told) -> Told {
    corrected(EventRef::Position(nth(n)), as_it_should_be)
}

/// A retraction of the n-th event that the test told.
pub(super) fn retracts(n: usize, stream: &str) -> Told {
    retracted(stream, EventRef::Position(nth(n)))
}

/// A correction or a retraction of one of the cast's events: the first of the stream.
pub(super) fn of_cast(stream: &str) -> EventRef {
    let place = cast().iter().position(|told| told.name.as_str() == stream);
    EventRef::Position(Position(place.expect("the cast has it") as u64 + 1))
}

/// What is recorded, and what may come.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) ledger: Ledger,
    next: u128,
}

/// Nothing is recorded, not even the cast.
pub(super) fn nothing() -> Scene {
    Scene { ledger: Ledger::default(), next: 1_000 }
}

/// All of these are accepted, one by one.
pub(super) fn given(facts: impl IntoIterator<Item = Told>) -> Scene {
    let mut scene = nothing();
    for fact in cast().into_iter().chain(facts) {
        scene = scene.when(fact).accepted();
    }
    scene
}

/// What came of a request.
#[derive(Debug)]
pub(super) struct Verdict {
    commands: Vec<Command>,
    before: Scene,
    pub(super) result: Result<Changes, Refusal>,
}

impl Scene {
    /// One command.
    pub(super) fn when(self, command: Told) -> Verdict {
        self.when_at_once([command])
    }

    /// One request.
    pub(super) fn when_at_once(mut self, commands: impl IntoIterator<Item = Told>) -> Verdict {
        let mut next = || {
            self.next += 1;
            self.next
        };
        let commands: Vec<Command> = commands.into_iter().map(|told| told.command(next())).collect();
        let result = decide(&self.ledger, &commands, &now());
        self.ledger.assert_agrees(&commands, &result);
        Verdict { commands, before: self, result }
    }

    pub(super) fn actor(&self, text: &str) -> ActorTimeline {
        self.ledger.stream(&name(text)).unwrap().timeline.actor().unwrap().clone()
    }

    pub(super) fn agreement(&self, text: &str) -> AgreementTimeline {
        self.ledger.stream(&name(text)).unwrap().timeline.agreement().unwrap().clone()
    }

    /// The statuses of an agreement on a day.
    pub(super) fn status(&self, text: &str, t: When) -> Vec<AgreementStatus> {
        self.agreement(text).statuses(&name(text), &self.ledger, t)
    }

    pub(super) fn activity(&self, text: &str) -> ActivityTimeline {
        self.ledger.stream(&name(text)).unwrap().timeline.activity().unwrap().clone()
    }

    pub(super) fn contribution(&self, text: &str) -> ContributionTimeline {
        self.ledger.stream(&name(text)).unwrap().timeline.contribution().unwrap().clone()
    }

    pub(super) fn decision(&self, text: &str) -> DecisionTimeline {
        self.ledger.stream(&name(text)).unwrap().timeline.decision().unwrap().clone()
    }

    pub(super) fn meeting(&self, text: &str) -> MeetingTimeline {
        self.ledger.stream(&name(text)).unwrap().timeline.meeting().unwrap().clone()
    }
}

impl Verdict {
    /// It is recorded, and all rules hold. Sent again, it yields nothing new.
    #[track_caller]
    pub(super) fn accepted(self) -> Scene {
        let Verdict { commands, mut before, result } = self;
        assert!(result.is_ok(), "refused: {:#?}", result.err());
        before.ledger.record(&commands).unwrap();
        before.ledger.assert_sound();
        let again = before.ledger.record(&commands).unwrap();
        assert!(again.events.is_empty() && again.outcomes.iter().all(|outcome| outcome.already_recorded));
        before
    }

    /// It is refused for this reason; nothing is recorded.
    #[track_caller]
    pub(super) fn refused(self, reason: Reason) -> Scene {
        match &self.result {
            Ok(changes) => panic!("accepted: {:#?}", changes.events),
            Err(refusal) => assert_eq!(refusal.reason, reason, "{refusal:#?}"),
        }
        self.before
    }

    /// It is refused, and these of the told events, and no others, would no longer hold.
    #[track_caller]
    pub(super) fn breaks_history<const N: usize>(self, events: [usize; N]) -> Scene {
        let found = self.broken();
        let mut expected: Vec<Position> = events.into_iter().map(nth).collect();
        expected.sort_unstable();
        assert_eq!(found, expected, "{:#?}", self.result);
        self.refused(Reason::BreaksHistory)
    }

    /// The recorded events that the refusal names.
    pub(super) fn broken(&self) -> Vec<Position> {
        let violations = self.result.as_ref().err().map(|refusal| refusal.violations.as_slice());
        let mut events: Vec<Position> =
            violations.unwrap_or_default().iter().filter_map(|v| v.event).collect();
        events.sort_unstable();
        events.dedup();
        events
    }
}
