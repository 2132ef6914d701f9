//! Trying again: only what is temporary, with growing pauses, and not for ever.

use std::future::Future;
use std::time::Duration;

use tonic::{Response, Status};

use crate::error::Error;

/// Failures in a row after which a call is given up: with the pauses below, after about a minute.
const ATTEMPTS_MAX: u32 = 8;
/// Pause after the first failure. Tests break connections by the dozen and need not wait.
const PAUSE_FIRST: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 200 });
/// No pause of our own is longer.
const PAUSE_MAX: Duration = Duration::from_secs(15);
/// If the hub asks for a longer pause the call is given up: a person or a scheduler does better.
const PAUSE_ASKED_MAX: Duration = Duration::from_secs(60);

/// Counts failures in a row and pauses between attempts.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Something moved on, so that what fails next is the first failure again.
    pub(crate) fn moved_on(&mut self) {
        self.failures = 0;
    }

    /// Pauses after a failure; gives the error back if there is no sense in trying again.
    pub(crate) async fn pause(&mut self, error: Error) -> Result<(), Error> {
        self.failures += 1;
        let Some(pause) = pause_after(&error, self.failures) else { return Err(error) };
        let pause = jittered(pause);
        tracing::info!(%error, ?pause, "trying again");
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// How long to pause after so many failures in a row; nothing if there is no sense in trying again.
fn pause_after(error: &Error, failures: u32) -> Option<Duration> {
    if !error.is_temporary() || failures >= ATTEMPTS_MAX {
        return None;
    }
    let asked = match error {
        Error::Hub(error) => error.retry_after.unwrap_or_default(),
        _ => Duration::ZERO,
    };
    let own = PAUSE_FIRST.saturating_mul(1 << (failures - 1).min(10)).min(PAUSE_MAX);
    (asked <= PAUSE_ASKED_MAX).then_some(asked.max(own))
}

/// Up to half as long again, so that clients that failed together do not come back together.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0u8; 1];
    // Without randomness all pause the same, which is no fault.
    let _ = getrandom::fill(&mut byte);
    pause + pause / 2 * u32::from(byte[0]) / 255
}

/// Calls until there is an answer or an error that stays. Only for calls that may be repeated.
pub(crate) async fn until_answered<T, F>(mut call: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    let mut backoff = Backoff::default();
    loop {
        match call().await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => backoff.pause(status.into()).await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;
    use tonic_types::{ErrorDetails, StatusExt};

    fn asking(seconds: u64) -> Error {
        let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(seconds)));
        Status::with_error_details(Code::Unavailable, "later", details).into()
    }

    #[test]
    fn pauses_grow_and_end() {
        let error = Error::from(Status::unavailable("later"));
        let pauses: Vec<_> = (1..).map_while(|failures| pause_after(&error, failures)).collect();
        assert_eq!(pauses.len() as u32, ATTEMPTS_MAX - 1);
        assert_eq!(pauses[0], PAUSE_FIRST);
        assert!(pauses.is_sorted() && pauses.iter().all(|pause| *pause <= PAUSE_MAX));
    }

    #[test]
    fn what_the_hub_asks_for_is_heeded_if_it_is_short() {
        assert_eq!(pause_after(&asking(30), 1), Some(Duration::from_secs(30)));
        assert_eq!(pause_after(&asking(0), 1), Some(PAUSE_FIRST));
        assert_eq!(pause_after(&asking(600), 1), None);
    }

    #[tokio::test]
    async fn what_is_not_temporary_is_not_tried_again() {
        let mut calls = 0;
        let answer: Result<(), Error> = until_answered(|| {
            calls += 1;
            async { Err(Status::not_found("no")) }
        })
        .await;
        assert!(answer.is_err());
        assert_eq!(calls, 1);
    }
}
