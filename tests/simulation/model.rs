//! What must hold, by a plain list of what was asked and answered. It knows nothing of how a log works.
//!
//! 1. Every acknowledged event is there: at its position, in order, whole, as it was sent.
//! 2. There is no other, but of a request that was never answered; and of that all or nothing.
//! 3. What was refused, and what a start did not find, never comes up later.
//! 4. Positions have no gap, and `recorded_at` never goes backwards.
//! 5. What was acknowledged and is sent again is acknowledged again, and recorded once.
//! 6. What was once shown as durable stays, byte for byte.

use std::collections::HashMap;

use jiff::Timestamp;
use minuted::domain::decide::Outcome;
use minuted::domain::{Command, CommandId, Event};
use minuted::log::{EventLog, Frame};
use minuted::position::Position;
use minuted::wire;

/// What became of a request, as its client knows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fate {
    /// No answer yet.
    Waiting,
    /// Recorded, at these positions.
    Acknowledged(Vec<Outcome>),
    /// Not recorded: the disk or the queue did not let it.
    Refused,
    /// Not recorded: a rule does not let it.
    Disallowed,
    /// No answer, and there will be none: recorded or not.
    Unknown,
}

#[derive(Clone)]
struct Request {
    commands: Vec<Command>,
    by: String,
    fate: Fate,
}

/// Everything that clients know.
#[derive(Clone, Default)]
pub(crate) struct Model {
    requests: Vec<Request>,
    /// What was shown as durable.
    frames: Vec<Frame>,
    events: Vec<Event>,
    position_of: HashMap<CommandId, Position>,
    /// Of the requests before this one it is settled whether they are recorded.
    matched: usize,
    last_recorded_at: Option<Timestamp>,
    /// How many acknowledgements were looked up in the log.
    pub acknowledged: u64,
    /// How many requests without an answer were found recorded.
    pub unanswered_found: u64,
}

impl Model {
    /// Takes note of a request that the recorder took; its number.
    pub(crate) fn ask(&mut self, commands: Vec<Command>, by: &str) -> usize {
        self.requests.push(Request { commands, by: by.to_owned(), fate: Fate::Waiting });
        self.requests.len() - 1
    }

    /// Takes note of an answer.
    pub(crate) fn answer(&mut self, request: usize, fate: Fate) {
        let it = &mut self.requests[request];
        assert_eq!(it.fate, Fate::Waiting, "a request is answered once");
        it.fate = fate;
    }

    /// The positions up to which answers say that there is something.
    pub(crate) fn acknowledged_tail(&self) -> Position {
        let all = self.requests.iter().filter_map(|request| match &request.fate {
            Fate::Acknowledged(outcomes) => outcomes.iter().map(|outcome| outcome.position).max(),
            Fate::Waiting | Fate::Refused | Fate::Disallowed | Fate::Unknown => None,
        });
        all.max().unwrap_or_default()
    }

    pub(crate) fn known_tail(&self) -> Position {
        self.frames.last().map_or(Position::ZERO, Frame::last)
    }

    pub(crate) fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Compares everything that the log shows with what is known; what it shows is known from then on.
    pub(crate) fn see(&mut self, log: &dyn EventLog) {
        let found = read_all(log);
        assert!(found.len() >= self.frames.len(), "{} of {} frames", found.len(), self.frames.len());
        let (old, new) = found.split_at(self.frames.len());
        assert!(old == self.frames, "what was durable has changed");
        for frame in new {
            self.take(frame.clone());
        }
        assert_eq!(log.tail(), self.known_tail());
        assert!(self.acknowledged_tail() <= log.tail(), "acknowledged and not there");
    }

    /// The same, of a log that could not make durable what it shows: that need not be there next time.
    pub(crate) fn glimpse(&self, log: &dyn EventLog) {
        self.clone().see(log);
    }

