//! The API: what the package `minuted-proto` makes of the schema.

pub use minuted_proto::{FILE_DESCRIPTOR_SET, codec, google, minuted, stored, v1};
