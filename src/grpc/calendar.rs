//! What `MeetingService` exports: a calendar, in pieces that a message has room for.
//!
//! 1. The pieces, in order, are one calendar; a piece ends between two of its entries.
//! 2. It follows from the world and the question alone: asked again as of its two times, it is the same to the byte.

use futures::stream;
use tonic::{Request, Response, Status};

use super::asking::{Asking, all_known};
use super::attendance;
use super::ics;
use super::page::PAGE_BYTES;
use super::put;
use super::reading::Readers;
use super::status;
use crate::projections::calendar::{Calendar, Entry, LeftOut, Why, calendar};
use crate::projections::meetings::Filter;
use crate::proto::v1;
use crate::wire::name::ACTORS;
use crate::wire::time::encode_valid;

/// The pieces of a calendar, one a message.
pub(super) type Pieces = stream::Iter<std::vec::IntoIter<Result<v1::ExportCalendarResponse, Status>>>;

pub(super) async fn export(
    readers: &Readers,
    request: Request<v1::ExportCalendarRequest>,
) -> Result<Response<Pieces>, Status> {
    let mut asking = Asking::of(&request);
    let v1::ExportCalendarRequest { from, to, topic, actor, as_of, at_least_position, language } =
        request.into_inner();
    let range = asking.range(&from, &to);
    let actor = asking.name("actor", &actor, ACTORS);
    let languages = asking.languages(&language);
    asking.as_of(as_of.as_ref());
    let topic = attendance::topic(topic);
    let filter = asking.done(Some(Filter { range, topic, actor, ..Filter::default() }))?;
    let loader = readers.state().loader().clone();
    let answer = readers.answer_aside(as_of, at_least_position, move |reading| {
        all_known(reading, &filter.actor)?;
        let calendar = calendar(reading.world, &languages, &filter, |positions| loader.events(positions));
        let calendar = calendar.map_err(|error| status::internal(&error))?;
        Ok(pieces(calendar, &reading.answered()))
    });
    let pieces: Vec<_> = answer.await?.into_iter().map(Ok).collect();
    Ok(Response::new(stream::iter(pieces)))
}

/// Each has the counts of the whole and the two times; what is left out comes first.
fn pieces(
    Calendar { entries, left_out }: Calendar,
    answered: &v1::AnsweredAsOf,
) -> Vec<v1::ExportCalendarResponse> {
    let empty = v1::ExportCalendarResponse {
        meeting_count: put::number(entries.len()),
        left_out_count: put::number(left_out.len()),
        answered_as_of: Some(answered.clone()),
        ..v1::ExportCalendarResponse::default()
    };
    let mut pieces = vec![v1::ExportCalendarResponse { ics: ics::BEGIN.to_owned(), ..empty.clone() }];
    let mut bytes = 0;
    let items = left_out.into_iter().map(put_left_out).map(Item::LeftOut).chain(entries.iter().map(Item::of));
    for item in items {
        if bytes >= PAGE_BYTES {
            pieces.push(empty.clone());
            bytes = 0;
        }
        let piece = pieces.last_mut().expect("there is a first one");
        bytes += item.put(piece);
    }
    pieces.last_mut().expect("there is a first one").ics += ics::END;
    pieces
}

enum Item {
    LeftOut(v1::LeftOutMeeting),
    Entry { meeting: String, ics: String },
}

impl Item {
    fn of(entry: &Entry) -> Item {
        Item::Entry { ics: ics::event(entry), meeting: entry.meeting.to_string() }
    }

    /// Into this piece; how many bytes it takes there, roughly.
    fn put(self, piece: &mut v1::ExportCalendarResponse) -> usize {
        match self {
            Item::LeftOut(left_out) => {
                let bytes = prost::Message::encoded_len(&left_out);
                piece.left_out.push(left_out);
                bytes
            }
            Item::Entry { meeting, ics } => {
                let bytes = meeting.len() + ics.len();
                piece.meetings.push(meeting);
                piece.ics += &ics;
                bytes
            }
        }
    }
}

fn put_left_out(LeftOut { meeting, title, valid, why }: LeftOut) -> v1::LeftOutMeeting {
    let reason = match why {
        Why::BeginNotExact => v1::LeftOutReason::BeginNotExact,
        Why::EndNotExact => v1::LeftOutReason::EndNotExact,
        Why::BeyondDates => v1::LeftOutReason::BeyondDates,
    };
    v1::LeftOutMeeting {
        title: Some(put::display(title, &meeting)),
        meeting: meeting.to_string(),
        valid: Some(encode_valid(&valid)),
        reason: reason.into(),
    }
}
