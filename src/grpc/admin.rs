//! `AdminService`: what an operator asks.

use std::sync::Arc;

use jiff::Timestamp;
use tonic::{Request, Response, Status};

use super::reading::Readers;
use crate::domain::{Collection, World};
use crate::log::{EventLog, LogStatus};
use crate::position::Position;
use crate::projections::search::{Progress, Search};
use crate::proto::v1::admin_service_server::AdminService;
use crate::proto::v1::{self, CollectionCount, GetStatusRequest, GetStatusResponse, SetAside, StartPhase};
use crate::wire;

/// What is known about the daemon itself.
#[derive(Clone, Debug)]
pub struct Started {
    /// When.
    pub at: Timestamp,
    /// Where the log is.
    pub location: String,
    /// How long each phase of the start took, in microseconds.
    pub phases: Vec<(&'static str, u64)>,
}

/// Answers how the daemon is.
pub struct Admin {
    readers: Readers,
    log: Arc<dyn EventLog>,
    started: Started,
    search: Search,
}

impl Admin {
    /// About this log and what is read from it.
    pub fn new(readers: Readers, log: Arc<dyn EventLog>, started: Started, search: Search) -> Admin {
        Admin { readers, log, started, search }
    }

    fn projections(&self) -> Vec<v1::ProjectionStatus> {
        let Progress { position, failure } = self.search.progress();
        vec![v1::ProjectionStatus {
            name: "search".into(),
            position: position.unwrap_or(Position::ZERO).0,
            failure: failure.unwrap_or_default(),
        }]
    }
}

#[tonic::async_trait]
impl AdminService for Admin {
    async fn get_status(
        &self,
        request: Request<GetStatusRequest>,
    ) -> Result<Response<GetStatusResponse>, Status> {
        let GetStatusRequest {} = request.into_inner();
        let snapshot = self.readers.state().latest();
        let LogStatus { id, tail, segments, bytes, bytes_written, read_only, opened } = self.log.report();
        let collections = Collection::ALL.into_iter().map(|collection| CollectionCount {
            collection: collection.text().into(),
            count: snapshot.count(collection) as u64,
        });
        let set_aside = opened.torn.into_iter().map(|torn| SetAside {
            file: torn.kept_in.unwrap_or(torn.file).display().to_string(),
            offset: torn.offset,
            bytes: torn.bytes,
        });
        let phases = self.started.phases.iter();
        Ok(Response::new(GetStatusResponse {
            version: env!("CARGO_PKG_VERSION").into(),
            log_id: id.to_string(),
            tail_position: tail.0,
            applied_position: snapshot.tail().0,
            started_at: Some(wire::encode_timestamp(self.started.at)),
            alliance: snapshot.alliance().map(|name| name.to_string()).unwrap_or_default(),
            collections: collections.collect(),
            log: Some(v1::LogStatus {
                location: self.started.location.clone(),
                segments,
                bytes,
                set_aside: set_aside.collect(),
                bytes_written,
            }),
            projections: self.projections(),
            read_only: read_only.is_some(),
            start_phases: phases
                .map(|(name, micros)| StartPhase { name: (*name).into(), micros: *micros })
                .collect(),
            resident_bytes: resident_bytes().unwrap_or(0),
        }))
    }
}

/// The memory that this process has resident, where the platform says so.
fn resident_bytes() -> Option<u64> {
    resident_of(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn resident_of(status: &str) -> Option<u64> {
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    kibibytes.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_as_linux_says_it() {
        let status = "VmHWM:\t  999999 kB\nVmRSS:\t   12345 kB\nRssAnon:\t    4096 kB\n";
        assert_eq!(resident_of(status), Some(12_345 << 10));
        assert_eq!(resident_of("VmSize:\t  1 kB\n"), None);
    }
}
