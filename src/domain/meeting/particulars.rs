//! What a plan or a record of a meeting says: who, where, about what, and who is named of how many.

use serde::{Deserialize, Serialize};

use crate::domain::name::Name;
use crate::domain::text::Localized;

closed_list! {
    /// The level at which one meets.
    Level {
        Unspecified, HeadsOfStateOrGovernment, ForeignMinisters, DefenceMinisters, Ambassadors, MilitaryStaff,
        Officials, Experts
    }
}
closed_list! {
    /// How one meets.
    Mode { Unspecified, InPerson, Remote, Hybrid }
}
closed_list! {
    /// Who is there for the alliance.
    Core { Unspecified, Members, Secretariat, Nobody }
}
closed_list! {
    /// Whether a delegation was there.
    Attendance { Unspecified, Attended, Absent, Excused }
}
/// Where one meets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Venue {
    /// The house.
    pub name: String,
    /// The town.
    pub city: String,
    /// The country.
    pub country: Option<Name>,
    /// The IANA time zone; empty: not known.
    pub time_zone: String,
}

/// One actor at a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// The actor that is present.
    pub actor: Name,
    /// Whether it was there.
    pub attendance: Attendance,
    /// For whom it spoke, if not for itself.
    pub on_behalf_of: String,
    /// At which level it was represented.
    pub represented_level: Level,
}

impl Delegation {
    /// It was there, as far as is known.
    pub fn attended(&self) -> bool {
        match self.attendance {
            Attendance::Attended | Attendance::Unspecified => true,
            Attendance::Absent | Attendance::Excused => false,
        }
    }
}

/// What a plan or a record of a meeting says; what is not set in a record stays as planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Particulars {
    /// Its titles.
    pub titles: Localized,
    /// At which level.
    pub level: Level,
    /// What it is about.
    pub topics: Vec<String>,
    /// Where.
    pub venue: Option<Venue>,
    /// How.
    pub mode: Mode,
    /// Who is there for the alliance.
    pub core: Core,
    /// Who is invited, or was there.
    pub delegations: Vec<Delegation>,
    /// How many countries and organisations are said to be there.
    pub declared_total: Option<u32>,
    /// Those named are all; none: not said.
    pub named_is_complete: Option<bool>,
    /// What is said of those who are not named.
    pub qualifier: String,
}

impl Particulars {
    /// What is not set stays as it was; who was invited does not become a delegation.
    pub(super) fn over(self, planned: Particulars) -> Particulars {
        Particulars {
            titles: if self.titles.is_empty() { planned.titles } else { self.titles },
            level: if self.level == Level::Unspecified { planned.level } else { self.level },
            topics: if self.topics.is_empty() { planned.topics } else { self.topics },
            venue: self.venue.or(planned.venue),
            mode: if self.mode == Mode::Unspecified { planned.mode } else { self.mode },
            core: if self.core == Core::Unspecified { planned.core } else { self.core },
            delegations: self.delegations,
            declared_total: self.declared_total.or(planned.declared_total),
            named_is_complete: self.named_is_complete.or(planned.named_is_complete),
            qualifier: if self.qualifier.is_empty() { planned.qualifier } else { self.qualifier },
        }
    }
}
