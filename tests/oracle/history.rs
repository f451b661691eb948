//! Random commands about a small world: few names and few dates, so that they meet.

use std::collections::BTreeMap;

use minuted::proto::v1;
use minuted::proto::v1::event_reference;
use minuted::proto::v1::fact::Kind;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::known::kind;

pub(crate) const ACTORS: [&str; 5] =
    ["countries/jp", "countries/kr", "countries/ua", "organisations/eu", "organisations/nato"];
pub(crate) const COUNTRIES: [&str; 3] = ["countries/jp", "countries/kr", "countries/ua"];
pub(crate) const FRAMEWORKS: [&str; 3] = ["frameworks/a", "frameworks/b", "frameworks/overlay"];
pub(crate) const AREAS: [&str; 3] = ["areas/a", "areas/b", "areas/c"];
pub(crate) const AGREEMENTS: [&str; 3] = ["agreements/a", "agreements/b", "agreements/c"];
pub(crate) const OPERATIONS: [&str; 2] = ["operations/a", "operations/b"];
pub(crate) const ACTIVITIES: [&str; 3] = ["activities/a", "activities/b", "activities/c"];
pub(crate) const DECISIONS: [&str; 4] = ["decisions/a", "decisions/b", "decisions/c", "decisions/d"];
pub(crate) const MEETINGS: [&str; 3] = ["meetings/a", "meetings/b", "meetings/c"];
pub(crate) const CONTRIBUTIONS: [&str; 3] = ["contributions/a", "contributions/b", "contributions/c"];

/// Stands for what changes how a country stands to the alliance.
const STANDING: usize = 32;
/// Stands for what a partner chooses, and withdraws.
const CHOICES: usize = 33;

/// Chance that a seed decides.
pub(crate) struct Dice(SmallRng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(SmallRng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound)
    }

    pub(crate) fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    pub(crate) fn name(&mut self, choices: &[&str]) -> String {
        self.of(choices).to_owned()
    }

    pub(crate) fn number(&mut self, from: i32, to: i32) -> i32 {
        self.0.random_range(from..=to)
    }

    /// A year, a month or a day, of those that meet.
    pub(crate) fn date(&mut self) -> String {
        let year = 2008 + self.below(5);
        match self.below(6) {
            0 => format!("{year}"),
            1 => format!("{year}-0{}", 5 + self.below(2)),
            _ => format!("{year}-0{}-1{}", 5 + self.below(2), self.below(3)),
        }
    }
}

fn texts(texts: &[(&str, &str)]) -> BTreeMap<String, String> {
    texts.iter().map(|(tag, text)| ((*tag).to_owned(), (*text).to_owned())).collect()
}

fn titles(dice: &mut Dice) -> BTreeMap<String, String> {
    let all: [&[(&str, &str)]; 4] =
        [&[("en", "One")], &[("en", "Two"), ("fr", "Deux")], &[("fr", "Trois")], &[("en", "Étude")]];
    texts(dice.of(&all))
}

fn registered(actor: &str, dice: &mut Dice) -> Kind {
    let code = match actor {
        "countries/jp" => ("JP", "JPN"),
        "countries/kr" => ("KR", "KOR"),
        "countries/ua" => ("UA", "UKR"),
        _ => ("", ""),
    };
    let kind = if code.0.is_empty() { v1::ActorKind::Organisation } else { v1::ActorKind::Country };
    let (alpha2, alpha3) = (code.0.into(), code.1.into());
    Kind::ActorRegistered(v1::ActorRegistered { kind: kind.into(), alpha2, alpha3, names: titles(dice) })
}

/// A history as it grows: what is sent next depends on what is recorded.
pub(crate) struct History {
    pub(crate) dice: Dice,
    next: u64,
    about: About,
}

