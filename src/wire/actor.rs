//! Facts of actors.

use super::list::{listed, same_list};
use super::name::ACTORS;
use super::reader::{At, Read, Reader, is_blank, start_of, tagged};
use crate::domain::actor::{ActorFact, ActorKind, Choice, Extent, GivenBy};
use crate::domain::{Collection, Name, Reason};
use crate::proto::v1;
use crate::proto::v1::fact::Kind;

listed!(ActorKind);
same_list!(Extent as Extent { Unspecified, Full, Partial, Observer });
same_list!(GivenBy as GivenBy { Unspecified, Alliance, Partner, Both });

impl From<&ActorKind> for v1::ActorKind {
    fn from(kind: &ActorKind) -> Self {
        match kind {
            ActorKind::Country { alpha2: _, alpha3: _ } => v1::ActorKind::Country,
            ActorKind::Organisation => v1::ActorKind::Organisation,
        }
    }
}

pub(super) fn read_registered(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::ActorRegistered,
    about: Option<&Name>,
) -> Read<ActorFact> {
    let v1::ActorRegistered { kind, alpha2, alpha3, names } = fact;
    let known = reader.known::<v1::ActorKind>(at.field("kind"), kind);
    let kind = known.and_then(|kind| {
        read_collection(reader, at, kind, about);
        match kind {
            v1::ActorKind::Unspecified => {
                let says = "say whether it is a country or an organisation";
                reader.refuse(at.field("kind"), Reason::FieldRequired, says)
            }
            v1::ActorKind::Country => read_country(reader, at, alpha2, alpha3, about),
            v1::ActorKind::Organisation => read_organisation(reader, at, &alpha2, &alpha3),
        }
    });
    let names = reader.needed_localized(at, "names", names);
    Ok(ActorFact::Registered { kind: kind?, names: names? })
}

/// The name's collection says what the actor is.
fn read_collection(reader: &mut Reader<'_>, at: At<'_>, kind: v1::ActorKind, about: Option<&Name>) {
    let Some(about) = about.filter(|name| name.is_actor()) else { return };
    let fits = match kind {
        v1::ActorKind::Unspecified => true,
        v1::ActorKind::Country => about.is_country(),
        v1::ActorKind::Organisation => !about.is_country(),
    };
    let says = format_args!(
        "it is not what `{about}` says: countries are in countries/, the others in organisations/"
    );
    let _: Read<()> = reader.check(fits, at.field("kind"), Reason::BadName, says);
}

fn read_country(
    reader: &mut Reader<'_>,
    at: At<'_>,
    alpha2: String,
    alpha3: String,
    about: Option<&Name>,
) -> Read<ActorKind> {
    if reader.is_stored() {
        return Ok(ActorKind::Country { alpha2, alpha3 });
    }
    let two =
        read_code(reader, at.field("alpha2"), &alpha2, |code| rust_iso3166::from_alpha2(code).is_some());
    let named = two.and_then(|()| {
        let fits = about.is_none_or(|name| !name.is_country() || name.id() == alpha2.to_ascii_lowercase());
        let says = format_args!("its name would be countries/{}", alpha2.to_ascii_lowercase());
        reader.check(fits, at.field("alpha2"), Reason::BadCountryCode, says)
    });
    let three =
        read_code(reader, at.field("alpha3"), &alpha3, |code| rust_iso3166::from_alpha3(code).is_some());
    let agreed = two.and(three).and_then(|()| {
        let agree = rust_iso3166::from_alpha2(&alpha2).is_some_and(|country| country.alpha3 == alpha3);
        let says = format_args!("{alpha2} and {alpha3} are not codes of one country");
        reader.check(agree, at.field("alpha3"), Reason::BadCountryCode, says)
    });
    named.and(agreed).map(|()| ActorKind::Country { alpha2, alpha3 })
}

fn read_code(reader: &mut Reader<'_>, at: At<'_>, code: &str, assigned: impl Fn(&str) -> bool) -> Read<()> {
    reader.check(!is_blank(code), at, Reason::FieldRequired, "a country has its ISO 3166-1 code here")?;
    let code = start_of(code);
    let says = format_args!("`{code}` is not assigned in ISO 3166-1; write it in capital letters");
    reader.check(assigned(&code), at, Reason::BadCountryCode, says)
}

fn read_organisation(reader: &mut Reader<'_>, at: At<'_>, alpha2: &str, alpha3: &str) -> Read<ActorKind> {
    let says = "an organisation has no country code";
    let two = reader.check(is_blank(alpha2), at.field("alpha2"), Reason::BadCountryCode, says);
    let three = reader.check(is_blank(alpha3), at.field("alpha3"), Reason::BadCountryCode, says);
    two.and(three).map(|()| ActorKind::Organisation)
}

pub(super) fn read_renamed(reader: &mut Reader<'_>, at: At<'_>, fact: v1::ActorRenamed) -> Read<ActorFact> {
    let v1::ActorRenamed { names } = fact;
    Ok(ActorFact::Renamed { names: reader.needed_localized(at, "names", names)? })
}

const FRAMEWORKS: &[Collection] = &[Collection::Frameworks];
const ORGANISATIONS: &[Collection] = &[Collection::Organisations];
const AREAS: &[Collection] = &[Collection::Areas];

