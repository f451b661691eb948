//! Placeholder for the daemon's wiring.

pub mod config;

use std::future::Future;

use config::Settings;
use tokio::net::TcpListener;

/// Serves until `shutdown` is done; `ready` is called once requests are answered.
///
/// # Errors
/// Whatever keeps the daemon from starting or from stopping in order.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
    ready: impl FnOnce() + Send + 'static,
) -> anyhow::Result<()> {
    let _ = (settings, listener);
    ready();
    shutdown.await;
    Ok(())
}
