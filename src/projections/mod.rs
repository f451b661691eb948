//! stub
pub mod store;
