//! The closed lists: an enum of the schema and the enum of the domain that means the same.

use crate::domain::time::Truth;

/// The value is UNSPECIFIED, and the domain needs one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value is not said")]
pub struct NotSaid;

/// An enum of the schema.
pub(super) trait Listed: Copy + TryFrom<i32> {
    /// The value's name in the schema.
    fn text(self) -> &'static str;

    /// The names of all values but UNSPECIFIED.
    fn texts() -> String {
        let values = (1..i32::from(u8::MAX)).map_while(|number| Self::try_from(number).ok());
        values.map(Self::text).collect::<Vec<_>>().join(", ")
    }
}

/// Names an enum of the schema as [`Listed`].
macro_rules! listed {
    ($($proto:ident),+) => {$(
        impl $crate::wire::list::Listed for $crate::proto::v1::$proto {
            fn text(self) -> &'static str {
                self.as_str_name()
            }
        }
    )+};
}

/// From the domain to the schema, value by value.
macro_rules! written {
    ($domain:ident as $proto:ident { $($value:ident),+ }) => {
        impl From<$domain> for $crate::proto::v1::$proto {
            fn from(value: $domain) -> Self {
                match value {
                    $($domain::$value => Self::$value),+
                }
            }
        }
    };
}

/// Both ways, where UNSPECIFIED is a value of the domain too.
macro_rules! same_list {
    ($domain:ident as $proto:ident { $($value:ident),+ }) => {
        $crate::wire::list::listed!($proto);
        $crate::wire::list::written!($domain as $proto { $($value),+ });
        impl From<$crate::proto::v1::$proto> for $domain {
            fn from(value: $crate::proto::v1::$proto) -> Self {
                match value {
                    $($crate::proto::v1::$proto::$value => $domain::$value),+
                }
            }
        }
    };
}

/// Both ways, where the domain has no UNSPECIFIED.
macro_rules! said_list {
    ($domain:ident as $proto:ident { $($value:ident),+ }) => {
        $crate::wire::list::listed!($proto);
        $crate::wire::list::written!($domain as $proto { $($value),+ });
        impl TryFrom<$crate::proto::v1::$proto> for $domain {
            type Error = $crate::wire::NotSaid;

            fn try_from(value: $crate::proto::v1::$proto) -> Result<Self, Self::Error> {
                match value {
                    $crate::proto::v1::$proto::Unspecified => Err($crate::wire::NotSaid),
                    $($crate::proto::v1::$proto::$value => Ok($domain::$value)),+
                }
            }
        }
    };
}

pub(super) use {listed, said_list, same_list, written};

written!(Truth as Truth { No, Possibly, Yes });

#[cfg(test)]
mod tests {
    use super::Listed;
    use crate::proto::v1;

    #[test]
    fn all_names_of_a_list_are_said_but_unspecified() {
        assert_eq!(v1::Mode::texts(), "MODE_IN_PERSON, MODE_REMOTE, MODE_HYBRID");
    }
}
