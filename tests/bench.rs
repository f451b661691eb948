//! `minuted bench`: what it does, not how long that takes.
//!
//! 1. What it generates is recorded as it is, and the same seed makes the same again.
//! 2. Each of its loads and questions is answered, and what it counted is said.
//! 3. Followers are sent every event, also while others record; readers that do not read are counted.

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
    for how in [&[][..], &["--anew"]] {
        let ask = ["ask", "--seconds", "0.01", "--only", "50", "--format", "json"];
        let asked = counted(&bench(&daemon, &[&ask[..], how].concat()));
        assert_eq!(
            asked.len(),
            14,
            "an empty call, six lists at two times, and what is unconfirmed: {asked:?}"
        );
        assert!(asked.iter().all(|(_, requests)| *requests > 0), "{asked:?}");
    }
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

#[tokio::test]
async fn promise_2_only_what_is_wanted_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let arguments = ["--seconds", "0.01", "--clients", "1,2", "--only", "durable", "--format", "json"];
    let measured = counted(&bench(&daemon, &arguments));
    let what: Vec<&str> = measured.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(what, ["durable records", "durable records"]);
}

#[tokio::test]
async fn promise_3_followers_are_sent_everything_in_turns() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let small = ["follow", "--followers", "3", "--clients", "2", "--seconds", "0.2", "--rounds", "2"];
    let output = bench(&daemon, &[&small[..], &["--format", "json"]].concat());
    let rows = counted(&output);
    let what: Vec<&str> = rows.iter().map(|(what, _)| what.as_str()).collect();
    let round = ["durable records, nobody follows", "durable records, 3 follow", "events arrived"];
    assert_eq!(what, [round, round].concat());
    assert!(rows.iter().all(|(_, requests)| *requests > 0), "{rows:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["followers"], 3);
    // Each event has arrived three times; those of the warm-up are not among the requests that were counted.
    let delivered = report["delivered"].as_u64().unwrap();
    assert_eq!(delivered, rows[2].1 + rows[5].1);
    assert_eq!(delivered % 3, 0);
    assert!(delivered >= 3 * (rows[1].1 + rows[4].1), "{rows:?}");
    assert!(report["ratio"].as_f64().unwrap() > 0.0);
    let table = String::from_utf8(bench(&daemon, &small).stdout).unwrap();
    assert!(table.contains("events arrived") && table.contains("none missing"), "{table}");
}

#[tokio::test]
async fn promise_3_readers_that_do_not_read_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    bench(&daemon, &["generate", "--events", "2000"]);
    let small = ["slow", "--readers", "3", "--seconds", "0.2"];
    let output = bench(&daemon, &[&small[..], &["--format", "json"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["readers"], 3);
    let bytes = |what: &str| report[what].as_u64().unwrap();
    assert!(bytes("log_bytes") > 100_000);
    assert!(bytes("resident_bytes_before") > 1_000_000);
    assert!(bytes("resident_bytes_most") >= bytes("resident_bytes_before"));
    let table = String::from_utf8(bench(&daemon, &small).stdout).unwrap();
    assert!(table.contains("3 read nothing") && table.contains("more for each"), "{table}");
}
