//! Facts of agreements.

use super::list::{said_list, same_list};
use super::name::ACTORS;
use super::reader::{At, Read, Reader, is_blank, tagged};
use crate::domain::agreement::{
    AgreementFact, AgreementKind, AgreementStatus, BadTerm, EndReason, Step, Term, Terms,
};
use crate::domain::{Collection, Name, Reason};
use crate::proto::v1;
use crate::proto::v1::fact::Kind;

same_list!(AgreementKind as AgreementKind {
    Unspecified, Ipcp, Itpp, Icp, JointDeclaration, Sofa, Transit, SecurityOfInformation, Agreement, ActivityPackage
});
said_list!(Step as AgreementStep { Negotiating, Initialled, Approved, Signed, Ratified, InForce });
same_list!(EndReason as AgreementEnd { Unspecified, Terminated, Withdrawn, Completed });

impl From<AgreementStatus> for v1::AgreementStatus {
    fn from(status: AgreementStatus) -> Self {
        match status {
            AgreementStatus::NotYet => v1::AgreementStatus::NotYet,
            AgreementStatus::At(step) => match step {
                Step::Negotiating => v1::AgreementStatus::Negotiating,
                Step::Initialled => v1::AgreementStatus::Initialled,
                Step::Approved => v1::AgreementStatus::Approved,
                Step::Signed => v1::AgreementStatus::Signed,
                Step::Ratified => v1::AgreementStatus::Ratified,
                Step::InForce => v1::AgreementStatus::InForce,
            },
            AgreementStatus::Suspended => v1::AgreementStatus::Suspended,
            AgreementStatus::Ended => v1::AgreementStatus::Ended,
            AgreementStatus::Expired => v1::AgreementStatus::Expired,
            AgreementStatus::Superseded => v1::AgreementStatus::Superseded,
        }
    }
}

pub(super) fn read_opened(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::AgreementOpened,
) -> Read<AgreementFact> {
    let v1::AgreementOpened { partner, kind, titles, step, term, supersedes, legally_binding } = fact;
    let partner = reader.name(at.field("partner"), &partner, ACTORS);
    let kind = reader.listed::<v1::AgreementKind, _>(at.field("kind"), kind);
    let titles = reader.needed_localized(at, "titles", titles);
    let step = reader.listed::<v1::AgreementStep, _>(at.field("step"), step);
    let term = read_term(reader, at.field("term"), &term);
    let supersedes = reader.name_if_any(at.field("supersedes"), &supersedes, &[Collection::Agreements]);
    let terms = Terms {
        partner: partner?,
        kind: kind?,
        titles: titles?,
        term: term?,
        supersedes: supersedes?,
        legally_binding,
    };
    Ok(AgreementFact::Opened { terms: Box::new(terms), step: step? })
}

fn read_term(reader: &mut Reader<'_>, at: At<'_>, text: &str) -> Read<Option<Term>> {
    if is_blank(text) {
        return Ok(None);
    }
    let term = text.parse::<Term>().map_err(|bad| match bad {
        BadTerm::Malformed(_) => (Reason::BadDate, bad.to_string()),
        BadTerm::Inverted(_) => (Reason::ValidIntervalInverted, bad.to_string()),
    });
    reader.took(at, term).map(Some)
}

pub(super) fn read_advanced(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::AgreementAdvanced,
) -> Read<AgreementFact> {
    let v1::AgreementAdvanced { step } = fact;
    Ok(AgreementFact::Advanced { step: reader.listed::<v1::AgreementStep, _>(at.field("step"), step)? })
}

pub(super) fn read_suspended(fact: v1::AgreementSuspended) -> AgreementFact {
    let v1::AgreementSuspended {} = fact;
    AgreementFact::Suspended
}

pub(super) fn read_resumed(fact: v1::AgreementResumed) -> AgreementFact {
    let v1::AgreementResumed {} = fact;
    AgreementFact::Resumed
}

pub(super) fn read_ended(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::AgreementEnded,
) -> Read<AgreementFact> {
    let v1::AgreementEnded { reason } = fact;
    Ok(AgreementFact::Ended { reason: reader.listed::<v1::AgreementEnd, _>(at.field("reason"), reason)? })
}

pub(super) fn write(fact: &AgreementFact) -> Kind {
    match fact {
        AgreementFact::Opened { terms, step } => {
            let Terms { partner, kind, titles, term, supersedes, legally_binding } = terms.as_ref();
            Kind::AgreementOpened(v1::AgreementOpened {
                partner: partner.to_string(),
                kind: v1::AgreementKind::from(*kind).into(),
                titles: tagged(titles),
                step: v1::AgreementStep::from(*step).into(),
                term: term.as_ref().map(Term::text).unwrap_or_default(),
                supersedes: supersedes.as_ref().map(Name::to_string).unwrap_or_default(),
                legally_binding: *legally_binding,
            })
        }
        AgreementFact::Advanced { step } => {
            Kind::AgreementAdvanced(v1::AgreementAdvanced { step: v1::AgreementStep::from(*step).into() })
        }
        AgreementFact::Suspended => Kind::AgreementSuspended(v1::AgreementSuspended {}),
        AgreementFact::Resumed => Kind::AgreementResumed(v1::AgreementResumed {}),
        AgreementFact::Ended { reason } => {
            Kind::AgreementEnded(v1::AgreementEnded { reason: v1::AgreementEnd::from(*reason).into() })
        }
    }
}