    /// One more durable frame, which is the next request that is recorded.
    pub(crate) fn take(&mut self, frame: Frame) {
        assert_eq!(frame.first, self.known_tail().next(), "a gap");
        let events = wire::decode_frame(&frame.payload).expect("what is stored can be decoded");
        assert_eq!(events.len(), frame.events as usize);
        let found = self.find(&events, self.matched);
        let request = found.unwrap_or_else(|| panic!("nobody asked for what is at {}", frame.first));
        for (event, position) in events.iter().zip(frame.first.0..) {
            assert_eq!(event.position, Position(position), "a position in an event");
            assert!(
                self.last_recorded_at.is_none_or(|last| last <= event.recorded_at),
                "time went backwards"
            );
            assert_eq!(*event.recorded_by, *self.requests[request].by);
            self.last_recorded_at = Some(event.recorded_at);
            self.position_of.insert(event.command_id, event.position);
        }
        self.unanswered_found += u64::from(self.requests[request].fate == Fate::Unknown);
        self.matched = request + 1;
        self.events.extend(events);
        self.frames.push(frame);
    }

    /// The next request, from `start` on, of which these are the events: those of its commands that are new.
    fn find(&self, events: &[Event], start: usize) -> Option<usize> {
        let is_it = |request: &Request| {
            let mut new = Vec::new();
            for command in &request.commands {
                let again = new.iter().any(|other: &&Command| other.id == command.id);
                if !again && self.is_new(command.id, events) {
                    new.push(command);
                }
            }
            new.len() == events.len()
                && new.iter().zip(events).all(|(command, event)| {
                    (command.id, &command.name, &command.content)
                        == (event.command_id, &event.name, &event.content)
                })
        };
        (start..self.requests.len()).find(|&index| {
            let request = &self.requests[index];
            !matches!(request.fate, Fate::Refused | Fate::Disallowed) && is_it(request)
        })
    }

    fn is_new(&self, id: CommandId, events: &[Event]) -> bool {
        let first = events.first().map(|event| event.position);
        self.position_of.get(&id).is_none_or(|position| Some(*position) >= first)
    }

    /// Every answer is kept by what the log showed.
    pub(crate) fn check_answers(&mut self) {
        let mut highest = Position::ZERO;
        let mut accepted: HashMap<CommandId, &Command> = HashMap::new();
        for request in &self.requests {
            if request.fate == Fate::Disallowed {
                let again = |command: &Command| accepted.get(&command.id) == Some(&command);
                assert!(!request.commands.iter().all(again), "a repeat of what was accepted is refused");
            }
            let Fate::Acknowledged(outcomes) = &request.fate else { continue };
            accepted.extend(request.commands.iter().map(|command| (command.id, command)));
            assert_eq!(outcomes.len(), request.commands.len(), "one outcome a command");
            let before = highest;
            for (outcome, command) in outcomes.iter().zip(&request.commands) {
                let index = usize::try_from(outcome.position.0 - 1).unwrap();
                let event = self.events.get(index).expect("acknowledged and not there");
                assert_eq!(event.position, outcome.position);
                assert_eq!((event.command_id, &event.name), (command.id, &command.name));
                assert_eq!(event.content, command.content, "recorded otherwise than it was sent");
                assert_eq!((event.version, event.recorded_at), (outcome.version, outcome.recorded_at));
                assert!(outcome.already_recorded || event.position > before, "answered out of order");
                highest = highest.max(event.position);
                self.acknowledged += 1;
            }
        }
    }

    /// The daemon is gone: whoever waits, waits in vain.
    pub(crate) fn crash(&mut self) {
        for request in self.requests.iter_mut().filter(|request| request.fate == Fate::Waiting) {
            request.fate = Fate::Unknown;
        }
    }

    /// A start has settled what is recorded: whatever it did not find must never come up.
    pub(crate) fn settle(&mut self) {
        self.matched = self.requests.len();
    }
}

pub(crate) fn read_all(log: &dyn EventLog) -> Vec<Frame> {
    let mut reader = log.read(Position(1)).expect("the log can be read");
    std::iter::from_fn(|| reader.next().expect("the log can be read")).collect()
}