/// What most of a history is about: of what is rare otherwise, much has to meet.
#[derive(Clone, Copy)]
enum About {
    Anything,
    Decisions,
    Steps,
    /// Who is a member and who is in which framework, and who met.
    Standing,
    /// What is offered to whom, and how they stand.
    Access,
    /// Which areas are chosen, anew and no longer.
    Choices,
}

impl History {
    pub(crate) fn new(seed: u64) -> History {
        let mut dice = Dice::new(seed);
        let about = dice.of(&[
            About::Anything,
            About::Anything,
            About::Decisions,
            About::Steps,
            About::Standing,
            About::Access,
            About::Choices,
        ]);
        History { dice, next: 0, about }
    }

    fn command(&mut self, name: &str, from: &str, to: &str, kind: Kind) -> v1::Command {
        self.next += 1;
        let dated = !from.is_empty();
        let unconfirmed = self.dice.one_in(4);
        v1::Command {
            command_id: format!("00000000-0000-4000-8000-{:012}", self.next),
            name: name.into(),
            expected_version: None,
            valid: dated.then(|| v1::Valid { from: from.into(), to: to.into() }),
            source: Some(v1::Source { text: "a test".into(), unconfirmed }),
            fact: Some(v1::Fact { kind: Some(kind) }),
        }
    }

    /// What most histories begin with; some of it comes later, or never.
    pub(crate) fn beginnings(&mut self) -> Vec<v1::Command> {
        let mut all = Vec::new();
        for actor in ACTORS {
            let kind = registered(actor, &mut self.dice);
            all.push(self.command(actor, "", "", kind));
        }
        for framework in FRAMEWORKS {
            let (kind, from) = (self.established(framework), "2008");
            all.push(self.command(framework, from, "", kind));
        }
        for area in ["areas/a", "areas/b"] {
            let parent = if area == "areas/b" { "areas/a" } else { "" };
            let names = titles(&mut self.dice);
            let kind = Kind::AreaDefined(v1::AreaDefined { names, parent: parent.into() });
            all.push(self.command(area, "", "", kind));
        }
        let launched = self.launched();
        all.push(self.command("operations/a", "2009-05", "", launched));
        let offered = self.offered();
        all.push(self.command("activities/a", "2008-05", "", offered));
        all.extend(self.agreements());
        if let About::Decisions = self.about {
            all.extend(self.policies());
        }
        all.retain(|_| !self.dice.one_in(10));
        all
    }

    /// An agreement, and those that supersede it or each other.
    fn agreements(&mut self) -> Vec<v1::Command> {
        let mut all = Vec::new();
        let more = if let About::Steps | About::Standing = self.about { AGREEMENTS.len() } else { 1 };
        for (index, agreement) in AGREEMENTS.into_iter().enumerate().take(more) {
            let Kind::AgreementOpened(mut it) = self.opened() else { panic!("that is what it is") };
            it.supersedes = if index > 0 { AGREEMENTS[self.dice.below(index)].into() } else { String::new() };
            let from = self.dice.of(&["2008-05-10", "2009", "2010-06"]);
            all.push(self.command(agreement, from, "", Kind::AgreementOpened(it)));
        }
        all
    }

