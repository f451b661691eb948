//! The command line as a user meets it: the real binary, what it prints and its exit codes.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rstest::rstest;
use tempfile::TempDir;

mod support;
use support::{Daemon, SAMPLE, SAMPLE_EVENTS};

/// What a command printed and how it ended.
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what is printed is text");
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ran {
    /// It ended with this code and said all of these.
    #[track_caller]
    fn failed(&self, code: i32, words: &[&str]) {
        let Ran { code: got, out, err } = self;
        assert_eq!(*got, Some(code), "{out}{err}");
        assert!(words.iter().all(|word| err.contains(word)), "{words:?} in {err}");
        assert!(!err.contains("panicked"), "{err}");
    }

    /// It ended well; what it printed.
    #[track_caller]
    fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self.out
    }

    /// It ended well; what it printed, as JSON.
    #[track_caller]
    fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.succeeded()).expect("it is JSON")
    }
}

/// The command line with these arguments, in an environment of its own.
fn minuted(arguments: &[&str]) -> Command {
    let mut command = Command::new(Daemon::binary());
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> Ran {
    command.output().expect("it starts").into()
}

fn run_with_input(command: &mut Command, input: &str) -> Ran {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    // It may have ended without reading all.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("it ends").into()
}

/// A daemon with nothing in it, and what asks it.
struct Running {
    daemon: Daemon,
    directory: TempDir,
}

impl Running {
    fn empty() -> Running {
        let directory = tempfile::tempdir().unwrap();
        Running { daemon: Daemon::start(&directory.path().join("data")), directory }
    }

    fn with_sample() -> Running {
        let running = Running::empty();
        let said = running.import(SAMPLE, &["--on-error", "skip"]).succeeded();
        assert_eq!(said, "424 recorded, 0 already recorded, 0 refused; up to position 424\n");
        running
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = minuted(arguments);
        command.env("MINUTED_ADDR", &self.daemon.addr);
        command
    }

    fn ask(&self, line: &str) -> Ran {
        run(&mut self.command(&line.split_whitespace().collect::<Vec<_>>()))
    }

    fn import(&self, text: &str, options: &[&str]) -> Ran {
        run_with_input(&mut self.command(&[&["import", "-"], options].concat()), text)
    }

    fn tail(&self) -> u64 {
        let status = self.ask("status --format json").json();
        status["tailPosition"].as_str().expect("it is there, even at 0").parse().unwrap()
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

/// The first lines of the sample, with what is no command as line `number`.
fn with_bad_line(number: usize, lines: usize) -> String {
    let mut all: Vec<&str> = SAMPLE.lines().take(lines).collect();
    all.insert(number - 1, "{\"name\": ");
    all.join("\n")
}

#[rstest]
#[case("--bogus status", 2, &["--bogus"])]
#[case("actros list", 2, &["actors"])]
#[case("actors get jp", 2, &["countries/jp or organisations/jp"])]
#[case("meetings list --format ics", 2, &["only `meetings export` makes a calendar"])]
#[case("actors list --as-of 30/09/2011", 2, &["2011-09-30, 2011-09 or 2011"])]
#[case("status --as-of 2011", 2, &["--as-of has no meaning here"])]
#[case("import no/such.jsonl", 2, &["no/such.jsonl"])]
#[case("record", 2, &["no command to record"])]
#[case("record {\"name\":", 2, &["not a command in JSON"])]
#[case("serve --listen 0.0.0.0:0 --data-dir none", 2, &["TLS and authentication", "127.0.0.1:0"])]
#[case("--config no/such.toml serve", 2, &["no/such.toml"])]
fn what_is_wrong_with_the_arguments_is_said_without_a_daemon(
    #[case] line: &str,
    #[case] code: i32,
    #[case] words: &[&str],
) {
    run(&mut minuted(&line.split(' ').collect::<Vec<_>>())).failed(code, words);
    assert!(!Path::new("none").exists(), "what is refused makes no directory");
}

#[test]
fn a_bad_setting_is_named_with_its_place() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"[server]\nport = 7433\n").unwrap();
    let path = file.path().display().to_string();
    let place = format!("{path}:2: ");
    run(&mut minuted(&["--config", &path, "status"])).failed(2, &[&place, "`port`", "`listen`"]);
    let mut command = minuted(&["status"]);
    command.env("MINUTED_LIMITS_QUEUE_REQUESTS_MAX", "0");
    run(&mut command).failed(2, &["MINUTED_LIMITS_QUEUE_REQUESTS_MAX", "from 1 to 65536"]);
}

#[test]
fn a_daemon_that_does_not_run_is_exit_code_4_with_how_to_start_it() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    run(&mut minuted(&["--addr", &free, "status"])).failed(4, &[&free, "minuted serve", "MINUTED_ADDR"]);
}

