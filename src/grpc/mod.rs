//! The services that answer: each takes a request apart, asks once, and puts the answer together.
//!
//! 1. All that is wrong with a request is said at once, each with its field.
//! 2. A page sequence shows one known position and one day, whatever is recorded meanwhile.
//! 3. What is not known (never recorded, or retracted) is `NOT_FOUND`, in filters too: a slip is no empty answer.

pub mod activities;
pub mod actors;
pub mod admin;
pub mod agreements;
pub mod areas;
mod asking;
mod attendance;
pub mod caching;
mod calendar;
pub mod decisions;
pub mod dossier;
pub mod events;
pub mod explaining;
pub mod frameworks;
mod ics;
pub mod meetings;
pub mod operations;
mod page;
mod put;
pub mod reading;
pub mod records;
pub mod search;
pub mod status;

use tonic::service::Routes;

use caching::AnswerCache;
use reading::Readers;

/// Every service by its full name, and the empty name for all of them: each has its health.
pub const SERVICES: &[&str] = &[
    "",
    "minuted.v1.ActivityService",
    "minuted.v1.ActorService",
    "minuted.v1.AdminService",
    "minuted.v1.AgreementService",
    "minuted.v1.AreaService",
    "minuted.v1.DecisionService",
    "minuted.v1.DossierService",
    "minuted.v1.EventService",
    "minuted.v1.FrameworkService",
    "minuted.v1.MeetingService",
    "minuted.v1.OperationService",
    "minuted.v1.RecordService",
    SEARCH,
];

/// The service whose health is that of its index, too.
pub const SEARCH: &str = "minuted.v1.SearchService";

/// The services of the aggregates, answering from these readers, and again what they have answered.
pub fn read_services(readers: &Readers) -> Routes {
    let cache = AnswerCache::new(readers);
    Routes::new(cache.of(activities::service(readers.clone())))
        .add_service(cache.of(actors::service(readers.clone())))
        .add_service(cache.of(agreements::service(readers.clone())))
        .add_service(cache.of(areas::service(readers.clone())))
        .add_service(cache.of(decisions::service(readers.clone())))
        .add_service(cache.of(dossier::service(readers.clone())))
        .add_service(cache.of(frameworks::service(readers.clone())))
        .add_service(cache.of(meetings::service(readers.clone())))
        .add_service(cache.of(operations::service(readers.clone())))
}
