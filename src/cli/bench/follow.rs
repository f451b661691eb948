//! `minuted bench follow`: recording while nobody follows beside recording while many do, in turns of one run.
//!
//! 1. Each follower gets every event of its round, once and in order; where one does not, that is said and nothing else.
//! 2. Followers look at positions alone. What decoding an event takes is their own, and here they share the daemon's
//!    machine.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::proto::codec::Codec;
use clap::Args;
use prost::bytes::{Buf, BufMut};
use prost::encoding::{self, DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost::{DecodeError, Message};
use serde::Serialize;
use thiserror::Error;
use tokio::sync::{mpsc, watch};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

use super::load::{Measured, Worker, connect, now, run};
use super::work::{Commands, new_run};
use super::{print_json, table};
use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::look::print;
use crate::proto::v1::admin_service_client::AdminServiceClient;
use crate::proto::v1::record_service_client::RecordServiceClient;
use crate::proto::v1::{GetStatusRequest, ReadEventsRequest, RecordRequest, read_events_request};

/// Once nothing is recorded any more, the next message has to come within this time.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(10);
/// Where the last event stands is not known yet.
const NOT_KNOWN: u64 = u64::MAX;

/// Who follows.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  minuted bench follow
  minuted bench follow --followers 100 --rounds 5 --seconds 5 --format json

In each round nobody follows first, then all followers do, from the tail on. Each has a connection and a stream of its own,
and checks that it gets every event once and in order; the command fails if one does not. Of what has arrived, p50 and p99
are the time from an event's acknowledgement to its arrival. It RECORDS, as `minuted bench` does. Clients, followers and
daemon share the machine.")]
pub(crate) struct Follow {
    /// How many follow
    #[arg(long, value_name = "N", default_value_t = 100)]
    followers: usize,
    /// How many clients record at once, one event a request
    #[arg(long, value_name = "N", default_value_t = 8)]
    clients: usize,
    /// How long it is recorded each time
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0)]
    seconds: f64,
    /// How many times without and with followers
    #[arg(long, value_name = "N", default_value_t = 2)]
    rounds: usize,
}

#[derive(Serialize)]
struct Report {
    measured: Vec<Measured>,
    /// How many followed.
    followers: usize,
    /// How many events all of them were sent,
    delivered: usize,
    /// and in how many messages.
    messages: usize,
    /// Records a second of all rounds with them, beside those without.
    ratio: f64,
}

impl Follow {
    /// Records in turns, and prints what came of it.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let (addr, name) = (client.addr(), new_run());
        let followers = self.followers;
        let mut report = Report { measured: Vec::new(), followers, delivered: 0, messages: 0, ratio: 0.0 };
        let (mut alone, mut followed) = (0.0, 0.0);
        for round in 0..self.rounds {
            let without = self.record(addr, &format!("{name}-{round}"), "nobody follows").await?.0;
            let (with, arrived, messages) = self.follow(addr, &format!("{name}-{round}-f")).await?;
            alone += without.per_second;
            followed += with.per_second;
            report.delivered += arrived.requests;
            report.messages += messages;
            report.measured.extend([without, with, arrived]);
        }
        report.ratio = followed / alone;
        if client.wants_json() {
            return print_json(&report);
        }
        let Report { measured, followers, delivered, messages, ratio } = report;
        let says = format!(
            "{followers} followers were sent {delivered} events in {messages} messages, in order, none missing, none \
             twice.\n\
             While they followed, {:.0} % as many were recorded a second.\n",
            100.0 * ratio
        );
        Ok(print(&(table(client.look, &measured) + &says))?)
    }

    /// What was recorded a second, and when what was acknowledged.
    async fn record(
        &self,
        addr: &str,
        name: &str,
        whom: &str,
    ) -> Result<(Measured, HashMap<u64, Instant>), Failure> {
        let (acknowledge, mut acknowledged) = mpsc::unbounded_channel();
        let mut workers = Vec::new();
        for number in 0..self.clients {
            let client = RecordServiceClient::new(connect(addr).await?);
            let commands = Commands::new(name, number);
            workers.push(Noting { client, commands, acknowledge: acknowledge.clone() });
        }
        drop(acknowledge);
        let measured = run(&format!("durable records, {whom}"), workers, 1, self.seconds).await?;
        let mut times = HashMap::new();
        while let Some((position, at)) = acknowledged.recv().await {
            times.insert(position, at);
        }
        Ok((measured, times))
    }

    /// What was recorded a second while all followed, and what they were sent.
    async fn follow(&self, addr: &str, name: &str) -> Result<(Measured, Measured, usize), Failure> {
        let (tell, end) = watch::channel(NOT_KNOWN);
        let mut followers = Vec::new();
        for number in 0..self.followers {
            let follower = Follower::open(addr, number).await?;
            followers.push(tokio::spawn(follower.until(end.clone())));
        }
        let begun = now();
        let whom = format!("{} follow", self.followers);
        let (recorded, acknowledged) = self.record(addr, name, &whom).await?;
        tell.send_replace(tail(addr).await?);
        let (mut delays, mut messages) = (Vec::new(), 0);
        for follower in followers {
            let arrived = follower.await.map_err(anyhow::Error::from).map_err(Failure::Other)??;
            messages += arrived.messages.len();
            delays.extend(arrived.delays(&acknowledged));
        }
        let arrived = Measured::of("events arrived", self.followers, 1, begun.elapsed(), &delays);
        Ok((recorded, arrived, messages))
    }
}

