//! The sample of real records that is in the binary, and how it is recorded.

use super::client::Client;
use super::failure::Failure;
use super::import::{self, OnError, Plan};
use super::look::print;

/// The records: 18 areas and 406 facts about an alliance's partnerships, in the import format.
pub(crate) const SAMPLE: &str = include_str!("../../tests/data/partnerships.jsonl");

/// Records the sample as `import` would.
pub(crate) async fn record(client: &Client) -> Result<(), Failure> {
    let lines = SAMPLE.lines().count() as u64;
    print(&format!("Recording {lines} commands through its gRPC API …\n"))?;
    let plan = Plan { on_error: OnError::Stop, batch: 1, window: 1 };
    let (summary, outcome) =
        import::run(client.unbounded().await?, plan, SAMPLE.as_bytes(), Some(lines)).await;
    print(&format!("{summary}\n"))?;
    outcome
}
