//! The list of who read what: what somebody goes through after a release that was wrong.

use std::collections::HashMap;
use std::ops::ControlFlow;

use mighub::v1::{self, ErrorReason};
use mighub_store::{Month, ReadPlace};
use prost::Message;

use super::Entry;
use crate::hub::Hub;
use crate::hub::lane::{agency, dataflow};
use crate::hub::moment::Moment;
use crate::hub::pages::Page;
use crate::hub::permit::{Audit, Permit};
use crate::hub::refusal::Refusal;

/// Entries looked at for one page, at most: then the page is short.
const LOOKED_AT_MAX: usize = 200_000;
/// Entries looked at behind a page for the ends of reads on it.
const LOOKED_AHEAD_MAX: usize = 50_000;

impl Hub {
    /// ReleaseService.AuditReads.
    pub fn audit_reads(
        &self,
        _: &Permit<Audit>,
        request: &v1::AuditReadsRequest,
        _: Moment,
    ) -> Result<v1::AuditReadsResponse, Refusal> {
        if !request.dataflow.is_empty() {
            self.definition(&dataflow("dataflow", &request.dataflow)?)?;
        }
        if !request.provider.is_empty() {
            agency("provider", &request.provider)?;
        }
        let page = Page::read(request.page_size, &request.page_token)?;
        let from = if page.after.is_empty() {
            let since = request.since.as_ref().map(Moment::of_message);
            ReadPlace { month: since.map_or(Month(0), month_of), offset: 0 }
        } else {
            place(&page.after).ok_or_else(|| {
                Refusal::new(ErrorReason::PageTokenMalformed, "the page token is not one of this list")
            })?
        };
        let mut list = List { request, size: page.size, reads: Vec::new(), open_reads: HashMap::new() };
        let (mut looked_at, mut next, mut broken) = (0, None, None);
        self.reads
            .log
            .each(from, |place, bytes| {
                looked_at += 1;
                match Entry::decode(bytes) {
                    Ok(entry) if next.is_none() && list.has_room() && looked_at <= LOOKED_AT_MAX => {
                        list.take(entry);
                    }
                    Ok(entry) => {
                        // What comes from here on belongs to the next page; ends of reads are looked for still.
                        if next.is_none() {
                            (next, looked_at) = (Some(place), 0);
                        }
                        list.end(&entry);
                        if list.open_reads.is_empty() || looked_at > LOOKED_AHEAD_MAX {
                            return ControlFlow::Break(());
                        }
                    }
                    Err(error) => {
                        broken = Some(error.to_string());
                        return ControlFlow::Break(());
                    }
                }
                ControlFlow::Continue(())
            })
            .map_err(|error| Refusal::internal(error.to_string()))?;
        if let Some(broken) = broken {
            return Err(Refusal::new(
                ErrorReason::StoreDamaged,
                format!("the log of reads is damaged: {broken}"),
            ));
        }
        let token = |place: ReadPlace| Page::token(&format!("{} {}", place.month.0, place.offset));
        Ok(v1::AuditReadsResponse {
            reads: list.reads,
            next_page_token: next.map(token).unwrap_or_default(),
            left_out: self.reads.log.left_out(),
        })
    }
}

/// A page that is being filled.
struct List<'a> {
    request: &'a v1::AuditReadsRequest,
    size: usize,
    reads: Vec<v1::Read>,
    /// Reads whose end may come, with their place in the list.
    open_reads: HashMap<(i64, u64), usize>,
}

impl List<'_> {
    fn has_room(&self) -> bool {
        self.reads.len() < self.size
    }

    fn take(&mut self, entry: Entry) {
        // The end of what is not public follows on its beginning, here or on a page before.
        if entry.has_ended && entry.is_sensitive() {
            return self.end(&entry);
        }
        if !self.is_asked(&entry) {
            return;
        }
        if !entry.has_ended {
            self.open_reads.insert((entry.begun_ms, entry.number), self.reads.len());
        }
        self.reads.push(message(entry));
    }

    fn end(&mut self, entry: &Entry) {
        if entry.has_ended
            && let Some(place) = self.open_reads.remove(&(entry.begun_ms, entry.number))
        {
            self.reads[place].observations = entry.observations;
        }
    }

    fn is_asked(&self, entry: &Entry) -> bool {
        let asked = self.request;
        (asked.dataflow.is_empty() || asked.dataflow == entry.dataflow)
            && (asked.provider.is_empty() || asked.provider == entry.provider)
            && (!asked.sensitive_only || entry.is_sensitive())
            && asked.since.as_ref().is_none_or(|since| Moment::of_message(since).0 <= entry.begun_ms)
    }
}

/// The month in whose file a moment's reads are.
pub(super) fn month_of(moment: Moment) -> Month {
    let day = moment.day();
    Month(u32::from(day.year().unsigned_abs()) * 100 + u32::from(day.month().unsigned_abs()))
}

fn place(text: &str) -> Option<ReadPlace> {
    let (month, offset) = text.split_once(' ')?;
    Some(ReadPlace { month: Month(month.parse().ok()?), offset: offset.parse().ok()? })
}

fn message(entry: Entry) -> v1::Read {
    v1::Read {
        time: Some(Moment(entry.begun_ms).to_message()),
        agency: entry.agency,
        application: entry.application,
        token_id: entry.token_id,
        lane: Some(v1::Lane { dataflow: entry.dataflow, provider: entry.provider }),
        position: entry.position,
        instant: Some(Moment(entry.instant_ms).to_message()),
        vintage: entry.vintage,
        door: entry.door,
        before_release: entry.before_release,
        restricted: entry.restricted,
        observations: entry.observations,
    }
}
