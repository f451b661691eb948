//! Facts of operations.

use super::name::ACTORS;
use super::reader::{At, Read, Reader, tagged};
use crate::domain::Name;
use crate::domain::operation::OperationFact;
use crate::proto::v1;
use crate::proto::v1::fact::Kind;

pub(super) fn read_launched(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::OperationLaunched,
) -> Read<OperationFact> {
    let v1::OperationLaunched { names, lead } = fact;
    let names = reader.needed_localized(at, "names", names);
    let lead = reader.name_if_any(at.field("lead"), &lead, ACTORS);
    Ok(OperationFact::Launched { names: names?, lead: lead? })
}

pub(super) fn read_ended(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::OperationEnded,
) -> Read<OperationFact> {
    let v1::OperationEnded { reason } = fact;
    Ok(OperationFact::Ended { reason: reader.text(at.field("reason"), reason)? })
}

pub(super) fn write(fact: &OperationFact) -> Kind {
    match fact {
        OperationFact::Launched { names, lead } => {
            let lead = lead.as_ref().map(Name::to_string).unwrap_or_default();
            Kind::OperationLaunched(v1::OperationLaunched { names: tagged(names), lead })
        }
        OperationFact::Ended { reason } => {
            Kind::OperationEnded(v1::OperationEnded { reason: reason.clone() })
        }
    }
}