pub(super) fn read_joined(reader: &mut Reader<'_>, at: At<'_>, fact: v1::FrameworkJoined) -> Read<ActorFact> {
    let v1::FrameworkJoined { framework, reason } = fact;
    let framework = reader.name(at.field("framework"), &framework, FRAMEWORKS);
    let reason = reader.text(at.field("reason"), reason);
    Ok(ActorFact::FrameworkJoined { framework: framework?, reason: reason? })
}

pub(super) fn read_left(reader: &mut Reader<'_>, at: At<'_>, fact: v1::FrameworkLeft) -> Read<ActorFact> {
    let v1::FrameworkLeft { framework, reason } = fact;
    let framework = reader.name(at.field("framework"), &framework, FRAMEWORKS);
    let reason = reader.text(at.field("reason"), reason);
    Ok(ActorFact::FrameworkLeft { framework: framework?, reason: reason? })
}

pub(super) fn read_admitted(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::MemberAdmitted,
) -> Read<ActorFact> {
    let v1::MemberAdmitted { alliance, founding } = fact;
    let alliance = reader.name(at.field("alliance"), &alliance, ORGANISATIONS)?;
    Ok(ActorFact::MemberAdmitted { alliance, founding })
}

pub(super) fn read_membership_ended(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::MembershipEnded,
) -> Read<ActorFact> {
    let v1::MembershipEnded { alliance, reason } = fact;
    let alliance = reader.name(at.field("alliance"), &alliance, ORGANISATIONS);
    let reason = reader.text(at.field("reason"), reason);
    Ok(ActorFact::MembershipEnded { alliance: alliance?, reason: reason? })
}

pub(super) fn read_suspended(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::CooperationSuspended,
) -> Read<ActorFact> {
    let v1::CooperationSuspended { scope, dialogue_kept } = fact;
    Ok(ActorFact::CooperationSuspended { scope: reader.text(at.field("scope"), scope)?, dialogue_kept })
}

pub(super) fn read_resumed(fact: v1::CooperationResumed) -> ActorFact {
    let v1::CooperationResumed {} = fact;
    ActorFact::CooperationResumed
}

pub(super) fn read_area_chosen(reader: &mut Reader<'_>, at: At<'_>, fact: v1::AreaChosen) -> Read<ActorFact> {
    let v1::AreaChosen { area, extent, given_by, chosen_by, agreement } = fact;
    let area = reader.name(at.field("area"), &area, AREAS);
    let extent = reader.listed::<v1::Extent, _>(at.field("extent"), extent);
    let given_by = reader.listed::<v1::GivenBy, _>(at.field("given_by"), given_by);
    let chosen_by = reader.name(at.field("chosen_by"), &chosen_by, ACTORS);
    let agreement = reader.name_if_any(at.field("agreement"), &agreement, &[Collection::Agreements]);
    let choice =
        Choice { extent: extent?, given_by: given_by?, chosen_by: chosen_by?, agreement: agreement? };
    Ok(ActorFact::AreaChosen { area: area?, choice })
}

pub(super) fn read_area_withdrawn(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::AreaWithdrawn,
) -> Read<ActorFact> {
    let v1::AreaWithdrawn { area } = fact;
    Ok(ActorFact::AreaWithdrawn { area: reader.name(at.field("area"), &area, AREAS)? })
}

pub(super) fn write(fact: &ActorFact) -> Kind {
    match fact {
        ActorFact::Registered { kind, names } => {
            let (alpha2, alpha3) = match kind {
                ActorKind::Country { alpha2, alpha3 } => (alpha2.clone(), alpha3.clone()),
                ActorKind::Organisation => (String::new(), String::new()),
            };
            let kind = v1::ActorKind::from(kind).into();
            Kind::ActorRegistered(v1::ActorRegistered { kind, alpha2, alpha3, names: tagged(names) })
        }
        ActorFact::Renamed { names } => Kind::ActorRenamed(v1::ActorRenamed { names: tagged(names) }),
        ActorFact::FrameworkJoined { framework, reason } => Kind::FrameworkJoined(v1::FrameworkJoined {
            framework: framework.to_string(),
            reason: reason.clone(),
        }),
        ActorFact::FrameworkLeft { framework, reason } => Kind::FrameworkLeft(v1::FrameworkLeft {
            framework: framework.to_string(),
            reason: reason.clone(),
        }),
        ActorFact::MemberAdmitted { alliance, founding } => {
            Kind::MemberAdmitted(v1::MemberAdmitted { alliance: alliance.to_string(), founding: *founding })
        }
        ActorFact::MembershipEnded { alliance, reason } => Kind::MembershipEnded(v1::MembershipEnded {
            alliance: alliance.to_string(),
            reason: reason.clone(),
        }),
        ActorFact::CooperationSuspended { scope, dialogue_kept } => {
            Kind::CooperationSuspended(v1::CooperationSuspended {
                scope: scope.clone(),
                dialogue_kept: *dialogue_kept,
            })
        }
        ActorFact::CooperationResumed => Kind::CooperationResumed(v1::CooperationResumed {}),
        ActorFact::AreaChosen { area, choice } => {
            let Choice { extent, given_by, chosen_by, agreement } = choice;
            Kind::AreaChosen(v1::AreaChosen {
                area: area.to_string(),
                extent: v1::Extent::from(*extent).into(),
                given_by: v1::GivenBy::from(*given_by).into(),
                chosen_by: chosen_by.to_string(),
                agreement: agreement.as_ref().map(Name::to_string).unwrap_or_default(),
            })
        }
        ActorFact::AreaWithdrawn { area } => {
            Kind::AreaWithdrawn(v1::AreaWithdrawn { area: area.to_string() })
        }
    }
}
