//! Activities, access to them, and decisions.

use std::collections::{BTreeMap, BTreeSet};

use minuted::proto::v1;
use minuted::proto::v1::fact::Kind;
use serde_json::{Value, json};

use crate::because::{Because, because, deciding, open};
use crate::dates::{End, Possibly, Span, Spell, Truth, Yes, possible};
use crate::known::{Known, Said, hold, spells, titled, until};
use crate::truth;

impl Known<'_> {
    fn offer(&self, activity: &str) -> (&Said<'_>, &v1::ActivityOffered) {
        let found = self.of(activity).find_map(|said| match said.kind {
            Kind::ActivityOffered(it) => Some((said, it)),
            _ => None,
        });
        found.expect("it is known")
    }

    fn on_offer(&self, activity: &str) -> Vec<Spell> {
        spells(
            self.of(activity).filter(|said| matches!(said.kind, Kind::ActivityOffered(_))),
            self.of(activity).filter(|said| matches!(said.kind, Kind::ActivityWithdrawn(_))),
        )
    }

    fn offered(&self, activity: &str, t: Span) -> Truth {
        hold(&self.on_offer(activity), t)
    }

    fn participants(&self, activity: &str) -> Vec<(Span, u64, &str, [&str; 2])> {
        let found = self.of(activity).filter_map(|said| match said.kind {
            Kind::ParticipationRecorded(it) => {
                Some((said.begin(), said.position, it.participant.as_str(), [said.from, said.to]))
            }
            _ => None,
        });
        let mut found: Vec<_> = found.collect();
        found.sort_unstable_by_key(|(date, position, actor, _)| (*date, *actor, *position));
        found
    }

    pub(crate) fn activity(&self, activity: &str, language: &str, t: Span) -> Value {
        let (said, offer) = self.offer(activity);
        let participants =
            self.participants(activity).into_iter().map(|(_, _, actor, valid)| json!([actor, valid]));
        json!({
            "name": activity,
            "kind": offer.kind,
            "shown": titled(&offer.titles, language),
            "access": [offer.access, offer.framework, offer.exception],
            "valid": [said.from, said.to],
            "etag": self.version(activity).to_string(),
            "withdrawn": self.when(activity, |kind| matches!(kind, Kind::ActivityWithdrawn(_))),
            "offered": truth(self.offered(activity, t)),
            "participants": participants.collect::<Vec<_>>(),
        })
    }

    pub(crate) fn list_activities(&self, ask: &v1::ListActivitiesRequest, t: Span) -> Option<Value> {
        if !ask.participant.is_empty() && !self.knows(&ask.participant) {
            return None;
        }
        let passes = |activity: &&str| {
            let (_, offer) = self.offer(activity);
            let took_part =
                || self.participants(activity).iter().any(|(_, _, actor, _)| *actor == ask.participant);
            let in_time = |spell: Spell| spell.within(&ask.from, &ask.to).may_be();
            let part_in_time = |(begin, _, actor, [_, to]): &(Span, u64, &str, [&str; 2])| {
                let end = until(to).unwrap_or(End::On(begin.plus_days(1)));
                (ask.participant.is_empty() || *actor == ask.participant)
                    && in_time(Spell { begin: *begin, end })
            };
            let any_time = ask.from.is_empty() && ask.to.is_empty();
            let so_in_time = || {
                self.participants(activity).iter().any(part_in_time)
                    || ask.participant.is_empty() && self.on_offer(activity).into_iter().any(in_time)
            };
            (any_time || so_in_time())
                && (ask.kind == 0 || offer.kind == ask.kind)
                && (ask.access == 0 || offer.access == ask.access)
                && (ask.participant.is_empty() || took_part())
                && (!ask.offered || self.offered(activity, t).may_be())
        };
        let found = self.names("activities/").into_iter().filter(passes);
        Some(found.map(|activity| self.activity(activity, &ask.language, t)).collect())
    }

    /// The decisions that carry `EQUAL_ACCESS`, as far as they are in effect; the certain ones first.
    fn equal_access(&self, t: Span) -> Vec<(Truth, &str)> {
        let carries = |it: &v1::DecisionRecorded| it.rules.contains(&(v1::Rule::EqualAccess as i32));
        let all = self.names("decisions/").into_iter().filter(|decision| carries(self.decided(decision).1));
        let mut found: Vec<_> = all.map(|decision| (self.in_effect(decision, t), decision)).collect();
        found.retain(|(so, _)| so.may_be());
        found.sort_by_key(|(so, decision)| (so.not(), *decision));
        found
    }

    /// When it was in effect: which of several dates is the first may be open, earliest and latest days apart.
    fn effect(&self, decision: &str) -> Option<Spell> {
        let first = |dates: Vec<Span>| {
            let earliest = dates.iter().map(|date| date.earliest).min()?;
            Some(Span { earliest, latest: dates.iter().map(|date| date.latest).min()? })
        };
        let end = first(self.out_of_effect(decision)).map_or(End::Never, End::On);
        Some(Spell { begin: first(self.begins_effect(decision))?, end })
    }

    /// Each with the dates that leave it open; `offer`: that of the offer which is judged, if it is one of them.
    fn in_force(&self, t: Span, language: &str, offer: Option<&Because>) -> Value {
        let all = self.equal_access(t).into_iter().map(|(so, decision)| {
            let effect = self.effect(decision).expect("it is in effect, or may be");
            let mut why = open(&[effect], &format!("{decision} in effect"), t);
            why.extend(offer.filter(|_| so == Possibly).cloned());
            let title = titled(&self.decided(decision).1.titles, language);
            json!([decision, truth(so), self.in_effect_since(decision), title, because(why)])
        });
        all.collect()
    }

    /// What the answer follows from. Where a ground is of several spells, only the dates that leave it open are compared.
    fn findings(&self, ask: &v1::ExplainAccessRequest, t: Span) -> Value {
        use v1::AccessGround as Ground;
        let (_, offer) = self.offer(&ask.activity);
        let of = |ground: Ground, spells: &[Spell], what: &str| {
            json!([ground as i32, truth(hold(spells, t)), because(deciding(spells, what, t))])
        };
        let by = |ground: Ground, so: Truth, why: Vec<Because>| {
            json!([ground as i32, truth(so), if so == Possibly { because(why) } else { Value::Null }])
        };
        let actor = ask.actor.as_str();
        let member = of(Ground::Member, &self.memberships(actor), "a member");
        let mut found = vec![of(Ground::Offered, &self.on_offer(&ask.activity), "on offer")];
        match offer.access() {
            v1::Access::AllPartners => {
                let why = self.partner_because(actor, t);
                found.extend([member, by(Ground::Partner, self.partner(actor, t), why)]);
            }
            v1::Access::Framework => {
                let why = self.holds_because(actor, &offer.framework, t);
                found.extend([member, by(Ground::Holder, self.holds(actor, &offer.framework, t), why)]);
            }
            v1::Access::Listed => found.push(by(Ground::Registered, Yes, Vec::new())),
            v1::Access::Unspecified => panic!("it is always said"),
        }
        found.push(of(Ground::Suspended, &self.suspensions(actor), "suspended"));
        found.into()
    }

    pub(crate) fn explain(&self, ask: &v1::ExplainAccessRequest, t: Span) -> Option<Value> {
        if !self.knows(&ask.activity) || !self.knows(&ask.actor) {
            return None;
        }
        let (said, offer) = self.offer(&ask.activity);
        let member = self.member(&ask.actor, t);
        let allowed = match offer.access() {
            v1::Access::AllPartners => member.or(self.partner(&ask.actor, t)),
            v1::Access::Framework => member.or(self.holds(&ask.actor, &offer.framework, t)),
            v1::Access::Listed => Yes,
            v1::Access::Unspecified => panic!("it is always said"),
        };
        let answer = self.offered(&ask.activity, t).and(allowed).and(self.suspended(&ask.actor, t).not());
        let to_all = offer.access() == v1::Access::AllPartners;
        Some(json!({
            "answer": truth(answer),
            "rule": [offer.access, offer.framework],
            "decisions": if to_all { self.in_force(t, &ask.language, None) } else { json!([]) },
            "offer": said.position,
            "offered": [said.from, said.to],
            "findings": self.findings(ask, t),
            "shown": [titled(&offer.titles, &ask.language), self.name(&ask.actor, &ask.language, t)],
        }))
    }

    pub(crate) fn deviations(&self, ask: &v1::ListDeviationsRequest, t: Span) -> Value {
        let found = self.names("activities/").into_iter().filter_map(|activity| {
            let (said, offer) = self.offer(activity);
            let rules = self.equal_access(said.begin());
            let deviates = Truth::any(rules.iter().map(|(so, _)| *so));
            let counts = offer.access() != v1::Access::AllPartners
                && deviates.may_be()
                && (!ask.without_exception || offer.exception.is_empty());
            counts.then(|| {
                // The rule may have come into force on an exact day: then it is the offer's own date that leaves it open.
                let offered = (format!("{activity} offered from"), Some(said.begin()));
                let offered = Some(offered).filter(|_| !said.begin().is_exact());
                json!([
                    self.activity(activity, &ask.language, t),
                    truth(deviates),
                    !offer.exception.is_empty(),
                    self.in_force(said.begin(), &ask.language, offered.as_ref()),
                ])
            })
        });
        found.collect()
    }

    pub(crate) fn decided(&self, decision: &str) -> (&Said<'_>, &v1::DecisionRecorded) {
        let found = self.of(decision).find_map(|said| match said.kind {
            Kind::DecisionRecorded(it) => Some((said, it)),
            _ => None,
        });
        found.expect("it is known")
    }

    pub(crate) fn dates(&self, decision: &str, wanted: fn(&Kind) -> bool) -> Vec<Span> {
        self.of(decision).filter(|said| wanted(said.kind)).map(Said::begin).collect()
    }

    pub(crate) fn begins_effect(&self, decision: &str) -> Vec<Span> {
        let mut begins = self.dates(decision, |kind| matches!(kind, Kind::DecisionPutInEffect(_)));
        let (said, it) = self.decided(decision);
        if it.status() == v1::DecisionStatus::InEffect {
            begins.push(said.begin());
        }
        begins
    }

    pub(crate) fn in_effect(&self, decision: &str, t: Span) -> Truth {
        let by = |dates: Vec<Span>| Truth::any(dates.into_iter().map(|date| date.by(t)));
        by(self.begins_effect(decision)).and(by(self.out_of_effect(decision)).not())
    }

    pub(crate) fn out_of_effect(&self, decision: &str) -> Vec<Span> {
        self.dates(decision, |kind| matches!(kind, Kind::DecisionSuperseded(_) | Kind::DecisionLapsed(_)))
    }

    /// Since when it is in effect, as it is written; empty: it never was.
    pub(crate) fn in_effect_since(&self, decision: &str) -> &str {
        let (said, it) = self.decided(decision);
        match it.status() {
            v1::DecisionStatus::InEffect => said.from,
            _ => self.when(decision, |kind| matches!(kind, Kind::DecisionPutInEffect(_))),
        }
    }

    /// Every status that is possible: the last of its dates that has come. What is recorded at once as in effect has no
    /// date of being an intention.
    fn decision_statuses(&self, decision: &str, t: Span) -> BTreeSet<i32> {
        use v1::DecisionStatus as Status;
        let come = |dates: &[Span]| Truth::any(dates.iter().map(|date| date.by(t)));
        let first = |dates: &[Span], others: &[Span]| {
            let is_first = |date: &Span| {
                date.by(t).and(Truth::any(others.iter().map(|other| other.before(*date))).not())
            };
            Truth::any(dates.iter().map(is_first))
        };
        let (said, it) = self.decided(decision);
        let is_intention = it.status() == Status::Intended;
        let intended: Vec<Span> = is_intention.then(|| said.begin()).into_iter().collect();
        let effect = self.begins_effect(decision);
        let superseded = self.dates(decision, |kind| matches!(kind, Kind::DecisionSuperseded(_)));
        let lapsed = self.dates(decision, |kind| matches!(kind, Kind::DecisionLapsed(_)));
        let over = come(&superseded).or(come(&lapsed));
        let in_effect = come(&effect).and(over.not());
        let all = [
            (Status::NotYet, come(&intended).or(come(&effect)).or(over).not()),
            (Status::Intended, come(&intended).and(come(&effect).not()).and(over.not())),
            (Status::InEffect, in_effect),
            (Status::Superseded, first(&superseded, &lapsed)),
            (Status::Lapsed, first(&lapsed, &superseded)),
        ];
        possible(&all.map(|(status, so)| (status as i32, so)))
    }

    /// Every link of the lineage: from, type, to.
    pub(crate) fn links(&self) -> BTreeSet<(&str, i32, &str)> {
        let supersedes = v1::LinkType::Supersedes as i32;
        let mut all = BTreeSet::new();
        for said in &self.facts {
            match said.kind {
                Kind::DecisionRecorded(v1::DecisionRecorded { links, .. })
                | Kind::DecisionsLinked(v1::DecisionsLinked { links }) => {
                    all.extend(links.iter().map(|link| (said.stream, link.r#type, link.to.as_str())));
                }
                Kind::DecisionSuperseded(it) => {
                    all.insert((it.by.as_str(), supersedes, said.stream));
                }
                _ => {}
            }
        }
        all
    }

    pub(crate) fn decision(&self, decision: &str, language: &str, t: Span) -> Value {
        let (said, it) = self.decided(decision);
        let by = self.of(decision).filter_map(|said| match said.kind {
            Kind::DecisionSuperseded(it) => Some(it.by.as_str()),
            _ => None,
        });
        let links = self.of(decision).flat_map(|said| match said.kind {
            Kind::DecisionRecorded(v1::DecisionRecorded { links, .. })
            | Kind::DecisionsLinked(v1::DecisionsLinked { links }) => &links[..],
            _ => &[],
        });
        let links = links.map(|link| (link.r#type, &link.to));
        let superseded = self.when(decision, |kind| matches!(kind, Kind::DecisionSuperseded(_)));
        let lapsed = self.when(decision, |kind| matches!(kind, Kind::DecisionLapsed(_)));
        json!({
            "name": decision,
            "body": it.body,
            "shown": titled(&it.titles, language),
            "taken": said.from,
            "rules": it.rules.iter().collect::<BTreeSet<_>>(),
            "superseded_by": by.collect::<BTreeSet<_>>(),
            "etag": self.version(decision).to_string(),
            "meeting": it.meeting,
            "links": links.collect::<BTreeSet<_>>(),
            "dates": [self.in_effect_since(decision), superseded, lapsed],
            "in_effect": truth(self.in_effect(decision, t)),
            "statuses": self.decision_statuses(decision, t),
        })
    }

    pub(crate) fn list_decisions(&self, ask: &v1::ListDecisionsRequest, t: Span) -> Option<Value> {
        if !ask.meeting.is_empty() && !self.knows(&ask.meeting) {
            return None;
        }
        let passes = |decision: &&str| {
            let (_, it) = self.decided(decision);
            (ask.meeting.is_empty() || it.meeting == ask.meeting)
                && (ask.rule == 0 || it.rules.contains(&ask.rule))
                && (!ask.in_effect || self.in_effect(decision, t).may_be())
                && (!ask.intentions || it.status() == v1::DecisionStatus::Intended)
        };
        let found = self.names("decisions/").into_iter().filter(passes);
        Some(found.map(|decision| self.decision(decision, &ask.language, t)).collect())
    }

    /// Those that links lead to, each with the least number of steps and its links to those that are nearer.
    fn reached<'s>(&'s self, decision: &'s str, back: bool, language: &str, t: Span) -> Value {
        let links = self.links();
        let mut depths: BTreeMap<&str, u32> = BTreeMap::from([(decision, 0)]);
        loop {
            let before = depths.clone();
            for (from, _, to) in &links {
                let (here, there) = if back { (from, to) } else { (to, from) };
                if let Some(depth) = before.get(here) {
                    let known = depths.entry(there).or_insert(depth + 1);
                    *known = (*known).min(depth + 1);
                }
            }
            if depths == before {
                break;
            }
        }
        let mut steps: Vec<_> = depths.iter().filter(|(_, depth)| **depth > 0).collect();
        steps.sort_by_key(|(name, depth)| (*depth, *name));
        let steps = steps.into_iter().map(|(step, depth)| {
            let near = links.iter().filter(|(from, _, to)| {
                let (here, there) = if back { (to, from) } else { (from, to) };
                here == step && depths.get(there).is_some_and(|nearer| nearer < depth)
            });
            json!([depth, self.decision(step, language, t), near.collect::<Vec<_>>()])
        });
        steps.collect()
    }

    pub(crate) fn trace(&self, ask: &v1::TraceDecisionRequest, t: Span) -> Value {
        json!({
            "decision": self.decision(&ask.name, &ask.language, t),
            "ancestors": self.reached(&ask.name, true, &ask.language, t),
            "descendants": self.reached(&ask.name, false, &ask.language, t),
        })
    }
}
