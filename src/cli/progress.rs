//! How far a long command has come: a bar on a terminal, plain lines elsewhere, always on stderr.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Without a terminal, one line for so many.
const LINES_BETWEEN: u64 = 1_000;
/// Or for so many bytes.
const BYTES_BETWEEN: u64 = 256 << 20;

const BYTES: &str = "{bar:40} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";

/// The progress of something that is counted in lines, or in bytes.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    total: Option<u64>,
    done: u64,
    unit: &'static str,
    every: u64,
}

impl Progress {
    /// Of `total` lines, if that is known.
    pub(crate) fn new(total: Option<u64>) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| bar(total));
        Progress { bar, total, done: 0, unit: "lines", every: LINES_BETWEEN }
    }

    /// Of so many bytes.
    pub(crate) fn of_bytes(total: u64) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| drawn(ProgressBar::new(total), BYTES));
        Progress { bar, total: Some(total), done: 0, unit: "bytes", every: BYTES_BETWEEN }
    }

    /// So many more are done.
    pub(crate) fn advance(&mut self, more: u64) {
        let thousand = |done: u64| done / self.every;
        let before = self.done;
        self.done += more;
        match &self.bar {
            Some(bar) => bar.set_position(self.done),
            None if thousand(self.done) > thousand(before) => anstream::eprintln!("{}", self.text()),
            None => {}
        }
    }

    /// Says something without tearing the bar.
    pub(crate) fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| anstream::eprintln!("{text}")),
            None => anstream::eprintln!("{text}"),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }

    fn text(&self) -> String {
        match self.total {
            Some(total) => format!("{} of {total} {}", self.done, self.unit),
            None => format!("{} {}", self.done, self.unit),
        }
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let known = "{bar:40} {pos}/{len} lines, {per_sec}, {eta} left";
    let unknown = "{spinner} {pos} lines, {per_sec}";
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    drawn(bar, if total.is_some() { known } else { unknown })
}

fn drawn(bar: ProgressBar, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    bar.set_draw_target(ProgressDrawTarget::stderr());
    bar.set_style(style.expect("the template is ours"));
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_line_says_how_far() {
        let progress = |total| Progress { bar: None, total, done: 1000, unit: "lines", every: LINES_BETWEEN };
        assert_eq!(progress(Some(4240)).text(), "1000 of 4240 lines");
        assert_eq!(progress(None).text(), "1000 lines");
    }
}
