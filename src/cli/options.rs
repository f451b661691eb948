//! The options that every subcommand takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::civil::Date;

use super::locale;
use crate::proto::v1::{AsOf, as_of::KnownAt};

/// Options of every subcommand.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Options {
    /// The daemon to talk to [default: `server.listen` of the configuration, 127.0.0.1:7433]
    #[arg(long, global = true, env = "MINUTED_ADDR", value_name = "ADDR", value_parser = address)]
    pub(crate) addr: Option<String>,
    /// How answers are printed: tables to read, or the protobuf JSON of the API's response; `dot` only draws a lineage, `ics` is
    /// only for a calendar
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// The language of names, a BCP 47 tag [default: that of `LC_ALL`, `LC_MESSAGES` or `LANG`, else en]
    #[arg(long, global = true, value_name = "TAG", value_parser = locale::asked)]
    pub(crate) lang: Option<String>,
    /// What was so on this day, month or year: 2011-09-30, 2011-09 or 2011 [default: today]
    #[arg(long, global = true, value_name = "DATE", value_parser = date)]
    pub(crate) as_of: Option<String>,
    /// As it was known then: a position in the log, or a time such as 2024-05-01T12:00:00Z [default: now]
    #[arg(long, global = true, value_name = "POSITION|TIME", value_parser = known_at)]
    pub(crate) known_at: Option<KnownAt>,
    /// Wait until the daemon answers from this position on: read what you have just recorded
    #[arg(long, global = true, value_name = "POSITION")]
    pub(crate) at_least: Option<u64>,
    /// The configuration file [default: none, built-in settings]
    #[arg(long, global = true, env = "MINUTED_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How long to wait for an answer, such as 5s or 2m (not for import, export and events, which take their time)
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) timeout: Duration,
}

/// How answers are printed. (The variants bear no text: clap would give each option of every help page a paragraph.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Json,
    Dot,
    Ics,
}

impl Options {
    /// The two times that were asked for; absent: now.
    pub(crate) fn as_of(&self) -> Option<AsOf> {
        let times = AsOf { valid_at: self.as_of.clone().unwrap_or_default(), known_at: self.known_at };
        (times != AsOf::default()).then_some(times)
    }

    /// The language that was asked for, here or by the environment.
    pub(crate) fn language(&self) -> String {
        let of_environment = || locale::of_environment(|name| std::env::var(name).ok());
        self.lang.clone().unwrap_or_else(of_environment)
    }

    /// The first of the options that ask about a time, if any was given.
    pub(crate) fn time_asked(&self) -> Option<&'static str> {
        let given = [
            ("--as-of", self.as_of.is_some()),
            ("--known-at", self.known_at.is_some()),
            ("--at-least", self.at_least.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }
}

fn address(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix("http://").unwrap_or(text).trim_end_matches('/');
    match bare.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(bare.to_owned()),
        _ => Err("expected a host and a port, such as 127.0.0.1:7433".to_owned()),
    }
}

/// A day, a month or a year, as it is written.
///
/// # Errors
/// Says what is expected.
pub(crate) fn date(text: &str) -> Result<String, String> {
    let padding = match text.len() {
        4 => "-01-01",
        7 => "-01",
        _ => "",
    };
    match format!("{text}{padding}").parse::<Date>() {
        Ok(date) if date.to_string().starts_with(text) => Ok(text.to_owned()),
        _ => Err("expected a day, a month or a year: 2011-09-30, 2011-09 or 2011".to_owned()),
    }
}

fn known_at(text: &str) -> Result<KnownAt, String> {
    if let Ok(position) = text.parse() {
        return Ok(KnownAt::KnownPosition(position));
    }
    timestamp(text).map(KnownAt::KnownTime)
}

/// An instant, RFC 3339.
///
/// # Errors
/// Says what is expected.
pub(crate) fn timestamp(text: &str) -> Result<prost_types::Timestamp, String> {
    let instant: jiff::Timestamp = text.parse().map_err(|_| {
        "expected a position, such as 421, or a time (RFC 3339), such as 2024-05-01T12:00:00Z".to_owned()
    })?;
    Ok(prost_types::Timestamp { seconds: instant.as_second(), nanos: instant.subsec_nanosecond() })
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|d| Duration::try_from(d).ok());
    parsed.filter(|d| !d.is_zero()).ok_or_else(|| "expected a duration, such as 500ms, 5s or 2m".to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2011", true)]
    #[case("2011-09", true)]
    #[case("2011-09-30", true)]
    #[case("2011-09-31", false)]
    #[case("2011-13", false)]
    #[case("11", false)]
    #[case("2011-9-3", false)]
    #[case("30/09/2011", false)]
    fn dates_are_written_with_what_is_known(#[case] text: &str, #[case] good: bool) {
        assert_eq!(date(text).is_ok(), good);
    }

    #[test]
    fn known_at_is_a_position_or_a_time() {
        assert_eq!(known_at("421").unwrap(), KnownAt::KnownPosition(421));
        let KnownAt::KnownTime(time) = known_at("1970-01-01T01:00:00.5+01:00").unwrap() else {
            panic!("a time")
        };
        assert_eq!((time.seconds, time.nanos), (0, 500_000_000));
        assert!(known_at("yesterday").unwrap_err().contains("RFC 3339"));
    }

    #[test]
    fn addresses_and_durations() {
        assert_eq!(address("http://[::1]:7433/").unwrap(), "[::1]:7433");
        assert!(address("7433").is_err() && address("localhost").is_err());
        assert_eq!(duration("2m").unwrap(), Duration::from_mins(2));
        assert!(duration("0s").is_err() && duration("soon").is_err() && duration("-1s").is_err());
    }
}
