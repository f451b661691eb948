//! The command line: one file per family of subcommands, a client of the same gRPC API that everybody uses.
//!
//! 1. Only `serve` and `demo` run a daemon; everything else talks to one, but for `log`, which works without.
//! 2. What went wrong goes to stderr with what to do about it, and into the exit code.

mod activities;
mod actors;
mod agreements;
mod areas;
mod attendance;
mod bench;
mod calendar;
mod client;
mod columns;
mod decisions;
mod demo;
mod dossier;
mod dot;
mod events;
mod export;
mod failure;
mod frameworks;
mod import;
mod json;
mod locale;
mod log;
mod look;
mod meetings;
mod names;
mod operations;
mod options;
mod page;
mod progress;
mod record;
mod sample;
mod search;
mod serve;
mod status;
mod time;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::server::config::Settings;
use client::Client;
use failure::{EXIT_CODES, Failure};
use options::{Format, Options};

/// Records an alliance's partnerships as events, and answers what was so, when, and what was known when.
#[derive(Clone, Debug, Parser)]
#[command(name = "minuted", version, after_help = format!("\
Examples:
  minuted demo                                    see it work on real records
  minuted serve --data-dir data                   run the daemon
  minuted import tests/data/partnerships.jsonl    record what a file says
  minuted actors standing --as-of 2011-09-30      ask
  minuted agreements get agreements/jp-jpd-2013 --known-at 421

{EXIT_CODES}"))]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: Options,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Run the daemon
    Serve(serve::Serve),
    /// Run a daemon on a sample of real records and answer seven questions from it
    Demo(demo::Demo),
    /// Record commands, all of them or none
    Record(record::Record),
    /// Record the commands of a file, one a line
    Import(import::Import),
    /// Print every event as the command that records it again
    Export(export::Export),
    /// The log itself: one event with its corrections, or many in order
    Events(Box<events::Events>),
    /// Countries and organisations, and how they stood to the alliance
    #[command(subcommand)]
    Actors(actors::Actors),
    /// The formats in which partnership is organised
    #[command(subcommand)]
    Frameworks(frameworks::Frameworks),
    /// Areas of cooperation, and who chose them
    #[command(subcommand)]
    Areas(areas::Areas),
    /// Agreements, and how they stood
    #[command(subcommand)]
    Agreements(agreements::Agreements),
    /// Meetings: who, when, and in which format
    #[command(subcommand)]
    Meetings(meetings::Meetings),
    /// What was offered to whom, and who took part
    #[command(subcommand)]
    Activities(activities::Activities),
    /// Operations and contributions to them
    #[command(subcommand)]
    Operations(operations::Operations),
    /// Decisions, what they rest on and what became of them
    #[command(subcommand)]
    Decisions(decisions::Decisions),
    /// What is found by the words of its names, titles, topics, summaries and notes, the best first
    #[command(after_help = "Examples:
  minuted search réunion
  minuted search piracy ministers --kind meetings --lang fr
  minuted search partenar --kind agreements,decisions --limit 10 --format json")]
    Search(search::Search),
    /// Measure a daemon; it records what stays for ever
    Bench(bench::Bench),
    /// What rests on no confirmed source
    #[command(after_help = "Examples:
  minuted unconfirmed
  minuted unconfirmed --kind member_admitted --known-at 421")]
    Unconfirmed(dossier::Unconfirmed),
    /// How the daemon is, and how far its log goes
    #[command(after_help = "Example:
  minuted status --format json      (tailPosition is the last durable event)")]
    Status,
    /// A log's files, while no daemon runs on them: check them, print them
    #[command(subcommand)]
    Log(log::Log),
}

/// Runs what the arguments of the process ask for, and says how it went.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(run(cli));
            // A read of standard input that is under way must not keep the process.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(error.into()),
    };
    let Err(failure) = outcome else { return ExitCode::SUCCESS };
    if !failure.is_silent() {
        anstream::eprintln!("minuted: {failure}");
    }
    failure.exit_code()
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let environment =
        std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
    let settings = Settings::load(cli.options.config.as_deref(), environment)
        .map_err(|error| Failure::Input(error.to_string()))?;
    dispatch(cli, settings).await
}

async fn dispatch(cli: Cli, settings: Settings) -> Result<(), Failure> {
    let Cli { command, options } = cli;
    if let Some(option) = options.time_asked().filter(|_| !command.takes_times()) {
        return Err(Failure::Input(format!(
            "{option} has no meaning here: this command asks nothing about a time"
        )));
    }
    if options.format == Format::Dot && !command.draws() {
        return Err(Failure::Input(client::NO_GRAPH.to_owned()));
    }
    if options.format == Format::Ics && !command.is_calendar() {
        return Err(Failure::Input(client::NO_CALENDAR.to_owned()));
    }
    match command {
        Command::Serve(serve) => serve.run(&options, settings).await,
        Command::Demo(demo) => Box::pin(demo.run(&options, settings)).await,
        Command::Log(log) => log.run(),
        asking => asking.ask(&Client::new(&options, &settings)).await,
    }
}

impl Command {
    /// Whether it asks a question that `--as-of` and `--known-at` can be about.
    fn takes_times(&self) -> bool {
        match self {
            Command::Serve(_)
            | Command::Demo(_)
            | Command::Record(_)
            | Command::Import(_)
            | Command::Export(_)
            | Command::Bench(_)
            | Command::Log(_)
            | Command::Status => false,
            Command::Events(events) => events.takes_known_at(),
            Command::Actors(_)
            | Command::Frameworks(_)
            | Command::Areas(_)
            | Command::Agreements(_)
            | Command::Meetings(_)
            | Command::Activities(_)
            | Command::Operations(_)
            | Command::Decisions(_)
            | Command::Search(_)
            | Command::Unconfirmed(_) => true,
        }
    }

    /// Whether its answer is a graph.
    fn draws(&self) -> bool {
        matches!(self, Command::Decisions(decisions::Decisions::Trace { .. }))
    }

    /// Whether its answer is a calendar.
    fn is_calendar(&self) -> bool {
        matches!(self, Command::Meetings(meetings::Meetings::Export(_)))
    }

    async fn ask(self, client: &Client) -> Result<(), Failure> {
        match self {
            Command::Serve(_) | Command::Demo(_) | Command::Log(_) => Ok(()),
            Command::Record(record) => record.run(client).await,
            Command::Import(import) => import.run(client).await,
            Command::Export(export) => export.run(client).await,
            Command::Bench(bench) => bench.run(client).await,
            Command::Events(events) => events.run(client).await,
            Command::Actors(actors) => actors.run(client).await,
            Command::Frameworks(frameworks) => frameworks.run(client).await,
            Command::Areas(areas) => areas.run(client).await,
            Command::Agreements(agreements) => agreements.run(client).await,
            Command::Meetings(meetings) => meetings.run(client).await,
            Command::Activities(activities) => activities.run(client).await,
            Command::Operations(operations) => operations.run(client).await,
            Command::Decisions(decisions) => decisions.run(client).await,
            Command::Search(search) => search.run(client).await,
            Command::Unconfirmed(unconfirmed) => unconfirmed.run(client).await,
            Command::Status => status::run(client).await,
        }
    }
}

#[cfg(test)]
mod tests;
