//! A client of the daemon: the connection, what every read asks with, and how its answer is printed.

use std::time::Duration;

use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::failure::Failure;
use super::json::{self, Named};
use super::look::{Look, print};
use super::options::{Format, Options};
use crate::proto::v1::AsOf;
use crate::server::config::Settings;

/// How long connecting may take; on a network that answers, it takes a few round trips.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Said where an answer is no graph.
pub(crate) const NO_GRAPH: &str = "--format dot has no meaning here: only `decisions trace` draws a graph";

/// Said where an answer is no calendar.
pub(crate) const NO_CALENDAR: &str =
    "--format ics has no meaning here: only `meetings export` makes a calendar";

/// An answer that can be shown as tables.
pub(crate) trait Show: Named {
    /// Whether its JSON has every field, so that a script finds a 0 as a 0.
    const EVERY_FIELD: bool = false;
    /// Its tables, each line ended.
    fn show(&self, look: Look) -> String;
    /// It as a graph in the DOT language; none where it is none.
    fn dot(&self) -> Option<String> {
        None
    }
}

/// A client of one daemon, with the options of the command line. It connects when it first has something to ask, so that
/// input that is malformed is reported as such, daemon or not.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    addr: String,
    options: Options,
    /// How the output looks.
    pub(crate) look: Look,
}

/// A channel whose calls have a deadline, which the daemon is told.
pub(crate) type Bounded = InterceptedService<Channel, Deadline>;

/// Sets the deadline of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Duration);

impl Deadline {
    /// Each call may take so long.
    pub(crate) fn after(timeout: Duration) -> Self {
        Deadline(timeout)
    }
}

impl Interceptor for Deadline {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.set_timeout(self.0);
        Ok(request)
    }
}

impl Client {
    /// Of the daemon that the options or the settings name.
    pub(crate) fn new(options: &Options, settings: &Settings) -> Client {
        let addr = options.addr.clone().unwrap_or_else(|| settings.server.listen.to_string());
        Client { addr, options: options.clone(), look: Look::of_stdout() }
    }

    /// The daemon's address.
    pub(crate) fn addr(&self) -> &str {
        &self.addr
    }

    /// For calls that are answered at once.
    pub(crate) async fn bounded(&self) -> Result<Bounded, Failure> {
        Ok(InterceptedService::new(self.unbounded().await?, Deadline::after(self.options.timeout)))
    }

    /// For streams, which last as long as they last.
    pub(crate) async fn unbounded(&self) -> Result<Channel, Failure> {
        let addr = self.addr.clone();
        let endpoint = Endpoint::from_shared(format!("http://{addr}"))
            .map_err(|error| Failure::Input(format!("--addr {addr}: {error}")))?
            .connect_timeout(CONNECT_TIMEOUT);
        endpoint.connect().await.map_err(|error| Failure::Unreachable { cause: root(&error), addr })
    }

    /// What every read asks with: the two times, the position to wait for, and the language of names.
    pub(crate) fn reading(&self) -> (Option<AsOf>, u64, String) {
        (self.options.as_of(), self.options.at_least.unwrap_or(0), self.options.language())
    }

    /// How answers are wanted.
    pub(crate) fn format(&self) -> Format {
        self.options.format
    }

    /// Whether the protobuf JSON is wanted.
    pub(crate) fn wants_json(&self) -> bool {
        self.options.format == Format::Json
    }

    /// Prints an answer in the form that was asked for.
    pub(crate) fn print<M: Show>(&self, answer: &M) -> Result<(), Failure> {
        let text = match self.options.format {
            Format::Json if M::EVERY_FIELD => json::every_field(answer) + "\n",
            Format::Json => json::pretty(answer) + "\n",
            Format::Table => answer.show(self.look),
            Format::Ics => return Err(Failure::Input(NO_CALENDAR.to_owned())),
            Format::Dot => answer.dot().ok_or_else(|| Failure::Input(NO_GRAPH.to_owned()))?,
        };
        Ok(print(&text)?)
    }
}

/// The innermost cause: the outer ones say no more than that it failed.
pub(crate) fn root(error: &dyn std::error::Error) -> String {
    let innermost = std::iter::successors(Some(error), |error| error.source()).last();
    innermost.map(ToString::to_string).unwrap_or_default()
}
