//! How wide the columns of a table are, and where their text breaks.
//!
//! 1. A table that fits is left as it is, and one that does not is made to fit wherever a few letters a column do.
//! 2. Words stay whole where any widths allow it; a long name then breaks behind `/`, `-` or `_`, and only what has none of
//!    these breaks anywhere.
//! 3. Of the room that is left a column takes what it lacks if that is little; the rest goes where the text is broken most.

/// What a border takes of each column: a line, and a space on both sides.
const BORDER: usize = 3;
/// The narrowest that a column gets.
const NARROWEST: usize = 4;

/// Breaks the cells of a table so that it is at most `width` wide.
pub(super) fn fit<const N: usize>(rows: &mut [[String; N]], width: usize) {
    let room = width.saturating_sub(BORDER * N + 1);
    let needs: [Need; N] = std::array::from_fn(|column| Need::of(rows.iter().map(|row| &row[column])));
    let widths = widths(needs, room);
    for row in rows {
        for (cell, width) in row.iter_mut().zip(widths) {
            *cell = broken(cell, width);
        }
    }
}

/// How wide a column must be to keep its lines, its words, or the pieces of its words whole.
#[derive(Clone, Copy, Debug, Default)]
struct Need {
    lines: usize,
    words: usize,
    pieces: usize,
}

impl Need {
    fn of<'c>(cells: impl Iterator<Item = &'c String>) -> Need {
        cells.flat_map(|cell| cell.lines()).fold(Need::default(), |need, line| Need {
            lines: need.lines.max(long(line)),
            words: need.words.max(line.split_whitespace().map(long).max().unwrap_or(0)),
            pieces: need.pieces.max(line.split_whitespace().flat_map(pieces).map(long).max().unwrap_or(0)),
        })
    }
}

fn long(text: &str) -> usize {
    text.chars().count()
}

/// A name in the parts between its joints; a date has none.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let name = word.contains(char::is_alphabetic);
    word.split_inclusive(move |letter| name && matches!(letter, '/' | '-' | '_'))
}

fn widths<const N: usize>(needs: [Need; N], room: usize) -> [usize; N] {
    let sum = |widths: &[usize; N]| widths.iter().sum::<usize>();
    let lines = needs.map(|need| need.lines);
    if sum(&lines) <= room {
        return lines;
    }
    let mut widths = needs.map(|need| need.words);
    if sum(&widths) > room {
        widths = needs.map(|need| need.pieces);
        while sum(&widths) > room && widths.iter().any(|&width| width > NARROWEST) {
            *widths.iter_mut().max().expect("a table has columns") -= 1;
        }
        // The columns that lack least get their words whole.
        let mut order: Vec<usize> = (0..N).collect();
        order.sort_by_key(|&column| needs[column].words.saturating_sub(widths[column]));
        for column in order {
            let lack = needs[column].words.saturating_sub(widths[column]);
            widths[column] += if sum(&widths) + lack <= room { lack } else { 0 };
        }
    }
    // Who lacks little gets it, so that short texts stay on one line.
    let mut order: Vec<usize> = (0..N).collect();
    order.sort_by_key(|&column| lines[column].saturating_sub(widths[column]));
    for column in order {
        let lack = lines[column].saturating_sub(widths[column]);
        widths[column] += if lack <= room.saturating_sub(sum(&widths)) / 2 { lack } else { 0 };
    }
    while sum(&widths) < room {
        let short = (0..N).filter(|&column| widths[column] < lines[column]);
        let Some(most) = short.max_by_key(|&column| 1_000 * lines[column] / widths[column].max(1)) else {
            break;
        };
        widths[most] += 1;
    }
    widths
}

/// The text in lines of at most `width`; what a line is indented by, all that it becomes is.
fn broken(text: &str, width: usize) -> String {
    text.lines().flat_map(|line| broken_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn broken_line(line: &str, width: usize) -> Vec<String> {
    if long(line) <= width {
        return vec![line.to_owned()];
    }
    let indent = line.len() - line.trim_start().len();
    let indent = " ".repeat(indent.min(width / 2));
    let mut out = vec![indent.clone()];
    for word in line.split_whitespace() {
        let fits = |out: &[String], text: &str| long(&out[out.len() - 1]) + long(text) <= width;
        let begun = long(&out[out.len() - 1]) > indent.len();
        if begun && fits(&out, &format!(" {word}")) {
            out.last_mut().expect("it has a line").push(' ');
        } else if begun {
            out.push(indent.clone());
        }
        for piece in pieces(word) {
            if !fits(&out, piece) && long(&out[out.len() - 1]) > indent.len() {
                out.push(indent.clone());
            }
            for letter in piece.chars() {
                if !fits(&out, "x") {
                    out.push(indent.clone());
                }
                out.last_mut().expect("it has a line").push(letter);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn widest(rows: &[[String; 3]]) -> usize {
        let column = |c: usize| rows.iter().flat_map(move |row| row[c].lines()).map(long).max().unwrap_or(0);
        (0..3).map(column).sum::<usize>() + 3 * BORDER + 1
    }

    fn row(cells: [&str; 3]) -> [String; 3] {
        cells.map(str::to_owned)
    }

    #[test]
    fn promise_1_what_fits_is_left_alone() {
        let mut rows = vec![row(["countries/jp", "two words", "a\nb"])];
        let before = rows.clone();
        fit(&mut rows, 80);
        assert_eq!(rows, before);
    }

    #[test]
    fn promise_2_words_stay_whole_where_they_can_and_names_break_at_a_joint() {
        let mut rows = vec![row(["meetings/counter-piracy-2011", "Dialogue with nations", "yes"])];
        fit(&mut rows, 54);
        assert_eq!(rows[0], row(["meetings/counter-piracy-2011", "Dialogue with\nnations", "yes"]));
        fit(&mut rows, 40);
        assert_eq!(rows[0], row(["meetings/\ncounter-\npiracy-2011", "Dialogue with\nnations", "yes"]));
        assert_eq!(broken("abcdefgh", 3), "abc\ndef\ngh");
        assert_eq!(Need::of([&"2013-04-15".to_owned()].into_iter()).pieces, 10);
    }

    #[test]
    fn promise_3_the_longest_text_gets_the_room() {
        let mut rows = vec![row(["a b c d", &"word ".repeat(30), "x y"])];
        fit(&mut rows, 60);
        assert!(rows[0][1].lines().next().is_some_and(|line| long(line) > 30), "{rows:?}");
    }

    #[test]
    fn an_indented_line_goes_on_indented() {
        assert_eq!(broken("  \"en\": \"one two\"", 12), "  \"en\": \"one\n  two\"");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn promise_1_a_table_is_made_to_fit_and_loses_nothing(
            cells in prop::collection::vec(prop::array::uniform3("[a-zé/ -]{0,40}"), 1..5),
            width in 22_usize..120,
        ) {
            let mut rows = cells.clone();
            fit(&mut rows, width);
            prop_assert!(widest(&rows) <= width, "{rows:?}");
            let letters = |rows: &[[String; 3]]| rows.concat().concat().split_whitespace().collect::<String>();
            prop_assert_eq!(letters(&rows), letters(&cells));
        }
    }
}
