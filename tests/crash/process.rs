//! The real binary, started in ways in which it may fail to start.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use minuted::proto::v1;
use tonic::transport::Channel;

/// A daemon that answers; it is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    addr: String,
}

/// Starts the daemon on `dir`, by way of `wrapper` if it has words; what it said on stderr if it ended instead.
pub(crate) fn start(dir: &Path, wrapper: &[String]) -> Result<Process, String> {
    let said = tempfile::NamedTempFile::new().unwrap();
    let stderr: File = said.reopen().unwrap();
    let mut words = wrapper.to_vec();
    words.extend(
        [env!("CARGO_BIN_EXE_minuted"), "serve", "--listen", "127.0.0.1:0", "--data-dir"].map(str::to_owned),
    );
    let mut child = Command::new(&words[0])
        .args(&words[1..])
        .arg(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let addr = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
    let Some(addr) = addr else {
        let status = child.wait().unwrap();
        assert!(!status.success(), "it ended without an error");
        return Err(std::fs::read_to_string(said.path()).unwrap());
    };
    std::thread::spawn(move || lines.for_each(drop));
    Ok(Process { child, addr })
}

/// A start that must succeed.
pub(crate) fn started(dir: &Path) -> Process {
    start(dir, &[]).unwrap_or_else(|said| panic!("it does not start: {said}"))
}

impl Process {
    pub(crate) async fn channel(&self) -> Channel {
        let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{}", self.addr)).unwrap();
        endpoint.connect().await.expect("the daemon answers")
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends by itself, and answers whether it called that a success.
    pub(crate) async fn ended(mut self) -> bool {
        tokio::task::spawn_blocking(move || self.child.wait().unwrap().success()).await.unwrap()
    }

    pub(crate) async fn stop(mut self) -> bool {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        tokio::task::spawn_blocking(move || self.child.wait().unwrap().success()).await.unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `minuted log verify`: its exit code and what it said.
pub(crate) fn verify(dir: &Path) -> (i32, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_minuted"))
        .args(["log", "verify"])
        .arg(dir)
        .env_clear()
        .output()
        .unwrap();
    (
        status.code().unwrap(),
        String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr),
    )
}

/// Runs a program of the system; what it says if it fails.
pub(crate) fn tool(words: &[&str]) -> Result<String, String> {
    let output = Command::new(words[0])
        .args(&words[1..])
        .output()
        .map_err(|error| format!("{}: {error}", words[0]))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// Says loudly that a test cannot run here. The harness would swallow what is printed, so it goes to stderr directly, and
/// to the file that `MINUTED_SKIPS` names, where `tests/run.sh` counts it.
pub(crate) fn skip(test: &str, why: &str) {
    let line = format!("SKIPPED {test}: {why}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
    if let Some(file) = std::env::var_os("MINUTED_SKIPS") {
        let mut file = File::options().create(true).append(true).open(PathBuf::from(file)).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }
}

/// A file system that is mounted until it is dropped.
pub(crate) struct Mount {
    pub dir: tempfile::TempDir,
}

impl Mount {
    pub(crate) fn new(options: &[&str], device: &str) -> Result<Mount, String> {
        let dir = tempfile::tempdir().unwrap();
        let mut words = vec!["mount"];
        words.extend_from_slice(options);
        words.extend([device, dir.path().to_str().unwrap()]);
        tool(&words).map(|_| Mount { dir })
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = tool(&["umount", "-l", self.dir.path().to_str().unwrap()]);
    }
}

/// Defines an area whose command id follows from `n`, with a source of so many bytes.
pub(crate) fn area(n: u64, bytes: usize) -> v1::Command {
    v1::Command {
        command_id: format!("00000000-0000-4000-8000-{n:012}"),
        name: format!("areas/a{n}"),
        source: Some(v1::Source { text: "s".repeat(bytes), unconfirmed: false }),
        fact: Some(v1::Fact {
            kind: Some(v1::fact::Kind::AreaDefined(v1::AreaDefined {
                names: [("en".to_owned(), "A".to_owned())].into(),
                parent: String::new(),
            })),
        }),
        ..v1::Command::default()
    }
}

/// Records one command; the position, and whether it was recorded before.
pub(crate) async fn record(channel: &Channel, command: v1::Command) -> Result<(u64, bool), tonic::Status> {
    let mut client = v1::record_service_client::RecordServiceClient::new(channel.clone());
    let request = v1::RecordRequest { commands: vec![command], validate_only: false };
    let receipt = client.record(request).await?.into_inner().receipt.unwrap();
    Ok((receipt.position, receipt.events[0].already_recorded))
}

pub(crate) async fn status(channel: &Channel) -> v1::GetStatusResponse {
    let mut client = v1::admin_service_client::AdminServiceClient::new(channel.clone());
    client.get_status(v1::GetStatusRequest {}).await.unwrap().into_inner()
}
