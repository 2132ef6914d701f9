//! The desk where every request is received: who asks, is there a place, then off the network's threads to the
//! hub, and back with its answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LANGUAGE, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, StatusCode};

use super::attendance::{Attendance, Attending};
use super::conditional::Validators;
use super::error::{Family, Problem};
use super::files::Files;
use crate::clock::Clock;
use crate::door::Stop;
use crate::door::places::{Place, Places};
use crate::door::visitor::{Caller, Visitor};
use crate::hub::permit::{Operation, Permit};
use crate::hub::{Hub, Moment, Refusal};
use crate::limits::{count, count32};

/// When a caller who found no place may try again.
pub(crate) const PLACE_WAIT: Duration = Duration::from_secs(1);

/// What the REST door works with. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Services {
    /// The hub.
    pub(crate) hub: Arc<Hub>,
    /// The hub's clock.
    pub(crate) clock: Arc<Clock>,
    /// Ends what streams.
    pub(crate) stop: Stop,
}

/// The desk that all handlers share.
pub(crate) struct Desk {
    services: Services,
    calls: Room,
    streams: Room,
    files: Arc<Files>,
}

/// Places for everybody, and how many of them the public may have.
struct Room {
    all: Places<Caller>,
    public: Places<()>,
}

/// A place that is taken until it is dropped.
pub(crate) struct Held {
    caller: Caller,
    _place: Place<Caller>,
    _of_public: Option<Place<()>>,
}

impl Held {
    /// Whose place it is.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// A place that has nothing to do with others.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        let caller = Caller::Public(std::net::Ipv4Addr::LOCALHOST.into());
        Room::new(2, 1).take(caller).unwrap_or_else(|_| panic!("there is a place"))
    }
}

/// What goes with an answer that streams: the place is given back when the work is done, and the work ends early
/// when nobody attends.
pub(crate) struct Stay {
    pub(crate) place: Held,
    pub(crate) attending: Attending,
}

impl Room {
    /// All of the public together may have half: some are left for whoever says who he is.
    fn new(all: u64, each: u64) -> Self {
        Self { all: Places::new(count(all), count32(each)), public: Places::new(count(all / 2), u32::MAX) }
    }

    fn take(&self, caller: Caller) -> Result<Held, Problem> {
        let of_public = match &caller {
            Caller::Public(_) => Some(self.public.take(()).ok_or_else(|| self.full())?),
            Caller::Agency(_) => None,
        };
        let place = self.all.take(caller.clone()).ok_or_else(|| self.full())?;
        Ok(Held { caller, _place: place, _of_public: of_public })
    }

    fn full(&self) -> Problem {
        let each = self.all.each();
        let text =
            format!("too many requests at a time, of this caller (at most {each}) or of all: try again");
        Problem::busy(text, PLACE_WAIT)
    }
}

/// A request as work sees it, off the network's threads.
pub(crate) struct Asked {
    /// Method, address and header.
    pub(crate) parts: Parts,
    /// Who asks.
    pub(crate) visitor: Visitor,
    /// Now, for all that is decided about this request.
    pub(crate) now: Moment,
    /// Whether the caller still waits for the answer.
    pub(crate) attendance: Attendance,
}

/// A whole answer with a body that is in memory.
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// Content-Type; nothing: no content.
    pub(crate) media_type: Option<String>,
    /// Languages of texts in it.
    pub(crate) languages: Option<String>,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// What tells it from others at this address.
    pub(crate) validators: Option<Validators>,
}

impl Asked {
    /// The permit for an operation, if it is granted.
    pub(crate) fn permit<O: Operation>(&self, hub: &Hub, operation: O) -> Result<Permit<O>, Refusal> {
        self.visitor.permit(hub, operation, self.now)
    }
}

