//! Facts of frameworks.

use super::reader::{At, Read, Reader, tagged};
use crate::domain::framework::FrameworkFact;
use crate::proto::v1;
use crate::proto::v1::fact::Kind;

pub(super) fn read_established(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::FrameworkEstablished,
) -> Read<FrameworkFact> {
    let v1::FrameworkEstablished { names, overlay } = fact;
    Ok(FrameworkFact::Established { names: reader.needed_localized(at, "names", names)?, overlay })
}

pub(super) fn read_closed(
    reader: &mut Reader<'_>,
    at: At<'_>,
    fact: v1::FrameworkClosed,
) -> Read<FrameworkFact> {
    let v1::FrameworkClosed { reason } = fact;
    Ok(FrameworkFact::Closed { reason: reader.text(at.field("reason"), reason)? })
}

pub(super) fn write(fact: &FrameworkFact) -> Kind {
    match fact {
        FrameworkFact::Established { names, overlay } => {
            Kind::FrameworkEstablished(v1::FrameworkEstablished { names: tagged(names), overlay: *overlay })
        }
        FrameworkFact::Closed { reason } => {
            Kind::FrameworkClosed(v1::FrameworkClosed { reason: reason.clone() })
        }
    }
}
