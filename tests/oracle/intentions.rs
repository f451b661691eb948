//! What became of an intention (DOMAIN.md §9, read model 8).

use std::collections::BTreeSet;

use minuted::proto::v1;
use minuted::proto::v1::fact::Kind;
use minuted::proto::v1::{LinkType, Outcome};
use serde_json::{Value, json};

use crate::because::{Because, because};
use crate::dates::{Possibly, Span, Truth, Yes};
use crate::known::Known;
use crate::truth;

/// How an intention may have ended, whether it did, by which decisions, and the dates that say so or leave it open.
type Ending<'a> = (Outcome, Truth, BTreeSet<&'a str>, Vec<Because>);

impl Known<'_> {
    fn is_intention(&self, decision: &str) -> bool {
        self.decided(decision).1.status() == v1::DecisionStatus::Intended
    }

    /// Whether there was a day on which it was in effect: only the days of its dates, and those before, can differ.
    fn was_ever_in_effect(&self, decision: &str) -> Truth {
        let over = self.out_of_effect(decision);
        let dates = self.begins_effect(decision).into_iter().chain(over);
        let days = dates.flat_map(|date| [date, date.plus_days(-1)]);
        let days = days.flat_map(|date| [Span::on(date.earliest), Span::on(date.latest)]);
        Truth::any(days.map(|day| self.in_effect(decision, day)))
    }

    fn put_in_effect<'s>(&'s self, decision: &str) -> Ending<'s> {
        let dates =
            self.dated(decision, "in effect from", |kind| matches!(kind, Kind::DecisionPutInEffect(_)));
        (Outcome::PutInEffect, Truth::of(!dates.is_empty()), BTreeSet::new(), dates)
    }

    /// The date of such facts of a decision, in words.
    fn dated(&self, decision: &str, how: &str, wanted: fn(&Kind) -> bool) -> Vec<Because> {
        self.dates(decision, wanted)
            .into_iter()
            .map(|date| (format!("{decision} {how}"), Some(date)))
            .collect()
    }

    fn carried_out<'s>(&'s self, decision: &str) -> Ending<'s> {
        let carries = [LinkType::DerivesFrom as i32, LinkType::Implements as i32];
        let links = self.links().into_iter().filter(|(_, how, to)| carries.contains(how) && *to == decision);
        let by = links.map(|(from, ..)| (self.was_ever_in_effect(from), from));
        let (outcome, so, by, mut dates) = ending(Outcome::CarriedOut, by);
        for carrier in &by {
            let since = self.begins_effect(carrier).into_iter();
            dates.extend(since.map(|date| (format!("{carrier} in effect from"), Some(date))));
            if so == Possibly {
                let over = self.out_of_effect(carrier).into_iter();
                dates.extend(over.map(|date| (format!("{carrier} no longer from"), Some(date))));
            }
        }
        (outcome, so, by, dates)
    }

    /// All that it is a part of, at any depth.
    fn wholes<'s>(&'s self, decision: &str) -> BTreeSet<&'s str> {
        let links = self.links();
        let mut found = BTreeSet::new();
        loop {
            let before = found.len();
            for (from, how, to) in &links {
                if *how == LinkType::PartOf as i32 && (*from == decision || found.contains(from)) {
                    found.insert(*to);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    fn part_of<'s>(&'s self, decision: &str) -> Ending<'s> {
        let wholes = self.wholes(decision).into_iter().filter(|whole| self.is_intention(whole));
        let by = wholes.map(|whole| (self.put_in_effect(whole).1.or(self.carried_out(whole).1), whole));
        ending(Outcome::PartOf, by)
    }

    /// Every outcome that is possible, up to the first that is certain.
    fn outcomes(&self, decision: &str) -> Vec<Ending<'_>> {
        let lapsed = self.dated(decision, "lapsed", |kind| matches!(kind, Kind::DecisionLapsed(_)));
        let by = self.of(decision).filter_map(|said| match said.kind {
            Kind::DecisionSuperseded(it) => Some((Yes, it.by.as_str())),
            _ => None,
        });
        let (superseded, so, by, _) = ending(Outcome::Superseded, by);
        let when = self.dated(decision, "superseded", |kind| matches!(kind, Kind::DecisionSuperseded(_)));
        let mut all = vec![
            self.put_in_effect(decision),
            self.carried_out(decision),
            self.part_of(decision),
            (Outcome::Lapsed, Truth::of(!lapsed.is_empty()), BTreeSet::new(), lapsed),
            (superseded, so, by, when),
            (Outcome::Open, Yes, BTreeSet::new(), Vec::new()),
        ];
        let certain = all.iter().position(|(_, so, ..)| *so == Yes).expect("it is open, at the least");
        all.truncate(certain + 1);
        all.retain(|(_, so, ..)| so.may_be());
        if all.len() > 1 {
            all[..].iter_mut().for_each(|(_, so, ..)| *so = Possibly);
        }
        all
    }

    pub(crate) fn list_intentions(&self, ask: &v1::ListIntentionsRequest, t: Span) -> Value {
        let all = self.names("decisions/").into_iter().filter(|decision| self.is_intention(decision));
        let all = all.map(|decision| (decision, self.outcomes(decision)));
        let found = all.filter(|(_, outcomes)| {
            ask.outcome == 0 || outcomes.iter().any(|(outcome, ..)| *outcome as i32 == ask.outcome)
        });
        let shown = found.map(|(decision, outcomes)| {
            let outcomes = outcomes.into_iter().map(|(how, so, by, dates)| {
                // What it is part of may have been both put in effect and carried out: either says so.
                let dates = if how == Outcome::PartOf { Value::Null } else { because(dates) };
                json!([how as i32, truth(so), by, dates])
            });
            json!([self.decision(decision, &ask.language, t), outcomes.collect::<Vec<_>>()])
        });
        shown.collect()
    }
}

/// It ended so if any of these did it; named are those that certainly did, or else all that may have.
fn ending<'a>(outcome: Outcome, by: impl Iterator<Item = (Truth, &'a str)>) -> Ending<'a> {
    let by: Vec<_> = by.collect();
    let so = Truth::any(by.iter().map(|(so, _)| *so));
    let by = by.into_iter().filter(|(did, _)| *did == so && did.may_be());
    (outcome, so, by.map(|(_, decision)| decision).collect(), Vec::new())
}