async fn tail(addr: &str) -> Result<u64, Failure> {
    let mut admin = AdminServiceClient::new(connect(addr).await?);
    Ok(admin.get_status(GetStatusRequest {}).await?.into_inner().tail_position)
}

/// Records one command a request, and notes when it was acknowledged.
struct Noting {
    client: RecordServiceClient<Channel>,
    commands: Commands,
    acknowledge: mpsc::UnboundedSender<(u64, Instant)>,
}

impl Worker for Noting {
    async fn request(&mut self) -> Result<(), Status> {
        let request = RecordRequest { commands: vec![self.commands.next()], validate_only: false };
        let receipt = self.client.record(request).await?.into_inner().receipt;
        // Whoever counts them may have given up.
        let _ = self.acknowledge.send((receipt.unwrap_or_default().position, now()));
        Ok(())
    }
}

/// Of a `ReadEventsResponse` what a follower looks at: where its events stand. The rest of an event is passed over at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Places {
    events: Vec<u64>,
    checkpoint: u64,
}

/// Fields of `ReadEventsResponse`, and of `Event`.
const EVENTS: u32 = 1;
const CHECKPOINT: u32 = 2;
const POSITION: u32 = 1;

impl Message for Places {
    fn encode_raw(&self, _: &mut impl BufMut) {}

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        ctx: DecodeContext,
    ) -> Result<(), DecodeError> {
        match tag {
            EVENTS => {
                let length = usize::try_from(decode_varint(buf)?).unwrap_or(usize::MAX);
                let behind = buf.remaining().saturating_sub(length);
                let mut position = 0;
                while position == 0 && buf.remaining() > behind {
                    let (tag, wire_type) = decode_key(buf)?;
                    if tag == POSITION {
                        position = decode_varint(buf)?;
                    } else {
                        skip_field(wire_type, tag, buf, ctx.clone())?;
                    }
                }
                buf.advance(buf.remaining().saturating_sub(behind));
                self.events.push(position);
                Ok(())
            }
            CHECKPOINT => encoding::uint64::merge(wire_type, &mut self.checkpoint, buf, ctx),
            _ => skip_field(wire_type, tag, buf, ctx),
        }
    }

    fn encoded_len(&self) -> usize {
        0
    }

    fn clear(&mut self) {
        *self = Places::default();
    }
}

struct Follower {
    number: usize,
    messages: Streaming<Places>,
    arrived: Arrived,
}

impl Follower {
    /// Follows from the tail on, over a connection of its own; what is recorded from now on will arrive.
    async fn open(addr: &str, number: usize) -> Result<Follower, Failure> {
        let last = tail(addr).await?;
        let mut client = Grpc::new(connect(addr).await?);
        client.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
        let start = Some(read_events_request::Start::FromPosition(last + 1));
        let request = ReadEventsRequest { start, follow: true, ..ReadEventsRequest::default() };
        let path = PathAndQuery::from_static("/minuted.v1.EventService/ReadEvents");
        let codec = Codec::<ReadEventsRequest, Places>::default();
        let messages = client.server_streaming(Request::new(request), path, codec).await?.into_inner();
        let mut follower = Follower { number, messages, arrived: Arrived { last, messages: Vec::new() } };
        // The first says that there is nothing yet.
        follower.next().await?;
        Ok(follower)
    }

    async fn next(&mut self) -> Result<(), Failure> {
        let message = self.messages.message().await?;
        let message = message.ok_or_else(|| self.failed("its stream has ended"))?;
        self.arrived.take(&message, now()).map_err(|error| self.failed(&error.to_string()))
    }

