//! The arguments as people write them.

use clap::{CommandFactory, error::ErrorKind};
use rstest::rstest;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

/// Every command below `command`, with its path.
fn all(command: &clap::Command, path: &str) -> Vec<(String, clap::Command)> {
    let path = format!("{path} {}", command.get_name());
    let below = command.get_subcommands().flat_map(|sub| all(sub, &path)).collect::<Vec<_>>();
    std::iter::once((path.clone(), command.clone())).chain(below).collect()
}

#[test]
fn every_command_says_what_it_does_and_gives_an_example() {
    for (path, command) in all(&Cli::command(), "") {
        assert!(command.get_about().is_some(), "{path} has no text");
        let example = command.get_after_help().is_some_and(|help| help.to_string().contains("minuted "));
        assert!(example || command.has_subcommands(), "{path} has no example");
    }
}

#[test]
fn every_example_in_the_help_is_accepted() {
    let mut examples = 0;
    for (path, command) in all(&Cli::command(), "") {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in help.lines().filter(|line| line.starts_with("  minuted ") && !line.contains('\'')) {
            let line = line.split("   ").next().unwrap_or_default();
            let line = line.split(" && ").next().unwrap_or_default();
            let line = line.split(['<', '>']).next().unwrap_or_default();
            assert!(parse(line).is_ok(), "{path}: {line:?}: {}", parse(line).unwrap_err());
            examples += 1;
        }
    }
    assert!(examples > 30, "{examples} examples");
}

#[rstest]
#[case("minuted actors get jp", "countries/jp or organisations/jp")]
#[case("minuted agreements get countries/jp", "agreements/")]
#[case("minuted agreements list --kind treaty", "joint-declaration")]
#[case("minuted meetings list --from 30.9.2011", "2011-09-30")]
#[case("minuted actors list --as-of yesterday", "2011-09-30")]
#[case("minuted actors list --lang français", "BCP 47")]
#[case("minuted --addr somewhere status", "127.0.0.1:7433")]
#[case("minuted areas choices --with-descendants", "--area")]
#[case("minuted events --follow --backwards", "--backwards")]
fn what_is_wrong_is_said_with_what_is_expected(#[case] line: &str, #[case] expected: &str) {
    let error = parse(line).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn closed_lists_are_taken_in_words_or_as_the_schema_writes_them() {
    for word in ["joint-declaration", "JOINT_DECLARATION", "Joint-Declaration"] {
        let cli = parse(&format!("minuted agreements list --kind {word}")).unwrap();
        assert!(format!("{:?}", cli.command).contains("kind: Some(4)"), "{:?}", cli.command);
    }
}

#[test]
fn options_stand_before_or_behind_the_command() {
    for line in
        ["minuted --as-of 2011 --lang fr actors standing", "minuted actors standing --as-of 2011 --lang fr"]
    {
        let options = parse(line).unwrap().options;
        assert_eq!(options.as_of().unwrap().valid_at, "2011");
        assert_eq!(options.language(), "fr");
    }
    assert_eq!(parse("minuted status").unwrap().options.as_of(), None);
}

#[test]
fn events_are_listed_with_or_without_saying_so() {
    for line in [
        "minuted events --stream countries/jp --addr [::1]:1",
        "minuted --addr [::1]:1 events list --stream countries/jp",
        "minuted --addr [::1]:1 events get events/1",
        "minuted events get events/1 --addr [::1]:1 --known-at 3",
    ] {
        let cli = parse(line).unwrap();
        assert_eq!(cli.options.addr.as_deref(), Some("[::1]:1"), "{line}");
        assert!(
            matches!(cli.command, Command::Events(events) if events.takes_known_at() == line.contains("get"))
        );
    }
}

#[tokio::test]
async fn a_time_is_refused_where_nothing_is_asked_about_one() {
    for line in ["minuted status --as-of 2011", "minuted export --known-at 3", "minuted events --at-least 3"]
    {
        let failure = dispatch(parse(line).unwrap(), Settings::default()).await.unwrap_err();
        assert!(failure.to_string().contains("has no meaning here"), "{line}: {failure}");
    }
}

#[tokio::test]
async fn a_graph_is_refused_where_there_is_none() {
    let cli = parse("minuted actors standing --format dot").unwrap();
    let failure = dispatch(cli, Settings::default()).await.unwrap_err();
    assert!(failure.to_string().contains("decisions trace"), "{failure}");
}

#[tokio::test]
async fn a_daemon_that_is_not_there_is_named() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cli = parse(&format!("minuted --addr {free} status")).unwrap();
    let failure = dispatch(cli, Settings::default()).await.unwrap_err().to_string();
    assert!(failure.contains(&free.to_string()) && failure.contains("refused"), "{failure}");
}

#[test]
fn help_and_usage_errors_keep_to_the_exit_codes() {
    assert_eq!(parse("minuted --help").unwrap_err().kind(), ErrorKind::DisplayHelp);
    assert_eq!(parse("minuted --help").unwrap_err().exit_code(), 0);
    assert_eq!(parse("minuted actors get jp").unwrap_err().exit_code(), 2);
    assert!(parse("minuted --help").unwrap_err().to_string().contains("3  what is named is not recorded"));
}
