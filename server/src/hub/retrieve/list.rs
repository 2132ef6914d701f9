//! The vintages of a dataflow as a reader came to see them: ListVintages.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use mighub::v1;
use mighub::v1::ErrorReason;

use super::history::{History, Shown};
use super::reading::{Point, Reading};
use super::sight::{Ask, Providers, Sight};
use crate::hub::lane::{LaneId, agency, dataflow};
use crate::hub::mask::Audience;
use crate::hub::pages::Page;
use crate::hub::permit::{Permit, Read};
use crate::hub::{Hub, Moment, Refusal};

/// Where a state stands in the list: the greatest comes first.
type Rank = (Moment, u64, Reverse<String>);

/// The states of one lane, one by one.
struct LaneStates<'h> {
    lane: &'h LaneId,
    audience: Audience,
    history: History<'h>,
    /// The newest that was not listed yet.
    next: Option<(Shown, Option<Sight>)>,
}

impl Hub {
    /// RetrievalService.ListVintages.
    pub fn list_vintages(
        &self,
        permit: &Permit<Read>,
        request: &v1::ListVintagesRequest,
        now: Moment,
    ) -> Result<v1::ListVintagesResponse, Refusal> {
        let (today, rights) = self.today(now);
        let providers = match &request.provider[..] {
            "" => Providers::All,
            provider => Providers::These(BTreeSet::from([agency("provider", provider)?])),
        };
        let ask = Ask::everything(self, permit, rights, dataflow("dataflow", &request.dataflow)?)?;
        let ask = Ask { providers, ..ask };
        let page = Page::read(request.page_size, &request.page_token)?;
        let after = if page.after.is_empty() { None } else { Some(read_rank(&page.after)?) };
        let from = request.effective_from.as_ref().map_or(Moment::BEGINNING, Moment::of_message);
        let before = request.effective_before.as_ref().map(|before| Moment(Moment::of_message(before).0 - 1));
        let listed = after.as_ref().map(|(since, ..)| *since);
        let until = before.into_iter().chain(listed).fold(today.moment, Moment::min);
        let position = if until < today.moment { self.position_at(until) } else { Some(today.position) };
        let Some(position) = position else { return Ok(v1::ListVintagesResponse::default()) };
        let until = Point { position: position.min(today.position), moment: until };

        let lanes = ask.lanes(self)?;
        let mut states = Vec::new();
        for lane in &lanes {
            let audience = ask.audience(lane, &Reading::of(today));
            let history = History::new(&ask, self, lane, audience.clone(), until, today)?;
            let mut of_lane = LaneStates { lane, audience, history, next: None };
            of_lane.advance()?;
            states.push(of_lane);
        }
        let mut answer = v1::ListVintagesResponse::default();
        let mut last = None;
        while let Some(newest) = states.iter_mut().max_by_key(|states| states.rank()) {
            let Some(rank) = newest.rank().filter(|(since, ..)| *since >= from) else { break };
            let edition = newest.next.as_ref().map(|(shown, _)| &shown.recorded.row.edition);
            let is_asked = request.edition.is_empty() || edition == Some(&request.edition);
            if is_asked && after.as_ref().is_none_or(|after| rank < *after) {
                if answer.vintages.len() == page.size {
                    answer.next_page_token =
                        last.map(|rank| Page::token(&write_rank(&rank))).unwrap_or_default();
                    break;
                }
                answer.vintages.extend(newest.message(&ask, today));
                last = Some(rank);
            }
            newest.advance()?;
        }
        Ok(answer)
    }
}

impl LaneStates<'_> {
    fn rank(&self) -> Option<Rank> {
        let (shown, _) = self.next.as_ref()?;
        Some((shown.since, shown.recorded.position, Reverse(self.lane.provider.to_string())))
    }

    fn message(&self, ask: &Ask, today: Point) -> Option<v1::Vintage> {
        let (shown, sight) = self.next.as_ref()?;
        let before = self.history.peek();
        let mut message =
            ask.vintage_message(self.lane, shown, sight.as_ref(), before, &self.audience, today);
        // Where nothing is left the list says since when, and by which record.
        message.r#ref = message.r#ref.or_else(|| Some(Ask::vintage_ref(shown, false)));
        Some(message)
    }

    fn advance(&mut self) -> Result<(), Refusal> {
        self.next = self.history.next().transpose()?;
        Ok(())
    }
}

fn write_rank((since, position, Reverse(provider)): &Rank) -> String {
    format!("{} {position} {provider}", since.0)
}

fn read_rank(text: &str) -> Result<Rank, Refusal> {
    let mut parts = text.splitn(3, ' ');
    let since = parts.next().and_then(|since| since.parse().ok()).map(Moment);
    let position = parts.next().and_then(|position| position.parse().ok());
    let rank = since.zip(position).zip(parts.next());
    rank.map(|((since, position), provider)| (since, position, Reverse(provider.to_owned()))).ok_or_else(
        || {
            let text = "the page token is not one of this list: begin with the first page";
            Refusal::new(ErrorReason::PageTokenMalformed, text).of_field("page_token")
        },
    )
}
