//! The API of minuted: what is generated from the schema in `proto/`, where it is documented.
//!
//! The generated code is kept, so that nobody who builds minuted has to build a protobuf compiler first. A test makes it
//! anew from the schema and compares.

pub mod google {
    //! What the API takes over from Google's common protos.
    pub mod rpc {
        #![allow(missing_docs, clippy::all, clippy::pedantic)]
        include!("generated/google.rpc.rs");
    }
}

pub mod minuted {
    //! The API.
    pub mod v1 {
        #![allow(missing_docs, clippy::all, clippy::pedantic)]
        include!("generated/minuted.v1.rs");
    }
}

pub mod codec;
pub mod stored;

pub use minuted::v1;

/// The descriptors of the whole schema, with its imports and comments.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("generated/minuted.bin");
