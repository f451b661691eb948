//! The conversation of an import with the daemon: requests in order, answers in order.
//!
//! 1. With [`OnError::Stop`] nothing behind a bad line is recorded.
//! 2. With [`OnError::Skip`] every good group is sent, at most a window of them unanswered.
//! 3. The summary counts every line that was answered, whatever ends the import.

use std::collections::VecDeque;

use tokio::io::AsyncBufRead;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tonic::transport::Channel;

use super::lines::{Group, Groups};
use super::{OnError, Plan, Summary};
use crate::cli::failure::{Failure, readable, status_of};
use crate::cli::progress::Progress;
use crate::proto::v1::record_service_client::RecordServiceClient;
use crate::proto::v1::record_stream_response::Outcome;
use crate::proto::v1::{RecordStreamRequest, RecordStreamResponse};

struct Conversation<'i> {
    plan: Plan,
    requests: mpsc::Sender<RecordStreamRequest>,
    /// The line numbers of the requests that are not answered yet.
    unanswered: VecDeque<Vec<u64>>,
    summary: &'i mut Summary,
    progress: &'i mut Progress,
    /// There is nothing more to send.
    ended: bool,
}

/// Imports all of `input`, or up to a bad line.
pub(super) async fn run(
    channel: Channel,
    plan: Plan,
    input: impl AsyncBufRead + Unpin + Send,
    summary: &mut Summary,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let (requests, outgoing) = mpsc::channel(plan.window);
    let mut answers = answers(channel, outgoing, plan.window);
    let mut groups = Groups::new(input, plan.batch);
    let mut conversation =
        Conversation { plan, requests, unanswered: VecDeque::new(), summary, progress, ended: false };
    while !(conversation.ended && conversation.unanswered.is_empty()) {
        let may_send = !conversation.ended && conversation.unanswered.len() < plan.window;
        tokio::select! {
            answer = answers.recv(), if !conversation.unanswered.is_empty() => conversation.answered(answer)?,
            group = groups.next(), if may_send => conversation.read(group?).await?,
        }
    }
    Ok(())
}

/// The answers, through a task of their own: a daemon may wait for the first request before it answers at all.
fn answers(
    channel: Channel,
    outgoing: mpsc::Receiver<RecordStreamRequest>,
    window: usize,
) -> mpsc::Receiver<Result<RecordStreamResponse, Status>> {
    let (incoming, answers) = mpsc::channel(window);
    tokio::spawn(async move {
        let mut service = RecordServiceClient::new(channel);
        let mut stream = match service.record_stream(ReceiverStream::new(outgoing)).await {
            Ok(response) => response.into_inner(),
            Err(status) => return drop(incoming.send(Err(status)).await),
        };
        while let Some(answer) = stream.message().await.transpose() {
            let last = answer.is_err();
            if incoming.send(answer).await.is_err() || last {
                return;
            }
        }
    });
    answers
}

impl Conversation<'_> {
    /// Sends a group, or reports it if one of its lines is no command.
    async fn read(&mut self, group: Option<Group>) -> Result<(), Failure> {
        let Some(Group { numbers, commands, bad }) = group else {
            self.ended = true;
            return Ok(());
        };
        if let Some((number, reason)) = bad {
            self.refused(&numbers, &format!("line {number}: not a command in JSON: {reason}"));
            return Ok(());
        }
        let request = RecordStreamRequest { commands, validate_only: false };
        self.unanswered.push_back(numbers);
        // The task that takes it ends only with an answer that says why, which is read next.
        drop(self.requests.send(request).await);
        Ok(())
    }

    fn answered(&mut self, answer: Option<Result<RecordStreamResponse, Status>>) -> Result<(), Failure> {
        let lost = || Status::unavailable("the daemon ended the stream");
        let answer = answer.unwrap_or_else(|| Err(lost()))?;
        let numbers = self.unanswered.pop_front().unwrap_or_default();
        match answer.outcome {
            Some(Outcome::Receipt(receipt)) => {
                let already = receipt.events.iter().filter(|event| event.already_recorded).count() as u64;
                self.summary.already_recorded += already;
                self.summary.recorded += receipt.events.len() as u64 - already;
                self.summary.position = self.summary.position.max(receipt.position);
                self.progress.advance(numbers.len() as u64);
            }
            Some(Outcome::Refusal(refusal)) => {
                let text = by_line(&readable(&status_of(&refusal)), &numbers);
                self.refused(&numbers, &format!("{}: {text}", span(&numbers)));
            }
            None => return Err(Status::internal("the daemon sent an answer without an outcome").into()),
        }
        Ok(())
    }

    fn refused(&mut self, numbers: &[u64], report: &str) {
        self.summary.refused += numbers.len() as u64;
        self.progress.advance(numbers.len() as u64);
        self.progress.say(report);
        self.ended |= self.plan.on_error == OnError::Stop;
    }
}

/// `line 7`, or `lines 7 to 9`.
fn span(numbers: &[u64]) -> String {
    match numbers {
        [first, .., last] => format!("lines {first} to {last}"),
        [only] => format!("line {only}"),
        [] => "no line".to_owned(),
    }
}

/// A violation names a command of the request; here it names the line.
fn by_line(text: &str, numbers: &[u64]) -> String {
    let name = |text: String, (at, number): (usize, &u64)| {
        text.replace(&format!("commands[{at}]"), &format!("line {number}"))
    };
    numbers.iter().enumerate().fold(text.to_owned(), name)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