impl Answer {
    /// An answer with status 200.
    pub(crate) fn of(media_type: impl Into<String>, body: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            media_type: Some(media_type.into()),
            languages: None,
            body,
            validators: None,
        }
    }

    /// An answer without content.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, media_type: None, languages: None, body: Vec::new(), validators: None }
    }

    fn response(self) -> Response {
        let mut response = (self.status, Body::from(self.body)).into_response();
        let headers = response.headers_mut();
        headers.remove(CONTENT_TYPE);
        if let Some(value) = self.media_type.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(CONTENT_TYPE, value);
        }
        if let Some(value) = self.languages.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(CONTENT_LANGUAGE, value);
        }
        if let Some(validators) = self.validators {
            validators.put(headers);
        }
        response
    }
}

impl Desk {
    /// A desk with places of its own.
    pub(crate) fn new(services: Services) -> Self {
        let limits = *services.hub.limits();
        Self {
            services,
            calls: Room::new(limits.rest_calls, limits.rest_calls_per_caller),
            streams: Room::new(limits.rest_streams, limits.rest_streams_per_caller),
            files: Arc::default(),
        }
    }

    /// The hub.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.services.hub
    }

    /// Answers that are files.
    pub(crate) fn files(&self) -> &Arc<Files> {
        &self.files
    }

    /// Ends what streams.
    pub(crate) fn stop(&self) -> Stop {
        self.services.stop.clone()
    }

    /// A request with one answer, made off the network's threads.
    pub(crate) async fn answer(
        &self,
        family: Family,
        parts: Parts,
        work: impl FnOnce(&Arc<Hub>, &Asked) -> Result<Answer, Problem> + Send + 'static,
    ) -> Response {
        let headers = parts.headers.clone();
        match self.work(parts, &self.calls, work).await {
            Ok((answer, _place)) => answer.response(),
            Err(problem) => problem.response(family, &headers),
        }
    }

    /// What `work` gives for a request, made off the network's threads.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        parts: Parts,
        work: impl FnOnce(&Arc<Hub>, &Asked) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.work(parts, &self.calls, work).await.map(|(made, _place)| made)
    }

    /// Begins an answer that streams: what `open` gives, and what is held until the stream ends.
    pub(crate) async fn begin<T: Send + 'static>(
        &self,
        parts: Parts,
        open: impl FnOnce(&Arc<Hub>, &Asked) -> Result<T, Problem> + Send + 'static,
    ) -> Result<(T, Stay), Problem> {
        self.work(parts, &self.streams, open).await
    }

    async fn work<T: Send + 'static>(
        &self,
        parts: Parts,
        room: &Room,
        work: impl FnOnce(&Arc<Hub>, &Asked) -> Result<T, Problem> + Send + 'static,
    ) -> Result<(T, Stay), Problem> {
        let now = self.services.clock.now();
        self.work_at(now, parts, room, work).await.map_err(|problem| problem.at(now))
    }

    async fn work_at<T: Send + 'static>(
        &self,
        now: Moment,
        parts: Parts,
        room: &Room,
        work: impl FnOnce(&Arc<Hub>, &Asked) -> Result<T, Problem> + Send + 'static,
    ) -> Result<(T, Stay), Problem> {
        let visitor = Visitor::of(&parts.extensions, &parts.headers)?;
        let place = room.take(visitor.caller(&self.services.hub, now))?;
        let hub = self.services.hub.clone();
        // Dropped with this future, if the caller leaves.
        let attending = Attending::default();
        let asked = Asked { parts, visitor, now, attendance: attending.attendance() };
        let made = tokio::task::spawn_blocking(move || {
            // Held to the end of the work, which may go on for a while when the caller has left.
            work(&hub, &asked).map(|made| (made, place))
        });
        match made.await {
            Ok(made) => made.map(|(made, place)| (made, Stay { place, attending })),
            Err(error) if error.is_panic() => {
                Err(Refusal::internal("a request ended in a panic, which the log has before this").into())
            }
            Err(_) => {
                Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the hub is being stopped: ask again soon"))
            }
        }
    }
}
