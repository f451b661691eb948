//! stub
pub mod admin; pub mod events; pub mod reading; pub mod records; pub mod status;
pub const SERVICES:&[&str]=&[""];
pub fn read_services(r:&reading::Readers)->tonic::service::Routes{todo!()}
