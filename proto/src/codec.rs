//! How messages are written and read: as prost does, but knowing that a message is in one piece.

use std::marker::PhantomData;

use bytes::Buf;
use prost::Message;
use tonic::Status;
use tonic::codec::{self, DecodeBuf, EncodeBuf};

/// A codec of `application/grpc+proto`. Room for a message is made once, before it is written, and a message is read from a
/// slice: what `tonic_prost::ProstCodec` writes and reads is the same, with more copies and more checks.
#[derive(Clone, Debug)]
pub struct Codec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Codec<T, U> {
        Codec(PhantomData)
    }
}

impl<T: Message + 'static, U: Message + Default + 'static> codec::Codec for Codec<T, U> {
    type Encode = T;
    type Decode = U;
    type Encoder = Encoder<T>;
    type Decoder = Decoder<U>;

    fn encoder(&mut self) -> Encoder<T> {
        Encoder(PhantomData)
    }

    fn decoder(&mut self) -> Decoder<U> {
        Decoder(PhantomData)
    }
}

/// Writes messages.
#[derive(Clone, Debug)]
pub struct Encoder<T>(PhantomData<T>);

impl<T: Message> codec::Encoder for Encoder<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, message: T, buf: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buf.reserve(message.encoded_len());
        message.encode_raw(buf);
        Ok(())
    }
}

/// Reads messages.
#[derive(Clone, Debug)]
pub struct Decoder<U>(PhantomData<U>);

impl<U: Message + Default> codec::Decoder for Decoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let length = buf.remaining();
        let read = match buf.chunk() {
            whole if whole.len() == length => U::decode(whole),
            _ => U::decode(buf.copy_to_bytes(length)),
        };
        // All of it has been read, or is of no use.
        buf.advance(buf.remaining());
        read.map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}
