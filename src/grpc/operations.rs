//! `OperationService`: which operations there were, and who contributed, militarily or otherwise.

use tonic::{Request, Response, Status};

use super::asking::{Asking, all_known};
use super::page::{Page, Query};
use super::put;
use super::reading::Readers;
use super::status;
use crate::domain::contribution::Terms;
use crate::domain::{Collection, Name};
use crate::projections::Count;
use crate::projections::contributors::{self, Contributor, NonContributor};
use crate::projections::operations::{self, ContributionFilter, ContributionOnDay, OperationOnDay};
use crate::proto::v1;
use crate::proto::v1::operation_service_server::{OperationService, OperationServiceServer};
use crate::wire::name::ACTORS;
use crate::wire::time::encode_valid;

const OPERATIONS: &[Collection] = &[Collection::Operations];

/// Answers from these readers.
pub fn service(readers: Readers) -> OperationServiceServer<impl OperationService> {
    OperationServiceServer::new(Operations(readers))
}

struct Operations(Readers);

#[tonic::async_trait]
impl OperationService for Operations {
    async fn get_operation(
        &self,
        request: Request<v1::GetOperationRequest>,
    ) -> Result<Response<v1::GetOperationResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::GetOperationRequest { name, as_of, at_least_position, language } = request.into_inner();
        let name = asking.needed_name("name", &name, OPERATIONS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let name = asking.done(name)?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            let operation = operations::operation(reading.world, &name, reading.t, &languages);
            let operation = operation.ok_or_else(|| status::unknown(&name))?;
            let answered_as_of = Some(reading.answered());
            Ok(v1::GetOperationResponse { operation: Some(put_operation(operation)), answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn list_operations(
        &self,
        request: Request<v1::ListOperationsRequest>,
    ) -> Result<Response<v1::ListOperationsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListOperationsRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListOperationsRequest {
            page_size,
            page_token,
            active,
            as_of,
            at_least_position,
            language,
            order_by,
        } = request.into_inner();
        let order = asking.order_by(&order_by);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let languages = asking.done(Some(languages))?;
        let page: Page<Name> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        let answer = self.0.answer(page.as_of(), at_least_position, move |reading| {
            let (world, t) = (reading.world, reading.t);
            let beyond = |after: Option<&Name>| operations::operations(world, t, &languages, active, after);
            let found = order.list(&languages, page.after(), beyond);
            let found = found.map(|operation| (operation.name.clone(), put_operation(operation)));
            let (operations, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListOperationsResponse { operations, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn get_contribution(
        &self,
        request: Request<v1::GetContributionRequest>,
    ) -> Result<Response<v1::GetContributionResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::GetContributionRequest { name, as_of, at_least_position } = request.into_inner();
        let name = asking.needed_name("name", &name, &[Collection::Contributions]);
        asking.as_of(as_of.as_ref());
        let name = asking.done(name)?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            let contribution = operations::contribution(reading.world, &name, Some(reading.t));
            let contribution = contribution.ok_or_else(|| status::unknown(&name))?;
            let answered_as_of = Some(reading.answered());
            let contribution = Some(put_contribution(contribution));
            Ok(v1::GetContributionResponse { contribution, answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn list_contributions(
        &self,
        request: Request<v1::ListContributionsRequest>,
    ) -> Result<Response<v1::ListContributionsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListContributionsRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListContributionsRequest {
            page_size,
            page_token,
            operation,
            contributor,
            form,
            active,
            as_of,
            at_least_position,
        } = request.into_inner();
        let operation = asking.name("operation", &operation, OPERATIONS);
        let contributor = asking.name("contributor", &contributor, ACTORS);
        let form = asking.choice("form", form, v1::ContributionForm::as_str_name);
        let form = form.and_then(|form| form.try_into().ok());
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let filter = asking.done(Some(ContributionFilter { operation, contributor, form, active }))?;
        let page: Page<Name> = Page::read(query, size, &page_token, as_of)?;
        // Of those that pass a page may be far to find.
        let goes_far = filter.form.is_some() || filter.active;
        let answer = self.0.answer_by(goes_far, page.as_of(), at_least_position, move |reading| {
            all_known(reading, filter.operation.iter().chain(&filter.contributor))?;
            let found = operations::contributions(reading.world, reading.t, &filter, page.after());
            let found = found.map(|contribution| (contribution.name.clone(), put_contribution(contribution)));
            let (contributions, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListContributionsResponse { contributions, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn list_contributors(
        &self,
        request: Request<v1::ListContributorsRequest>,
    ) -> Result<Response<v1::ListContributorsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::ListContributorsRequest {
            operation,
            at_any_time,
            as_of,
            at_least_position,
            language,
            order_by,
        } = request.into_inner();
        let order = asking.order_by(&order_by);
        let operation = asking.needed_name("operation", &operation, OPERATIONS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let operation = asking.done(operation)?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            all_known(reading, [&operation])?;
            let (world, t) = (reading.world, reading.t);
            let mut found = contributors::contributors(world, &operation, t, at_any_time, &languages);
            order.sort(&languages, &mut found);
            Ok(v1::ListContributorsResponse {
                military_count: Some(put::count(Count::of(
                    found.iter().map(|contributor| contributor.military),
                ))),
                other_count: Some(put::count(Count::of(found.iter().map(|contributor| contributor.other)))),
                contributors: found.into_iter().map(put_contributor).collect(),
                answered_as_of: Some(reading.answered()),
            })
        });
        answer.await.map(Response::new)
    }

    async fn list_non_contributors(
        &self,
        request: Request<v1::ListNonContributorsRequest>,
    ) -> Result<Response<v1::ListNonContributorsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::ListNonContributorsRequest {
            operation,
            at_any_time,
            as_of,
            at_least_position,
            language,
            order_by,
        } = request.into_inner();
        let order = asking.order_by(&order_by);
        let operation = asking.name("operation", &operation, OPERATIONS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let operation = asking.done(Some(operation))?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            all_known(reading, &operation)?;
            let (world, t) = (reading.world, reading.t);
            let mut found =
                contributors::non_contributors(world, operation.as_ref(), t, at_any_time, &languages);
            order.sort(&languages, &mut found);
            Ok(v1::ListNonContributorsResponse {
                count: Some(put::count(Count::of(found.iter().map(|partner| partner.truth)))),
                partners: found.into_iter().map(put_non_contributor).collect(),
                answered_as_of: Some(reading.answered()),
            })
        });
        answer.await.map(Response::new)
    }
}

fn put_operation(operation: OperationOnDay) -> v1::Operation {
    let OperationOnDay { name, version, shown, lead, launched, ended, active } = operation;
    v1::Operation {
        etag: put::etag(version),
        display_name: Some(put::display(shown, &name)),
        lead: put::optional(lead.as_ref()),
        launched,
        ended,
        active: v1::Truth::from(active).into(),
        name: name.to_string(),
    }
}

fn put_contribution(contribution: ContributionOnDay) -> v1::Contribution {
    let ContributionOnDay { name, version, terms, accepted, ended, active, open_because } = contribution;
    let Terms { contributor, operation, form, personnel, observed, note, valid, .. } = terms;
    v1::Contribution {
        name: name.to_string(),
        etag: put::etag(version),
        contributor: contributor.to_string(),
        operation: operation.to_string(),
        form: v1::ContributionForm::from(form).into(),
        military: form.is_military(),
        personnel,
        observed,
        note,
        valid: Some(encode_valid(&valid)),
        accepted,
        ended,
        active: v1::Truth::from(active).into(),
        open_because,
    }
}

fn put_contributor(contributor: Contributor) -> v1::Contributor {
    let Contributor { actor, shown, military, other, contributions } = contributor;
    v1::Contributor {
        display_name: Some(put::display(shown, &actor)),
        actor: actor.to_string(),
        military: v1::Truth::from(military).into(),
        other: v1::Truth::from(other).into(),
        contributions: contributions.into_iter().map(put_contribution).collect(),
    }
}

fn put_non_contributor(
    NonContributor { actor, shown, truth, open_because }: NonContributor,
) -> v1::NonContributor {
    v1::NonContributor {
        display_name: Some(put::display(shown, &actor)),
        actor: actor.to_string(),
        truth: v1::Truth::from(truth).into(),
        open_because,
    }
}
