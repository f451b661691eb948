//! Standing, actors, frameworks, areas and what was chosen.

use std::collections::BTreeSet;

use minuted::proto::v1::fact::Kind;
use serde_json::{Value, json};

use crate::because::{Because, because, last, open};
use crate::dates::{Possibly, Span, Spell, Truth, Yes, current};
use crate::known::{Known, Said, hold, shown, spells, titled};
use crate::{counted, truth};

impl Known<'_> {
    pub(crate) fn memberships(&self, actor: &str) -> Vec<Spell> {
        spells(
            self.of(actor).filter(|said| matches!(said.kind, Kind::MemberAdmitted(_))),
            self.of(actor).filter(|said| matches!(said.kind, Kind::MembershipEnded(_))),
        )
    }

    pub(crate) fn member(&self, actor: &str, t: Span) -> Truth {
        hold(&self.memberships(actor), t)
    }

    pub(crate) fn suspensions(&self, actor: &str) -> Vec<Spell> {
        spells(
            self.of(actor).filter(|said| matches!(said.kind, Kind::CooperationSuspended(_))),
            self.of(actor).filter(|said| matches!(said.kind, Kind::CooperationResumed(_))),
        )
    }

    pub(crate) fn suspended(&self, actor: &str, t: Span) -> Truth {
        hold(&self.suspensions(actor), t)
    }

    fn life(&self, framework: &str) -> Vec<Spell> {
        spells(
            self.of(framework).filter(|said| matches!(said.kind, Kind::FrameworkEstablished(_))),
            self.of(framework).filter(|said| matches!(said.kind, Kind::FrameworkClosed(_))),
        )
    }

    pub(crate) fn open(&self, framework: &str, t: Span) -> Truth {
        hold(&self.life(framework), t)
    }

    pub(crate) fn overlay(&self, framework: &str) -> bool {
        self.of(framework).any(|said| matches!(said.kind, Kind::FrameworkEstablished(it) if it.overlay))
    }

    fn tenures(&self, actor: &str, framework: &str) -> Vec<Spell> {
        spells(
            self.of(actor)
                .filter(|said| matches!(said.kind, Kind::FrameworkJoined(it) if it.framework == framework)),
            self.of(actor)
                .filter(|said| matches!(said.kind, Kind::FrameworkLeft(it) if it.framework == framework)),
        )
    }

    /// In the framework, its own membership apart.
    pub(crate) fn in_framework(&self, actor: &str, framework: &str, t: Span) -> Truth {
        hold(&self.tenures(actor, framework), t).and(self.open(framework, t))
    }

    /// Why it is open whether it is a member.
    pub(crate) fn member_because(&self, actor: &str, t: Span) -> Vec<Because> {
        open(&self.memberships(actor), "a member", t)
    }

    /// Why it is open whether it holds the framework: the tenure, the framework's own life, or a membership.
    pub(crate) fn holds_because(&self, actor: &str, framework: &str, t: Span) -> Vec<Because> {
        if self.holds(actor, framework, t) != Possibly {
            return Vec::new();
        }
        let mut dates = open(&self.tenures(actor, framework), &format!("in {framework}"), t);
        dates.extend(open(&self.life(framework), &format!("{framework} open"), t));
        dates.extend(self.member_because(actor, t));
        dates
    }

    /// Why it is open whether it was in the framework, its own membership apart; what is its own is said to be.
    pub(crate) fn in_framework_because(&self, actor: &str, framework: &str, t: Span) -> Vec<Because> {
        let mut dates = open(&self.tenures(actor, framework), &format!("{actor} in {framework}"), t);
        dates.extend(open(&self.life(framework), &format!("{framework} open"), t));
        dates
    }

    /// Why it is open whether it is a partner.
    pub(crate) fn partner_because(&self, actor: &str, t: Span) -> Vec<Because> {
        if self.partner(actor, t) != Possibly {
            return Vec::new();
        }
        let all = self.main_frameworks().into_iter();
        all.flat_map(|framework| self.holds_because(actor, framework, t)).collect()
    }

    pub(crate) fn holds(&self, actor: &str, framework: &str, t: Span) -> Truth {
        self.in_framework(actor, framework, t).and(self.member(actor, t).not())
    }

    pub(crate) fn main_frameworks(&self) -> Vec<&str> {
        self.names("frameworks/").into_iter().filter(|framework| !self.overlay(framework)).collect()
    }

    pub(crate) fn partner(&self, actor: &str, t: Span) -> Truth {
        Truth::any(self.main_frameworks().into_iter().map(|framework| self.holds(actor, framework, t)))
    }

    pub(crate) fn actors(&self) -> Vec<&str> {
        self.names("countries/").into_iter().chain(self.names("organisations/")).collect()
    }

    pub(crate) fn name(&self, actor: &str, language: &str, t: Span) -> Value {
        let names = self.names_of(actor).into_iter().map(|(tag, text, said)| (tag, text, said.begin()));
        shown(&names.collect::<Vec<_>>(), language, t)
    }

    /// What is said to be suspended; the histories have one scope only.
    fn scopes(&self, actor: &str) -> impl Iterator<Item = &str> {
        self.of(actor).filter_map(|said| match said.kind {
            Kind::CooperationSuspended(it) => Some(it.scope.as_str()),
            _ => None,
        })
    }

    /// Every name by its language, with what says so.
    fn names_of(&self, actor: &str) -> Vec<(&str, &str, &Said<'_>)> {
        let mut names = Vec::new();
        for said in self.of(actor) {
            let (Kind::ActorRegistered(v1::ActorRegistered { names: new, .. })
            | Kind::ActorRenamed(v1::ActorRenamed { names: new })) = said.kind
            else {
                continue;
            };
            names.extend(new.iter().map(|(tag, text)| (tag.as_str(), text.as_str(), said)));
        }
        names
    }

    pub(crate) fn actor(&self, actor: &str, language: &str, t: Span) -> Value {
        let held = self.names("frameworks/").into_iter().map(|f| (f, self.holds(actor, f, t)));
        let held = held.filter(|(_, held)| held.may_be());
        let why = |f: &str| because(self.holds_because(actor, f, t));
        let held = held.map(|(f, held)| json!([f, truth(held), self.overlay(f), why(f)]));
        let of_each = [
            self.member_because(actor, t),
            self.partner_because(actor, t),
            open(&self.suspensions(actor), "suspended", t),
        ];
        let registered = self.of(actor).find_map(|said| match said.kind {
            Kind::ActorRegistered(it) => Some(it),
            _ => None,
        });
        let registered = registered.expect("it is known");
        let names: BTreeSet<_> =
            self.names_of(actor).into_iter().map(|(tag, text, said)| (tag, text, said.from)).collect();
        let scopes: BTreeSet<&str> =
            self.scopes(actor).filter(|_| self.suspended(actor, t).may_be()).collect();
        json!({
            "name": actor,
            "registered": [json!(registered.kind), json!(registered.alpha2), json!(registered.alpha3)],
            "names": names,
            "scopes": scopes,
            "etag": self.version(actor).to_string(),
            "shown": self.name(actor, language, t),
            "member": truth(self.member(actor, t)),
            "partner": truth(self.partner(actor, t)),
            "suspended": truth(self.suspended(actor, t)),
            "frameworks": held.collect::<Vec<_>>(),
            "because": because(of_each.concat()),
        })
    }

    pub(crate) fn list_actors(&self, ask: &v1::ListActorsRequest, t: Span) -> Option<Value> {
        if !ask.framework.is_empty() && !self.knows(&ask.framework) {
            return None;
        }
        let passes = |actor: &&str| {
            let collection = match ask.kind() {
                v1::ActorKind::Unspecified => "",
                v1::ActorKind::Country => "countries/",
                v1::ActorKind::Organisation => "organisations/",
            };
            actor.starts_with(collection)
                && (!ask.members || self.member(actor, t).may_be())
                && (!ask.partners || self.partner(actor, t).may_be())
                && (!ask.suspended || self.suspended(actor, t).may_be())
                && (ask.framework.is_empty() || self.holds(actor, &ask.framework, t).may_be())
        };
        let found = self.actors().into_iter().filter(passes);
        Some(found.map(|actor| self.actor(actor, &ask.language, t)).collect())
    }

    pub(crate) fn standing(&self, language: &str, t: Span) -> Value {
        let list = |truth_of: &dyn Fn(&str) -> Truth, why: &dyn Fn(&str) -> Vec<Because>| {
            let stood = self.actors().into_iter().map(|actor| (actor, truth_of(actor)));
            let stood: Vec<_> = stood.filter(|(_, so)| so.may_be()).collect();
            let count = counted(stood.iter().map(|(_, so)| *so));
            let stood = stood.into_iter().map(|(actor, so)| {
                let suspended = truth(self.suspended(actor, t));
                json!([actor, truth(so), suspended, self.name(actor, language, t), because(why(actor))])
            });
            json!({ "actors": stood.collect::<Vec<_>>(), "count": count })
        };
        let frameworks = self.names("frameworks/").into_iter().map(|framework| {
            json!({
                "framework": [
                    json!(framework),
                    json!(self.overlay(framework)),
                    json!(truth(self.open(framework, t))),
                    self.framework_name(framework, language),
                ],
                "holders": list(
                    &|actor| self.holds(actor, framework, t),
                    &|actor| self.holds_because(actor, framework, t),
                ),
            })
        });
        json!({
            "members": list(&|actor| self.member(actor, t), &|actor| self.member_because(actor, t)),
            "partners": list(&|actor| self.partner(actor, t), &|actor| self.partner_because(actor, t)),
            "frameworks": frameworks.collect::<Vec<_>>(),
        })
    }

    fn framework_name(&self, framework: &str, language: &str) -> Value {
        let names = self.of(framework).find_map(|said| match said.kind {
            Kind::FrameworkEstablished(it) => Some(titled(&it.names, language)),
            _ => None,
        });
        names.unwrap_or_default()
    }

    pub(crate) fn framework(&self, framework: &str, language: &str, t: Span) -> Value {
        let when = |wanted: fn(&Kind) -> bool| self.when(framework, wanted);
        json!([
            framework,
            self.overlay(framework),
            truth(self.open(framework, t)),
            self.framework_name(framework, language),
            when(|kind| matches!(kind, Kind::FrameworkEstablished(_))),
            when(|kind| matches!(kind, Kind::FrameworkClosed(_))),
            self.version(framework).to_string(),
        ])
    }

    pub(crate) fn list_frameworks(&self, ask: &v1::ListFrameworksRequest, t: Span) -> Value {
        let all = self.names("frameworks/").into_iter();
        let all = all.filter(|framework| !ask.open || self.open(framework, t).may_be());
        all.map(|framework| self.framework(framework, &ask.language, t)).collect()
    }

    fn parent(&self, area: &str) -> Option<&str> {
        let parent = self.of(area).find_map(|said| match said.kind {
            Kind::AreaDefined(it) => Some(it.parent.as_str()),
            _ => None,
        });
        parent.filter(|parent| !parent.is_empty())
    }

    fn area_name(&self, area: &str, language: &str) -> Value {
        let names = self.of(area).find_map(|said| match said.kind {
            Kind::AreaDefined(it) => Some(titled(&it.names, language)),
            _ => None,
        });
        names.unwrap_or_default()
    }

    fn ancestors<'s>(&'s self, area: &'s str) -> BTreeSet<&'s str> {
        std::iter::successors(self.parent(area), |area| self.parent(area)).collect()
    }

    fn descendants(&self, area: &str) -> BTreeSet<&str> {
        self.names("areas/").into_iter().filter(|other| self.ancestors(other).contains(area)).collect()
    }

    pub(crate) fn area(&self, area: &str, language: &str) -> Value {
        json!({
            "name": area,
            "shown": self.area_name(area, language),
            "etag": self.version(area).to_string(),
            "parent": self.parent(area).unwrap_or_default(),
            "ancestors": self.ancestors(area),
            "descendants": self.descendants(area),
        })
    }

    pub(crate) fn list_areas(&self, ask: &v1::ListAreasRequest) -> Option<Value> {
        if !ask.within.is_empty() && !self.knows(&ask.within) {
            return None;
        }
        let found = if ask.within.is_empty() { self.names("areas/") } else { self.descendants(&ask.within) };
        Some(found.into_iter().map(|area| self.area(area, &ask.language)).collect())
    }

    fn choices<'s>(&'s self, actor: &'s str, area: &'s str) -> Vec<(&'s Said<'s>, &'s v1::AreaChosen)> {
        let chosen = self.of(actor).filter_map(|said| match said.kind {
            Kind::AreaChosen(it) if it.area == area => Some((said, it)),
            _ => None,
        });
        chosen.collect()
    }

    fn choice(&self, actor: &str, area: &str, language: &str, t: Span) -> Option<Choice> {
        let choices = self.choices(actor, area);
        let withdrawals: Vec<Span> = self
            .of(actor)
            .filter(|said| matches!(said.kind, Kind::AreaWithdrawn(it) if it.area == area))
            .map(Said::begin)
            .collect();
        let is_left = |since: Span| Truth::any(withdrawals.iter().map(|w| w.after(since).and(w.by(t))));
        let chosen = choices.iter().map(|(said, _)| said.begin().by(t).and(is_left(said.begin()).not()));
        let chosen = Truth::any(chosen);
        let dates: Vec<Span> =
            choices.iter().map(|(said, _)| said.begin()).chain(withdrawals.iter().copied()).collect();
        let values = current(&dates, t);
        let said = |index: usize| if index < choices.len() { "chosen" } else { "withdrawn" };
        let said = |(index, date): (usize, &Span)| (format!("{area} {} from", said(index)), Some(*date));
        let all: Vec<Because> = dates.iter().enumerate().map(said).collect();
        let possible = (0..choices.len()).filter(|index| values[*index] == Possibly);
        let mut why: Vec<Because> = possible.flat_map(|index| last(&all, index, t)).collect();
        let mut on: Vec<_> = choices.iter().zip(&values).filter(|(_, truth)| truth.may_be()).collect();
        if let Some(certain) = on.iter().position(|(_, truth)| **truth == Yes) {
            on = vec![on[certain]];
            why.clear();
        }
        let givers: BTreeSet<i32> = on.iter().map(|((_, it), _)| it.given_by).collect();
        let agreements = on.iter().map(|((_, it), _)| it.agreement.as_str());
        let agreements: BTreeSet<&str> = agreements.filter(|name| !name.is_empty()).collect();
        let shown = json!({
            "actor": [actor, self.name(actor, language, t)],
            "area": [area, self.area_name(area, language)],
            "chosen": truth(chosen),
            "extents": on.iter().map(|((_, it), _)| it.extent).collect::<BTreeSet<_>>(),
            "given_by": givers,
            "agreements": agreements,
            "since": on.iter().map(|((said, _), _)| said.from).collect::<BTreeSet<_>>(),
            "because": because(why),
        });
        chosen.may_be().then_some(Choice { chosen, givers, shown })
    }

    fn all_choices(
        &self,
        actor: &str,
        areas: Option<&BTreeSet<&str>>,
        language: &str,
        t: Span,
    ) -> Vec<Choice> {
        let mut found = Vec::new();
        for chooser in self.actors().into_iter().filter(|other| actor.is_empty() || *other == actor) {
            for area in self.names("areas/") {
                if areas.is_none_or(|areas| areas.contains(area)) {
                    found.extend(self.choice(chooser, area, language, t));
                }
            }
        }
        found
    }

    pub(crate) fn list_choices(&self, ask: &v1::ListAreaChoicesRequest, t: Span) -> Option<Value> {
        let named = [&ask.actor, &ask.area];
        if named.into_iter().any(|name| !name.is_empty() && !self.knows(name)) {
            return None;
        }
        let mut areas = BTreeSet::from([ask.area.as_str()]);
        if ask.with_descendants {
            areas.extend(self.descendants(&ask.area));
        }
        let areas = Some(&areas).filter(|_| !ask.area.is_empty());
        let found = self.all_choices(&ask.actor, areas, &ask.language, t);
        Some(found.into_iter().map(|choice| choice.shown).collect())
    }

    pub(crate) fn one_way(&self, ask: &v1::ListOneWayAreasRequest, t: Span) -> Option<Value> {
        if !ask.actor.is_empty() && !self.knows(&ask.actor) {
            return None;
        }
        let sides = [v1::GivenBy::Alliance as i32, v1::GivenBy::Partner as i32];
        let one_way = |giver: &i32| sides.contains(giver) && (ask.given_by == 0 || ask.given_by == *giver);
        let found = self.all_choices(&ask.actor, None, &ask.language, t).into_iter().map(|choice| {
            let so = choice.givers.iter().filter(|giver| one_way(giver)).count();
            let gives = match so {
                0 => Truth::of(false),
                all if all == choice.givers.len() => Yes,
                _ => Possibly,
            };
            (choice.chosen.and(gives), choice.shown)
        });
        let found = found.filter(|(so, _)| so.may_be());
        Some(found.map(|(so, shown)| json!([shown, truth(so)])).collect())
    }
}

struct Choice {
    chosen: Truth,
    givers: BTreeSet<i32>,
    shown: Value,
}

use minuted::proto::v1;
