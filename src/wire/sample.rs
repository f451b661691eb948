//! Any event that can be recorded, of every kind of fact: strategies for the properties of the wire.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use crate::domain::activity::{Access, ActivityFact, ActivityKind, Exception};
use crate::domain::actor::{ActorFact, ActorKind, Choice, Extent, GivenBy};
use crate::domain::agreement::{AgreementFact, AgreementKind, EndReason, Step, Terms};
use crate::domain::area::AreaFact;
use crate::domain::contribution::{ContributionFact, Form};
use crate::domain::correction::{Amendment, EventRef};
use crate::domain::decision::{DecisionFact, Link, LinkType, Rule};
use crate::domain::fact::{CommandId, Dating};
use crate::domain::framework::FrameworkFact;
use crate::domain::meeting::{
    Answer, Attendance, Core, Delegation, Level, MeetingFact, Mode, Particulars, SummaryState, Venue,
};
use crate::domain::operation::OperationFact;
use crate::domain::text::Localized;
use crate::domain::time::{Moment, PartialDate, Until, Valid};
use crate::domain::{Collection, Command, Content, Event, Fact, Name, Source, Version};
use crate::position::Position;

/// Any event.
pub(super) fn event() -> impl Strategy<Value = Event> {
    let envelope = (1..u64::MAX, 1..u64::MAX, instant(), text(), command_id());
    (envelope, stream().boxed()).prop_map(
        |((position, version, recorded_at, by, command_id), (name, content))| Event {
            position: Position(position),
            name,
            version: Version(version),
            recorded_at,
            recorded_by: by.into(),
            command_id,
            content,
        },
    )
}

/// Any command that is well-formed.
pub(super) fn command() -> impl Strategy<Value = Command> {
    (command_id(), option::of(any::<u64>()), stream().boxed()).prop_map(|(id, version, (name, content))| {
        Command { id, name, expected_version: version.map(Version), content }
    })
}

fn stream() -> impl Strategy<Value = (Name, Content)> {
    prop_oneof![
        9 => first_hand().boxed(),
        1 => (event_ref(), first_hand().boxed(), said(), source()).prop_map(|(target, (name, content), reason, source)| {
            let fact = Amendment::Corrected { target, content: Box::new(content), reason };
            (name, Content { valid: Valid::default(), source, fact: Fact::Amendment(fact) })
        }),
        1 => (event_ref(), actor(), said(), source()).prop_map(|(target, name, reason, source)| {
            let fact = Fact::Amendment(Amendment::Retracted { target, reason });
            (name, Content { valid: Valid::default(), source, fact })
        }),
    ]
}

fn first_hand() -> impl Strategy<Value = (Name, Content)> {
    let fact = prop_oneof![
        2 => (actor(), actor_fact().boxed()).prop_map(|(name, fact)| (name, Fact::Actor(fact))),
        1 => registration().boxed(),
        2 => (actor(), choice().boxed()).prop_map(|(name, fact)| (name, Fact::Actor(fact))),
        1 => (name(Collection::Frameworks), framework().boxed()).prop_map(|(name, fact)| (name, Fact::Framework(fact))),
        1 => (name(Collection::Areas), area().boxed()).prop_map(|(name, fact)| (name, Fact::Area(fact))),
        2 => (name(Collection::Agreements), agreement().boxed()).prop_map(|(name, fact)| (name, Fact::Agreement(fact))),
        2 => (name(Collection::Activities), activity().boxed()).prop_map(|(name, fact)| (name, Fact::Activity(fact))),
        4 => (name(Collection::Meetings), meeting().boxed()).prop_map(|(name, fact)| (name, Fact::Meeting(fact))),
        3 => operation_or_contribution().boxed(),
        2 => (name(Collection::Decisions), decision().boxed()).prop_map(|(name, fact)| (name, Fact::Decision(fact))),
    ];
    fact.prop_flat_map(|(name, fact)| {
        (valid(fact.dating()), source())
            .prop_map(move |(valid, source)| (name.clone(), Content { valid, source, fact: fact.clone() }))
    })
}

