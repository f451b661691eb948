//! Facts of contributions.

use super::list::said_list;
use super::name::ACTORS;
use super::reader::{At, Read, Reader};
use crate::domain::contribution::{ContributionFact, Form};
use crate::domain::{Collection, Reason};
use crate::proto::v1;
use crate::proto::v1::fact::Kind;

said_list!(Form as ContributionForm {
    Troops, Naval, Air, Financial, Transit, Reconstruction, Training, HostNation
});

pub(super) fn read_recorded(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::ContributionRecorded,
) -> Read<ContributionFact> {
    let v1::ContributionRecorded { contributor, operation, form, personnel, observed, note } = fact;
    let contributor = reader.name(at.field("contributor"), &contributor, ACTORS);
    let operation = reader.name(at.field("operation"), &operation, &[Collection::Operations]);
    let form = reader.listed::<v1::ContributionForm, Form>(at.field("form"), form);
    let counted = form.and_then(|form| {
        let says = "people are counted in TROOPS, NAVAL, AIR, RECONSTRUCTION and TRAINING only";
        let fits = personnel.is_none() || form.has_personnel();
        reader.check(fits, at.field("personnel"), Reason::BadForm, says)
    });
    let note = reader.text(at.field("note"), note);
    counted?;
    Ok(ContributionFact::Recorded {
        contributor: contributor?,
        operation: operation?,
        form: form?,
        personnel,
        observed,
        note: note?,
    })
}

pub(super) fn read_accepted(fact: v1::ContributionAccepted) -> ContributionFact {
    let v1::ContributionAccepted {} = fact;
    ContributionFact::Accepted
}

pub(super) fn read_ended(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::ContributionEnded,
) -> Read<ContributionFact> {
    let v1::ContributionEnded { reason } = fact;
    Ok(ContributionFact::Ended { reason: reader.text(at.field("reason"), reason)? })
}

pub(super) fn write(fact: &ContributionFact) -> Kind {
    match fact {
        ContributionFact::Recorded { contributor, operation, form, personnel, observed, note } => {
            Kind::ContributionRecorded(v1::ContributionRecorded {
                contributor: contributor.to_string(),
                operation: operation.to_string(),
                form: v1::ContributionForm::from(*form).into(),
                personnel: *personnel,
                observed: *observed,
                note: note.clone(),
            })
        }
        ContributionFact::Accepted => Kind::ContributionAccepted(v1::ContributionAccepted {}),
        ContributionFact::Ended { reason } => {
            Kind::ContributionEnded(v1::ContributionEnded { reason: reason.clone() })
        }
    }
}
