//! Statuses against the days that the dates may mean: what is so on exact days is among what is said to be possible,
//! and what is said to be certain is so on all of them.

use super::facts::*;
use super::histories::Dice;
use super::ledger::Ledger;
use crate::domain::agreement::{AgreementKind, AgreementStatus, Step, Terms};
use crate::domain::decision::DecisionStatus;
use crate::domain::time::{PartialDate, Truth, When};
use crate::domain::{Command, World};

const STEPS: [Step; 5] = [Step::Negotiating, Step::Initialled, Step::Approved, Step::Signed, Step::InForce];

/// A date, and some of the days that it may mean.
type Written = (String, Vec<String>);

fn date(dice: &mut Dice) -> Written {
    let month = format!("2012-0{}", 2 + dice.below(2));
    if dice.one_in(2) {
        let days = (1..29).step_by(3).map(|day| format!("{month}-{day:02}")).collect();
        (month, days)
    } else {
        let day = format!("{month}-{:02}", 1 + 3 * dice.below(9));
        (day.clone(), vec![day])
    }
}

/// Every choice of one of the days of each date.
fn choices(dates: &[Written]) -> Vec<Vec<String>> {
    dates.iter().fold(vec![Vec::new()], |all, (_, days)| {
        let extend = |chosen: &Vec<String>| {
            let chosen = chosen.clone();
            days.iter()
                .map(move |day| [chosen.as_slice(), std::slice::from_ref(day)].concat())
                .collect::<Vec<_>>()
        };
        all.iter().flat_map(extend).collect()
    })
}

fn put(told: Vec<Told>) -> Ledger {
    let mut ledger = Ledger::default();
    let commands: Vec<Command> = (1..).zip(told).map(|(id, told)| told.command(id)).collect();
    ledger.put(&commands);
    ledger
}

fn exactly(day: &str) -> When {
    day.parse::<PartialDate>().unwrap().when()
}

const DAYS: [&str; 6] = ["2012-01-31", "2012-02-05", "2012-02-16", "2012-03-01", "2012-03-14", "2012-05-01"];

/// An agreement that is opened, advanced, suspended, superseded and ended, or not all of that.
fn agreement_of(shape: &[usize], dates: &[String]) -> Ledger {
    let (a, b) = ("agreements/a", "agreements/b");
    let kind = AgreementKind::Sofa;
    let term = (shape[0] == 0).then(|| "P20D".parse().unwrap());
    let first = Terms { term, ..terms("countries/jp", kind) };
    let second = Terms { supersedes: Some(name(a)), ..terms("countries/jp", kind) };
    let mut told = vec![
        opened(a, first, STEPS[shape[1]], &dates[0]),
        advanced(a, STEPS[shape[1] + shape[2]], &dates[1]),
    ];
    match shape[3] {
        0 => told.push(ended(a, &dates[2])),
        1 => told.push(opened(b, second, Step::Signed, &dates[2])),
        _ => told.push(agreement(a, &dates[2], crate::domain::agreement::AgreementFact::Suspended)),
    }
    put(told)
}

#[test]
fn the_status_of_an_agreement_is_among_those_that_are_possible() {
    let a = name("agreements/a");
    let read = |ledger: &Ledger, t: When| -> (Vec<AgreementStatus>, Truth) {
        let stream = ledger.stream(&a).unwrap();
        let agreement = stream.timeline.agreement().unwrap();
        (agreement.statuses(&a, ledger, t), agreement.stands(&a, ledger, t))
    };
    for seed in 0..40 {
        let mut dice = Dice::new(seed);
        let shape = [dice.below(2), dice.below(3), 1 + dice.below(2), dice.below(3)];
        let dates: Vec<Written> = (0..3).map(|_| date(&mut dice)).collect();
        let written: Vec<String> = dates.iter().map(|(text, _)| text.clone()).collect();
        let inexact = agreement_of(&shape, &written);
        // Only what the rules accept: steps in order, and nothing but the one that supersedes it before the first.
        let in_order = |days: &Vec<String>| {
            let ends_late = shape[3] == 1 || days[usize::from(shape[3] == 0)] <= days[2];
            days[0] <= days[1] && ends_late
        };
        for days in choices(&dates).into_iter().filter(in_order) {
            let exact = agreement_of(&shape, &days);
            for t in DAYS.map(exactly) {
                let (possible, may_stand) = read(&inexact, t);
                let (is, stands) = read(&exact, t);
                assert_eq!(is.len(), 1, "seed {seed}, {days:?} on {t}: {is:?}");
                assert!(possible.contains(&is[0]), "seed {seed}, {days:?} of {written:?} on {t}: {is:?}");
                assert!(may_stand == Truth::Possibly || may_stand == stands, "seed {seed}, {days:?} on {t}");
            }
        }
    }
}

#[test]
fn the_status_of_a_decision_is_among_those_that_are_possible() {
    let a = name("decisions/a");
    let of = |shape: usize, dates: &[String]| {
        let mut told = vec![intended("decisions/a", &dates[0]), put_in_effect("decisions/a", &dates[1])];
        match shape {
            0 => told.push(lapsed("decisions/a", &dates[2])),
            1 => told.push(superseded("decisions/a", "decisions/b", &dates[2])),
            _ => {}
        }
        put(told)
    };
    let read = |ledger: &Ledger, t: When| -> (Vec<DecisionStatus>, Truth, Truth) {
        let stream = ledger.stream(&a).unwrap();
        let decision = stream.timeline.decision().unwrap();
        (decision.statuses(t), decision.in_effect(t), decision.ever_in_effect())
    };
    for seed in 0..40 {
        let mut dice = Dice::new(seed);
        let shape = dice.below(3);
        let dates: Vec<Written> = (0..3).map(|_| date(&mut dice)).collect();
        let written: Vec<String> = dates.iter().map(|(text, _)| text.clone()).collect();
        let inexact = of(shape, &written);
        for days in choices(&dates).into_iter().filter(|days| days[0] <= days[1] && days[1] <= days[2]) {
            let exact = of(shape, &days);
            for t in DAYS.map(exactly) {
                let (possible, may_be, may_ever) = read(&inexact, t);
                let (is, in_effect, ever) = read(&exact, t);
                assert_eq!(is.len(), 1, "seed {seed}, {days:?} on {t}: {is:?}");
                assert!(possible.contains(&is[0]), "seed {seed}, {days:?} of {written:?} on {t}: {is:?}");
                assert!(may_be == Truth::Possibly || may_be == in_effect, "seed {seed}, {days:?} on {t}");
                assert!(may_ever == Truth::Possibly || may_ever == ever, "seed {seed}, {days:?}");
            }
        }
    }
}
