//! The daemon: opens the log, folds it, serves, and stops in order.
//!
//! 1. What is acknowledged is durable, and a stop, however sudden, loses none of it.
//! 2. A stop accepts no more, finishes what is in hand, closes the log, and is over within the drain time-out.
//! 3. Where the log fails, the daemon ends: nothing more is acknowledged.

pub mod clock;
pub mod config;
mod keeping;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::domain::World;
use crate::grpc;
use crate::grpc::admin::{Admin, Started};
use crate::grpc::events::Events;
use crate::grpc::explaining::ExplainingLayer;
use crate::grpc::reading::Readers;
use crate::grpc::records::Records;
use crate::log::storage::DiskStorage;
use crate::log::{AppendError, EmbeddedLog, EmbeddedOptions, EventLog, FRAME_BYTES_MAX};
use crate::projections::search::{Following, Progress, Search};
use crate::projections::store::Store;
use crate::proto::stored::server::event_service_server::EventServiceServer;
use crate::proto::{FILE_DESCRIPTOR_SET, v1};
use crate::recorder::{self, Clock, Recorder};
use crate::state::State;
use crate::state::checkpoint::{self, Keeper, Restored};

use crate::wire;

use clock::SystemClock;
use config::Settings;
use keeping::Keeping;

/// Serves on `listener` until `shutdown` resolves or the log fails. `ready` is called once requests are answered.
///
/// # Errors
///
/// The log cannot be opened or read, the log has failed, or the stop took longer than the drain time-out.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    ready: impl FnOnce(),
) -> anyhow::Result<()> {
    let daemon = Daemon::open(settings, Arc::new(SystemClock)).await?;
    daemon.serve(listener, shutdown, ready).await
}

struct Daemon {
    log: Arc<dyn EventLog>,
    readers: Readers,
    keeping: Keeping,
    search: Search,
    following: Following,
    recorder: Recorder,
    ended: oneshot::Receiver<Result<(), AppendError>>,
    requests: wire::Limits,
    drain_timeout: Duration,
    started: Started,
}

impl Daemon {
    async fn open(settings: Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Daemon> {
        let Settings { server, limits, log, telemetry: _ } = settings;
        let config::Server { listen: _, data_dir, drain_timeout_ms } = server;
        let config::Limits { request_commands_max, request_bytes_max, queue_requests_max } = limits;
        let log = EmbeddedOptions { segment_bytes: log.segment_bytes, ..EmbeddedOptions::default() };
        let recorder = recorder::Limits { queue_max: queue_requests_max, ..recorder::Limits::default() };
        let requests =
            wire::Limits { commands_max: request_commands_max, request_bytes_max, ..wire::Limits::default() };
        let drain_timeout = Duration::from_millis(drain_timeout_ms);
        let at = clock.now();
        let location = data_dir.join("log").display().to_string();
        let mut phases = Phases::new(clock.clone());
        let opened = tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
            std::fs::create_dir_all(&data_dir)
                .with_context(|| format!("cannot make the data directory {}", data_dir.display()))?;
            let log = EmbeddedLog::open(data_dir.join("log"), Arc::new(DiskStorage), log)?;
            phases.end("open the log");
            if let Some(torn) = &log.report().opened.torn {
                tracing::warn!(
                    ?torn,
                    "an interrupted write left bytes behind the last whole frame; they are set aside"
                );
            }
            let log: Arc<dyn EventLog> = Arc::new(log);
            let mut rows = Box::new(Store::new(data_dir.join("checkpoints")));
            let Restored { snapshot, packs } = checkpoint::restore(rows.as_mut(), log.as_ref());
            phases.end("load the checkpoint");
            let keeper = Keeper::new(rows, log.clone(), snapshot.tail(), packs);
            let state = State::open(log.clone(), snapshot).context("cannot read the log")?;
            phases.end("fold the log");
            Ok((log, state, keeper, phases.done))
        });
        let (log, state, keeper, phases) = opened.await.context("opening the log was interrupted")??;
        let (recorder, ended) = Recorder::start(log.clone(), state.clone(), clock.clone(), recorder)?;
        tracing::info!(tail = log.tail().0, id = %log.id(), location, "the log is open");
        let started = Started { at, location, phases };
        let keeping = Keeping::start(keeper, state.clone());
        let (search, following) = Search::start(state.clone());
        let readers = Readers::new(state, clock);
        Ok(Daemon {
            log,
            readers,
            keeping,
            search,
            following,
            recorder,
            ended,
            requests,
            drain_timeout,
            started,
        })
    }

    async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
        ready: impl FnOnce(),
    ) -> anyhow::Result<()> {
        let Daemon {
            log,
            readers,
            keeping,
            search,
            following,
            recorder,
            mut ended,
            requests,
            drain_timeout,
            started,
        } = self;
        let (stopping, stop) = watch::channel(false);
        let (mut health, health_service) = tonic_health::server::health_reporter();
        for service in grpc::SERVICES {
            health.set_service_status(*service, ServingStatus::Serving).await;
        }
        let of_search = health_of_search(&mut health, &search).await;
        let readers = readers.until(stop.clone());
        let routes = grpc::read_services(&readers)
            .add_service(
                v1::record_service_server::RecordServiceServer::new(Records::new(
                    recorder.clone(),
                    requests,
                    stop.clone(),
                ))
                .max_decoding_message_size(RECORD_MESSAGE_BYTES_MAX),
            )
            .add_service(EventServiceServer::new(Events::new(readers.clone(), log.clone(), stop.clone())))
            .add_service(grpc::search::service(readers.clone(), search.clone()))
            .add_service(v1::admin_service_server::AdminServiceServer::new(Admin::new(
                readers, log, started, search,
            )))
            .add_service(health_service);
        let routes = with_reflection(routes)?;
        let mut until = stop.clone();
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE));
        let serving = Server::builder()
            .http2_keepalive_interval(Some(KEEPALIVE))
            .http2_keepalive_timeout(Some(KEEPALIVE_ANSWER))
            .max_concurrent_streams(CALLS_PER_CONNECTION_MAX)
            .http2_max_header_list_size(HEADER_BYTES_MAX)
            .layer(ExplainingLayer)
            .add_routes(routes)
            .serve_with_incoming_shutdown(incoming, async move {
                // The sender outlives the server; if it did not, that would be a reason to stop, too.
                let _ = until.wait_for(|stopping| *stopping).await;
            });
        let mut serving = std::pin::pin!(serving);
        ready();
        let failed = tokio::select! {
            served = &mut serving => return served.context("the server ended"),
            how = &mut ended => Some(how),
            () = shutdown => None,
        };
        tracing::info!("stopping");
        of_search.abort();
        for service in grpc::SERVICES {
            health.set_service_status(*service, ServingStatus::NotServing).await;
        }
        // Whoever watches is told by now; a watch that went on would keep its connection, and the stop waiting for it.
        for service in grpc::SERVICES {
            health.clear_service_status(service).await;
        }
        stopping.send_replace(true);
        let deadline = tokio::time::Instant::now() + drain_timeout;
        let drained = tokio::time::timeout_at(deadline, &mut serving).await;
        following.stop().await;
        recorder.stop();
        let how = match failed {
            Some(how) => how,
            None => tokio::time::timeout_at(deadline.max(tokio::time::Instant::now() + LAST_SYNC), ended)
                .await
                .context("the log was not closed in time; it is whole, and the next start checks its end")?,
        };
        how.context("the recorder ended early")?
            .context("the log failed; nothing after that was acknowledged")?;
        keeping.stop(deadline).await;
        if let Ok(served) = drained {
            served.context("the server ended")
        } else {
            tracing::warn!("some calls were not finished within the drain time-out and were cut off");
            Ok(())
        }
    }
}

