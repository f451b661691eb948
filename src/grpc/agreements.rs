//! `AgreementService`: which agreements stood.

use tonic::{Request, Response, Status};

use super::asking::{Asking, all_known};
use super::page::{Page, Query};
use super::put;
use super::reading::Readers;
use super::status;
use crate::domain::agreement::{AgreementStatus, Step, Terms};
use crate::domain::{Collection, Name};
use crate::projections::agreements::{self, AgreementOnDay};
use crate::projections::expiring::{Expiring, Place, expiring};
use crate::proto::v1;
use crate::proto::v1::agreement_service_server::{AgreementService, AgreementServiceServer};
use crate::wire::name::ACTORS;

/// Answers from these readers.
pub fn service(readers: Readers) -> AgreementServiceServer<impl AgreementService> {
    AgreementServiceServer::new(Agreements(readers))
}

struct Agreements(Readers);

#[tonic::async_trait]
impl AgreementService for Agreements {
    async fn get_agreement(
        &self,
        request: Request<v1::GetAgreementRequest>,
    ) -> Result<Response<v1::GetAgreementResponse>, Status> {
        let mut asking = Asking::of(&request);
        let v1::GetAgreementRequest { name, as_of, at_least_position, language } = request.into_inner();
        let name = asking.needed_name("name", &name, &[Collection::Agreements]);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let name = asking.done(name)?;
        let answer = self.0.answer(as_of, at_least_position, move |reading| {
            let agreement = agreements::agreement(reading.world, &name, reading.t, &languages);
            let agreement = agreement.ok_or_else(|| status::unknown(&name))?;
            let chain = agreements::chain(reading.world, &agreement, reading.t, &languages);
            Ok(v1::GetAgreementResponse {
                agreement: Some(put_agreement(agreement)),
                chain: chain.into_iter().map(put_agreement).collect(),
                answered_as_of: Some(reading.answered()),
            })
        });
        answer.await.map(Response::new)
    }

    async fn list_agreements(
        &self,
        request: Request<v1::ListAgreementsRequest>,
    ) -> Result<Response<v1::ListAgreementsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListAgreementsRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListAgreementsRequest {
            page_size,
            page_token,
            partner,
            kind,
            status,
            standing,
            as_of,
            at_least_position,
            language,
        } = request.into_inner();
        let partner = asking.name("partner", &partner, ACTORS);
        let kind = asking.choice("kind", kind, v1::AgreementKind::as_str_name).map(Into::into);
        let status = asking.choice("status", status, v1::AgreementStatus::as_str_name).and_then(status_asked);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let filter = asking.done(Some(agreements::Filter { partner, kind, status, standing }))?;
        let page: Page<Name> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        // Of those that pass a page may be far to find.
        let goes_far = filter.kind.is_some() || filter.status.is_some() || filter.standing;
        let answer = self.0.answer_by(goes_far, page.as_of(), at_least_position, move |reading| {
            all_known(reading, &filter.partner)?;
            let found = agreements::agreements(reading.world, reading.t, &languages, &filter, page.after());
            let found = found.map(|agreement| (agreement.name.clone(), put_agreement(agreement)));
            let (agreements, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListAgreementsResponse { agreements, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }

    async fn list_expiring_agreements(
        &self,
        request: Request<v1::ListExpiringAgreementsRequest>,
    ) -> Result<Response<v1::ListExpiringAgreementsResponse>, Status> {
        let mut asking = Asking::of(&request);
        let query = Query::of(&v1::ListExpiringAgreementsRequest {
            page_size: 0,
            page_token: String::new(),
            at_least_position: 0,
            ..request.get_ref().clone()
        });
        let v1::ListExpiringAgreementsRequest {
            page_size,
            page_token,
            days,
            partner,
            as_of,
            at_least_position,
            language,
        } = request.into_inner();
        let days = asking.days("days", days);
        let partner = asking.name("partner", &partner, ACTORS);
        let languages = asking.languages(&language);
        asking.as_of(as_of.as_ref());
        let size = asking.page_size(page_size);
        let days = asking.done(days)?;
        let page: Page<Place> = Page::read(query.in_languages(&languages), size, &page_token, as_of)?;
        let answer = self.0.answer_aside(page.as_of(), at_least_position, move |reading| {
            all_known(reading, &partner)?;
            let (world, t) = (reading.world, reading.t);
            let found = expiring(world, t, days, &languages, partner.as_ref(), page.after());
            let found = found.map(|(place, expiring)| (place, put_expiring(expiring)));
            let (agreements, next_page_token) = page.cut(reading, found);
            let answered_as_of = Some(reading.answered());
            Ok(v1::ListExpiringAgreementsResponse { agreements, next_page_token, answered_as_of })
        });
        answer.await.map(Response::new)
    }
}

fn put_expiring(Expiring { agreement, truth, open_because }: Expiring) -> v1::ExpiringAgreement {
    v1::ExpiringAgreement {
        agreement: Some(put_agreement(agreement)),
        expires: v1::Truth::from(truth).into(),
        open_because,
    }
}

fn status_asked(status: v1::AgreementStatus) -> Option<AgreementStatus> {
    let at = |step: Step| Some(AgreementStatus::At(step));
    match status {
        v1::AgreementStatus::Unspecified => None,
        v1::AgreementStatus::NotYet => Some(AgreementStatus::NotYet),
        v1::AgreementStatus::Negotiating => at(Step::Negotiating),
        v1::AgreementStatus::Initialled => at(Step::Initialled),
        v1::AgreementStatus::Approved => at(Step::Approved),
        v1::AgreementStatus::Signed => at(Step::Signed),
        v1::AgreementStatus::Ratified => at(Step::Ratified),
        v1::AgreementStatus::InForce => at(Step::InForce),
        v1::AgreementStatus::Suspended => Some(AgreementStatus::Suspended),
        v1::AgreementStatus::Ended => Some(AgreementStatus::Ended),
        v1::AgreementStatus::Expired => Some(AgreementStatus::Expired),
        v1::AgreementStatus::Superseded => Some(AgreementStatus::Superseded),
    }
}

fn put_agreement(agreement: AgreementOnDay) -> v1::Agreement {
    let AgreementOnDay {
        name,
        version,
        terms,
        shown,
        steps,
        statuses,
        stands,
        ended,
        superseded_by,
        term_over,
    } = agreement;
    let Terms { partner, kind, titles: _, term, supersedes, legally_binding } = terms;
    let steps = steps
        .into_iter()
        .map(|(step, date)| v1::AgreementStepDate { step: v1::AgreementStep::from(step).into(), date });
    let (end_reason, ended) = ended.unzip();
    v1::Agreement {
        etag: put::etag(version),
        partner: partner.to_string(),
        kind: v1::AgreementKind::from(kind).into(),
        title: Some(put::display(shown, &name)),
        term: term.map(|term| term.text()).unwrap_or_default(),
        supersedes: put::optional(supersedes.as_ref()),
        legally_binding,
        steps: steps.collect(),
        statuses: put::numbers::<_, v1::AgreementStatus>(&statuses),
        stands: v1::Truth::from(stands).into(),
        end_reason: end_reason.map_or(v1::AgreementEnd::Unspecified, v1::AgreementEnd::from).into(),
        ended: ended.unwrap_or_default(),
        superseded_by: put::names(&superseded_by),
        term_over,
        name: name.to_string(),
    }
}
