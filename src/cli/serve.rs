//! `minuted serve`: the daemon in the foreground.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::failure::Failure;
use super::look::print;
use super::options::Options;
use crate::server;
use crate::server::config::{Level, LineFormat, Settings, Telemetry};

/// What the daemon is started with.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  minuted serve --data-dir data
  minuted serve --listen 127.0.0.1:0    (a free port, which is printed)
  minuted --config config/minuted.toml serve

Once requests are answered, one line is printed: `listening on ADDR`. The daemon's own log goes to stderr. SIGTERM or \
Ctrl-C stops it: no more is accepted, what is in hand is finished, the log is closed.

A flag wins over the environment (MINUTED_SERVER_LISTEN, MINUTED_SERVER_DATA_DIR, …), the environment over the \
configuration file, the file over the default; config/minuted.toml shows every key.")]
pub(crate) struct Serve {
    /// The directory of the log, made if it is missing [default: `server.data_dir`, data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// A loopback address and port; port 0 takes a free one [default: `server.listen`, 127.0.0.1:7433]
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: Option<SocketAddr>,
}

impl Serve {
    /// Serves until it is told to stop.
    pub(crate) async fn run(self, options: &Options, mut settings: Settings) -> Result<(), Failure> {
        settings.server.data_dir = self.data_dir.unwrap_or(settings.server.data_dir);
        settings.server.listen = self.listen.unwrap_or(settings.server.listen);
        speak(&settings.telemetry);
        if let Some(file) = &options.config {
            tracing::info!(file = %file.display(), "settings are read from a file");
        } else {
            tracing::info!("no settings file is read: neither --config nor MINUTED_CONFIG names one");
        }
        let listener = listen(settings.server.listen).await?;
        let address = listener.local_addr()?;
        let ready = move || drop(print(&format!("listening on {address}\n")));
        Ok(server::run(settings, listener, stopped()?, ready).await?)
    }
}

/// An address of this machine.
///
/// # Errors
/// Says what is expected.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "expected an IP address and a port, such as 127.0.0.1:7433 or [::1]:0".to_owned())
}

/// Listens on a loopback address, and on no other.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    if !address.ip().to_canonical().is_loopback() {
        return Err(Failure::Input(format!(
            "will not listen on {address}: without TLS and authentication, which are not there yet, anybody on the \
             network could record. Listen on loopback, such as 127.0.0.1:{}, and let others in through a tunnel",
            address.port()
        )));
    }
    TcpListener::bind(address).await.map_err(|error| {
        Failure::Other(anyhow::anyhow!(
            "cannot listen on {address}: {error}; another daemon may have it, --listen takes another port"
        ))
    })
}

/// Done when the process is told to stop. From this call on the signals do not kill it.
pub(super) fn stopped() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Sends what the daemon says about itself to stderr. The libraries underneath are heard from warnings on.
pub(super) fn speak(telemetry: &Telemetry) {
    let ours = match telemetry.level {
        Level::Off => LevelFilter::OFF,
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    let wanted = Targets::new().with_default(ours.min(LevelFilter::WARN)).with_target("minuted", ours);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // It is set once in a process; a second time changes nothing, which only tests see.
    let _set = match telemetry.format {
        LineFormat::Text => {
            let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
            tracing_subscriber::registry().with(wanted).with(lines.with_ansi(colour)).try_init()
        }
        LineFormat::Json => tracing_subscriber::registry().with(wanted).with(lines.json()).try_init(),
    };
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0.0.0.0:0")]
    #[case("192.0.2.1:7433")]
    #[case("[::]:7433")]
    #[case("[::ffff:192.0.2.1]:7433")]
    #[tokio::test]
    async fn an_address_beyond_loopback_is_refused(#[case] address: SocketAddr) {
        let failure = listen(address).await.unwrap_err().to_string();
        assert!(failure.contains("TLS and authentication") && failure.contains("127.0.0.1"), "{failure}");
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_named() {
        let first = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = first.local_addr().unwrap();
        let failure = listen(address).await.unwrap_err().to_string();
        assert!(failure.contains(&address.to_string()) && failure.contains("--listen"), "{failure}");
    }
}
