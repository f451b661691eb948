//! How answers look: tables as wide as the terminal, what is only possible standing out, the two times underneath.

use std::io::{IsTerminal, Write as _};

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};

use super::{columns, words};
use crate::proto::v1::{AnsweredAsOf, Count, DisplayName, Valid};

/// Tables are for people, who look for a name where their language has it.
pub(crate) const ORDER_BY: &str = "display_name";

/// The width of a table that goes nowhere in particular.
const WIDTH: u16 = 120;

/// What the output can show.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Look {
    colour: bool,
    terminal: bool,
    width: Option<u16>,
}

impl Look {
    /// Of standard output: colour unless it is no terminal or `NO_COLOR` is set, and its width: what `COLUMNS` says, else
    /// the terminal's, else one that most windows have.
    pub(crate) fn of_stdout() -> Look {
        let stdout = std::io::stdout();
        let colour = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let terminal = stdout.is_terminal();
        let of_terminal = || terminal.then(|| Table::new().width()).flatten();
        Look { colour, terminal, width: columns.or_else(of_terminal).or(Some(WIDTH)) }
    }

    /// How wide the terminal is, if the output goes to one.
    pub(crate) fn terminal(self) -> Option<usize> {
        self.width.filter(|_| self.terminal).map(usize::from)
    }

    /// One thing: a field a row. Empty ones are left out.
    pub(crate) fn fields(self, rows: impl IntoIterator<Item = (&'static str, String)>) -> String {
        let mut rows: Vec<[String; 2]> = rows
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(label, value)| [label.to_owned(), value])
            .collect();
        self.fit(&mut rows);
        let mut table = self.table();
        for [label, value] in rows {
            table.add_row([Cell::new(label).add_attribute(Attribute::Bold), cell(value)]);
        }
        finish(&table)
    }

    /// Many things: one a row, under a header.
    pub(crate) fn rows<const N: usize>(
        self,
        header: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> String {
        let mut rows: Vec<[String; N]> = std::iter::once(header.map(str::to_owned)).chain(rows).collect();
        if rows.len() == 1 {
            return "none\n".to_owned();
        }
        self.fit(&mut rows);
        let mut rows = rows.into_iter();
        let mut table = self.table();
        let header = rows.next().expect("the header is the first row");
        table.set_header(header.map(|title| Cell::new(title).add_attribute(Attribute::Bold)));
        table.add_rows(rows.map(|row| row.map(cell)));
        finish(&table)
    }

    /// A line over a table.
    pub(crate) fn title(self, text: &str) -> String {
        if self.colour { format!("\x1b[1m{text}\x1b[0m\n") } else { format!("{text}\n") }
    }

    /// Breaks what would make the table too wide.
    fn fit<const N: usize>(self, rows: &mut [[String; N]]) {
        if let Some(width) = self.width {
            columns::fit(rows, width.into());
        }
    }

    fn table(self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_content_arrangement(ContentArrangement::Disabled);
        if self.colour {
            table.enforce_styling()
        } else {
            table.force_no_tty()
        };
        table
    }
}

fn cell(text: String) -> Cell {
    if text.contains("POSSIBLY") { Cell::new(text).fg(Color::Yellow) } else { Cell::new(text) }
}

fn finish(table: &Table) -> String {
    format!("{}\n", table.trim_fmt())
}

/// Writes to standard output, without colours where they would not show.
///
/// # Errors
/// Where nobody reads any more, or there is no room.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A name in the language asked for, or with the one it is in: `Japon [fr]`.
pub(crate) fn name(name: Option<&DisplayName>) -> String {
    let Some(name) = name else { return String::new() };
    let several = name.possible.len() > 1;
    let text = if several { name.possible.join(" or ") } else { name.text.clone() };
    let language = if name.fallback { format!(" [{}]", name.language) } else { String::new() };
    let doubt = if words::possible(name.truth) { " (POSSIBLY)" } else { "" };
    format!("{text}{language}{doubt}")
}

/// What something is called, over its resource name: two lines of one cell.
pub(crate) fn called(display: Option<&DisplayName>, resource: &str) -> String {
    let name = name(display);
    if name.is_empty() { resource.to_owned() } else { format!("{name}\n{resource}") }
}

/// When something was so, as it was recorded.
pub(crate) fn valid(valid: Option<&Valid>) -> String {
    match valid {
        None => String::new(),
        Some(Valid { from, to }) if to.is_empty() || to == from => from.clone(),
        Some(Valid { from, to }) if to == "unknown" => format!("{from} to an unknown day"),
        Some(Valid { from, to }) => format!("{from} to {to}"),
    }
}

/// `40 certain + 1 possible`.
pub(crate) fn count(count: Option<&Count>) -> String {
    let Count { certain, possible } = count.copied().unwrap_or_default();
    if possible == 0 { certain.to_string() } else { format!("{certain} certain + {possible} possible") }
}

/// For each of what is only possible: the dates that leave it open, a line each; `POSSIBLY Iraq: in …`.
pub(crate) fn open_because<'a>(all: impl IntoIterator<Item = (String, &'a [String])>) -> String {
    let open = all.into_iter().filter(|(_, dates)| !dates.is_empty());
    let lines = open.map(|(what, dates)| format!("POSSIBLY {what}: {}\n", dates.join("; ")));
    lines.collect()
}