/// The largest message that a request to record may be. Twice the largest request that is taken, so that one that is
/// somewhat too large is told by how much.
const RECORD_MESSAGE_BYTES_MAX: usize = 2 * FRAME_BYTES_MAX;
/// Calls that one connection may have under way; further ones wait at the client. A follower is a call.
const CALLS_PER_CONNECTION_MAX: u32 = 256;
/// The headers of one call.
const HEADER_BYTES_MAX: u32 = 16 << 10;
/// After how long without a word a peer is asked whether it is still there,
const KEEPALIVE: Duration = Duration::from_secs(30);
/// and after how long without an answer its connection is closed, and what its calls held is given back.
const KEEPALIVE_ANSWER: Duration = Duration::from_secs(20);

/// What closing the log may take at least, should the calls in hand have used up the drain time-out.
const LAST_SYNC: Duration = Duration::from_secs(2);

/// How long each phase of the start takes, by the daemon's clock.
struct Phases {
    clock: Arc<dyn Clock>,
    since: jiff::Timestamp,
    done: Vec<(&'static str, u64)>,
}

impl Phases {
    fn new(clock: Arc<dyn Clock>) -> Phases {
        let since = clock.now();
        Phases { clock, since, done: Vec::new() }
    }

    fn end(&mut self, phase: &'static str) {
        let now = self.clock.now();
        let micros = now.duration_since(self.since).as_micros();
        self.done.push((phase, u64::try_from(micros).unwrap_or(0)));
        self.since = now;
    }
}

/// Search is healthy while its index is there and goes on; nothing else depends on it.
async fn health_of_search(health: &mut HealthReporter, search: &Search) -> JoinHandle<()> {
    let status = |progress: &Progress| match progress {
        Progress { position: Some(_), failure: None } => ServingStatus::Serving,
        Progress { position: _, failure: _ } => ServingStatus::NotServing,
    };
    let mut progress = search.watch();
    let mut shown = status(&progress.borrow_and_update());
    health.set_service_status(grpc::SEARCH, shown).await;
    let health = health.clone();
    tokio::spawn(async move {
        while progress.changed().await.is_ok() {
            let now = status(&progress.borrow_and_update());
            if now != shown {
                health.set_service_status(grpc::SEARCH, now).await;
                shown = now;
            }
        }
    })
}

fn with_reflection(routes: Routes) -> anyhow::Result<Routes> {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let current = builder().build_v1().context("the schema cannot be reflected")?;
    let older = builder().build_v1alpha().context("the schema cannot be reflected")?;
    Ok(routes.add_service(current).add_service(older))
}
