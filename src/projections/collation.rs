//! Lists in the order in which readers of a language look for names.
//!
//! 1. Names are compared as the first language that was asked for has it (CLDR, UTS #10): by letters, then accents, then
//!    capitals, so that in French Égypte stands between Danemark and Finlande, and œ is oe with a ligature.
//! 2. Names that compare equal stand in the order of their resource names: an order is total, and a page goes on behind the
//!    last one of the page before.

use std::cmp::Ordering;

use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences};
use icu_locale_core::Locale;

use crate::domain::Name;
use crate::domain::text::Shown;

use super::Languages;
use super::actors::ActorOnDay;
use super::areas::AreaShown;
use super::attendance::CoAttendance;
use super::contributors::{Contributor, NonContributor};
use super::frameworks::FrameworkOnDay;
use super::operations::OperationOnDay;
use super::standing::{FrameworkStanding, Stood};

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Of resource names, byte by byte.
    #[default]
    Name,
    /// Of the names that are shown.
    DisplayName,
}

/// Which of its names a list is ordered by.
pub trait Titled {
    /// Its resource name.
    fn name(&self) -> &Name;
    /// The name that is shown.
    fn shown(&self) -> Option<&Shown>;
}

macro_rules! titled {
    ($($shown:ident.$name:ident),* $(,)?) => { $(
        impl Titled for $shown {
            fn name(&self) -> &Name { &self.$name }
            fn shown(&self) -> Option<&Shown> { self.shown.as_ref() }
        }
    )* };
}

titled!(
    ActorOnDay.name,
    AreaShown.name,
    CoAttendance.actor,
    Contributor.actor,
    FrameworkOnDay.name,
    FrameworkStanding.framework,
    NonContributor.actor,
    OperationOnDay.name,
    Stood.actor,
);

impl Order {
    /// Puts what is in the order of resource names in this order.
    pub fn sort<T: Titled>(self, languages: &Languages, items: &mut [T]) {
        match self {
            Order::Name => {}
            Order::DisplayName => {
                let collator = collator(languages);
                items.sort_by(|a, b| compare(&collator, a, b));
            }
        }
    }

    /// What stands beyond `after`, where `all` gives in the order of resource names what is beyond one of them.
    pub fn list<'a, T: Titled + 'a, I: Iterator<Item = T> + 'a>(
        self,
        languages: &Languages,
        after: Option<&Name>,
        all: impl FnOnce(Option<&Name>) -> I,
    ) -> Box<dyn Iterator<Item = T> + 'a> {
        match self {
            Order::Name => Box::new(all(after)),
            Order::DisplayName => {
                let mut items: Vec<T> = all(None).collect();
                self.sort(languages, &mut items);
                let done = after.map_or(0, |after| {
                    items.iter().position(|item| item.name() == after).map_or(items.len(), |at| at + 1)
                });
                Box::new(items.into_iter().skip(done))
            }
        }
    }
}

fn compare<T: Titled>(collator: &CollatorBorrowed<'_>, a: &T, b: &T) -> Ordering {
    collator.compare(text(a), text(b)).then_with(|| a.name().cmp(b.name()))
}

/// As it is shown: where nothing is recorded for that day, the id.
fn text<T: Titled>(item: &T) -> &str {
    item.shown().and_then(|shown| shown.names.first()).map_or(item.name().id(), String::as_str)
}

/// Of the first language asked for; what the data does not know is sorted as its parent is, in the end as the root.
fn collator(languages: &Languages) -> CollatorBorrowed<'static> {
    let locale: Locale = languages.first().as_str().parse().unwrap_or(Locale::UNKNOWN);
    let of = |preferences: CollatorPreferences| Collator::try_new(preferences, CollatorOptions::default());
    let root = || of(CollatorPreferences::default()).expect("the data of the root is compiled in");
    of(locale.into()).unwrap_or_else(|_| root())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Language;
    use crate::domain::time::Truth;

    struct One(Name, Option<Shown>);

    impl Titled for One {
        fn name(&self) -> &Name {
            &self.0
        }

        fn shown(&self) -> Option<&Shown> {
            self.1.as_ref()
        }
    }

    /// With the names of areas `areas/a00`, `areas/a01` and so on.
    fn list(names: &[&str]) -> Vec<One> {
        let language = Language::english();
        let shown = |name: &str| Shown {
            language: language.clone(),
            names: vec![name.to_owned()],
            truth: Truth::Yes,
            fallback: false,
        };
        let all = names.iter().enumerate();
        all.map(|(n, name)| One(format!("areas/a{n:02}").parse().unwrap(), Some(shown(name)))).collect()
    }

    fn sorted(tag: &str, names: &[&str]) -> Vec<String> {
        let mut items = list(names);
        items.reverse();
        Order::DisplayName.sort(&tag.parse::<Language>().unwrap().into(), &mut items);
        items.iter().map(|item| text(item).to_owned()).collect()
    }

    #[test]
    fn promise_1_french_names_sort_as_french_does() {
        let french = [
            "Arabie saoudite",
            "Corée",
            "Côte d'Ivoire",
            "Danemark",
            "Égypte",
            "Émirats arabes unis",
            "Équateur",
            "Estonie",
            "Finlande",
            "Île Maurice",
            "Irlande",
            "Zambie",
        ];
        let mut bytes = french;
        bytes.sort_unstable();
        assert_ne!(bytes, french, "not the order of bytes");
        assert_eq!(sorted("fr", &french), french);
        let accents = ["cote", "Cote", "coté", "côte", "côté"];
        assert_eq!(sorted("fr", &accents), accents, "letters, then accents, then capitals");
        assert_eq!(
            sorted("fr-CA", &accents),
            ["cote", "Cote", "côte", "coté", "côté"],
            "accents from behind"
        );
        let ligatures = ["nœud", "nœuds", "Nogaro", "oeuvre", "œuvre", "oeuvres"];
        assert_eq!(sorted("fr", &ligatures), ligatures, "œ is oe");
    }

    #[test]
    fn promise_1_another_language_has_another_order() {
        let names = ["Åland", "Zambia", "Austria"];
        assert_eq!(sorted("sv", &names), ["Austria", "Zambia", "Åland"]);
        for tag in ["en", "tlh"] {
            assert_eq!(sorted(tag, &names), ["Åland", "Austria", "Zambia"], "{tag}");
        }
    }

    #[test]
    fn promise_2_equal_names_stand_by_resource_name_and_pages_go_on() {
        let en = Languages::default();
        let names = ["b", "a", "b", "a", "c"];
        let ids = |order: Order, after: Option<&Name>| {
            let beyond = |after: Option<&Name>| {
                let after = after.cloned();
                list(&names).into_iter().filter(move |one| after.as_ref().is_none_or(|after| one.0 > *after))
            };
            order.list(&en, after, beyond).map(|one| one.0.id().to_owned()).collect::<Vec<_>>()
        };
        let all = ids(Order::DisplayName, None);
        assert_eq!(all, ["a01", "a03", "a00", "a02", "a04"]);
        for (n, id) in all.iter().enumerate() {
            let after: Name = format!("areas/{id}").parse().unwrap();
            assert_eq!(ids(Order::DisplayName, Some(&after)), all[n + 1..]);
        }
        let first = "areas/a00".parse().unwrap();
        assert_eq!(ids(Order::Name, Some(&first)), ["a01", "a02", "a03", "a04"]);
    }
}