    /// Intentions, and decisions that rest on them.
    fn policies(&mut self) -> Vec<v1::Command> {
        let mut all = Vec::new();
        for (index, decision) in DECISIONS.into_iter().enumerate() {
            let (status, from) = (self.dice.of(&[1, 1, 2]), self.dice.of(&["2008", "2008-05", "2008-05-10"]));
            let mut links = Vec::new();
            if index > 0 && !self.dice.one_in(4) {
                let to = DECISIONS[self.dice.below(index)].to_owned();
                links.push(v1::Link { r#type: self.dice.of(&[1, 2, 3, 3]), to });
            }
            let kind = self.decided(status, links);
            all.push(self.command(decision, from, "", kind));
        }
        all
    }

    fn decided(&mut self, status: i32, links: Vec<v1::Link>) -> Kind {
        let rules = if self.dice.one_in(2) { vec![self.dice.number(1, 3)] } else { Vec::new() };
        let (titles, body) = (titles(&mut self.dice), "The Council".into());
        let meeting = if self.dice.one_in(3) { self.dice.name(&MEETINGS) } else { String::new() };
        Kind::DecisionRecorded(v1::DecisionRecorded { body, status, titles, meeting, links, rules })
    }

    fn established(&mut self, framework: &str) -> Kind {
        let overlay = framework == "frameworks/overlay" || self.dice.one_in(8);
        Kind::FrameworkEstablished(v1::FrameworkEstablished { names: titles(&mut self.dice), overlay })
    }

    fn opened(&mut self) -> Kind {
        let dice = &mut self.dice;
        Kind::AgreementOpened(v1::AgreementOpened {
            // Most with one partner: only its own supersede each other.
            partner: dice.name(&["countries/jp", "countries/jp", "countries/kr"]),
            kind: dice.of(&[1, 4, 5, 8]),
            titles: titles(dice),
            step: dice.of(&[1, 2, 3, 4, 4, 6]),
            term: dice.name(&["", "", "P1Y", "P2Y", "2009/2010", "2010/2011"]),
            supersedes: if dice.one_in(3) { dice.name(&AGREEMENTS) } else { String::new() },
            legally_binding: dice.one_in(2),
        })
    }

    fn offered(&mut self) -> Kind {
        let dice = &mut self.dice;
        let access = dice.of(&[1, 1, 2, 2, 3]);
        let to_holders = access == v1::Access::Framework as i32;
        Kind::ActivityOffered(v1::ActivityOffered {
            kind: dice.number(1, 7),
            titles: titles(dice),
            access,
            framework: if to_holders { dice.name(&FRAMEWORKS) } else { String::new() },
            exception: dice.name(&["", "by decision"]),
        })
    }

    fn launched(&mut self) -> Kind {
        let lead = if self.dice.one_in(2) { String::new() } else { self.dice.name(&ACTORS) };
        Kind::OperationLaunched(v1::OperationLaunched { names: titles(&mut self.dice), lead })
    }

    /// What is sent next.
    pub(crate) fn next(&mut self, events: &[v1::Event]) -> v1::Command {
        if !events.is_empty() && self.dice.one_in(4) {
            return self.amendment(events);
        }
        let mut command = self.any();
        for _ in 0..12 {
            // What opens a name that is known, or follows none, would only be refused.
            let known = events.iter().any(|event| event.name == command.name);
            let opens = opens(kind(command.fact.as_ref()));
            if opens != known || self.dice.one_in(20) {
                break;
            }
            command = self.any();
        }
        command
    }

    fn any(&mut self) -> v1::Command {
        let which = match self.about {
            About::Decisions if !self.dice.one_in(3) => 19,
            About::Steps if !self.dice.one_in(3) => self.dice.of(&[7, 13, 25, 25]),
            About::Standing if !self.dice.one_in(3) => {
                self.dice.of(&[STANDING, STANDING, STANDING, STANDING, 25, 25, 13])
            }
            About::Access if !self.dice.one_in(3) => self.dice.of(&[15, 15, STANDING]),
            About::Choices if !self.dice.one_in(3) => CHOICES,
            About::Anything
            | About::Decisions
            | About::Steps
            | About::Standing
            | About::Access
            | About::Choices => self.dice.below(32),
        };
        let (name, mut from, kind) = match which {
            0..=5 => self.of_actor(),
            6 => self.of_framework_or_area(),
            7..=10 => self.of_agreement(),
            11..=14 => self.of_operation(),
            15..=18 => self.of_activity(),
            19..=24 => self.of_decision(),
            STANDING => self.of_standing(),
            CHOICES => self.of_choice(),
            _ => self.of_meeting(),
        };
        if crate::history::dateless(&kind) {
            from = String::new();
        }
        let may_end = matches!(
            kind,
            Kind::FrameworkJoined(_)
                | Kind::MemberAdmitted(_)
                | Kind::CooperationSuspended(_)
                | Kind::ActivityOffered(_)
                | Kind::OperationLaunched(_)
                | Kind::ContributionRecorded(_)
                | Kind::AgreementSuspended(_)
                | Kind::MeetingPlanned(_)
                | Kind::MeetingHeld(_)
        );
        // What ended on an unknown day begins again, more often where that is what it is about.
        let to = match self.dice.below(if which == STANDING { 6 } else { 12 }) {
            0 if may_end => "unknown",
            1 if may_end => "2012-06-10",
            2 if may_end => "2012",
            _ => "",
        };
        let meets =
            matches!(kind, Kind::MeetingPlanned(_) | Kind::MeetingRescheduled(_) | Kind::MeetingHeld(_));
        if meets && from.len() == "2009-05-11".len() && self.dice.one_in(3) {
            let (from, to) = self.hours(&from);
            return self.command(&name, &from, &to, kind);
        }
        self.command(&name, &from, to, kind)
    }

    /// Instants on that day, some of which are on another one in UTC.
    fn hours(&mut self, day: &str) -> (String, String) {
        let zone = self.dice.of(&["+02:00[Europe/Brussels]", "-04:00[America/New_York]"]);
        let from = format!("{day}T{}{zone}", self.dice.of(&["00:30", "09:00", "21:00"]));
        let to = self.dice.of(&["T21:30", "T23:45", ""]);
        (from, if to.is_empty() { String::new() } else { format!("{day}{to}{zone}") })
    }

    fn of_actor(&mut self) -> (String, String, Kind) {
        let dice = &mut self.dice;
        let (actor, framework, area) = (dice.name(&ACTORS), dice.name(&FRAMEWORKS), dice.name(&AREAS));
        let (from, reason) = (dice.date(), String::new());
        let alliance = "organisations/nato".to_owned();
        let kind = match dice.below(13) {
            0 => registered(&actor, dice),
            1..=2 => {
                let new: [&[(&str, &str)]; 3] =
                    [&[("en", "New")], &[("en", "Éire"), ("fr", "Neuf")], &[("de", "Neu")]];
                Kind::ActorRenamed(v1::ActorRenamed { names: texts(dice.of(&new)) })
            }
            3..=4 => Kind::FrameworkJoined(v1::FrameworkJoined { framework, reason }),
            5 => Kind::FrameworkLeft(v1::FrameworkLeft { framework, reason }),
            6 => Kind::MemberAdmitted(v1::MemberAdmitted { alliance, founding: false }),
            7 => Kind::MembershipEnded(v1::MembershipEnded { alliance, reason }),
            8 => Kind::CooperationSuspended(v1::CooperationSuspended {
                scope: "all".into(),
                dialogue_kept: true,
            }),
            9 => Kind::CooperationResumed(v1::CooperationResumed {}),
            10..=11 => {
                let (extent, given_by) = (dice.number(0, 3), dice.number(0, 3));
                let agreement = if dice.one_in(3) { dice.name(&AGREEMENTS) } else { String::new() };
                let chosen_by = actor.clone();
                Kind::AreaChosen(v1::AreaChosen { area, extent, given_by, chosen_by, agreement })
            }
            _ => Kind::AreaWithdrawn(v1::AreaWithdrawn { area }),
        };
        (actor, from, kind)
    }

    fn of_standing(&mut self) -> (String, String, Kind) {
        let dice = &mut self.dice;
        let (mut actor, framework) = (dice.name(&COUNTRIES), dice.name(&FRAMEWORKS[..2]));
        let (from, reason, alliance) = (dice.date(), String::new(), "organisations/nato".to_owned());
        let kind = match dice.below(13) {
            0..=5 => Kind::FrameworkJoined(v1::FrameworkJoined { framework, reason }),
            6..=7 => Kind::FrameworkLeft(v1::FrameworkLeft { framework, reason }),
            8 => {
                let closed = self.dice.name(&["2011", "2012", "2012-06"]);
                return (framework, closed, Kind::FrameworkClosed(v1::FrameworkClosed::default()));
            }
            9..=10 => {
                // The first one makes the alliance known, whoever is admitted.
                actor = dice.name(&ACTORS);
                Kind::MemberAdmitted(v1::MemberAdmitted { alliance, founding: false })
            }
            _ => Kind::MembershipEnded(v1::MembershipEnded { alliance, reason }),
        };
        (actor, from, kind)
    }

    fn of_choice(&mut self) -> (String, String, Kind) {
        let dice = &mut self.dice;
        let (actor, area) = (dice.name(&COUNTRIES[..2]), dice.name(&AREAS[..2]));
        // Many in one year, so that it is often open which was last.
        let from = if dice.one_in(3) { dice.name(&["2009", "2010"]) } else { dice.date() };
        if dice.one_in(3) {
            return (actor, from, Kind::AreaWithdrawn(v1::AreaWithdrawn { area }));
        }
        let (extent, given_by) = (dice.number(0, 3), dice.number(0, 3));
        let chosen_by = actor.clone();
        let chosen = v1::AreaChosen { area, extent, given_by, chosen_by, agreement: String::new() };
        (actor, from, Kind::AreaChosen(chosen))
    }

    fn of_framework_or_area(&mut self) -> (String, String, Kind) {
        let (framework, area, from) = (self.dice.name(&FRAMEWORKS), self.dice.name(&AREAS), self.dice.date());
        match self.dice.below(4) {
            0 => {
                let kind = self.established(&framework);
                (framework, from, kind)
            }
            1..=2 => (framework, from, Kind::FrameworkClosed(v1::FrameworkClosed::default())),
            _ => {
                let parent = if self.dice.one_in(2) { String::new() } else { self.dice.name(&AREAS) };
                let names = titles(&mut self.dice);
                (area, String::new(), Kind::AreaDefined(v1::AreaDefined { names, parent }))
            }
        }
    }

    fn of_agreement(&mut self) -> (String, String, Kind) {
        let dice = &mut self.dice;
        let (agreement, from) = (dice.name(&AGREEMENTS), dice.date());
        let kind = match dice.below(8) {
            0..=3 => self.opened(),
            4..=5 => Kind::AgreementAdvanced(v1::AgreementAdvanced { step: dice.number(2, 6) }),
            6 if dice.one_in(2) => Kind::AgreementSuspended(v1::AgreementSuspended {}),
            6 => Kind::AgreementResumed(v1::AgreementResumed {}),
            _ => Kind::AgreementEnded(v1::AgreementEnded { reason: dice.number(0, 3) }),
        };
        (agreement, from, kind)
    }

    fn of_operation(&mut self) -> (String, String, Kind) {
        let (operation, contribution) = (self.dice.name(&OPERATIONS), self.dice.name(&CONTRIBUTIONS));
        let from = self.dice.date();
        match self.dice.below(8) {
            0..=1 => {
                let kind = self.launched();
                (operation, from, kind)
            }
            2 => (operation, from, Kind::OperationEnded(v1::OperationEnded::default())),
            3..=5 => {
                let form = self.dice.number(1, 8);
                let kind = Kind::ContributionRecorded(v1::ContributionRecorded {
                    contributor: self.dice.name(&ACTORS),
                    operation,
                    form,
                    personnel: (form == 1).then_some(10),
                    observed: self.dice.one_in(3),
                    note: self.dice.name(&["", "two boats"]),
                });
                (contribution, from, kind)
            }
            6 => (contribution, from, Kind::ContributionAccepted(v1::ContributionAccepted {})),
            _ => (contribution, from, Kind::ContributionEnded(v1::ContributionEnded::default())),
        }
    }

    fn of_activity(&mut self) -> (String, String, Kind) {
        let dice = &mut self.dice;
        let (activity, from) = (dice.name(&ACTIVITIES), dice.date());
        let kind = match dice.below(9) {
            0..=2 => self.offered(),
            3 => Kind::ActivityWithdrawn(v1::ActivityWithdrawn::default()),
            _ => {
                let participant = dice.name(&ACTORS);
                // Many on one day, so that it is their names that order them.
                let from = if dice.one_in(2) { "2009-05-11".to_owned() } else { from };
                return (
                    activity,
                    from,
                    Kind::ParticipationRecorded(v1::ParticipationRecorded { participant }),
                );
            }
        };
        (activity, from, kind)
    }

    fn of_decision(&mut self) -> (String, String, Kind) {
        let dice = &mut self.dice;
        // Many in one year, so that it is often open which was first.
        let from = if dice.one_in(2) { dice.name(&["2008", "2008-05"]) } else { dice.date() };
        let decision = dice.name(&DECISIONS);
        let links = (0..dice.below(3))
            .map(|_| v1::Link { r#type: dice.of(&[1, 2, 3, 3, 4, 5]), to: dice.name(&DECISIONS) });
        let links: Vec<_> = links.collect();
        let kind = match dice.below(9) {
            0..=3 => {
                let status = dice.of(&[1, 1, 2]);
                self.decided(status, links)
            }
            4 if links.is_empty() => Kind::DecisionPutInEffect(v1::DecisionPutInEffect {}),
            4..=5 => Kind::DecisionsLinked(v1::DecisionsLinked { links }),
            6 => Kind::DecisionPutInEffect(v1::DecisionPutInEffect {}),
            7 => Kind::DecisionSuperseded(v1::DecisionSuperseded { by: dice.name(&DECISIONS) }),
            _ => Kind::DecisionLapsed(v1::DecisionLapsed::default()),
        };
        (decision, from, kind)
    }

    fn delegations(&mut self, held: bool) -> Vec<v1::Delegation> {
        let mut actors = ACTORS.to_vec();
        actors.retain(|_| self.dice.one_in(2));
        let attendance = |dice: &mut Dice| if held { dice.of(&[0, 1, 1, 1, 2, 3]) } else { 0 };
        let delegation = |actor: &str| v1::Delegation {
            actor: actor.into(),
            attendance: attendance(&mut self.dice),
            on_behalf_of: self.dice.name(&["", "", "the minister"]),
            represented_level: self.dice.of(&[0, 0, 1, 4]),
        };
        actors.into_iter().map(delegation).collect()
    }

    fn of_meeting(&mut self) -> (String, String, Kind) {
        let (meeting, actor) = (self.dice.name(&MEETINGS), self.dice.name(&ACTORS));
        let mut from = self.dice.date();
        let mut which = self.dice.below(14);
        // How those stood who were there is open on some day of a year.
        if matches!(self.about, About::Standing) && self.dice.one_in(2) {
            (from, which) = (from[.."2009".len()].to_owned(), 8);
        }
        let delegations = self.delegations((8..12).contains(&which));
        let dice = &mut self.dice;
        let topics: Vec<String> = (0..dice.below(2)).map(|_| dice.name(&["piracy", "narcotics"])).collect();
        let core = dice.number(0, 3);
        let venue = dice.one_in(4).then(|| v1::Venue {
            city: "Brussels".into(),
            country: dice.name(&COUNTRIES),
            ..v1::Venue::default()
        });
        let qualifier = dice.name(&["", "", "one and all"]);
        let (level, mode) = (dice.of(&[0, 0, 2, 6]), dice.number(0, 3));
        let declared_total = dice.of(&[None, None, Some(5), Some(9)]);
        let named_is_complete = dice.of(&[None, Some(true), Some(false)]);
        let kind = match which {
            0..=2 => Kind::MeetingPlanned(v1::MeetingPlanned {
                titles: titles(dice),
                topics,
                core: core.max(1),
                delegations,
                declared_total,
                named_is_complete,
                venue,
                qualifier,
                level,
                mode,
            }),
            3 => Kind::MeetingConfirmed(v1::MeetingConfirmed {}),
            4 => Kind::MeetingRescheduled(v1::MeetingRescheduled::default()),
            5 => {
                let delegation = Some(v1::Delegation { actor, ..v1::Delegation::default() });
                Kind::DelegationInvited(v1::DelegationInvited { delegation })
            }
            6 => Kind::InvitationAnswered(v1::InvitationAnswered { actor, answer: dice.number(1, 3) }),
            7 if dice.one_in(3) => Kind::MeetingCancelled(v1::MeetingCancelled::default()),
            7 | 12 | 13 => {
                let all: [&[(&str, &str)]; 2] =
                    [&[("en", "It went well")], &[("en", "It went on"), ("fr", "Rien de neuf")]];
                let text = texts(dice.of(&all));
                Kind::SummaryRecorded(v1::SummaryRecorded { state: dice.number(1, 2), text })
            }
            _ => Kind::MeetingHeld(v1::MeetingHeld {
                titles: if dice.one_in(3) { BTreeMap::new() } else { titles(dice) },
                topics,
                core,
                delegations,
                declared_total,
                named_is_complete,
                venue,
                qualifier,
                level,
                mode,
            }),
        };
        (meeting, from, kind)
    }

    /// An event is corrected, most often in its date, or retracted; a retraction and a correction may be, too.
    fn amendment(&mut self, events: &[v1::Event]) -> v1::Command {
        let event = self.dice.of(events);
        let target = if self.dice.one_in(2) {
            event_reference::Event::Position(event.position)
        } else {
            event_reference::Event::CommandId(event.command_id.clone())
        };
        let target = Some(v1::EventReference { event: Some(target) });
        let reason = "a slip".to_owned();
        let amends = matches!(kind(event.fact.as_ref()), Kind::EventCorrected(_) | Kind::EventRetracted(_));
        if amends || self.dice.one_in(3) {
            let kind = Kind::EventRetracted(v1::EventRetracted { target, reason });
            return self.command(&event.name, "", "", kind);
        }
        let (mut valid, mut fact) = (event.valid.clone(), event.fact.clone());
        let other = (0..20).map(|_| self.any()).find(|other| {
            let same_kind = |a: &Kind, b: &Kind| std::mem::discriminant(a) == std::mem::discriminant(b);
            other.name == event.name && same_kind(kind(other.fact.as_ref()), kind(event.fact.as_ref()))
        });
        match (other, valid.as_mut()) {
            (Some(other), _) => (valid, fact) = (other.valid, other.fact),
            (None, Some(valid)) => valid.from = self.dice.date(),
            (None, None) => {}
        }
        let unconfirmed = self.dice.one_in(3);
        let source = Some(v1::Source { text: "another".into(), unconfirmed });
        let fact = fact.map(Box::new);
        let kind = Kind::EventCorrected(Box::new(v1::EventCorrected { target, valid, source, fact, reason }));
        self.command(&event.name, "", "", kind)
    }
}

fn dateless(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::ActorRegistered(_)
            | Kind::AreaDefined(_)
            | Kind::DecisionsLinked(_)
            | Kind::MeetingConfirmed(_)
            | Kind::DelegationInvited(_)
            | Kind::InvitationAnswered(_)
            | Kind::MeetingCancelled(_)
            | Kind::SummaryRecorded(_)
    )
}

fn opens(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::ActorRegistered(_)
            | Kind::FrameworkEstablished(_)
            | Kind::AreaDefined(_)
            | Kind::AgreementOpened(_)
            | Kind::OperationLaunched(_)
            | Kind::ContributionRecorded(_)
            | Kind::ActivityOffered(_)
            | Kind::DecisionRecorded(_)
            | Kind::MeetingPlanned(_)
    )
}
