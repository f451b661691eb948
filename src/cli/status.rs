//! `minuted status`: how the daemon is.

use super::client::{Client, Show};
use super::failure::Failure;
use super::json::named;
use super::look::Look;
use super::time;
use crate::proto::v1::admin_service_client::AdminServiceClient;
use crate::proto::v1::{GetStatusRequest, GetStatusResponse, LogStatus};

named!(GetStatusResponse);

/// Asks and prints.
pub(crate) async fn run(client: &Client) -> Result<(), Failure> {
    let mut service = AdminServiceClient::new(client.bounded().await?);
    client.print(&service.get_status(GetStatusRequest {}).await?.into_inner())
}

impl Show for GetStatusResponse {
    const EVERY_FIELD: bool = true;

    fn show(&self, look: Look) -> String {
        let collections = self.collections.iter().map(|c| format!("{} {}", c.count, c.collection));
        let projections = self.projections.iter().map(|p| {
            let failure =
                if p.failure.is_empty() { String::new() } else { format!(", stopped: {}", p.failure) };
            format!("{} at {}{failure}", p.name, p.position)
        });
        let phases = self.start_phases.iter().map(|phase| format!("{}: {}", phase.name, took(phase.micros)));
        let join = |lines: Vec<String>| lines.join("\n");
        look.fields([
            ("daemon", format!("minuted {}", self.version)),
            ("started", time::instant(self.started_at.as_ref())),
            ("alliance", self.alliance.clone()),
            ("log", self.log_id.clone()),
            ("tail", self.tail_position.to_string()),
            ("applied", self.applied_position.to_string()),
            ("read only", if self.read_only { "yes".to_owned() } else { String::new() }),
            ("recorded", join(collections.collect())),
            ("memory", memory(self.resident_bytes)),
            ("log files", self.log.as_ref().map(log).unwrap_or_default()),
            ("read models", join(projections.collect())),
            ("start", join(phases.collect())),
        ])
    }
}

fn log(log: &LogStatus) -> String {
    let aside = log.set_aside.iter().map(|aside| {
        format!("\nset aside from a torn tail: {} bytes at {} in {}", aside.bytes, aside.offset, aside.file)
    });
    let segments = if log.segments == 1 { "segment" } else { "segments" };
    let LogStatus { location, segments: count, bytes, bytes_written, .. } = log;
    format!("{location}: {count} {segments}, {bytes} bytes\nwritten since the start: {bytes_written} bytes")
        + &aside.collect::<String>()
}

/// In the unit that machines are sold by.
fn memory(bytes: u64) -> String {
    if bytes == 0 { String::new() } else { format!("{} MB resident", bytes / 1_000_000) }
}

/// A time in the unit in which it reads well.
fn took(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..10_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{} s", micros / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!([93, 37_571, 101_944_000].map(took), ["93 µs", "37 ms", "101 s"]);
    }
}