#[test]
fn a_second_daemon_on_a_directory_is_told_who_has_it() {
    let running = Running::empty();
    let directory = running.directory.path().join("data").display().to_string();
    run(&mut minuted(&["serve", "--listen", "127.0.0.1:0", "--data-dir", &directory]))
        .failed(1, &["in use by process"]);
}

#[rstest]
#[case("actors get countries/zz", 3, &["UNKNOWN_ACTOR", "countries/zz", "minuted actors list"])]
#[case("events get events/9999", 3, &["UNKNOWN_EVENT", "minuted status"])]
#[case("actors list --known-at 999", 1, &["BEYOND_TAIL", "424"])]
#[case("record {\"name\":\"countries/jp\"}", 2, &["commands[0].source.text", "commands[0].fact", "FIELD_REQUIRED"])]
#[case("record {\"nome\":\"countries/jp\"}", 2, &["nome"])]
fn what_the_daemon_refuses_is_told_with_what_to_do(
    #[case] line: &str,
    #[case] code: i32,
    #[case] words: &[&str],
) {
    Running::with_sample().ask(line).failed(code, words);
}

#[test]
fn a_refusal_records_nothing_and_names_what_stands_in_the_way() {
    let running = Running::with_sample();
    let join = r#"{"name":"countries/jp","valid":{"from":"2008-04"},"source":{"text":"a letter"},
        "fact":{"frameworkJoined":{"framework":"frameworks/patg"}}}"#;
    let refused = run(&mut running.command(&["record", join]));
    refused.failed(1, &["FAILED_PRECONDITION · ALREADY_JOINED", "countries/jp (events/161)"]);
    assert_eq!(running.tail(), SAMPLE_EVENTS);
    // Nothing is recorded either where that was asked for.
    let name = r#"{"name":"areas/new","source":{"text":"a"},"fact":{"areaDefined":{"names":{"en":"N"}}}}"#;
    let validated = run(&mut running.command(&["record", "--validate-only", name])).succeeded();
    assert!(validated.contains("areas/new"), "{validated}");
    assert_eq!(running.tail(), SAMPLE_EVENTS);
}

#[test]
fn a_bad_line_stops_an_import_with_nothing_behind_it_recorded() {
    let running = Running::empty();
    let file = running.file("bad.jsonl", &with_bad_line(3, 6));
    let stopped = running.ask(&format!("import {file}"));
    stopped.failed(1, &["line 3: not a command in JSON", "correct it and import again"]);
    assert_eq!(stopped.out, "2 recorded, 0 already recorded, 1 refused; up to position 2\n");
    assert_eq!(running.tail(), 2);
}

#[test]
fn a_bad_line_is_skipped_where_that_is_chosen() {
    let running = Running::empty();
    let skipped = running.import(&with_bad_line(3, 6), &["--on-error", "skip"]);
    skipped.failed(1, &["line 3: ", "some lines were not recorded"]);
    assert_eq!(skipped.out, "6 recorded, 0 already recorded, 1 refused; up to position 6\n");
    assert_eq!(running.tail(), 6);
}

#[test]
fn a_batch_with_a_bad_line_is_not_recorded_by_half() {
    let running = Running::empty();
    let text = with_bad_line(3, 6);
    running.import(&text, &["--batch", "3"]).failed(1, &["line 3: "]);
    assert_eq!(running.tail(), 0);
    // A line that only the daemon can refuse: the name is of no collection.
    let refused = text.replace("{\"name\": ", &SAMPLE.lines().nth(7).unwrap().replace("areas/", "arees/"));
    running.import(&refused, &["--batch", "3"]).failed(1, &["line 3.name", "BAD_NAME", "lines 1 to 3: "]);
    assert_eq!(running.tail(), 0);
    // Skipped is the whole batch, lines 4 to 6.
    let text = with_bad_line(5, 7);
    let skipped = running.import(&text, &["--batch", "3", "--on-error", "skip"]);
    skipped.failed(1, &["line 5: "]);
    assert_eq!(skipped.out, "5 recorded, 0 already recorded, 3 refused; up to position 5\n");
}

