//! `minuted import`: commands from a file, one a line, recorded in their order.

mod lines;
mod stream;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tokio::io::{AsyncBufRead, BufReader};
use tonic::transport::Channel;

use super::client::Client;
use super::failure::Failure;
use super::look::print;
use super::progress::Progress;

/// What to import, and what to do about a bad line.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  minuted import tests/data/partnerships.jsonl
  zcat all.jsonl.gz | minuted import - --on-error skip

Each line is one command, the protobuf JSON of minuted.v1.Command with its commandId; blank lines are passed over. A line \
is a request by itself, or with --batch N, N lines are one request, recorded whole or not at all. What is already \
recorded is not recorded again, so that an import that was interrupted is simply started again.

A bad line (no command, or refused by the daemon) is reported with its number and the reason. With --on-error stop nothing \
behind it is recorded: each request is sent when the one before it is answered. With --on-error skip the rest is \
recorded, and up to --window requests are under way at once, which is many times faster.")]
pub(crate) struct Import {
    /// A file, or - for standard input
    file: PathBuf,
    /// What to do about a bad line: stop, and record nothing behind it, or skip it and go on
    #[arg(long, value_enum, default_value_t = OnError::Stop)]
    on_error: OnError,
    /// So many lines are one request, recorded whole or not at all
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    batch: u16,
    /// With --on-error skip: so many requests are under way at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1_024))]
    window: u16,
}

/// What to do about a bad line. (The variants bear no text: clap would give each option of the help a paragraph.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnError {
    Stop,
    Skip,
}

/// How an import is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// What to do about a bad line.
    pub(crate) on_error: OnError,
    /// Lines in a request.
    pub(crate) batch: usize,
    /// Requests under way at once.
    pub(crate) window: usize,
}

/// What came of an import, in lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    /// Recorded now.
    pub(crate) recorded: u64,
    /// Recorded before.
    pub(crate) already_recorded: u64,
    /// No command, or refused.
    pub(crate) refused: u64,
    /// The highest position among the answers.
    pub(crate) position: u64,
}

impl Import {
    /// Imports and prints the summary, also of an import that ended early.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let plan = Plan {
            on_error: self.on_error,
            batch: self.batch.into(),
            window: if self.on_error == OnError::Stop { 1 } else { self.window.into() },
        };
        let (input, total) = open(&self.file).await?;
        let channel = client.unbounded().await?;
        let (summary, outcome) = run(channel, plan, input, total).await;
        let text = if client.wants_json() {
            serde_json::to_string(&summary).expect("numbers are JSON")
        } else {
            summary.to_string()
        };
        print(&format!("{text}\n"))?;
        outcome
    }
}

/// Imports `input`, which has `total` lines, if that is known.
pub(crate) async fn run(
    channel: Channel,
    plan: Plan,
    input: impl AsyncBufRead + Unpin + Send,
    total: Option<u64>,
) -> (Summary, Result<(), Failure>) {
    let mut progress = Progress::new(total);
    let mut summary = Summary::default();
    let outcome = tokio::select! {
        outcome = stream::run(channel, plan, input, &mut summary, &mut progress) => outcome,
        () = interrupted() => Err(Failure::Partly(
            "interrupted: import again to go on, what is recorded is not recorded twice".to_owned(),
        )),
    };
    progress.finish();
    let outcome = match outcome {
        Ok(()) if summary.refused > 0 => Err(Failure::Partly(match plan.on_error {
            OnError::Stop => "stopped at a bad line: correct it and import again".to_owned(),
            OnError::Skip => "some lines were not recorded".to_owned(),
        })),
        other => other,
    };
    (summary, outcome)
}

/// Done when Ctrl-C is pressed.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Summary { recorded, already_recorded, refused, position } = self;
        write!(f, "{recorded} recorded, {already_recorded} already recorded, {refused} refused")?;
        if *position > 0 { write!(f, "; up to position {position}") } else { Ok(()) }
    }
}

type Input = Box<dyn AsyncBufRead + Unpin + Send>;

/// The input and how many lines it has, where that can be known without using it up.
async fn open(path: &Path) -> Result<(Input, Option<u64>), Failure> {
    if path == Path::new("-") {
        return Ok((Box::new(BufReader::new(tokio::io::stdin())), None));
    }
    let unreadable =
        |error: std::io::Error| Failure::Input(format!("cannot read {}: {error}", path.display()));
    let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let metadata = file.metadata().await.map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Failure::Input(format!("cannot read {}: it is a directory", path.display())));
    }
    let total = if metadata.is_file() { lines::count(path).await.ok() } else { None };
    Ok((Box::new(BufReader::with_capacity(1 << 16, file)), total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_reads_well() {
        let summary = Summary { recorded: 420, already_recorded: 4, refused: 0, position: 424 };
        assert_eq!(summary.to_string(), "420 recorded, 4 already recorded, 0 refused; up to position 424");
        assert_eq!(Summary::default().to_string(), "0 recorded, 0 already recorded, 0 refused");
    }

    #[tokio::test]
    async fn a_missing_file_is_named() {
        let Err(failure) = open(Path::new("no/such.jsonl")).await else { panic!("there is none") };
        assert!(failure.to_string().contains("no/such.jsonl"));
        let directory = tempfile::tempdir().unwrap();
        let Err(failure) = open(directory.path()).await else { panic!("it is a directory") };
        assert!(failure.to_string().ends_with("it is a directory"), "{failure}");
    }
}
