//! A daemon that runs in this process, on a real socket and a real log.

use std::path::Path;

use minuted::proto::v1;
use minuted::server;
use minuted::server::config::{Log, Server, Settings};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};

use crate::support;

/// A daemon and a connection to it.
pub(crate) struct Served {
    pub(crate) channel: Channel,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<anyhow::Result<()>>,
}

/// A directory beside what is built: on the disk that has room for it.
pub(crate) fn dir() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Copies what a daemon keeps, all files of all directories.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

impl Served {
    /// On a free port.
    pub(crate) async fn start(data_dir: &Path) -> Served {
        let settings = Settings {
            server: Server { data_dir: data_dir.to_owned(), ..Server::default() },
            log: Log { segment_bytes: 1 << 20 },
            ..Settings::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = oneshot::channel();
        let until = async { drop(stopped.await) };
        let ended = tokio::spawn(server::run(settings, listener, until, || ready.send(()).unwrap()));
        is_ready.await.expect("the daemon starts");
        let channel = Endpoint::from_shared(format!("http://{addr}")).unwrap().connect().await.unwrap();
        Served { channel, stop, ended }
    }

    /// With the sample recorded.
    pub(crate) async fn sample(data_dir: &Path) -> Served {
        let daemon = Served::start(data_dir).await;
        assert_eq!(support::record_sample(&daemon.channel).await as u64, support::SAMPLE_EVENTS);
        daemon
    }

    /// Records these, all at once or one by one; each must be accepted.
    pub(crate) async fn record(&self, commands: Vec<v1::Command>, at_once: bool) {
        let mut client = v1::record_service_client::RecordServiceClient::new(self.channel.clone());
        let size = if at_once { commands.len() } else { 1 };
        for commands in commands.chunks(size) {
            let request = v1::RecordRequest { commands: commands.to_vec(), validate_only: false };
            client.record(request).await.expect("what a case needs is accepted");
        }
    }

    /// In order, as a signal would stop it.
    pub(crate) async fn stop(self) {
        let Served { channel, stop, ended } = self;
        drop(channel);
        stop.send(()).expect("it runs");
        ended.await.unwrap().expect("it stops without a failure");
    }
}
