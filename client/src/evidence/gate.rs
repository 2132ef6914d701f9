//! The gate: no answer of the hub is heeded before it has proven that its history goes on from what this home knows.
//! The question for the proof goes out together with the first call, so that nothing takes longer for it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::watch;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Service, StdError, http};
use tonic::transport::Channel;

use super::history::HistoryBroken;
use crate::error::Error;

/// What became of the hub's proof.
#[derive(Clone, Debug)]
pub(crate) enum Confirmed {
    /// The history goes on.
    Yes,
    /// It does not.
    Broken(Arc<HistoryBroken>),
    /// There was no answer, or none that is of the agreed form.
    Unanswered(String),
}

/// The hub's proof, for which all answers wait.
#[derive(Clone, Debug)]
pub(crate) struct Confirmation(watch::Receiver<Option<Confirmed>>);

impl Confirmation {
    /// Nothing is waited for.
    #[cfg(test)]
    pub(crate) fn unasked() -> Self {
        Self(watch::channel(Some(Confirmed::Yes)).1)
    }

    /// Gives the place to say what became of it, and what waits for that.
    pub(crate) fn awaited() -> (watch::Sender<Option<Confirmed>>, Self) {
        let (sender, receiver) = watch::channel(None);
        (sender, Self(receiver))
    }

    /// Waits for the proof.
    pub(crate) async fn confirmed(&mut self) -> Confirmed {
        match self.0.wait_for(Option::is_some).await {
            Ok(confirmed) => confirmed.clone().unwrap_or(Confirmed::Yes),
            Err(_) => Confirmed::Unanswered("the check of the hub's history stopped".to_owned()),
        }
    }
}

impl From<Result<(), Error>> for Confirmed {
    fn from(result: Result<(), Error>) -> Self {
        match result {
            Ok(()) => Self::Yes,
            Err(Error::History(broken)) => Self::Broken(broken),
            Err(error) => Self::Unanswered(error.to_string()),
        }
    }
}

/// A connection whose answers wait for the proof.
#[derive(Clone, Debug)]
pub(crate) struct Gated {
    channel: Channel,
    confirmation: Confirmation,
}

impl Gated {
    pub(crate) fn new(channel: Channel, confirmation: Confirmation) -> Self {
        Self { channel, confirmation }
    }
}

type Answer = Result<http::Response<Body>, StdError>;

impl Service<http::Request<Body>> for Gated {
    type Response = http::Response<Body>;
    type Error = StdError;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StdError>> {
        self.channel.poll_ready(context).map_err(StdError::from)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let answer = self.channel.call(request);
        let mut confirmation = self.confirmation.clone();
        Box::pin(async move {
            // What failed says nothing that could be believed, and need not wait.
            let answer = answer.await?;
            match confirmation.confirmed().await {
                Confirmed::Yes => Ok(answer),
                Confirmed::Broken(broken) => Err(refused(broken)),
                Confirmed::Unanswered(text) => Err(Status::unavailable(text).into()),
            }
        })
    }
}

/// The library's error travels as the source of the status, and is taken out again where statuses become errors.
fn refused(broken: Arc<HistoryBroken>) -> StdError {
    let mut status = Status::data_loss(broken.to_string());
    status.set_source(broken);
    status.into()
}
