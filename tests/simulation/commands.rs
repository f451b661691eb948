//! What clients ask to be recorded: areas, actors, corrections, repeats and batches, some of which must be refused.

use minuted::domain::Command;
use minuted::proto::v1;
use minuted::wire;
use rand::RngExt;
use rand::rngs::StdRng;

const AREAS: u32 = 24;
const ACTORS: u32 = 8;

/// A request, and whether nothing but the disk can stand in its way.
pub(crate) struct Asked {
    pub commands: Vec<Command>,
    pub is_fine: bool,
}

/// Makes up commands. Ids are counted, so that one seed gives one history.
#[derive(Default)]
pub(crate) struct Commands {
    made: u32,
    /// Names that were asked for, whatever became of it.
    fresh: u32,
    sent: Vec<v1::Command>,
}

impl Commands {
    /// The next request.
    pub(crate) fn next(&mut self, random: &mut StdRng) -> Asked {
        if random.random_bool(0.3) {
            self.fresh += 1;
            let command = self.command(format!("areas/fresh-{}", self.fresh), "", defined(random, ""));
            return Asked { commands: parsed(vec![command]), is_fine: true };
        }
        let batch = if random.random_bool(0.3) { random.random_range(2..6) } else { 1 };
        let commands = (0..batch).map(|_| self.any(random)).collect();
        Asked { commands: parsed(commands), is_fine: false }
    }

    fn any(&mut self, random: &mut StdRng) -> v1::Command {
        let area = format!("areas/a{}", random.random_range(0..AREAS));
        let actor = format!("organisations/o{}", random.random_range(0..ACTORS));
        match random.random_range(0..10) {
            0..4 => {
                // A parent that is not there is refused, and so is one that closes a circle.
                let parent = format!("areas/a{}", random.random_range(0..AREAS));
                let parent = if random.random_bool(0.3) { parent } else { String::new() };
                let fact = defined(random, &parent);
                self.command(area, "", fact)
            }
            4 => self.command(actor, "", registered(random)),
            5 => {
                // Now and then this day has not come yet, by a clock that steps.
                let fact = v1::ActorRenamed { names: names(random) };
                let from = format!("{}-06", random.random_range(2019..2026));
                self.command(actor, &from, v1::fact::Kind::ActorRenamed(fact))
            }
            6 | 7 => self.amendment(random),
            _ => self.repeat(random),
        }
    }

    fn command(&mut self, name: String, from: &str, kind: v1::fact::Kind) -> v1::Command {
        self.made += 1;
        let valid = v1::Valid { from: from.to_owned(), to: String::new() };
        let command = v1::Command {
            command_id: format!("00000000-0000-4000-8000-{:012}", self.made),
            name,
            expected_version: None,
            valid: Some(valid).filter(|valid| !valid.from.is_empty()),
            source: Some(source()),
            fact: Some(v1::Fact { kind: Some(kind) }),
        };
        self.sent.push(command.clone());
        command
    }

    /// Of something that was asked for before, recorded or not.
    fn amendment(&mut self, random: &mut StdRng) -> v1::Command {
        let Some(target) = self.pick(random) else {
            let fact = defined(random, "");
            return self.command("areas/a0".into(), "", fact);
        };
        let event = v1::event_reference::Event::CommandId(target.command_id);
        let event = Some(v1::EventReference { event: Some(event) });
        let kind = match target.fact.and_then(|fact| fact.kind) {
            Some(v1::fact::Kind::AreaDefined(_)) if random.random_bool(0.6) => {
                let parent = format!("areas/a{}", random.random_range(0..AREAS));
                let fact = Some(Box::new(v1::Fact { kind: Some(defined(random, &parent)) }));
                let source = Some(source());
                let reason = "a slip".to_owned();
                v1::fact::Kind::EventCorrected(Box::new(v1::EventCorrected {
                    target: event,
                    valid: None,
                    source,
                    fact,
                    reason,
                }))
            }
            _ => v1::fact::Kind::EventRetracted(v1::EventRetracted {
                target: event,
                reason: "never was".to_owned(),
            }),
        };
        self.command(target.name, "", kind)
    }

    /// The same again, or the same id with another content.
    fn repeat(&mut self, random: &mut StdRng) -> v1::Command {
        let Some(mut command) = self.pick(random) else {
            let fact = registered(random);
            return self.command("organisations/o0".into(), "", fact);
        };
        if random.random_bool(0.2) {
            command.source = Some(v1::Source { text: "elsewhere".into(), unconfirmed: false });
        }
        command
    }

    fn pick(&self, random: &mut StdRng) -> Option<v1::Command> {
        let sent = self.sent.len();
        // Mostly of late: there the disk is at work.
        let first = if random.random_bool(0.7) { sent.saturating_sub(6) } else { 0 };
        (sent > 0).then(|| self.sent[random.random_range(first..sent)].clone())
    }
}

fn source() -> v1::Source {
    v1::Source { text: "a simulation".into(), unconfirmed: false }
}

fn names(random: &mut StdRng) -> std::collections::BTreeMap<String, String> {
    let length = random.random_range(1..120);
    [("en".to_owned(), "n".repeat(length))].into()
}

fn defined(random: &mut StdRng, parent: &str) -> v1::fact::Kind {
    v1::fact::Kind::AreaDefined(v1::AreaDefined { names: names(random), parent: parent.to_owned() })
}

fn registered(random: &mut StdRng) -> v1::fact::Kind {
    v1::fact::Kind::ActorRegistered(v1::ActorRegistered {
        kind: v1::ActorKind::Organisation.into(),
        names: names(random),
        ..v1::ActorRegistered::default()
    })
}

fn parsed(commands: Vec<v1::Command>) -> Vec<Command> {
    wire::parse_commands(commands, &wire::Limits::default()).expect("what is made up here is well-formed")
}