    /// Takes what comes until `end` says where the last event stands, and it has come.
    async fn until(mut self, mut end: watch::Receiver<u64>) -> Result<Arrived, Failure> {
        loop {
            let last = *end.borrow_and_update();
            if self.arrived.last >= last {
                return Ok(self.arrived);
            }
            let patience = if last == NOT_KNOWN { Duration::MAX } else { ARRIVAL_TIMEOUT };
            tokio::select! {
                next = tokio::time::timeout(patience, self.next()) => next.unwrap_or_else(|_| {
                    let at = self.arrived.last;
                    Err(self.failed(&format!("nothing came after event {at}, but {last} are recorded")))
                })?,
                _ = end.changed() => {}
            }
        }
    }

    fn failed(&self, what: &str) -> Failure {
        Failure::Other(anyhow::anyhow!("follower {}: {what}", self.number))
    }
}

/// What one follower was sent.
struct Arrived {
    last: u64,
    /// The last event of each message, and when it came.
    messages: Vec<(u64, Instant)>,
}

/// What no follower may be sent.
#[derive(Debug, Error, PartialEq, Eq)]
enum Astray {
    #[error("after event {after} came event {found}: those between are missing")]
    Gap { after: u64, found: u64 },
    #[error("after event {after} came event {found}, which had come already")]
    Again { after: u64, found: u64 },
    #[error("after event {after} it was said that all up to {checkpoint} had been sent")]
    Checkpoint { after: u64, checkpoint: u64 },
}

impl Arrived {
    fn take(&mut self, message: &Places, at: Instant) -> Result<(), Astray> {
        for &found in &message.events {
            let after = self.last;
            match found.cmp(&(after + 1)) {
                std::cmp::Ordering::Less => return Err(Astray::Again { after, found }),
                std::cmp::Ordering::Greater => return Err(Astray::Gap { after, found }),
                std::cmp::Ordering::Equal => self.last = found,
            }
        }
        if message.checkpoint != self.last {
            return Err(Astray::Checkpoint { after: self.last, checkpoint: message.checkpoint });
        }
        if !message.events.is_empty() {
            self.messages.push((self.last, at));
        }
        Ok(())
    }

    /// How long after its acknowledgement each event came; one may come before it.
    fn delays(&self, acknowledged: &HashMap<u64, Instant>) -> Vec<Duration> {
        let mut delays = Vec::new();
        let mut next = acknowledged.keys().min().copied().unwrap_or(0);
        for &(last, at) in &self.messages {
            let times = (next..=last).filter_map(|position| acknowledged.get(&position));
            delays.extend(times.map(|time| at.saturating_duration_since(*time)));
            next = next.max(last + 1);
        }
        delays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(arrived: &mut Arrived, positions: &[u64], checkpoint: u64) -> Result<(), Astray> {
        arrived.take(&Places { events: positions.to_vec(), checkpoint }, now())
    }

    #[test]
    fn every_event_has_to_come_once_and_in_order() {
        let mut arrived = Arrived { last: 7, messages: Vec::new() };
        take(&mut arrived, &[], 7).unwrap();
        take(&mut arrived, &[8, 9], 9).unwrap();
        take(&mut arrived, &[10], 10).unwrap();
        assert_eq!(take(&mut arrived, &[12], 12), Err(Astray::Gap { after: 10, found: 12 }));
        assert_eq!(take(&mut arrived, &[10], 10), Err(Astray::Again { after: 10, found: 10 }));
        assert_eq!(take(&mut arrived, &[11, 13], 13), Err(Astray::Gap { after: 11, found: 13 }));
        assert_eq!(take(&mut arrived, &[12], 13), Err(Astray::Checkpoint { after: 12, checkpoint: 13 }));
        assert_eq!(arrived.messages.iter().map(|(last, _)| *last).collect::<Vec<_>>(), [9, 10]);
    }

    #[test]
    fn a_delay_is_from_acknowledgement_to_arrival() {
        let (begun, micros) = (now(), Duration::from_micros);
        let acknowledged = [(8, begun), (9, begun + micros(5)), (10, begun + micros(90))].into();
        let messages = vec![(9, begun + micros(20)), (10, begun + micros(80))];
        let delays = Arrived { last: 10, messages }.delays(&acknowledged);
        assert_eq!(delays, [micros(20), micros(15), micros(0)]);
    }

    /// What a follower leaves out of an event stands in the schema under these numbers.
    #[test]
    fn places_are_those_of_the_schema() {
        use crate::proto::v1::{Event, ReadEventsResponse};
        let event = |position| Event { position, name: "countries/jp".into(), ..Event::default() };
        let sent =
            ReadEventsResponse { events: vec![event(3), event(700)], checkpoint: 700, caught_up: true };
        let seen = Places::decode(sent.encode_to_vec().as_slice()).unwrap();
        assert_eq!(seen, Places { events: vec![3, 700], checkpoint: 700 });
    }
}
