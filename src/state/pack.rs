//! Streams encoded one behind the other: as they are kept where nobody looks at them, in memory as on disk. One takes a tenth
//! of what its timeline takes.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::domain::Stream;
use crate::position::Position;

/// Streams that were encoded together.
#[derive(Debug)]
pub(super) struct Pack {
    bytes: Bytes,
    /// Where the first stream begins.
    body: usize,
    count: usize,
}

/// What is known of one of them without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry<N> {
    pub(super) name: N,
    /// Its first event.
    pub(super) first: Position,
    /// Its last event.
    pub(super) last: Position,
    /// Where it stands behind the entries.
    pub(super) at: u32,
}

impl Pack {
    /// From its bytes.
    pub(super) fn read(bytes: Bytes) -> Result<Pack, postcard::Error> {
        let (entries, body) = postcard::take_from_bytes::<Vec<Entry<&str>>>(&bytes)?;
        if entries.iter().any(|entry| entry.at as usize >= body.len()) {
            return Err(postcard::Error::DeserializeUnexpectedEnd);
        }
        let (body, count) = (bytes.len() - body.len(), entries.len());
        Ok(Pack { bytes, body, count })
    }

    /// As it is stored.
    pub(super) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// How many streams are in it.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// What is in it, in order.
    pub(super) fn entries(&self) -> Vec<Entry<&str>> {
        postcard::take_from_bytes(&self.bytes).expect("they were read when the pack was made").0
    }

    /// The stream that stands there.
    pub(super) fn stream(&self, at: u32) -> Stream {
        let encoded = self.bytes.get(self.body + at as usize..).unwrap_or_default();
        let stream = postcard::take_from_bytes(encoded);
        stream.expect("what was encoded as a stream, and is what was saved, is one").0
    }

    /// The streams with these entries, which are of this pack and in its order, as they are encoded.
    fn encoded<'a>(&'a self, entries: &[Entry<&str>]) -> impl Iterator<Item = &'a [u8]> {
        let body = &self.bytes[self.body..];
        let ends: Vec<usize> =
            entries.iter().skip(1).map(|entry| entry.at as usize).chain([body.len()]).collect();
        let begins: Vec<usize> = entries.iter().map(|entry| entry.at as usize).collect();
        begins.into_iter().zip(ends).map(|(begin, end)| body.get(begin..end).unwrap_or_default())
    }
}

/// A pack that is being made.
#[derive(Default)]
pub(super) struct Packing {
    entries: Vec<Entry<String>>,
    body: Vec<u8>,
}

impl Packing {
    /// One more stream.
    pub(super) fn put(&mut self, stream: &Stream) -> Result<(), postcard::Error> {
        let first = stream.positions.first().copied().unwrap_or_default();
        self.begin(stream.name.as_str(), first, stream.last())?;
        self.body = postcard::to_extend(stream, std::mem::take(&mut self.body))?;
        Ok(())
    }

    /// The streams of another pack, as far as they are wanted.
    pub(super) fn put_all(
        &mut self,
        pack: &Pack,
        wanted: impl Fn(&str, Position) -> bool,
    ) -> Result<(), postcard::Error> {
        let entries = pack.entries();
        for (entry, encoded) in entries.iter().zip(pack.encoded(&entries)) {
            if wanted(entry.name, entry.last) {
                self.begin(entry.name, entry.first, entry.last)?;
                self.body.extend_from_slice(encoded);
            }
        }
        Ok(())
    }

    fn begin(&mut self, name: &str, first: Position, last: Position) -> Result<(), postcard::Error> {
        let at = u32::try_from(self.body.len()).map_err(|_| postcard::Error::SerializeBufferFull)?;
        self.entries.push(Entry { name: name.into(), first, last, at });
        Ok(())
    }

    /// How many bytes its streams take.
    pub(super) fn len(&self) -> usize {
        self.body.len()
    }

    /// The pack.
    pub(super) fn finish(self) -> Result<Arc<Pack>, postcard::Error> {
        let entries = postcard::to_stdvec(&self.entries)?;
        let (body, count) = (entries.len(), self.entries.len());
        // In as many bytes as it takes: it stays long.
        let bytes = [entries, self.body].concat().into();
        Ok(Arc::new(Pack { bytes, body, count }))
    }
}
