//! Properties of `decide` on random histories; the same seeds always, so that what fails fails again.
//!
//! 1. Whatever was accepted, all rules of all streams hold (but `UNEQUAL_ACCESS`, asked only of the offers that a change
//!    makes or alters), and a stream is the fresh fold of its events.
//! 2. A command accepted and sent again yields nothing new.
//! 3. Asking every stream gives the verdict that asking the dependents gives, with the same events.
//! 4. The facts that stand, recorded in any other order that the rules accept, give the same answers.
//! 5. What is accepted one by one is accepted at once.

mod answers;
mod dice;
mod generator;

use std::collections::VecDeque;

use self::answers::{answers, keeps_order};
pub(super) use self::dice::Dice;
use self::generator::{beginnings, days, id, request};
use super::ledger::{Ledger, now};
use crate::domain::correction::History;
use crate::domain::{Command, Fact, Reason, decide};

/// How many histories each property tries; more of them if `HISTORIES` says so.
fn histories() -> u64 {
    std::env::var("HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(150)
}

const REQUESTS: usize = 40;

/// Runs random requests, and hands each with its verdict to `then`.
fn run(seed: u64, mut then: impl FnMut(&Ledger, &[Command])) -> Ledger {
    let mut dice = Dice::new(seed);
    let mut ledger = Ledger::default();
    let mut next = 0;
    let mut commands = |told: Vec<super::facts::Told>| -> Vec<Command> {
        let number = |told: super::facts::Told| {
            next += 1;
            told.command(next)
        };
        told.into_iter().map(number).collect()
    };
    for told in beginnings(&mut dice) {
        let _ = ledger.record(&commands(vec![told]));
    }
    for _ in 0..REQUESTS {
        let request = commands(request(&mut dice, &ledger));
        then(&ledger, &request);
        let _ = ledger.record(&request);
    }
    ledger
}

#[test]
fn whatever_is_accepted_keeps_every_rule_and_asking_everything_agrees() {
    let (mut accepted, mut refused) = (0, 0);
    let mut reasons = std::collections::BTreeMap::<Reason, usize>::new();
    for seed in 0..histories() {
        run(seed, |ledger, request| {
            let verdict = decide(ledger, request, &now());
            ledger.assert_agrees(request, &verdict);
            match verdict {
                Ok(_) => {
                    let mut after = ledger.clone();
                    after.record(request).unwrap();
                    after.assert_sound();
                    let again = after.record(request).unwrap();
                    assert!(again.events.is_empty(), "{request:#?}");
                    assert!(again.outcomes.iter().all(|outcome| outcome.already_recorded));
                    accepted += 1;
                }
                Err(refusal) => {
                    *reasons.entry(refusal.reason).or_default() += 1;
                    refused += 1;
                }
            }
        });
    }
    println!("{accepted} accepted, {refused} refused: {reasons:?}");
    assert!(accepted > refused / 4, "the histories are of little use: {accepted} of {}", accepted + refused);
    assert!(reasons.len() > 25, "the histories meet few rules: {reasons:?}");
}

#[test]
fn what_is_accepted_one_by_one_is_accepted_at_once() {
    let mut tried = 0_u64;
    for seed in 1_000_000..1_000_000 + histories() {
        let mut last: Option<(Ledger, Command)> = None;
        run(seed, |ledger, request| {
            if let Some((before, first)) = last.take() {
                let second = &request[0];
                let amends_first =
                    matches!(&second.content.fact, Fact::Amendment(_)) && second.name == first.name;
                let free = first.expected_version.is_none() && second.expected_version.is_none();
                if free && !amends_first && decide(ledger, &request[..1], &now()).is_ok() {
                    let both = [first, second.clone()];
                    match decide(&before, &both, &now()) {
                        Ok(_) => tried += 1,
                        // A decision of the batch turns an offer of the batch into one that needs its exception.
                        Err(refusal) if refusal.reason == Reason::UnequalAccess => {}
                        Err(refusal) => panic!("{refusal:#?} of {both:#?}\nafter {:#?}", before.told()),
                    }
                }
            }
            if let [only] = request
                && decide(ledger, request, &now()).is_ok()
            {
                last = Some((ledger.clone(), only.clone()));
            }
        });
    }
    assert!(tried > 2 * histories(), "{tried}");
}

/// The facts that stand, as they are known, each as a command.
fn standing(ledger: &Ledger) -> Vec<Command> {
    let mut commands = Vec::new();
    for event in &ledger.events {
        let events: Vec<_> = ledger.events.iter().filter(|other| other.name == event.name).cloned().collect();
        let history = History::new(&events);
        let Some(standing) = history.standing().into_iter().find(|s| s.position == event.position) else {
            continue;
        };
        commands.push(Command {
            id: event.command_id,
            name: event.name.clone(),
            expected_version: None,
            content: standing.content.clone(),
        });
    }
    commands
}

/// Records what the rules accept, one by one, again and again; what is left at the end in one request.
fn record_in_any_order(commands: Vec<Command>) -> Option<Ledger> {
    let mut ledger = Ledger::default();
    let mut waiting = VecDeque::from(commands);
    loop {
        let before = waiting.len();
        for _ in 0..before {
            let command = waiting.pop_front()?;
            if ledger.record(std::slice::from_ref(&command)).is_err() {
                waiting.push_back(command);
            }
        }
        if waiting.is_empty() {
            return Some(ledger);
        }
        if waiting.len() == before {
            let rest: Vec<_> = waiting.into();
            return ledger.record(&rest).is_ok().then_some(ledger);
        }
    }
}

#[test]
fn the_order_of_recording_changes_no_answer() {
    let (mut compared, mut stuck) = (0, 0);
    for seed in 2_000_000..2_000_000 + histories() {
        let ledger = run(seed, |_, _| {});
        let mut commands = standing(&ledger);
        commands.retain(|command| !keeps_order(&command.name));
        let Some(straight) = record_in_any_order(commands.clone()) else {
            stuck += 1;
            continue;
        };
        let mut dice = Dice::new(seed);
        dice.shuffle(&mut commands);
        let Some(shuffled) = record_in_any_order(commands) else {
            stuck += 1;
            continue;
        };
        for t in days() {
            for (left, right) in answers(&straight, t).iter().zip(&answers(&shuffled, t)) {
                assert_eq!(
                    left,
                    right,
                    "seed {seed}, on {t}: {:#?}\n{:#?}",
                    straight.told(),
                    shuffled.told()
                );
            }
        }
        assert_eq!(straight.streams.len(), shuffled.streams.len());
        compared += 1;
    }
    println!("{compared} compared, {stuck} stuck");
    assert!(compared > stuck * 2, "{compared} compared, {stuck} stuck");
}

#[test]
fn nothing_is_asked_of_a_request_that_is_empty() {
    let changes = decide(&Ledger::default(), &[], &now()).unwrap();
    assert!(changes.events.is_empty() && changes.outcomes.is_empty() && id(1) != id(2));
}