#[test]
fn an_export_into_another_daemon_gives_the_same_events() {
    let (one, other) = (Running::with_sample(), Running::empty());
    let exported = one.ask("export").succeeded();
    assert_eq!(exported.lines().count() as u64, SAMPLE_EVENTS);
    let said = other.import(&exported, &["--format", "json"]).json();
    assert_eq!(said["recorded"], SAMPLE_EVENTS);
    assert_eq!(other.ask("export").succeeded(), exported);
    let again = other.import(&exported, &[]).succeeded();
    assert_eq!(again, "0 recorded, 424 already recorded, 0 refused; up to position 424\n");
    let read = |running: &Running| {
        let lines = running.ask("events --format json").succeeded();
        let batches = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let events = batches.flat_map(|batch| batch["events"].as_array().cloned().unwrap_or_default());
        let mut events: Vec<_> = events.collect();
        for event in &mut events {
            event.as_object_mut().unwrap().remove("recordedAt").expect("every event has it");
        }
        events
    };
    assert_eq!(read(&one).len() as u64, SAMPLE_EVENTS);
    assert_eq!(read(&one), read(&other));
}

/// Every question of the help, so to say.
const QUESTIONS: &[&str] = &[
    "status",
    "actors get countries/jp",
    "actors list --partners",
    "actors standing --as-of 2011-09-30",
    "frameworks get frameworks/pfp",
    "frameworks list",
    "areas get areas/demining",
    "areas list --within areas/emerging-security-challenges",
    "areas choices --actor countries/jp",
    "agreements get agreements/jp-jpd-2013",
    "agreements list --partner countries/jp",
    "meetings get meetings/counter-piracy-2011",
    "meetings list --class beyond-frameworks",
    "meetings without-agreement --from 2011 --to 2011",
    "activities list",
    "operations list",
    "operations contributors operations/isaf --any-time",
    "operations contributions --operation operations/isaf",
    "decisions get decisions/partnership-policy-2011",
    "decisions list",
    "decisions trace decisions/partnership-policy-2011",
    "events get events/422",
];

#[test]
fn every_answer_is_json_where_that_is_asked_for_and_fits_the_terminal_otherwise() {
    let running = Running::with_sample();
    for question in QUESTIONS {
        let answer = running.ask(&format!("{question} --format json")).json();
        assert!(answer.as_object().is_some_and(|fields| !fields.is_empty()), "{question}: {answer}");
        let words: Vec<&str> = question.split(' ').collect();
        let table = run(running.command(&words).env("COLUMNS", "80")).succeeded();
        let widest =
            table.lines().filter(|line| line.starts_with('│')).map(|line| line.chars().count()).max();
        assert!(widest.is_some_and(|widest| widest <= 80), "{question}: {widest:?}\n{table}");
        assert!(!table.contains('\x1b'), "no colour where nobody sees it: {question}");
    }
    for line in running.ask("events --format json --limit 5").succeeded().lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("each line is JSON");
    }
}

#[rstest]
#[case(&[("LANG", "fr_FR.UTF-8")], "", "Japon")]
#[case(&[("LANG", "fr_FR.UTF-8"), ("LC_ALL", "C")], "", "Japan")]
#[case(&[("LANG", "fr_FR.UTF-8")], " --lang en", "Japan")]
#[case(&[("LANG", "de_DE.UTF-8")], "", "Japan [en]")]
#[case(&[], "", "Japan")]
fn names_come_in_the_language_of_the_environment(
    #[case] environment: &[(&str, &str)],
    #[case] option: &str,
    #[case] name: &str,
) {
    let running = Running::with_sample();
    let line = format!("actors get countries/jp{option}");
    let words: Vec<&str> = line.split(' ').collect();
    let shown = run(running.command(&words).envs(environment.iter().copied())).succeeded();
    let row = shown.lines().find(|line| line.contains("│ name")).expect("it has a name");
    let cell = row.trim_end_matches('│').split('┆').nth(1).expect("it has a value").trim();
    assert_eq!(cell, name);
}

