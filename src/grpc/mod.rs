//! stub
pub mod admin;
pub mod events;
pub mod reading;
pub mod records;
pub mod status;
/// x
pub const SERVICES: &[&str] = &[""];
/// x
pub fn read_services(r: &reading::Readers) -> tonic::service::Routes {
    todo!()
}
