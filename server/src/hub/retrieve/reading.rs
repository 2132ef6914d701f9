//! From where somebody reads: a point of history, and the day whose rights and confidentiality govern.

use std::sync::Arc;
use std::time::Duration;

use mighub::v1::{self, ErrorReason};
use mighub_store::Position;
use prost::bytes::Bytes;

use super::EDITION_CHARACTERS_MAX;
use super::token::{ReadingBody, unknown_history};
use crate::hub::rights::Rights;
use crate::hub::{Hub, Moment, Refusal};

/// Wait for a position that the hub has not reached, or for an instant that has not come.
const NOT_REACHED_WAIT: Duration = Duration::from_secs(1);

/// The state after a record, with what is released at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Point {
    /// Of the record.
    pub(super) position: u64,
    /// Decides on embargoes, and on which day it is.
    pub(super) moment: Moment,
}

/// Which vintages are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// Those of a point.
    Point(Point),
    /// Lane by lane the newest with this label.
    Edition(Arc<str>),
}

/// From where somebody reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// Which vintages.
    pub(super) at: At,
    /// When the reading is done: its rights and its confidentiality govern what is read, however old.
    pub(super) today: Point,
}

impl Reading {
    /// What there is today.
    pub(super) fn of(today: Point) -> Self {
        Self { at: At::Point(today), today }
    }

    /// The reading that a request asks for.
    pub(super) fn asked(hub: &Hub, point: Option<&v1::Point>, today: Point) -> Result<Self, Refusal> {
        use v1::point::At as Asked;
        let not_reached =
            |text: String| Refusal::new(ErrorReason::PositionNotReached, text).retry_after(NOT_REACHED_WAIT);
        let at = match point.and_then(|point| point.at.as_ref()) {
            None => At::Point(today),
            Some(Asked::AsOf(instant)) => {
                let moment = Moment::of_message(instant);
                if moment > today.moment {
                    // Waiting would not help whoever names a day to come, and what they would get is not known.
                    let text = format!(
                        "as_of: {moment} is still to come (it is {} here): ask for an instant that has passed, or \
                         leave it out for the newest figures",
                        today.moment
                    );
                    return Err(Refusal::malformed("point.as_of", text));
                }
                // Before the first record there was nothing, as there is after it.
                let position = hub.position_at(moment).unwrap_or(0).min(today.position);
                At::Point(Point { position, moment })
            }
            Some(Asked::Position(position)) if *position > today.position => {
                let text =
                    format!("this hub has not reached position {position} yet: it is at {}", today.position);
                return Err(not_reached(text).about("position", position));
            }
            Some(Asked::Position(position)) => At::Point(Point { position: *position, moment: today.moment }),
            Some(Asked::Edition(label)) => {
                if label.is_empty() || label.chars().count() > EDITION_CHARACTERS_MAX {
                    let text = format!("an edition has a label of 1 to {EDITION_CHARACTERS_MAX} characters");
                    return Err(Refusal::malformed("point.edition", text));
                }
                At::Edition(Arc::from(&**label))
            }
        };
        Ok(Self { at, today })
    }

    /// The point that is read; for an edition, that at which its vintages are looked for.
    pub(super) fn point(&self) -> Point {
        match self.at {
            At::Point(point) => point,
            At::Edition(_) => self.today,
        }
    }
}

impl Hub {
    /// The newest point, with the rights there.
    pub(super) fn today(&self, now: Moment) -> (Point, Arc<Rights>) {
        // Held so that rights are those of the position: a record just taken in changes both.
        let _taking = self.taking.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        (Point { position: self.position().unwrap_or(0), moment: now }, self.rights())
    }

    /// The newest position of a point that somebody asks for, and the newest there is.
    pub(in crate::hub) fn positions_asked(
        &self,
        point: Option<&v1::Point>,
        now: Moment,
    ) -> Result<(u64, u64), Refusal> {
        let (today, _) = self.today(now);
        let reading = Reading::asked(self, point, today)?;
        Ok((reading.point().position, today.position))
    }

    /// A reading of a token, if it is of this hub's history.
    pub(super) fn known_reading(&self, body: &ReadingBody, newest: u64) -> Result<Reading, Refusal> {
        let reading = body.reading();
        let position = reading.today.position.max(reading.point().position);
        if position > newest || self.history_mark(reading.today.position)? != body.history {
            return Err(unknown_history());
        }
        Ok(reading)
    }

    /// Tells this journal up to a position from any other.
    pub(super) fn history_mark(&self, position: u64) -> Result<Bytes, Refusal> {
        const MARK_BYTES: usize = 8;
        self.kept.history_mark(position, || {
            let entry = self.store.record(Position(position))?;
            Ok(Bytes::copy_from_slice(&entry.hash[..MARK_BYTES]))
        })
    }
}
