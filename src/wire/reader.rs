//! Reading a message field by field: what is wrong is noted with its path, and reading goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::list::Listed;
use super::name;
use super::violation::FieldViolation;
use super::{LIST_ITEMS_MAX, Limits};
use crate::domain::fact::CommandId;
use crate::domain::text::{Language, Localized};
use crate::domain::{Collection, Name, Reason};

/// Where a field stands in the message.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    before: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Item(&'a str, usize),
    Entry(&'a str, &'a str),
}

impl<'a> At<'a> {
    /// The message itself.
    pub(super) const ROOT: At<'static> = At { before: None, step: Step::Field("") };

    /// A field of this message.
    pub(super) fn field(&'a self, name: &'a str) -> At<'a> {
        At { before: Some(self), step: Step::Field(name) }
    }

    /// An item of a list of this message, from 0.
    pub(super) fn item(&'a self, name: &'a str, index: usize) -> At<'a> {
        At { before: Some(self), step: Step::Item(name, index) }
    }

    /// An entry of a map of this message.
    pub(super) fn entry(&'a self, name: &'a str, key: &'a str) -> At<'a> {
        At { before: Some(self), step: Step::Entry(name, key) }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(before) = self.before {
            before.fmt(f)?;
            if before.before.is_some() {
                f.write_str(".")?;
            }
        }
        match self.step {
            Step::Field(name) => f.write_str(name),
            Step::Item(name, index) => write!(f, "{name}[{index}]"),
            Step::Entry(name, key) => write!(f, "{name}[{:?}]", start_of(key)),
        }
    }
}

/// What is wrong is among the violations.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said;

/// What was read, or what is wrong was said.
pub(super) type Read<T> = Result<T, Said>;

/// Reads fields, and notes all that is wrong with them.
pub(super) struct Reader<'a> {
    limits: Option<&'a Limits>,
    violations: Vec<FieldViolation>,
}

impl<'a> Reader<'a> {
    /// For what a caller sends.
    pub(super) fn of_commands(limits: &'a Limits) -> Reader<'a> {
        Reader { limits: Some(limits), violations: Vec::new() }
    }

    /// For what is stored.
    pub(super) fn of_stored() -> Reader<'static> {
        Reader { limits: None, violations: Vec::new() }
    }

    /// What is read was stored: it was checked when it was sent, by the rules and the tables of its day.
    pub(super) fn is_stored(&self) -> bool {
        self.limits.is_none()
    }

    /// All that is wrong, in the order in which it was found.
    pub(super) fn into_violations(self) -> Vec<FieldViolation> {
        self.violations
    }

    /// Notes what is wrong with a field.
    pub(super) fn refuse<T>(&mut self, at: At<'_>, reason: Reason, says: impl Into<String>) -> Read<T> {
        self.violations.push(FieldViolation { field: at.to_string(), reason, says: says.into() });
        Err(Said)
    }

    /// Checks what only commands are asked.
    pub(super) fn check(
        &mut self,
        holds: bool,
        at: At<'_>,
        reason: Reason,
        says: impl fmt::Display,
    ) -> Read<()> {
        if holds || self.is_stored() { Ok(()) } else { self.refuse(at, reason, says.to_string()) }
    }

    /// Notes what is wrong if something is.
    pub(super) fn took<T>(&mut self, at: At<'_>, result: Result<T, (Reason, String)>) -> Read<T> {
        result.or_else(|(reason, says)| self.refuse(at, reason, says))
    }

    /// A text that need not be there; blank means absent.
    pub(super) fn text(&mut self, at: At<'_>, text: String) -> Read<String> {
        if let Some(limits) = self.limits {
            let (max, len) = (limits.text_bytes_max, text.len());
            if len > max {
                let says = format!("a text has at most {max} bytes, and this one has {len}");
                return self.refuse(at, Reason::TooLarge, says);
            }
        }
        Ok(if is_blank(&text) { String::new() } else { text })
    }

    /// A text that must be there.
    pub(super) fn needed_text(&mut self, at: At<'_>, text: String) -> Read<String> {
        self.text_or(at, text, Reason::FieldRequired, "a text is needed here")
    }

    /// A text that must be there, or else this.
    pub(super) fn text_or(&mut self, at: At<'_>, text: String, reason: Reason, says: &str) -> Read<String> {
        let text = self.text(at, text)?;
        self.check(!text.is_empty(), at, reason, says)?;
        Ok(text)
    }

