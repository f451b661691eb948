//! The generated protobuf types and services; their documentation is in `proto/`.
#![allow(missing_docs, unreachable_pub, clippy::pedantic, clippy::all)]

pub mod google {
    //! What the API takes over from Google's common protos.
    pub mod rpc {
        tonic::include_proto!("google.rpc");
    }
}

pub mod minuted {
    //! The API.
    pub mod v1 {
        tonic::include_proto!("minuted.v1");
    }
}

pub use minuted::v1;

/// The descriptors of the whole schema, with its imports and comments.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/minuted.bin"));
