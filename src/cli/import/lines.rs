//! The requests of an import: its lines, numbered, parsed and grouped.

use std::path::Path;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, Lines};

use crate::cli::failure::Failure;
use crate::cli::json;
use crate::proto::v1::Command;

/// Some lines that are one request.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// The numbers of its lines, from 1.
    pub(super) numbers: Vec<u64>,
    /// Their commands.
    pub(super) commands: Vec<Command>,
    /// The first of its lines that is no command, and why.
    pub(super) bad: Option<(u64, String)>,
}

/// Reads groups of lines.
pub(super) struct Groups<R> {
    lines: Lines<R>,
    size: usize,
    number: u64,
    gathered: Group,
}

impl<R: AsyncBufRead + Unpin> Groups<R> {
    /// Groups of `size` lines; blank ones do not count.
    pub(super) fn new(input: R, size: usize) -> Self {
        Groups { lines: input.lines(), size, number: 0, gathered: Group::default() }
    }

    /// The next group, or none at the end. Cancel safe: what was gathered stays.
    pub(super) async fn next(&mut self) -> Result<Option<Group>, Failure> {
        while self.gathered.numbers.len() < self.size {
            let unreadable = |error| Failure::Input(format!("line {}: {error}", self.number + 1));
            let Some(line) = self.lines.next_line().await.map_err(unreadable)? else { break };
            self.number += 1;
            if !line.trim().is_empty() {
                self.gathered.take(self.number, &line);
            }
        }
        let group = std::mem::take(&mut self.gathered);
        Ok(Some(group).filter(|group| !group.numbers.is_empty()))
    }
}

impl Group {
    fn take(&mut self, number: u64, line: &str) {
        self.numbers.push(number);
        match json::command(line) {
            Ok(command) => self.commands.push(command),
            Err(error) if self.bad.is_none() => self.bad = Some((number, error)),
            Err(_) => {}
        }
    }
}

/// How many lines a file has.
pub(super) async fn count(path: &Path) -> std::io::Result<u64> {
    let mut file = tokio::fs::File::open(path).await?;
    let mut chunk = vec![0; 1 << 16];
    let (mut lines, mut open) = (0, false);
    loop {
        let read = file.read(&mut chunk).await?;
        let Some(&last) = chunk[..read].last() else { break };
        lines += chunk[..read].iter().map(|&byte| u64::from(byte == b'\n')).sum::<u64>();
        open = last != b'\n';
    }
    Ok(lines + u64::from(open))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const INPUT: &str = "{\"name\":\"a/1\"}\n\n{\"name\":\"a/2\"}\n{\"nam\":\"a/3\"}\n{\"name\":\"a/4\"}\n";

    async fn groups(size: usize) -> Vec<Group> {
        let mut reader = Groups::new(INPUT.as_bytes(), size);
        let mut all = Vec::new();
        while let Some(group) = reader.next().await.unwrap() {
            all.push(group);
        }
        all
    }

    #[tokio::test]
    async fn lines_are_numbered_and_grouped() {
        let ones = groups(1).await;
        let numbers: Vec<_> = ones.iter().map(|group| group.numbers[0]).collect();
        assert_eq!(numbers, [1, 3, 4, 5]);
        let twos = groups(2).await;
        assert_eq!(twos[1].numbers, [4, 5]);
        assert_eq!(twos[1].commands.len(), 1);
        let (number, reason) = twos[1].bad.as_ref().unwrap();
        assert!(*number == 4 && reason.contains("nam"), "{reason}");
    }

    #[tokio::test]
    async fn lines_are_counted_with_or_without_a_last_newline() {
        for (text, expected) in [("", 0), ("a\nb\n", 2), ("a\nb", 2)] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            assert_eq!(count(file.path()).await.unwrap(), expected, "{text:?}");
        }
    }
}