fn actor_fact() -> impl Strategy<Value = ActorFact> {
    let framework = || name(Collection::Frameworks);
    let alliance = || name(Collection::Organisations);
    prop_oneof![
        texts().prop_map(|names| ActorFact::Renamed { names }),
        (framework().boxed(), text())
            .prop_map(|(framework, reason)| ActorFact::FrameworkJoined { framework, reason }),
        (framework().boxed(), text())
            .prop_map(|(framework, reason)| ActorFact::FrameworkLeft { framework, reason }),
        (alliance(), any::<bool>())
            .prop_map(|(alliance, founding)| ActorFact::MemberAdmitted { alliance, founding }),
        (alliance(), text()).prop_map(|(alliance, reason)| ActorFact::MembershipEnded { alliance, reason }),
        (text(), any::<bool>())
            .prop_map(|(scope, dialogue_kept)| ActorFact::CooperationSuspended { scope, dialogue_kept }),
        Just(ActorFact::CooperationResumed),
        name(Collection::Areas).prop_map(|area| ActorFact::AreaWithdrawn { area }),
    ]
}

fn choice() -> impl Strategy<Value = ActorFact> {
    let extent = select(vec![Extent::Unspecified, Extent::Full, Extent::Partial, Extent::Observer]);
    let given_by = select(vec![GivenBy::Unspecified, GivenBy::Alliance, GivenBy::Partner, GivenBy::Both]);
    let agreement = option::of(name(Collection::Agreements));
    (name(Collection::Areas), extent, given_by, actor(), agreement).prop_map(
        |(area, extent, given_by, chosen_by, agreement)| ActorFact::AreaChosen {
            area,
            choice: Choice { extent, given_by, chosen_by, agreement },
        },
    )
}

fn registration() -> impl Strategy<Value = (Name, Fact)> {
    let country = select(vec![("countries/jp", "JP", "JPN"), ("countries/be", "BE", "BEL")]).prop_map(
        |(name, alpha2, alpha3)| {
            let kind = ActorKind::Country { alpha2: alpha2.into(), alpha3: alpha3.into() };
            (name.parse().unwrap(), kind)
        },
    );
    let organisation = name(Collection::Organisations).prop_map(|name| (name, ActorKind::Organisation));
    (prop_oneof![country, organisation], texts())
        .prop_map(|((name, kind), names)| (name, Fact::Actor(ActorFact::Registered { kind, names })))
}

fn framework() -> impl Strategy<Value = FrameworkFact> {
    prop_oneof![
        (texts(), any::<bool>()).prop_map(|(names, overlay)| FrameworkFact::Established { names, overlay }),
        text().prop_map(|reason| FrameworkFact::Closed { reason }),
    ]
}

fn area() -> impl Strategy<Value = AreaFact> {
    (texts(), option::of(name(Collection::Areas)))
        .prop_map(|(names, parent)| AreaFact::Defined { names, parent })
}

fn agreement() -> impl Strategy<Value = AgreementFact> {
    use AgreementKind::{Agreement, Icp, Ipcp, Itpp, Sofa, Transit, Unspecified};
    let step = || {
        use Step::{Approved, InForce, Initialled, Negotiating, Ratified, Signed};
        select(vec![Negotiating, Initialled, Approved, Signed, Ratified, InForce])
    };
    let kind = select(vec![Unspecified, Ipcp, Itpp, Icp, Sofa, Transit, Agreement]);
    let term = option::of(select(vec!["P2Y", "P1Y6M", "P3W", "2023/2026", "2020-02/2020-02-29"]));
    let supersedes = option::of(name(Collection::Agreements));
    let opened = (actor(), kind, texts(), term, supersedes, any::<bool>(), step()).prop_map(
        |(partner, kind, titles, term, supersedes, legally_binding, step)| {
            let term = term.map(|term| term.parse().unwrap());
            let terms = Terms { partner, kind, titles, term, supersedes, legally_binding };
            AgreementFact::Opened { terms: Box::new(terms), step }
        },
    );
    let end = select(vec![
        EndReason::Unspecified,
        EndReason::Terminated,
        EndReason::Withdrawn,
        EndReason::Completed,
    ]);
    prop_oneof![
        opened.boxed(),
        step().prop_map(|step| AgreementFact::Advanced { step }),
        Just(AgreementFact::Suspended),
        Just(AgreementFact::Resumed),
        end.prop_map(|reason| AgreementFact::Ended { reason }),
    ]
}

fn activity() -> impl Strategy<Value = ActivityFact> {
    use ActivityKind::{CapacityBuilding, Exercise, Information, Technology, Unspecified};
    let kind = select(vec![Unspecified, Exercise, Information, Technology, CapacityBuilding]);
    let access = prop_oneof![
        Just(Access::AllPartners),
        name(Collection::Frameworks).prop_map(Access::Framework),
        Just(Access::Listed),
    ];
    let exception = option::of(prop_oneof![
        said().prop_filter("no name", |text| text.parse::<Name>().is_err()).prop_map(Exception::Text),
        name(Collection::Decisions).prop_map(Exception::Named),
    ]);
    prop_oneof![
        (kind, texts(), access, exception).prop_map(|(kind, titles, access, exception)| {
            ActivityFact::Offered { kind, titles, access, exception }
        }),
        text().prop_map(|reason| ActivityFact::Withdrawn { reason }),
        actor().prop_map(|participant| ActivityFact::Participated { participant }),
    ]
}

