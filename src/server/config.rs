//! The settings of the daemon, from a file and the environment.
//!
//! 1. An environment variable wins over the file, the file over the default; flags are laid over the result by the
//!    command line.
//! 2. An unknown key or a bad value is refused with the place it stands at (file and line, or variable) and what is
//!    allowed there.
//! 3. Every key has a default: no file at all is a valid configuration.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

/// All settings. `config/minuted.toml` shows each with its default and its reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the daemon listens and keeps its data.
    pub server: Server,
    /// What one request may cost.
    pub limits: Limits,
    /// The append-only log.
    pub log: Log,
    /// What the daemon says about itself.
    pub telemetry: Telemetry,
}

/// Where the daemon listens and keeps its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// A loopback address; port 0 takes a free one.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// The directory of the log and the checkpoints; made if it is missing.
    pub data_dir: PathBuf,
    /// How long a stop waits for what is in hand, in milliseconds.
    #[serde(deserialize_with = "within::<0, 600_000, _, _>")]
    pub drain_timeout_ms: u64,
}

/// What one request may cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Commands in one request.
    #[serde(deserialize_with = "within::<1, 10_000, _, _>")]
    pub request_commands_max: usize,
    /// Bytes of one request; a request is one frame of the log.
    #[serde(deserialize_with = "within::<1_024, 1_048_576, _, _>")]
    pub request_bytes_max: usize,
    /// Requests waiting to be decided; one more is refused at once.
    #[serde(deserialize_with = "within::<1, 65_536, _, _>")]
    pub queue_requests_max: usize,
}

/// The append-only log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// A segment that has grown to this is sealed, and the next one begun.
    #[serde(deserialize_with = "within::<2_097_152, 4_294_967_296, _, _>")]
    pub segment_bytes: u64,
}

/// What the daemon says about itself, on stderr.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// From which level on it is said.
    pub level: Level,
    /// In which form.
    pub format: LineFormat,
}

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// The form of a line of the daemon's own log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl Default for Server {
    fn default() -> Self {
        Server {
            listen: SocketAddr::from(([127, 0, 0, 1], 7433)),
            data_dir: "data".into(),
            drain_timeout_ms: 10_000,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits { request_commands_max: 1_000, request_bytes_max: 1_048_576, queue_requests_max: 1_024 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Log { segment_bytes: 67_108_864 }
    }
}

impl Default for Telemetry {
    fn default() -> Self {
        Telemetry { level: Level::Info, format: LineFormat::Text }
    }
}

/// Why the settings cannot be used; each message says what to change and where.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or cannot be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line of the file.
    #[error("{}:{line}: {problem}\n  {line} | {text}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong, and what is allowed.
        problem: String,
        /// The line itself.
        text: String,
    },
    /// An environment variable.
    #[error("environment variable {variable}: {problem}")]
    Variable {
        /// Its name.
        variable: String,
        /// What is wrong, and what is allowed.
        problem: String,
    },
}

impl Settings {
    /// The settings of `file`, if any, with `environment` laid over them. Looked at are the variables named after a
    /// section: `MINUTED_SERVER_LISTEN` is `listen` in `[server]`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    ///
    /// # Panics
    /// Never: what is put together has been read in parts.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Settings, ConfigError> {
        let mut table = file.map_or_else(|| Ok(toml::Table::new()), read)?;
        for (variable, value) in environment {
            lay_over(&mut table, &variable, &value)?;
        }
        Ok(table.try_into().expect("each part was read by itself"))
    }
}

/// The sections by their prefix in the environment.
const SECTIONS: [(&str, &str); 4] = [
    ("MINUTED_SERVER_", "server"),
    ("MINUTED_LIMITS_", "limits"),
    ("MINUTED_LOG_", "log"),
    ("MINUTED_TELEMETRY_", "telemetry"),
];

fn read(path: &Path) -> Result<toml::Table, ConfigError> {
    let text =
        fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.into(), source })?;
    let placed = |error: toml::de::Error| {
        let before = &text[..error.span().map_or(0, |span| span.start.min(text.len()))];
        let line = before.matches('\n').count() + 1;
        let shown = text.lines().nth(line - 1).unwrap_or_default().trim_end().to_owned();
        let problem = error.message().trim_end().to_owned();
        ConfigError::Line { path: path.into(), line, problem, text: shown }
    };
    toml::from_str::<Settings>(&text).map_err(placed)?;
    toml::from_str(&text).map_err(placed)
}

