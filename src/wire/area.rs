//! Facts of areas.

use super::reader::{At, Read, Reader, tagged};
use crate::domain::area::AreaFact;
use crate::domain::{Collection, Name};
use crate::proto::v1;
use crate::proto::v1::fact::Kind;

pub(super) fn read_defined(reader: &mut Reader<'_>, at: At<'_>, fact: v1::AreaDefined) -> Read<AreaFact> {
    let v1::AreaDefined { names, parent } = fact;
    let names = reader.needed_localized(at, "names", names);
    let parent = reader.name_if_any(at.field("parent"), &parent, &[Collection::Areas]);
    Ok(AreaFact::Defined { names: names?, parent: parent? })
}

pub(super) fn write(fact: &AreaFact) -> Kind {
    let AreaFact::Defined { names, parent } = fact;
    let parent = parent.as_ref().map(Name::to_string).unwrap_or_default();
    Kind::AreaDefined(v1::AreaDefined { names: tagged(names), parent })
}