fn meeting() -> impl Strategy<Value = MeetingFact> {
    let answer = select(vec![Answer::Unspecified, Answer::Accepted, Answer::Declined, Answer::Tentative]);
    let state = select(vec![SummaryState::Draft, SummaryState::Final]);
    prop_oneof![
        (particulars().boxed(), texts()).prop_map(|(particulars, titles)| {
            MeetingFact::Planned(Box::new(Particulars { titles, ..particulars }))
        }),
        Just(MeetingFact::Confirmed),
        text().prop_map(|reason| MeetingFact::Rescheduled { reason }),
        delegation().prop_map(MeetingFact::Invited),
        (actor(), answer).prop_map(|(actor, answer)| MeetingFact::Answered { actor, answer }),
        text().prop_map(|reason| MeetingFact::Cancelled { reason }),
        particulars().boxed().prop_map(|particulars| MeetingFact::Held(Box::new(particulars))),
        (state, texts()).prop_map(|(state, text)| MeetingFact::Summarised { state, text }),
    ]
}

fn particulars() -> impl Strategy<Value = Particulars> {
    let titles = prop_oneof![Just(Localized::new()), texts()];
    let core = select(vec![Core::Unspecified, Core::Members, Core::Secretariat, Core::Nobody]);
    let mode = select(vec![Mode::Unspecified, Mode::InPerson, Mode::Remote, Mode::Hybrid]);
    let said = (titles, level(), vec(said(), 0..3), option::of(venue()), mode, core);
    let counted = (vec(delegation(), 0..4), option::of(4..u32::MAX), option::of(any::<bool>()), text());
    (said, counted).prop_map(|((titles, level, topics, venue, mode, core), counted)| {
        let (mut delegations, declared_total, named_is_complete, qualifier) = counted;
        delegations.sort_by(|a, b| a.actor.cmp(&b.actor));
        delegations.dedup_by(|a, b| a.actor == b.actor);
        Particulars {
            titles,
            level,
            topics,
            venue,
            mode,
            core,
            delegations,
            declared_total,
            named_is_complete,
            qualifier,
        }
    })
}

fn venue() -> impl Strategy<Value = Venue> {
    let zone = select(vec!["", "Europe/Brussels", "America/Argentina/Buenos_Aires", "UTC"]);
    (text(), text(), option::of(name(Collection::Countries)), zone)
        .prop_map(|(name, city, country, zone)| Venue { name, city, country, time_zone: zone.into() })
}

fn level() -> impl Strategy<Value = Level> {
    select(vec![Level::Unspecified, Level::HeadsOfStateOrGovernment, Level::Ambassadors, Level::Experts])
}

fn delegation() -> impl Strategy<Value = Delegation> {
    use Attendance::{Absent, Attended, Excused, Unspecified};
    let attendance = select(vec![Unspecified, Attended, Absent, Excused]);
    (actor(), attendance, text(), level()).prop_map(|(actor, attendance, on_behalf_of, represented_level)| {
        Delegation { actor, attendance, on_behalf_of, represented_level }
    })
}

fn operation_or_contribution() -> impl Strategy<Value = (Name, Fact)> {
    let operation = prop_oneof![
        (texts(), option::of(actor())).prop_map(|(names, lead)| OperationFact::Launched { names, lead }),
        text().prop_map(|reason| OperationFact::Ended { reason }),
    ];
    let form = select(vec![Form::Troops, Form::Air, Form::Financial, Form::Training, Form::HostNation]);
    let people = option::of(any::<u32>());
    let recorded = (actor(), name(Collection::Operations), form, people, any::<bool>(), text()).prop_map(
        |(contributor, operation, form, people, observed, note)| {
            let personnel = people.filter(|_| form.has_personnel());
            ContributionFact::Recorded { contributor, operation, form, personnel, observed, note }
        },
    );
    let contribution = prop_oneof![
        recorded,
        Just(ContributionFact::Accepted),
        text().prop_map(|reason| ContributionFact::Ended { reason }),
    ];
    prop_oneof![
        (name(Collection::Operations), operation).prop_map(|(name, fact)| (name, Fact::Operation(fact))),
        (name(Collection::Contributions), contribution)
            .prop_map(|(name, fact)| (name, Fact::Contribution(fact))),
    ]
}

