//! `docs/questions.md`: every command of the page gives the answer that the page shows.
//!
//! With `MINUTED_WRITE_QUESTIONS` set, the page is written anew instead: read the difference before you commit it.

mod support;

use std::path::Path;
use std::process::Command;

use support::{Daemon, SAMPLE_EVENTS, record_sample};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/questions.md");
const BLOCK: &str = "```console\n$ ";

/// What a command prints, as wide as the page.
fn answer(addr: &str, line: &str) -> String {
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("minuted"));
    let output = Command::new(Daemon::binary())
        .args(words)
        .env_clear()
        .envs([("MINUTED_ADDR", addr), ("LC_ALL", "C"), ("COLUMNS", "110")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The page with the answers of this daemon.
fn rewritten(page: &str, addr: &str) -> (String, usize) {
    let mut blocks = page.split(BLOCK);
    let mut out = blocks.next().unwrap_or_default().to_owned();
    let mut asked = 0;
    for block in blocks {
        let (line, rest) = block.split_once('\n').unwrap();
        let (_, rest) = rest.split_once("```\n").unwrap();
        out.extend([BLOCK, line, "\n", &answer(addr, line), "```\n", rest]);
        asked += 1;
    }
    (out, asked)
}

#[tokio::test]
async fn every_answer_of_the_page_is_what_the_command_prints() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path());
    let channel = daemon.channel().await;
    assert_eq!(record_sample(&channel).await as u64, SAMPLE_EVENTS);
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (rewritten, asked) = rewritten(&page, &daemon.addr);
    if std::env::var_os("MINUTED_WRITE_QUESTIONS").is_some() {
        std::fs::write(Path::new(PAGE), rewritten).unwrap();
        return;
    }
    assert!(asked >= 25, "{asked} questions");
    for (line, (shown, now)) in page.lines().zip(rewritten.lines()).enumerate() {
        assert_eq!(shown, now, "line {} of docs/questions.md", line + 1);
    }
    assert_eq!(page, rewritten);
}