/// `Iraq (countries/iq)`: in a line.
pub(crate) fn named(display: Option<&DisplayName>, resource: &str) -> String {
    format!("{} ({resource})", name(display))
}

/// The two times of an answer, to ask the same again.
pub(crate) fn times(answered: Option<&AnsweredAsOf>) -> String {
    match answered {
        None => String::new(),
        Some(AnsweredAsOf { valid_at, known_position }) if valid_at.is_empty() => {
            format!("known at {known_position}\n")
        }
        Some(AnsweredAsOf { valid_at, known_position }) => {
            format!("as of {valid_at}, known at {known_position}\n")
        }
    }
}

/// Only what was known plays a part in the answer.
pub(crate) fn known(answered: Option<&AnsweredAsOf>) -> String {
    answered
        .map(|AnsweredAsOf { known_position, .. }| format!("known at {known_position}\n"))
        .unwrap_or_default()
}

/// `yes` as a word, `no` as nothing.
pub(crate) fn flag(set: bool) -> String {
    if set { "yes".to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::Truth;

    fn japan(fallback: bool, truth: Truth, possible: &[&str]) -> DisplayName {
        DisplayName {
            text: "Japon".into(),
            language: "fr".into(),
            fallback,
            truth: truth.into(),
            possible: possible.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_fallback_and_a_doubt_are_shown() {
        assert_eq!(name(Some(&japan(false, Truth::Yes, &["Japon"]))), "Japon");
        assert_eq!(name(Some(&japan(true, Truth::Yes, &["Japon"]))), "Japon [fr]");
        assert_eq!(name(Some(&japan(true, Truth::Possibly, &["Japon", "N"]))), "Japon or N [fr] (POSSIBLY)");
        assert_eq!(name(None), "");
    }

    #[test]
    fn counts_and_times() {
        assert_eq!(count(Some(&Count { certain: 40, possible: 1 })), "40 certain + 1 possible");
        assert_eq!(count(Some(&Count { certain: 28, possible: 0 })), "28");
        let answered = AnsweredAsOf { valid_at: "2011-09-30".into(), known_position: 424 };
        assert_eq!(times(Some(&answered)), "as of 2011-09-30, known at 424\n");
        assert_eq!(known(Some(&answered)), "known at 424\n");
        let from_to = |from: &str, to: &str| valid(Some(&Valid { from: from.into(), to: to.into() }));
        assert_eq!(from_to("2011-09", ""), "2011-09");
        assert_eq!(from_to("2010", "2013"), "2010 to 2013");
        assert_eq!(from_to("2010", "unknown"), "2010 to an unknown day");
    }

    #[test]
    fn a_table_is_plain_without_a_terminal() {
        let rows =
            [["countries/jp".to_owned(), "yes".to_owned()], ["countries/iq".into(), "POSSIBLY".into()]];
        insta::assert_snapshot!(Look::default().rows(["actor", "partner"], rows), @r"
        ┌──────────────┬──────────┐
        │ actor        ┆ partner  │
        ╞══════════════╪══════════╡
        │ countries/jp ┆ yes      │
        │ countries/iq ┆ POSSIBLY │
        └──────────────┴──────────┘
        ");
        assert_eq!(Look::default().rows(["actor"], []), "none\n");
    }

    #[test]
    fn colour_and_width_are_kept() {
        let look = Look { colour: true, width: Some(30), ..Look::default() };
        let table = look.fields([
            ("partner", "POSSIBLY".to_owned()),
            ("note", "word ".repeat(20)),
            ("none", String::new()),
        ]);
        assert!(table.contains("\x1b["), "{table}");
        let widest =
            anstream::adapter::strip_str(&table).to_string().lines().map(|l| l.chars().count()).max();
        assert!(widest.is_some_and(|widest| widest <= 30), "{table}");
        assert!(!table.contains("none"));
    }
}
