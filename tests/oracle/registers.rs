//! Agreements, operations and contributions.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use minuted::proto::v1;
use minuted::proto::v1::fact::Kind;
use serde_json::{Value, json};

use crate::because::{Because, because, meet, open};
use crate::dates::{End, Possibly, Span, Spell, Truth, possible};
use crate::known::{Known, Said, hold, spells, titled, until};
use crate::{counted, truth};

/// The first step from which an agreement stands: APPROVED.
const STANDS_FROM: i32 = v1::AgreementStep::Approved as i32;

impl Known<'_> {
    fn opened(&self, agreement: &str) -> Option<&v1::AgreementOpened> {
        self.of(agreement).find_map(|said| match said.kind {
            Kind::AgreementOpened(it) => Some(it),
            _ => None,
        })
    }

    /// Each step with its date, in order.
    fn steps(&self, agreement: &str) -> Vec<(i32, Span, &str)> {
        let steps = self.of(agreement).filter_map(|said| match said.kind {
            Kind::AgreementOpened(v1::AgreementOpened { step, .. })
            | Kind::AgreementAdvanced(v1::AgreementAdvanced { step }) => {
                Some((*step, said.begin(), said.from))
            }
            _ => None,
        });
        let mut steps: Vec<_> = steps.collect();
        steps.sort_unstable();
        steps
    }

    fn stands_from(&self, agreement: &str) -> Option<Span> {
        let steps = self.steps(agreement).into_iter().filter(|(step, ..)| *step >= STANDS_FROM);
        // Which of them was first may be open: earliest and latest days apart, as everywhere.
        let dates: Vec<Span> = steps.map(|(_, date, _)| date).collect();
        let earliest = dates.iter().map(|date| date.earliest).min()?;
        let latest = dates.iter().map(|date| date.latest).min()?;
        Some(Span { earliest, latest })
    }

    fn term_over(&self, agreement: &str) -> Option<Span> {
        let term = self.opened(agreement)?.term.as_str();
        if let Some(years) = term.strip_prefix('P').and_then(|term| term.strip_suffix('Y')) {
            return Some(self.stands_from(agreement)?.plus_years(years.parse().unwrap()));
        }
        let (_, last) = term.split_once('/')?;
        Some(Span::on(Span::parse(last).latest).plus_days(1))
    }

    fn superseders(&self, agreement: &str) -> Vec<(&str, Span)> {
        let all = self.names("agreements/").into_iter();
        let all = all.filter(|other| self.opened(other).is_some_and(|it| it.supersedes == agreement));
        all.filter_map(|other| Some((other, self.stands_from(other)?))).collect()
    }

    pub(crate) fn agreement_stands(&self, agreement: &str, t: Span) -> Truth {
        let Some(from) = self.stands_from(agreement) else { return Truth::No };
        let ends = self.of(agreement).filter(|said| matches!(said.kind, Kind::AgreementEnded(_)));
        let ended = Truth::any(ends.map(|said| said.begin().by(t)));
        let over = self.term_over(agreement).map_or(Truth::No, |over| over.by(t));
        let superseded = Truth::any(self.superseders(agreement).iter().map(|(_, from)| from.by(t)));
        from.by(t).and(ended.not()).and(over.not()).and(superseded.not())
    }

    /// Whether an agreement with the actor stands.
    pub(crate) fn has_agreement(&self, actor: &str, t: Span) -> Truth {
        Truth::any(self.with(actor).into_iter().map(|agreement| self.agreement_stands(agreement, t)))
    }

    fn with(&self, actor: &str) -> Vec<&str> {
        let all = self.names("agreements/").into_iter();
        all.filter(|agreement| self.opened(agreement).is_some_and(|it| it.partner == actor)).collect()
    }

    /// Every status that is possible.
    fn statuses(&self, agreement: &str, t: Span) -> BTreeSet<i32> {
        use v1::AgreementStatus as Status;
        let of = |wanted: fn(&Kind) -> bool| self.of(agreement).filter(move |said| wanted(said.kind));
        let suspensions = spells(
            of(|kind| matches!(kind, Kind::AgreementSuspended(_))),
            of(|kind| matches!(kind, Kind::AgreementResumed(_))),
        );
        let suspended = hold(&suspensions, t);
        // What is over before it stood is so from the day on which it would have begun to; what never stood is not.
        let from = self.stands_from(agreement);
        let stood = |date: Span| Some(from?.later(date));
        let ended =
            of(|kind| matches!(kind, Kind::AgreementEnded(_))).map(|said| (Status::Ended, said.begin()));
        let expired = self.term_over(agreement).and_then(stood).map(|over| (Status::Expired, over));
        let by = self.superseders(agreement).into_iter();
        let superseded = by.filter_map(|(_, from)| Some((Status::Superseded, stood(from)?)));
        let ends: Vec<(Status, Span)> = ended.chain(expired).chain(superseded).collect();
        let over = Truth::any(ends.iter().map(|(_, end)| end.by(t)));
        // On one day as listed.
        let first = |index: usize| {
            let (_, this) = ends[index];
            let listed_before = ends[..index].iter().map(|(_, other)| other.by(this));
            let listed_behind = ends[index + 1..].iter().map(|(_, other)| other.before(this));
            Truth::any(listed_before.chain(listed_behind)).not()
        };
        let steps = self.steps(agreement);
        let begun = Truth::any(steps.iter().map(|(_, date, _)| date.by(t)));
        let mut all = vec![
            (Status::NotYet as i32, begun.not()),
            (Status::Suspended as i32, begun.and(suspended).and(over.not())),
        ];
        for (step, date, _) in &steps {
            let higher = steps.iter().filter(|(other, ..)| other > step);
            let passed = Truth::any(higher.map(|(_, date, _)| date.by(t)));
            let at = date.by(t).and(passed.not()).and(suspended.not()).and(over.not());
            all.push((Status::try_from(step + 1).expect("each step is a status") as i32, at));
        }
        let of_ends = ends.iter().enumerate();
        all.extend(of_ends.map(|(index, (status, date))| (*status as i32, date.by(t).and(first(index)))));
        possible(&all)
    }

    pub(crate) fn agreement(&self, agreement: &str, language: &str, t: Span) -> Value {
        let opened = self.opened(agreement).expect("it is known");
        let ended = self.of(agreement).find_map(|said| match said.kind {
            Kind::AgreementEnded(it) => Some((said, it.reason)),
            _ => None,
        });
        let by = self.names("agreements/").into_iter();
        let by = by.filter(|other| {
            self.opened(other).is_some_and(|it| it.supersedes == agreement)
                && self.stands_from(other).is_some()
        });
        // What never stood is over on no day.
        let over = self.stands_from(agreement).and_then(|_| self.term_over(agreement));
        json!({
            "name": agreement,
            "partner": opened.partner,
            "kind": opened.kind,
            "term": opened.term,
            "supersedes": opened.supersedes,
            "shown": titled(&opened.titles, language),
            "steps": self.steps(agreement).iter().map(|(step, _, text)| json!([step, text])).collect::<Vec<_>>(),
            "stands": truth(self.agreement_stands(agreement, t)),
            "etag": self.version(agreement).to_string(),
            "legally_binding": opened.legally_binding,
            "term_over": over.map(|over| format!("{over:?}")),
            "ended": ended.map(|(said, reason)| (said.from, reason)),
            "superseded_by": by.collect::<Vec<_>>(),
            "statuses": self.statuses(agreement, t),
        })
    }

    /// One agreement, and those that superseded each other: see `seen.rs` for their order.
    pub(crate) fn get_agreement(&self, name: &str, language: &str, t: Span) -> Value {
        let supersedes = |agreement: &str| self.opened(agreement).map_or("", |it| it.supersedes.as_str());
        // Corrections may make them supersede each other in a circle.
        let mut chain = vec![name];
        while let older = supersedes(chain[0])
            && !older.is_empty()
            && !chain.contains(&older)
        {
            chain.insert(0, older);
        }
        let mut behind = BTreeSet::new();
        // What never stood supersedes nothing.
        let stood = self.names("agreements/").into_iter().filter(|other| self.stands_from(other).is_some());
        let others: Vec<&str> = stood.filter(|other| !chain.contains(other)).collect();
        for _ in &others {
            let follows = |other: &&str| supersedes(other) == name || behind.contains(supersedes(other));
            let found: Vec<&str> = others.iter().copied().filter(follows).collect();
            behind.extend(found);
        }
        chain.extend(behind);
        if chain == [name] {
            chain.clear();
        }
        let show = |agreement: &str| self.agreement(agreement, language, t);
        json!([show(name), chain.into_iter().map(show).collect::<Vec<_>>()])
    }

    pub(crate) fn list_agreements(&self, ask: &v1::ListAgreementsRequest, t: Span) -> Option<Value> {
        if !ask.partner.is_empty() && !self.knows(&ask.partner) {
            return None;
        }
        let passes = |agreement: &&str| {
            let opened = self.opened(agreement).expect("it is known");
            (ask.partner.is_empty() || opened.partner == ask.partner)
                && (ask.kind == 0 || opened.kind == ask.kind)
                && (ask.status == 0 || self.statuses(agreement, t).contains(&ask.status))
                && (!ask.standing || self.agreement_stands(agreement, t).may_be())
        };
        let found = self.names("agreements/").into_iter().filter(passes);
        Some(found.map(|agreement| self.agreement(agreement, &ask.language, t)).collect())
    }

    pub(crate) fn expiring(&self, ask: &v1::ListExpiringAgreementsRequest, t: Span) -> Option<Value> {
        if !ask.partner.is_empty() && !self.knows(&ask.partner) {
            return None;
        }
        let mut found: Vec<(Date, &str, Value)> = Vec::new();
        for agreement in self.names("agreements/") {
            let with =
                ask.partner.is_empty() || self.opened(agreement).is_some_and(|it| it.partner == ask.partner);
            let Some(over) = self.term_over(agreement).filter(|_| with) else { continue };
            let soon = over.by(t.plus_days(ask.days.into()));
            let expires = self.agreement_stands(agreement, t).and(soon);
            if expires.may_be() {
                let why = if expires == Possibly {
                    self.expires_because(agreement, over, t, ask.days)
                } else {
                    Vec::new()
                };
                let shown =
                    json!([self.agreement(agreement, &ask.language, t), truth(expires), because(why),]);
                found.push((over.earliest, agreement, shown));
            }
        }
        found.sort_by_key(|(over, agreement, _)| (*over, *agreement));
        Some(found.into_iter().map(|(_, _, shown)| shown).collect())
    }

    /// The dates that leave it open whether it stands and its term will soon be over.
    fn expires_because(&self, agreement: &str, over: Span, t: Span, days: u32) -> Vec<Because> {
        let mut dates = self.stands_because(agreement, t);
        if over.by(t.plus_days(days.into())) == Possibly {
            dates.push(("term over".to_owned(), Some(over)));
        }
        dates
    }

    /// The dates that leave it open whether it stands.
    fn stands_because(&self, agreement: &str, t: Span) -> Vec<Because> {
        if self.agreement_stands(agreement, t) != Possibly {
            return Vec::new();
        }
        let mut dates = vec![
            ("stands from".to_owned(), self.stands_from(agreement)),
            ("term over".to_owned(), self.term_over(agreement)),
        ];
        let ends = self.of(agreement).filter(|said| matches!(said.kind, Kind::AgreementEnded(_)));
        dates.extend(ends.map(|said| ("ended".to_owned(), Some(said.begin()))));
        let by = self.superseders(agreement).into_iter();
        dates.extend(by.map(|(by, from)| (format!("superseded by {by} from"), Some(from))));
        dates.retain(|(_, date)| date.is_some_and(|date| date.by(t) == Possibly));
        dates
    }

    /// The dates that leave it open whether an agreement with the actor stands.
    pub(crate) fn agreements_because(&self, actor: &str, t: Span) -> Vec<Because> {
        if self.has_agreement(actor, t) != Possibly {
            return Vec::new();
        }
        let dates = self.with(actor).into_iter().flat_map(|agreement| {
            let dates = self.stands_because(agreement, t).into_iter();
            dates.map(move |(what, date)| (format!("{agreement} {what}"), date))
        });
        dates.collect()
    }

    fn operation_life(&self, operation: &str) -> Vec<Spell> {
        spells(
            self.of(operation).filter(|said| matches!(said.kind, Kind::OperationLaunched(_))),
            self.of(operation).filter(|said| matches!(said.kind, Kind::OperationEnded(_))),
        )
    }

    pub(crate) fn active(&self, operation: &str, t: Span) -> Truth {
        hold(&self.operation_life(operation), t)
    }

    pub(crate) fn operation(&self, operation: &str, language: &str, t: Span) -> Value {
        let launched = self.of(operation).find_map(|said| match said.kind {
            Kind::OperationLaunched(it) => Some((said, it)),
            _ => None,
        });
        let (said, launched) = launched.expect("it is known");
        let shown = titled(&launched.names, language);
        let ended = self.when(operation, |kind| matches!(kind, Kind::OperationEnded(_)));
        // As it is written, apart or with the beginning.
        let ended = if ended.is_empty() { said.to } else { ended };
        let etag = self.version(operation).to_string();
        json!([operation, shown, launched.lead, said.from, truth(self.active(operation, t)), ended, etag])
    }

    pub(crate) fn list_operations(&self, ask: &v1::ListOperationsRequest, t: Span) -> Value {
        let all = self.names("operations/").into_iter();
        let all = all.filter(|operation| !ask.active || self.active(operation, t).may_be());
        all.map(|operation| self.operation(operation, &ask.language, t)).collect()
    }

    fn contributed(&self, contribution: &str) -> &v1::ContributionRecorded {
        let found = self.of(contribution).find_map(|said| match said.kind {
            Kind::ContributionRecorded(it) => Some(it),
            _ => None,
        });
        found.expect("it is known")
    }

    fn contribution_life(&self, contribution: &str) -> Vec<Spell> {
        spells(
            self.of(contribution).filter(|said| matches!(said.kind, Kind::ContributionRecorded(_))),
            self.of(contribution).filter(|said| matches!(said.kind, Kind::ContributionEnded(_))),
        )
    }

    /// When it began, or was seen.
    fn begun(&self, contribution: &str) -> Span {
        let recorded = self.of(contribution).find(|said| matches!(said.kind, Kind::ContributionRecorded(_)));
        recorded.expect("it is known").begin()
    }

    /// Whether it was made: observed on one day, it is possible on every other one until its end.
    fn made(&self, contribution: &str, t: Span) -> Truth {
        let it = self.contributed(contribution);
        let own = if it.observed {
            let seen = self.begun(contribution);
            let that_day = seen.by(t).and(t.by(seen));
            that_day.or(Possibly).and(self.contribution_ended(contribution, t).not())
        } else {
            hold(&self.contribution_life(contribution), t)
        };
        own.and(self.active(&it.operation, t))
    }

    /// Whether there was a day on which it was made: only the days of its dates and its operation's, and those before, can
    /// differ. An observed one was seen on its date, whichever day that is.
    fn made_at_any_time(&self, contribution: &str) -> Truth {
        let it = self.contributed(contribution);
        let dates = self.of(contribution).chain(self.of(&it.operation)).flat_map(|said| {
            let end = match until(said.to) {
                Some(End::On(end)) => Some(end),
                Some(End::Never | End::Unknown) | None => None,
            };
            [Some(said.begin()), end].into_iter().flatten()
        });
        let days = dates.flat_map(|date| [date, date.plus_days(-1)]);
        let days = days.flat_map(|date| [Span::on(date.earliest), Span::on(date.latest)]);
        let made = Truth::any(days.map(|day| self.made(contribution, day)));
        if !it.observed {
            return made;
        }
        let seen = self.begun(contribution);
        made.or(self.active(&it.operation, seen).and(self.contribution_ended(contribution, seen).not()))
    }

    fn made_on(&self, contribution: &str, t: Option<Span>) -> Truth {
        t.map_or_else(|| self.made_at_any_time(contribution), |t| self.made(contribution, t))
    }

    /// Why it is open whether it was made.
    fn made_because(&self, contribution: &str, t: Option<Span>) -> Vec<Because> {
        if self.made_on(contribution, t) != Possibly {
            return Vec::new();
        }
        let it = self.contributed(contribution);
        let (own, life) = (self.contribution_life(contribution), self.operation_life(&it.operation));
        let (made, active) = (format!("{contribution} made"), format!("{} active", it.operation));
        let on = |t: Span| [open(&own, &made, t), open(&life, &active, t)].concat();
        let seen = self.begun(contribution);
        let observed_on = |t: Span| {
            let ends = own.iter().map(|spell| Spell { begin: Span::EVER, end: spell.end });
            [open(&ends.collect::<Vec<_>>(), &made, t), open(&life, &active, t)].concat()
        };
        let was_seen = (format!("{contribution} seen"), Some(seen));
        match t {
            Some(t) if it.observed => {
                let mut dates = observed_on(t);
                let that_day = seen.by(t).and(t.by(seen)) == Truth::Yes;
                dates.extend((!that_day).then_some(was_seen));
                dates
            }
            Some(t) => on(t),
            None if it.observed => {
                let mut dates = observed_on(seen);
                dates.extend((!seen.is_exact()).then_some(was_seen));
                dates
            }
            None => meet(&own, &made, &life, &active),
        }
    }

    /// Whether an observed one had ended: an end is all that it has.
    fn contribution_ended(&self, contribution: &str, t: Span) -> Truth {
        let by = |said: &Said<'_>| match said.kind {
            Kind::ContributionRecorded(_) => until(said.to).map_or(Truth::No, |end| end.by(t)),
            Kind::ContributionEnded(_) => said.begin().by(t),
            _ => Truth::No,
        };
        Truth::any(self.of(contribution).map(by))
    }

    pub(crate) fn contribution(&self, contribution: &str, t: Option<Span>) -> Value {
        let it = self.contributed(contribution);
        let recorded = self.of(contribution).find(|said| matches!(said.kind, Kind::ContributionRecorded(_)));
        let recorded = recorded.map(|said| [said.from, said.to]);
        let date_of = |wanted: fn(&Kind) -> bool| {
            self.of(contribution).find(|said| wanted(said.kind)).map(|said| said.from).unwrap_or_default()
        };
        json!({
            "name": contribution,
            "contributor": it.contributor,
            "operation": it.operation,
            "form": it.form,
            "military": military(it.form),
            "personnel": it.personnel,
            "observed": it.observed,
            "etag": self.version(contribution).to_string(),
            "note": it.note,
            "valid": recorded,
            "accepted": date_of(|kind| matches!(kind, Kind::ContributionAccepted(_))),
            "ended": date_of(|kind| matches!(kind, Kind::ContributionEnded(_))),
            "active": truth(self.made_on(contribution, t)),
            "because": because(self.made_because(contribution, t)),
        })
    }

    pub(crate) fn list_contributions(&self, ask: &v1::ListContributionsRequest, t: Span) -> Option<Value> {
        let named = [&ask.operation, &ask.contributor];
        if named.into_iter().any(|name| !name.is_empty() && !self.knows(name)) {
            return None;
        }
        let passes = |contribution: &&str| {
            let it = self.contributed(contribution);
            (ask.operation.is_empty() || it.operation == ask.operation)
                && (ask.contributor.is_empty() || it.contributor == ask.contributor)
                && (ask.form == 0 || it.form == ask.form)
                && (!ask.active || self.made(contribution, t).may_be())
        };
        let found = self.names("contributions/").into_iter().filter(passes);
        Some(found.map(|contribution| self.contribution(contribution, Some(t))).collect())
    }

    pub(crate) fn contributors(&self, ask: &v1::ListContributorsRequest, t: Span) -> Value {
        let day = Some(t).filter(|_| !ask.at_any_time);
        let mut by_actor: BTreeMap<&str, (Truth, Truth, Vec<Value>)> = BTreeMap::new();
        for contribution in self.names("contributions/") {
            let (it, made) = (self.contributed(contribution), self.made_on(contribution, day));
            if it.operation == ask.operation && made.may_be() {
                let of = by_actor.entry(&it.contributor).or_insert((Truth::No, Truth::No, Vec::new()));
                let form = if military(it.form) { &mut of.0 } else { &mut of.1 };
                *form = form.or(made);
                of.2.push(self.contribution(contribution, day));
            }
        }
        let counts =
            json!([counted(by_actor.values().map(|of| of.0)), counted(by_actor.values().map(|of| of.1))]);
        // Countries come before organisations, as their names do.
        let all = by_actor.into_iter().map(|(actor, (military, other, contributions))| {
            json!([actor, self.name(actor, &ask.language, t), truth(military), truth(other), contributions])
        });
        json!({ "contributors": all.collect::<Vec<_>>(), "counts": counts })
    }

    pub(crate) fn non_contributors(&self, ask: &v1::ListNonContributorsRequest, t: Span) -> Option<Value> {
        if !ask.operation.is_empty() && !self.knows(&ask.operation) {
            return None;
        }
        let day = Some(t).filter(|_| !ask.at_any_time);
        let of_actor = |actor: &str| {
            let mut all = self.names("contributions/");
            all.retain(|contribution| {
                let it = self.contributed(contribution);
                it.contributor == actor && (ask.operation.is_empty() || it.operation == ask.operation)
            });
            all.into_iter()
        };
        let did =
            |actor: &str| Truth::any(of_actor(actor).map(|contribution| self.made_on(contribution, day)));
        let why = |actor: &str| {
            let contributions = of_actor(actor).flat_map(|contribution| self.made_because(contribution, day));
            self.partner_because(actor, t).into_iter().chain(contributions).collect()
        };
        let all =
            self.actors().into_iter().map(|actor| (actor, self.partner(actor, t).and(did(actor).not())));
        let all: Vec<_> = all.filter(|(_, not)| not.may_be()).collect();
        let partners = all.iter().map(|(actor, not)| {
            json!([actor, self.name(actor, &ask.language, t), truth(*not), because(why(actor))])
        });
        let count = counted(all.iter().map(|(_, not)| *not));
        Some(json!({ "partners": partners.collect::<Vec<_>>(), "count": count }))
    }
}

fn military(form: i32) -> bool {
    use v1::ContributionForm::{Air, Naval, Troops};
    [Troops as i32, Naval as i32, Air as i32].contains(&form)
}
