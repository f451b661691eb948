//! `minuted demo`: a daemon on a sample of real records, and what can be asked of it.

mod questions;

use std::net::SocketAddr;

use clap::{Args, Parser};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::client::Client;
use super::failure::Failure;
use super::look::{Look, print};
use super::options::{Format, Options};
use super::sample::{self, SAMPLE};
use super::{Cli, dispatch, serve};
use crate::server;
use crate::server::config::{Level, Settings};

/// How the demo is run.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  minuted demo
  minuted demo --exit --lang fr

Starts a daemon on loopback with its log in a fresh directory, records the sample through the API, and answers seven \
questions, each with the command that asks it. Then the daemon stays up for you to try, until Ctrl-C; its directory is \
removed when it ends.")]
pub(crate) struct Demo {
    /// A loopback address and port [default: 127.0.0.1, on a free port]
    #[arg(long, value_name = "ADDR", value_parser = serve::address)]
    listen: Option<SocketAddr>,
    /// End after the answers
    #[arg(long)]
    exit: bool,
}

/// A daemon in this process.
struct Daemon {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<anyhow::Result<()>>,
}

impl Demo {
    /// Runs it from start to Ctrl-C.
    pub(crate) async fn run(self, options: &Options, mut settings: Settings) -> Result<(), Failure> {
        let directory = tempfile::Builder::new().prefix("minuted-demo-").tempdir()?;
        settings.server.data_dir = directory.path().to_owned();
        settings.telemetry.level = Level::Warn;
        serve::speak(&settings.telemetry);
        let listener = serve::listen(self.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)))).await?;
        let address = listener.local_addr()?;
        let stopped = serve::stopped()?;
        let daemon = Daemon::start(settings.clone(), listener).await?;
        print(&format!("A daemon listens on {address}, its log in {}.\n", directory.path().display()))?;
        let shown = tokio::select! {
            shown = self.show(address, options, &settings) => shown,
            () = stopped => Ok(()),
        };
        let ended = daemon.stop().await;
        shown.and(ended)
    }

    async fn show(&self, address: SocketAddr, options: &Options, settings: &Settings) -> Result<(), Failure> {
        let options = Options { addr: Some(address.to_string()), ..options.clone() };
        sample::record(&Client::new(&options, settings)).await?;
        for (number, question) in questions::all(SAMPLE).iter().enumerate() {
            let title = Look::of_stdout().title(&format!("\n{}. {}", number + 1, question.text));
            print(&title)?;
            for command in &question.commands {
                print(&format!("$ minuted {command}\n"))?;
                let cli = Cli::try_parse_from(arguments(command, &options))
                    .map_err(|error| Failure::Other(error.into()))?;
                dispatch(cli, settings.clone()).await?;
            }
        }
        if !self.exit {
            print(&how_to_go_on(address))?;
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

impl Daemon {
    /// Gives a daemon that answers.
    async fn start(settings: Settings, listener: tokio::net::TcpListener) -> Result<Daemon, Failure> {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = oneshot::channel();
        let stopped = async move { drop(stopped.await) };
        let ended = tokio::spawn(server::run(settings, listener, stopped, move || {
            let _gone = ready.send(());
        }));
        let daemon = Daemon { stop, ended };
        match is_ready.await {
            Ok(()) => Ok(daemon),
            Err(_) => Err(daemon.stop().await.err().unwrap_or_else(|| {
                Failure::Other(anyhow::anyhow!("the daemon ended before it answered anything"))
            })),
        }
    }

    async fn stop(self) -> Result<(), Failure> {
        // If nobody listens any more it has ended already.
        let _ended = self.stop.send(());
        let ended = self.ended.await.map_err(|error| Failure::Other(error.into()))?;
        Ok(ended?)
    }
}

/// A question's command as this process would have got it, with the options that were given to the demo.
fn arguments(command: &str, options: &Options) -> Vec<String> {
    let mut arguments = vec!["minuted".to_owned()];
    arguments.extend(command.split_whitespace().map(str::to_owned));
    let addr = options.addr.clone().unwrap_or_default();
    arguments.extend(["--addr".to_owned(), addr, "--lang".to_owned(), options.language()]);
    if options.format == Format::Json {
        arguments.extend(["--format".to_owned(), "json".to_owned()]);
    }
    arguments
}

fn how_to_go_on(address: SocketAddr) -> String {
    let program = std::env::args().next().unwrap_or_else(|| "minuted".to_owned());
    format!(
        "
The daemon stays up. From another terminal:

  export MINUTED_ADDR={address}
  {program} status
  {program} actors get countries/jp --lang fr
  {program} events --kind event_corrected
  {program} --help

or with a generic gRPC client, which learns the API by reflection, such as buf:

  buf curl --protocol grpc --http2-prior-knowledge --list-methods \\
    http://{address}
  buf curl --protocol grpc --http2-prior-knowledge \\
    -d '{{\"name\": \"countries/jp\"}}' \\
    http://{address}/minuted.v1.ActorService/GetActor

Ctrl-C ends it.
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_is_a_command_that_parses() {
        let questions = questions::all(SAMPLE);
        assert_eq!(questions.len(), 7);
        let options = Cli::try_parse_from(["minuted", "--addr", "127.0.0.1:1", "demo"]).unwrap().options;
        for command in questions.iter().flat_map(|question| &question.commands) {
            let parsed = Cli::try_parse_from(arguments(command, &options));
            assert_eq!(parsed.unwrap().options.addr.as_deref(), Some("127.0.0.1:1"), "{command}");
        }
    }

    #[test]
    fn the_sample_is_in_the_import_format() {
        for (number, line) in SAMPLE.lines().enumerate() {
            let parsed = crate::cli::json::command(line);
            assert!(parsed.is_ok_and(|command| command.fact.is_some()), "line {}", number + 1);
        }
    }
}