#[test]
fn colour_is_for_those_who_want_it() {
    let running = Running::empty();
    let coloured = |variables: &[(&str, &str)]| {
        run(running.command(&["status"]).envs(variables.iter().copied())).succeeded().contains('\x1b')
    };
    assert!(!coloured(&[]));
    assert!(!coloured(&[("NO_COLOR", "1")]));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let running = Running::with_sample();
    for line in ["export", "events", "actors list --format json"] {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = running.command(&words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended: Ran = child.wait_with_output().unwrap().into();
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{line}");
    }
}

#[test]
fn a_question_to_the_past_is_answered_as_it_was_then() {
    let running = Running::with_sample();
    let declaration =
        |known: &str| running.ask(&format!("agreements get agreements/jp-jpd-2013 {known}")).succeeded();
    let (before, after) = (declaration("--known-at 421"), declaration(""));
    assert!(before.contains("2013-04-13 signed") && before.contains("known at 421"), "{before}");
    assert!(after.contains("2013-04-15 signed") && after.contains("known at 424"), "{after}");
    let none = running.ask("actors list --known-at 0").succeeded();
    assert!(none.starts_with("none\n"), "{none}");
}

#[test]
fn the_demo_answers_seven_questions() {
    let shown = run(minuted(&["demo", "--exit"]).env("COLUMNS", "200")).succeeded();
    let questions: Vec<&str> = shown.split("\n$ minuted ").collect();
    assert_eq!(questions.len(), 1 + 8, "the last question is asked twice: {shown}");
    assert_eq!((1..=7).filter(|n| shown.contains(&format!("\n{n}. "))).count(), 7, "{shown}");
    assert!(shown.contains("424 recorded, 0 already recorded, 0 refused"), "{shown}");
    let says = |question: usize, words: &[&str]| {
        let answer = questions[question];
        assert!(words.iter().all(|word| answer.contains(word)), "{words:?} in {answer}");
    };
    says(
        1,
        &[
            "│ 28 ",
            "│ 40 certain + 1 possible ",
            "│ 7 certain + 1 possible ",
            "POSSIBLY Iraq",
            "as of 2011-09-30",
        ]
        .map(|w| w.trim_start_matches('│')),
    );
    says(2, &["28+15 or more", "beyond frameworks", "18: 15 countries, 3 organisations", " 47 "]);
    says(3, &["decisions/lisbon-intent-2010", "decisions/strategic-concept-2010", "decisions/pcm-2012"]);
    says(4, &["areas/counter-piracy", "areas/disaster-relief", "areas/humanitarian-assistance"]);
    says(5, &["countries/au", "1550 people", "militarily: 19, otherwise: 4"]);
    says(6, &["countries/cn", "countries/in", "meetings/counter-piracy-2011"]);
    says(7, &["2013-04-13 signed", "known at 421"]);
    says(8, &["2013-04-15 signed", "known at 424"]);
}

#[test]
fn the_demo_stays_up_and_says_how_to_call_it() {
    use std::io::{BufRead, BufReader};
    let mut child = minuted(&["demo"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let export = lines.by_ref().find(|line| line.contains("export MINUTED_ADDR=")).expect("it says how");
    let addr = export.split_once('=').unwrap().1.to_owned();
    lines.by_ref().find(|line| line.contains("Ctrl-C")).expect("it says how to end it");
    let status = run(&mut minuted(&["--addr", &addr, "status", "--format", "json"])).json();
    assert_eq!(status["tailPosition"], "424");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_interrupted_import_says_how_far_it_came_and_is_started_again() {
    let running = Running::empty();
    let mut child = running
        .command(&["import", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let first: String = SAMPLE.lines().take(5).flat_map(|line| [line, "\n"]).collect();
    stdin.write_all(first.as_bytes()).unwrap();
    while running.tail() < 5 {
        std::thread::yield_now();
    }
    // The input is still open: it waits for more.
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT)
        .unwrap();
    let ended: Ran = child.wait_with_output().unwrap().into();
    ended.failed(1, &["interrupted", "import again"]);
    assert!(ended.out.contains(" recorded, "), "{}", ended.out);
    drop(stdin);
    let said = running.import(SAMPLE, &[]).succeeded();
    assert_eq!(said, "419 recorded, 5 already recorded, 0 refused; up to position 424\n");
}

#[test]
fn a_calendar_is_written_and_what_it_cannot_hold_is_named() {
    let running = Running::with_sample();
    let ran = running.ask("meetings export --actor countries/nz");
    let page = include_str!("../docs/questions.md");
    let line = |text: &str| assert!(page.contains(text), "docs/questions.md lacks {text:?}");
    ran.err.lines().for_each(line);
    let ics = ran.succeeded();
    assert!(ics.starts_with("BEGIN:VCALENDAR\r\n") && ics.ends_with("END:VCALENDAR\r\n"), "{ics}");
    let file = running.file("nz.ics", "");
    let written = running.ask(&format!("meetings export --actor countries/nz --format ics --output {file}"));
    assert_eq!(written.succeeded(), "");
    assert_eq!(std::fs::read_to_string(file).unwrap(), ics);
    let json = running.ask("meetings export --actor countries/nz --format json").json();
    assert_eq!(json["ics"], ics);
    assert_eq!(json["meetingCount"], json["meetings"].as_array().unwrap().len());
}