fn decision() -> impl Strategy<Value = DecisionFact> {
    let link = || {
        use LinkType::{DerivesFrom, Follows, Implements, PartOf, Supersedes};
        let kind = select(vec![DerivesFrom, Implements, PartOf, Follows, Supersedes]);
        (kind, name(Collection::Decisions)).prop_map(|(kind, to)| Link { kind, to })
    };
    let rules = vec(select(vec![Rule::EqualAccess, Rule::EqualFooting, Rule::FlexibleFormats]), 0..3);
    let meeting = option::of(name(Collection::Meetings));
    let recorded = (said(), any::<bool>(), texts(), meeting, vec(link(), 0..3), rules).prop_map(
        |(body, in_effect, titles, meeting, links, rules)| DecisionFact::Recorded {
            body,
            in_effect,
            titles,
            meeting,
            links,
            rules,
        },
    );
    prop_oneof![
        recorded.boxed(),
        Just(DecisionFact::PutInEffect),
        vec(link(), 1..3).prop_map(|links| DecisionFact::Linked { links }),
        name(Collection::Decisions).prop_map(|by| DecisionFact::Superseded { by }),
        text().prop_map(|reason| DecisionFact::Lapsed { reason }),
    ]
}

fn event_ref() -> impl Strategy<Value = EventRef> {
    prop_oneof![
        (1..u64::MAX).prop_map(|position| EventRef::Position(Position(position))),
        command_id().prop_map(EventRef::Command),
    ]
}

fn valid(dating: Dating) -> BoxedStrategy<Valid> {
    let at = |from: Moment| Valid { from: Some(from), to: None };
    let ended = |from: Moment| {
        let ends = vec![Until::Unknown, Until::Last(from.clone()), Until::Last("9999".parse().unwrap())];
        let ends = option::of(select(ends));
        ends.prop_map(move |to| Valid { from: Some(from.clone()), to })
    };
    match dating {
        Dating::Dateless => Just(Valid::default()).boxed(),
        Dating::Day => date().prop_map(at).boxed(),
        Dating::Spell => date().prop_flat_map(ended).boxed(),
        Dating::Meeting => prop_oneof![date(), zoned()].prop_flat_map(ended).boxed(),
    }
}

fn date() -> impl Strategy<Value = Moment> {
    (1..=9_998_i16, 1..=12_i8, 1..=31_i8, 0..3).prop_map(|(year, month, day, exact)| {
        let last = Date::new(year, month, 1).unwrap().days_in_month();
        Moment::Date(match exact {
            0 => PartialDate::Year(year),
            1 => PartialDate::Month(year, month),
            _ => PartialDate::Day(year, month, day.min(last)),
        })
    })
}

fn zoned() -> impl Strategy<Value = Moment> {
    let zone = select(vec!["Europe/Brussels", "Asia/Kathmandu", "America/St_Johns", "UTC"]);
    (-4_000_000_000_i64..8_000_000_000, zone).prop_map(|(second, zone)| {
        let at = Timestamp::new(second, 0).unwrap();
        Moment::Instant(Box::new(at.to_zoned_datetime(TimeZone::get(zone).unwrap())))
    })
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (-9_000_000_000_i64..9_000_000_000, 0..1_000_000_000_i32)
        .prop_map(|(second, nanos)| Timestamp::new(second, nanos).unwrap())
}

fn source() -> impl Strategy<Value = Source> {
    (said(), any::<bool>()).prop_map(|(text, unconfirmed)| Source { text, unconfirmed })
}

fn texts() -> impl Strategy<Value = Localized> {
    let language = select(vec!["en", "fr", "es-419", "zh-Hant-TW"]).prop_map(|tag| tag.parse().unwrap());
    btree_map(language, said(), 1..4).prop_map(Localized::from_iter)
}

/// A text that says something.
fn said() -> impl Strategy<Value = String> {
    "\\PC{1,12}".prop_filter("blank", |text| !text.trim().is_empty())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), said()]
}

fn actor() -> impl Strategy<Value = Name> {
    select(vec![Collection::Countries, Collection::Organisations]).prop_flat_map(name)
}

fn name(collection: Collection) -> impl Strategy<Value = Name> {
    "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?"
        .prop_map(move |id| format!("{}/{id}", collection.text()).parse().unwrap())
}

fn command_id() -> impl Strategy<Value = CommandId> {
    (1..u128::MAX).prop_map(|id| CommandId(Uuid::from_u128(id)))
}