fn lay_over(table: &mut toml::Table, variable: &str, text: &str) -> Result<(), ConfigError> {
    let of = |(prefix, section): &(&str, &'static str)| Some((*section, variable.strip_prefix(prefix)?));
    let Some((section, key)) = SECTIONS.iter().find_map(of) else { return Ok(()) };
    let key = key.to_lowercase();
    let tried = readings(text).into_iter().map(|value| {
        let one = toml::Table::from_iter([(key.clone(), value.clone())]);
        let whole = toml::Table::from_iter([(section.to_owned(), toml::Value::Table(one))]);
        whole.try_into::<Settings>().map(|_| value)
    });
    let mut problem = None;
    for attempt in tried {
        match attempt {
            Ok(value) => {
                let section = table.entry(section).or_insert_with(|| toml::Table::new().into());
                section.as_table_mut().expect("the file was read as settings").insert(key, value);
                return Ok(());
            }
            Err(error) => drop(problem.get_or_insert_with(|| error.message().trim_end().to_owned())),
        }
    }
    Err(ConfigError::Variable { variable: variable.to_owned(), problem: problem.unwrap_or_default() })
}

/// What the text of a variable may mean: a number if it looks like one, else a text.
fn readings(text: &str) -> Vec<toml::Value> {
    let number = text.replace('_', "").parse().ok().map(toml::Value::Integer);
    number.into_iter().chain([toml::Value::String(text.to_owned())]).collect()
}

fn within<'de, const MIN: u64, const MAX: u64, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: TryFrom<u64>,
    D: Deserializer<'de>,
{
    let allowed = || D::Error::custom(format!("expected a whole number from {MIN} to {MAX}"));
    let value = toml::Value::deserialize(deserializer)?;
    let number = value.as_integer().and_then(|n| u64::try_from(n).ok()).ok_or_else(allowed)?;
    if !(MIN..=MAX).contains(&number) {
        return Err(allowed());
    }
    T::try_from(number).map_err(|_| allowed())
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let value = toml::Value::deserialize(deserializer)?;
    let parsed = value.as_str().and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| D::Error::custom("expected an address and a port, such as \"127.0.0.1:7433\""))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let file = tempfile::Builder::new().prefix("minuted").suffix(".toml").tempfile().unwrap();
        fs::write(file.path(), text).unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Settings::load(Some(file.path()), environment)
            .map_err(|e| e.to_string().replace(&file.path().display().to_string(), "FILE"))
    }

    #[test]
    fn promise_3_no_file_gives_the_defaults() {
        assert_eq!(Settings::load(None, []).unwrap(), Settings::default());
        assert_eq!(load("", &[]).unwrap(), Settings::default());
    }

    #[test]
    fn the_shipped_file_shows_every_key_with_its_default() {
        let text = include_str!("../../config/minuted.toml");
        assert_eq!(load(text, &[]).unwrap(), Settings::default());
        let shown: toml::Table = toml::from_str(text).unwrap();
        let all = toml::Table::try_from(Settings::default()).unwrap();
        for (section, keys) in &all {
            let shown = shown[section].as_table().unwrap();
            assert!(
                keys.as_table().unwrap().keys().all(|key| shown.contains_key(key)),
                "[{section}] lacks a key"
            );
        }
    }

    #[test]
    fn promise_1_the_environment_wins_over_the_file() {
        let file = "[server]\nlisten = \"127.0.0.1:1\"\ndrain_timeout_ms = 5\n";
        let environment = [
            ("MINUTED_SERVER_LISTEN", "127.0.0.1:2"),
            ("MINUTED_LIMITS_QUEUE_REQUESTS_MAX", "7"),
            ("MINUTED_TELEMETRY_LEVEL", "debug"),
            ("MINUTED_SERVER_DATA_DIR", "2011"),
            ("MINUTED_ADDR", "not a setting of the daemon"),
        ];
        let settings = load(file, &environment).unwrap();
        assert_eq!(settings.server.listen.port(), 2);
        assert_eq!(settings.server.drain_timeout_ms, 5);
        assert_eq!(settings.server.data_dir, Path::new("2011"));
        assert_eq!(settings.limits.queue_requests_max, 7);
        assert_eq!(settings.telemetry.level, Level::Debug);
    }

    #[rstest]
    #[case("[server]\nlisten = \"127.0.0.1:1\"\nport = 3\n", &["FILE:3: ", "`port`", "drain_timeout_ms", "3 | port = 3"])]
    #[case("\n[sever]\nlisten = 3\n", &["FILE:2: ", "`sever`", "`server`", "`telemetry`"])]
    #[case("[server]\nlisten = \"here\"\n", &["FILE:2: ", "such as \"127.0.0.1:7433\""])]
    #[case("[limits]\n\nrequest_commands_max = 0\n", &["FILE:3: ", "from 1 to 10000"])]
    #[case("[limits]\nrequest_commands_max = \"many\"\n", &["FILE:2: ", "from 1 to 10000"])]
    #[case("[telemetry]\nlevel = \"loud\"\n", &["FILE:2: ", "`loud`", "`trace`"])]
    #[case("[log]\nsegment_bytes = 3 4\n", &["FILE:2: "])]
    fn promise_2_a_bad_line_is_named_with_what_is_allowed(#[case] text: &str, #[case] words: &[&str]) {
        let error = load(text, &[]).unwrap_err();
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }

    #[rstest]
    #[case("MINUTED_LIMITS_QUEUE_REQUESTS_MAX", "0", "from 1 to 65536")]
    #[case("MINUTED_SERVER_PORT", "3", "`listen`")]
    #[case("MINUTED_TELEMETRY_FORMAT", "xml", "`json`")]
    fn promise_2_a_bad_variable_is_named_with_what_is_allowed(
        #[case] variable: &str,
        #[case] value: &str,
        #[case] allowed: &str,
    ) {
        let error = load("", &[(variable, value)]).unwrap_err();
        assert!(error.contains(variable) && error.contains(allowed), "{error}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Settings::load(Some(Path::new("no/such.toml")), []).unwrap_err().to_string();
        assert!(error.contains("no/such.toml"), "{error}");
    }
}
