//! What agencies have sent today. In memory: a hub that starts anew begins to count anew, and loses nothing by it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mighub::v1::ErrorReason;

use crate::hub::Hub;
use crate::hub::moment::Moment;
use crate::hub::refusal::Refusal;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Bytes by agency, of one day.
#[derive(Debug, Default)]
pub(super) struct Quota(Mutex<Day>);

#[derive(Debug, Default)]
struct Day {
    /// Days since 1970, in UTC.
    number: i64,
    sent: BTreeMap<String, u64>,
}

impl Quota {
    /// Counts bytes that an agency sends; refused, and not counted, if they would be more than `most` today. Nothing
    /// may be sent any more once `most` is reached, not even nothing.
    fn count(&self, agency: &str, bytes: u64, most: u64, now: Moment) -> Result<(), Refusal> {
        let mut day = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.0.div_euclid(DAY_MS);
        if day.number != number {
            *day = Day { number, sent: BTreeMap::new() };
        }
        let sent = day.sent.get(agency).copied().unwrap_or(0);
        let would_be = sent.saturating_add(bytes);
        if sent >= most || would_be > most {
            let wait_ms = (number + 1).saturating_mul(DAY_MS).saturating_sub(now.0);
            let wait = Duration::from_millis(u64::try_from(wait_ms).unwrap_or_default());
            let text = format!(
                "{agency} may send {most} bytes a day and has sent {sent}: go on after midnight UTC; what was acknowledged \
                 stays"
            );
            let refusal = Refusal::new(ErrorReason::QuotaSpent, text);
            return Err(refusal.about("limit", most).about("found", would_be).retry_after(wait));
        }
        // Agencies are few: only those with a right to send come here.
        day.sent.insert(agency.to_owned(), would_be);
        Ok(())
    }
}

impl Hub {
    /// Counts bytes that an agency sends today, as they travel.
    pub fn count_sent(&self, agency: &str, bytes: u64, now: Moment) -> Result<(), Refusal> {
        self.desk.quota.count(agency, bytes, self.limits.bytes_per_day_per_agency, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agency_that_has_sent_enough_waits_until_midnight_and_others_do_not() {
        let quota = Quota::default();
        let noon = Moment(20_000 * DAY_MS + DAY_MS / 2);
        quota.count("SWE", 60, 100, noon).expect("within the limit");
        let refusal = quota.count("SWE", 41, 100, noon).expect_err("one too many");
        assert_eq!(refusal.reason, ErrorReason::QuotaSpent);
        assert_eq!(refusal.retry_after, Some(Duration::from_millis(DAY_MS as u64 / 2)));
        quota.count("SWE", 40, 100, noon).expect("the rest");
        quota.count("SWE", 0, 100, noon).expect_err("all is spent");
        quota.count("NOR", 100, 100, noon).expect("another agency");
        quota.count("SWE", 100, 100, Moment(noon.0 + DAY_MS / 2)).expect("the next day");
    }
}
