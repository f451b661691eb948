//! Load on a daemon: clients that each have one request in flight, on a connection of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use crate::cli::client::root;
use crate::cli::failure::Failure;

/// Before anything is counted, connections and caches are warm.
pub(super) const WARM_UP: Duration = Duration::from_millis(500);

/// What was measured of one load.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Measured {
    /// What was done.
    pub(super) what: String,
    /// By so many clients at once.
    pub(super) clients: usize,
    /// How many a second.
    pub(super) per_second: f64,
    /// Half of the requests took at most so long, in microseconds.
    pub(super) p50_micros: f64,
    /// All but a hundredth of the requests took at most so long, in microseconds.
    pub(super) p99_micros: f64,
    /// How many requests were counted.
    pub(super) requests: usize,
}

impl Measured {
    /// From the time of each request; each counts for so many.
    pub(super) fn of(
        what: &str,
        clients: usize,
        each: usize,
        took: Duration,
        times: &[Duration],
    ) -> Measured {
        let mut micros: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e6).collect();
        micros.sort_by(f64::total_cmp);
        let at = |hundredths: usize| {
            micros.get(micros.len().saturating_sub(1) * hundredths / 100).copied().unwrap_or(f64::NAN)
        };
        #[expect(clippy::cast_precision_loss, reason = "counts of a few seconds are far below 2^52")]
        let per_second = (times.len() * each) as f64 / took.as_secs_f64();
        Measured {
            what: what.into(),
            clients,
            per_second,
            p50_micros: at(50),
            p99_micros: at(99),
            requests: times.len(),
        }
    }
}

/// A new connection, with windows that let a fast reader read fast.
pub(super) async fn connect(addr: &str) -> Result<Channel, Failure> {
    let endpoint =
        endpoint(addr)?.initial_stream_window_size(4 << 20).initial_connection_window_size(8 << 20);
    connect_by(&endpoint, addr).await
}

/// How the daemon is reached.
pub(super) fn endpoint(addr: &str) -> Result<Endpoint, Failure> {
    let endpoint = Endpoint::from_shared(format!("http://{addr}"));
    let endpoint = endpoint.map_err(|error| Failure::Input(format!("--addr {addr}: {error}")))?;
    Ok(endpoint.tcp_nodelay(true))
}

/// A new connection by this endpoint of `addr`.
pub(super) async fn connect_by(endpoint: &Endpoint, addr: &str) -> Result<Channel, Failure> {
    endpoint
        .connect()
        .await
        .map_err(|error| Failure::Unreachable { cause: root(&error), addr: addr.to_owned() })
}

/// One client of a load: it does its request over and over.
pub(super) trait Worker: Send + 'static {
    /// One request, answered.
    fn request(&mut self) -> impl Future<Output = Result<(), Status>> + Send;
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Lets all workers work for so long, one request in flight each; each request counts for `each`.
pub(super) async fn run<W: Worker>(
    what: &str,
    workers: Vec<W>,
    each: usize,
    seconds: f64,
) -> Result<Measured, Failure> {
    let (counting, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let clients = workers.len();
    let tasks: Vec<_> = workers
        .into_iter()
        .map(|mut worker| {
            let (counting, done) = (counting.clone(), done.clone());
            tokio::spawn(async move {
                let mut times = Vec::new();
                // What takes longer than the load lasts is counted once.
                while !done.load(Ordering::Relaxed) || times.is_empty() {
                    let (begun, counts) = (now(), counting.load(Ordering::Relaxed));
                    worker.request().await?;
                    if counts {
                        times.push(begun.elapsed());
                    }
                }
                Ok::<_, Status>(times)
            })
        })
        .collect();
    tokio::time::sleep(WARM_UP).await;
    counting.store(true, Ordering::Relaxed);
    let begun = now();
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    done.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.map_err(anyhow::Error::from).map_err(Failure::Other)??);
    }
    let took = begun.elapsed();
    Ok(Measured::of(what, clients, each, took, &times))
}
