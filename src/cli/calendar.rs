//! `minuted meetings export`: meetings as a calendar file, and what no calendar can hold on stderr.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::client::{self, Client};
use super::failure::Failure;
use super::json::{self, named};
use super::meetings::Range;
use super::options::Format;
use super::{look, names};
use crate::proto::v1::meeting_service_client::MeetingServiceClient;
use crate::proto::v1::{ExportCalendarRequest, ExportCalendarResponse, LeftOutMeeting, LeftOutReason};

named!(ExportCalendarResponse);

/// Which meetings, and where to.
#[derive(Clone, Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    range: Range,
    /// Only meetings on this topic
    #[arg(long)]
    topic: Option<String>,
    /// Only meetings that this actor attended or, until they are held, is invited to
    #[arg(long, value_name = "NAME", value_parser = names::of(names::ACTOR))]
    actor: Option<String>,
    /// Write to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Export {
    /// Asks, writes, and says what was left out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let Export { range: Range { from, to }, topic, actor, output } = self;
        let (as_of, at_least_position, language) = client.reading();
        let request = ExportCalendarRequest {
            from: from.unwrap_or_default(),
            to: to.unwrap_or_default(),
            topic: topic.unwrap_or_default(),
            actor: actor.unwrap_or_default(),
            as_of,
            at_least_position,
            language,
        };
        let mut service = MeetingServiceClient::new(client.bounded().await?);
        let mut pieces = service.export_calendar(request).await?.into_inner();
        let mut whole = ExportCalendarResponse::default();
        while let Some(piece) = pieces.message().await? {
            append(&mut whole, piece);
        }
        let text = match client.format() {
            Format::Table | Format::Ics => whole.ics.clone(),
            Format::Json => json::pretty(&whole) + "\n",
            Format::Dot => return Err(Failure::Input(client::NO_GRAPH.to_owned())),
        };
        match output {
            Some(file) => {
                std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
            }
            None => look::print(&text)?,
        }
        anstream::eprint!("{}", left_out(&whole));
        Ok(())
    }
}

fn append(whole: &mut ExportCalendarResponse, piece: ExportCalendarResponse) {
    let ExportCalendarResponse { ics, meetings, left_out, meeting_count, left_out_count, answered_as_of } =
        piece;
    whole.ics += &ics;
    whole.meetings.extend(meetings);
    whole.left_out.extend(left_out);
    (whole.meeting_count, whole.left_out_count) = (meeting_count, left_out_count);
    whole.answered_as_of = answered_as_of;
}

/// How many are in it, and each that is not, with the reason.
fn left_out(whole: &ExportCalendarResponse) -> String {
    let ExportCalendarResponse { meeting_count, left_out_count, left_out, answered_as_of, .. } = whole;
    let mut said = format!("{meeting_count} meetings, {left_out_count} left out\n");
    for LeftOutMeeting { meeting, title, valid, reason } in left_out {
        let (valid, title) = (look::valid(valid.as_ref()), look::name(title.as_ref()));
        let _ = writeln!(said, "  {meeting} ({title}), {valid}: {}", why(*reason));
    }
    said + &look::known(answered_as_of.as_ref())
}

fn why(reason: i32) -> &'static str {
    match LeftOutReason::try_from(reason) {
        Ok(LeftOutReason::BeginNotExact) => "it is not known on which day it begins",
        Ok(LeftOutReason::EndNotExact) => "it is not known on which day it ends",
        Ok(LeftOutReason::BeyondDates) => "no day can be written after its last",
        Ok(LeftOutReason::Unspecified) | Err(_) => "for a reason that is unknown to this version",
    }
}