    /// The name of a resource of one of these collections.
    pub(super) fn name(&mut self, at: At<'_>, text: &str, expected: &[Collection]) -> Read<Name> {
        self.took(at, name::checked(text, expected))
    }

    /// A name that need not be there.
    pub(super) fn name_if_any(
        &mut self,
        at: At<'_>,
        text: &str,
        expected: &[Collection],
    ) -> Read<Option<Name>> {
        if is_blank(text) { Ok(None) } else { self.name(at, text, expected).map(Some) }
    }

    /// The name of a command.
    pub(super) fn command_id(&mut self, at: At<'_>, text: &str) -> Read<CommandId> {
        self.took(at, name::checked_command_id(text))
    }

    /// A value of a closed list of the schema.
    pub(super) fn known<P: Listed>(&mut self, at: At<'_>, number: i32) -> Read<P> {
        let says = || format!("{number} is no value of this list; it has {}", P::texts());
        P::try_from(number).or_else(|_| self.refuse(at, Reason::UnknownValue, says()))
    }

    /// A value of a closed list; where the domain needs one, it must be said.
    pub(super) fn listed<P: Listed, D: TryFrom<P>>(&mut self, at: At<'_>, number: i32) -> Read<D> {
        let value = self.known::<P>(at, number)?;
        let says = || format!("say which: {}", P::texts());
        D::try_from(value).or_else(|_| self.refuse(at, Reason::FieldRequired, says()))
    }

    /// A list is not too long.
    pub(super) fn length(&mut self, at: At<'_>, items: usize) -> Read<()> {
        let says = format_args!("a list has at most {LIST_ITEMS_MAX} items");
        self.check(items <= LIST_ITEMS_MAX, at, Reason::TooLarge, says)
    }

    /// All items of a list.
    pub(super) fn items<T, U>(
        &mut self,
        at: At<'_>,
        field: &str,
        items: Vec<T>,
        mut read: impl FnMut(&mut Self, At<'_>, T) -> Read<U>,
    ) -> Read<Vec<U>> {
        self.length(at.field(field), items.len())?;
        let mut all = Ok(Vec::with_capacity(items.len()));
        for (index, item) in items.into_iter().enumerate() {
            keep(&mut all, read(self, at.item(field, index), item), Vec::push);
        }
        all
    }

    /// Texts by language; at least one.
    pub(super) fn needed_localized(
        &mut self,
        at: At<'_>,
        field: &str,
        texts: BTreeMap<String, String>,
    ) -> Read<Localized> {
        let says = "give it in one language at least, by BCP 47 tag: en, fr";
        self.check(!texts.is_empty(), at.field(field), Reason::FieldRequired, says)?;
        self.localized(at, field, texts)
    }

    /// Texts by language.
    pub(super) fn localized(
        &mut self,
        at: At<'_>,
        field: &str,
        texts: BTreeMap<String, String>,
    ) -> Read<Localized> {
        self.length(at.field(field), texts.len())?;
        let mut seen = BTreeSet::new();
        let mut all = Ok(Localized::new());
        for (tag, text) in texts {
            let at = at.entry(field, &tag);
            let mut language = self.took(at, name::checked_language(&tag));
            if language.as_ref().is_ok_and(|language| !seen.insert(language.clone())) {
                let says = "this language is here already, its tag written in another way";
                language = self.refuse(at, Reason::BadLanguageTag, says);
            }
            let text = self.needed_text(at, text);
            let entry = language.and_then(|language| text.map(|text| (language, text)));
            keep(&mut all, entry, |all: &mut Localized, (language, text)| {
                all.insert(language, text);
            });
        }
        all
    }
}

/// Puts what was read to the rest, unless something was wrong with either.
pub(super) fn keep<A, T>(all: &mut Read<A>, read: Read<T>, put: impl FnOnce(&mut A, T)) {
    match (all.as_mut(), read) {
        (Ok(all), Ok(item)) => put(all, item),
        (_, Err(said)) => *all = Err(said),
        (Err(_), Ok(_)) => {}
    }
}

/// It says nothing.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// As much of what was sent as is worth repeating.
pub(super) fn start_of(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Languages by their tags as they are written.
pub(super) fn tagged(texts: &Localized) -> BTreeMap<String, String> {
    let tagged = |(language, text): (&Language, &String)| (language.as_str().to_owned(), text.clone());
    texts.iter().map(tagged).collect()
}
