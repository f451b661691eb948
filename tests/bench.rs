//! `minuted bench`: what it does, not how long that takes.
//!
//! 1. What it generates is recorded as it is, and the same seed makes the same again.
//! 2. Each of its loads and questions is answered, and what it counted is said.

mod support;

use std::process::{Command, Output};

use serde_json::Value;
use support::Daemon;

fn bench(daemon: &Daemon, arguments: &[&str]) -> Output {
    let output = Command::new(Daemon::binary())
        .arg("bench")
        .args(arguments)
        .env_clear()
        .env("MINUTED_ADDR", &daemon.addr)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// What was done, and how many requests were counted of it.
fn counted(output: &Output) -> Vec<(String, u64)> {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let measured = report["measured"].as_array().unwrap().iter();
    let one = |one: &Value| (one["what"].as_str().unwrap().to_owned(), one["requests"].as_u64().unwrap());
    measured.map(one).collect()
}

#[tokio::test]
async fn promise_1_decades_are_generated_once() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    let tail = async || {
        let mut admin = minuted::proto::v1::admin_service_client::AdminServiceClient::new(channel.clone());
        admin
            .get_status(minuted::proto::v1::GetStatusRequest::default())
            .await
            .unwrap()
            .into_inner()
            .tail_position
    };
    bench(&daemon, &["generate", "--events", "3000"]);
    assert_eq!(tail().await, 3000);
    bench(&daemon, &["generate", "--events", "3000"]);
    assert_eq!(tail().await, 3000, "the same once more");
    bench(&daemon, &["generate", "--events", "1000", "--seed", "2"]);
    assert_eq!(tail().await, 3000 + 1000 - support::SAMPLE_EVENTS, "others");
    let asked = counted(&bench(&daemon, &["ask", "--seconds", "0.01", "--only", "50", "--format", "json"]));
    assert_eq!(asked.len(), 11, "an empty call, and five lists at two times: {asked:?}");
    assert!(asked.iter().all(|(_, requests)| *requests > 0), "{asked:?}");
}

#[tokio::test]
async fn promise_2_every_load_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let measured = counted(&bench(&daemon, &["--seconds", "0.01", "--clients", "2", "--format", "json"]));
    let what: Vec<&str> = measured.iter().map(|(what, _)| what.as_str()).collect();
    let expected = [
        "an empty call",
        "durable records",
        "events in batches of 100",
        "events over streams",
        "all events read, decoded",
        "one entity's events read",
    ];
    assert_eq!(what, expected);
    assert!(measured.iter().all(|(_, requests)| *requests > 0), "{measured:?}");
}
