//! `minuted record`: commands as JSON, recorded in one request: all of them or none.

use std::io::{IsTerminal, Read};

use clap::Args;
use uuid::Uuid;

use super::client::{Client, Show};
use super::failure::Failure;
use super::json;
use super::look::Look;
use super::time;
use crate::proto::v1::record_service_client::RecordServiceClient;
use crate::proto::v1::{Command, RecordRequest, RecordResponse, RecordedEvent};

/// What to record.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  minuted record '{\"name\": \"countries/jp\", \"valid\": {\"from\": \"2024-05\"},
    \"source\": {\"text\": \"a letter\"}, \"fact\": {\"areaChosen\":
    {\"area\": \"areas/cyber-defence\", \"chosenBy\": \"countries/jp\"}}}'
  minuted record --validate-only < commands.jsonl

All commands of one call are judged as a whole, at its end, and recorded together or not at all. A command without a \
\"commandId\" gets one, which the receipt shows; give your own to be able to send a command again: what is recorded under \
an id is not recorded twice.")]
pub(crate) struct Record {
    /// Commands, each a JSON object (protobuf JSON of minuted.v1.Command) [default: standard input]
    commands: Vec<String>,
    /// Decide, but record nothing
    #[arg(long)]
    validate_only: bool,
}

impl Record {
    /// Asks and prints the receipt.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let mut commands = parse(&self.commands)?;
        for command in &mut commands {
            identify(command);
        }
        let request = RecordRequest { commands, validate_only: self.validate_only };
        let answer = RecordServiceClient::new(client.bounded().await?).record(request).await?;
        client.print(&answer.into_inner())
    }
}

/// The commands of the arguments, or else of standard input.
fn parse(arguments: &[String]) -> Result<Vec<Command>, Failure> {
    let text = if arguments.is_empty() { stdin()? } else { arguments.join("\n") };
    match json::commands(&text) {
        Ok(commands) if commands.is_empty() => {
            Err(Failure::Input("there is no command to record".to_owned()))
        }
        Ok(commands) => Ok(commands),
        Err(error) => Err(Failure::Input(format!("not a command in JSON: {error}"))),
    }
}

fn stdin() -> Result<String, Failure> {
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        let what = "give the commands as arguments or on standard input; see `minuted record --help`";
        return Err(Failure::Input(what.to_owned()));
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text)?;
    Ok(text)
}

#[expect(clippy::disallowed_methods, reason = "a client invents the id of its command")]
fn identify(command: &mut Command) {
    if command.command_id.is_empty() {
        command.command_id = Uuid::new_v4().to_string();
    }
}

impl Show for RecordResponse {
    fn show(&self, look: Look) -> String {
        let row = |event: &RecordedEvent| {
            [
                format!("events/{}", event.position),
                event.name.clone(),
                event.version.to_string(),
                time::instant(event.recorded_at.as_ref()),
                event.command_id.clone() + if event.already_recorded { "\nrecorded before" } else { "" },
            ]
        };
        let events = self.receipt.iter().flat_map(|receipt| &receipt.events);
        look.rows(["event", "stream", "version", "recorded at", "command id"], events.map(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::Receipt;

    #[test]
    fn a_command_keeps_its_id_or_gets_one() {
        let mut command = Command::default();
        identify(&mut command);
        assert!(Uuid::parse_str(&command.command_id).is_ok());
        let before = command.command_id.clone();
        identify(&mut command);
        assert_eq!(command.command_id, before);
    }

    #[test]
    fn arguments_are_commands() {
        assert_eq!(parse(&[r#"{"name":"a/b"} {"name":"c/d"}"#.into(), "{}".into()]).unwrap().len(), 3);
        let error = parse(&["{nonsense}".into()]).unwrap_err().to_string();
        assert!(error.contains("not a command in JSON"), "{error}");
        assert!(parse(&[" ".into()]).is_err());
    }

    #[test]
    fn a_receipt_shows_what_was_recorded_before() {
        let event = RecordedEvent {
            command_id: "b659aa08".into(),
            name: "countries/jp".into(),
            position: 84,
            version: 1,
            recorded_at: None,
            already_recorded: true,
        };
        let answer = RecordResponse { receipt: Some(Receipt { events: vec![event], position: 84 }) };
        let text = answer.show(Look::default());
        assert!(text.contains("events/84") && text.contains("recorded before"), "{text}");
    }
}
