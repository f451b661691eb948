//! Around all services: what the transport refuses by itself (bytes that are no message, a message that is too large, a
//! method that is not there) is explained like every other error, with a reason and in words.

use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::codegen::http::{Request, Response};
use tonic::{Code, Status};
use tower::{Layer, Service};

use super::status;

/// Puts an [`Explaining`] around a service.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExplainingLayer;

impl<S> Layer<S> for ExplainingLayer {
    type Service = Explaining<S>;

    fn layer(&self, inner: S) -> Explaining<S> {
        Explaining { inner }
    }
}

/// A service whose errors all have details.
#[derive(Clone, Debug)]
pub struct Explaining<S> {
    inner: S,
}

impl<S, A, B> Service<Request<A>> for Explaining<S>
where
    S: Service<Request<A>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut answer = answer.await?;
            let refused = Status::from_header_map(answer.headers());
            let bare = refused.filter(|status| status.code() != Code::Ok && status.details().is_empty());
            if let Some(bare) = bare {
                // A status that is no header stays as it was.
                let _ = status::explained(&bare).add_header(answer.headers_mut());
            }
            Ok(answer)
        })
    }
}
