//! One part against what flows by: Merge, Replace, and Delete of keys without wildcards.

use std::cmp::Ordering;
use std::sync::Arc;

use mighub::block::UNITS_MAX;
use mighub::manifest::BlockInfo;
use mighub::v1::PartAction;
use mighub_sdmx::columns::{Columns, ColumnsBuilder, ObservationRange, SeriesKey, Shape, SourceMap};
use mighub_sdmx::period::Period;

use super::FoldError;
use super::Part;
use super::combine::{combine, insert};
use super::defaults::WriteOut;
use super::stage::{Peeked, Segment, Stage};
use crate::hub::vintage::{BlockSource, load_joined};

/// A segment ends with the series that gives it so many observations: what is in memory does not grow with what
/// comes in between two series of the vintage.
const SEGMENT_OBSERVATIONS: usize = UNITS_MAX as usize;

pub(super) struct Merge<'a> {
    input: Peeked<'a>,
    source: &'a dyn BlockSource,
    action: PartAction,
    write_out: &'a WriteOut,
    incoming: Incoming,
    /// What was opened of the input, from its first series that was not dealt with.
    present: Option<Open>,
    builder: ColumnsBuilder,
}

/// The part's series in order; at most one block is open.
struct Incoming {
    blocks: Arc<[Arc<BlockInfo>]>,
    next: usize,
    open: Option<Open>,
    timeless: bool,
}

/// Columns, and the series of them that is next.
struct Open {
    columns: Arc<Columns>,
    series: usize,
    map: SourceMap,
}

/// The key of what is next.
#[derive(Clone, Copy)]
enum Head<'k> {
    Series(SeriesKey<'k>),
    Block(&'k [Arc<str>]),
}

impl Head<'_> {
    fn cmp_codes(&self, codes: &[Arc<str>]) -> Ordering {
        match self {
            Self::Series(key) => key.cmp_codes(codes),
            Self::Block(key) => (**key).cmp(codes),
        }
    }

    fn cmp_key(&self, other: SeriesKey<'_>) -> Ordering {
        match self {
            Self::Series(key) => key.cmp(&other),
            Self::Block(key) => other.cmp_codes(key).reverse(),
        }
    }
}

/// What comes next.
enum Next {
    /// A segment that the part does not touch, or nothing any more.
    Pass,
    /// A segment that the part may touch.
    OpenPresent,
    /// A series of the vintage alone.
    Present,
    /// A series of both.
    Both,
    /// A block of the part before anything that is left of the vintage.
    IncomingBlock,
    /// A series of the part alone.
    Incoming,
}

impl<'a> Merge<'a> {
    pub(super) fn new(
        input: Box<dyn Stage + 'a>,
        source: &'a dyn BlockSource,
        write_out: &'a WriteOut,
        shape: Arc<Shape>,
        part: &Part,
    ) -> Self {
        Self {
            input: Peeked::new(input),
            source,
            action: part.action,
            write_out,
            incoming: Incoming { blocks: part.blocks.clone(), next: 0, open: None, timeless: shape.timeless },
            present: None,
            builder: ColumnsBuilder::new(shape),
        }
    }

    fn what_is_next(&mut self) -> Result<Next, FoldError> {
        let Some(incoming) = self.incoming.head() else {
            return Ok(if self.present.is_some() { Next::Present } else { Next::Pass });
        };
        if let Some(present) = &self.present {
            return Ok(match incoming.cmp_key(present.key()) {
                Ordering::Greater => Next::Present,
                Ordering::Equal => Next::Both,
                Ordering::Less => {
                    let before = |key: &[Arc<str>]| present.key().cmp_codes(key) == Ordering::Greater;
                    if self.incoming.is_whole(self.action, self.write_out, before) {
                        Next::IncomingBlock
                    } else {
                        Next::Incoming
                    }
                }
            });
        }
        let Some(ahead) = self.input.peek()? else {
            let is_whole = self.incoming.is_whole(self.action, self.write_out, |_| true);
            return Ok(if is_whole { Next::IncomingBlock } else { Next::Incoming });
        };
        if incoming.cmp_codes(&ahead.last_key()) == Ordering::Greater {
            return Ok(Next::Pass);
        }
        let first_key = ahead.first_key();
        if incoming.cmp_codes(&first_key) != Ordering::Less {
            return Ok(Next::OpenPresent);
        }
        let is_whole = self.incoming.is_whole(self.action, self.write_out, |key| *key < first_key[..]);
        Ok(if is_whole { Next::IncomingBlock } else { Next::Incoming })
    }

    /// What was built so far, as a segment.
    fn built(&mut self) -> Option<Segment> {
        (!self.builder.is_empty()).then(|| Segment::Columns(Arc::new(self.builder.take())))
    }
}

impl Stage for Merge<'_> {
    fn next(&mut self) -> Result<Option<Segment>, FoldError> {
        loop {
            if self.builder.len() >= SEGMENT_OBSERVATIONS {
                return Ok(self.built());
            }
            match self.what_is_next()? {
                Next::Pass => {
                    return match self.built() {
                        Some(segment) => Ok(Some(segment)),
                        None => self.input.take(),
                    };
                }
                Next::IncomingBlock => {
                    return Ok(self.built().or_else(|| self.incoming.take_block()));
                }
                Next::OpenPresent => {
                    if let Some(segment) = self.input.take()? {
                        self.present = Some(Open::new(segment.open(self.source)?));
                    }
                }
                Next::Present => {
                    if let Some(present) = &mut self.present {
                        let range = ObservationRange::whole(&present.columns, present.series);
                        self.builder.push(range, &mut present.map);
                    }
                    Open::advance(&mut self.present);
                }
                Next::Incoming => {
                    if let Some(incoming) = self.incoming.open(self.source)?
                        && self.action != PartAction::Delete
                    {
                        let Open { columns, series, map } = incoming;
                        insert(&mut self.builder, self.write_out, (columns, *series), map);
                    }
                    Open::advance(&mut self.incoming.open);
                }
                Next::Both => {
                    let incoming = self.incoming.open(self.source)?;
                    if let (Some(present), Some(incoming)) = (&self.present, incoming) {
                        let sides =
                            ((&*present.columns, present.series), (&*incoming.columns, incoming.series));
                        combine(&mut self.builder, self.action, self.write_out, sides.0, sides.1);
                    }
                    Open::advance(&mut self.present);
                    Open::advance(&mut self.incoming.open);
                }
            }
        }
    }
}

impl Open {
    fn new(columns: Arc<Columns>) -> Self {
        Self { columns, series: 0, map: SourceMap::default() }
    }

    fn key(&self) -> SeriesKey<'_> {
        self.columns.key(self.series)
    }

    /// Goes to the next series; nothing stays open behind the last.
    fn advance(open: &mut Option<Self>) {
        *open = open.take().and_then(|open| {
            let series = open.series + 1;
            (series < open.columns.series_count()).then_some(Self { series, ..open })
        });
    }
}

impl Incoming {
    fn head(&self) -> Option<Head<'_>> {
        match &self.open {
            Some(open) => Some(Head::Series(open.key())),
            None => self.blocks.get(self.next).map(|block| Head::Block(&block.first_key)),
        }
    }

    /// Whether the next block can pass by its name: nobody opened it, all of it comes before what is left of the
    /// vintage, and nothing is to be written into it. The part's own blocks are those of the vintage where nothing
    /// was there before: both manifests name them. A row without period only carries attributes of a series, and
    /// a series that goes on in the next block is not divided.
    fn is_whole(
        &self,
        action: PartAction,
        write_out: &WriteOut,
        before: impl Fn(&[Arc<str>]) -> bool,
    ) -> bool {
        if self.open.is_some() || action == PartAction::Delete || !write_out.is_empty() {
            return false;
        }
        let (block, after) = (self.blocks.get(self.next), self.blocks.get(self.next + 1));
        block.is_some_and(|block| {
            let goes_on = after.is_some_and(|after| after.first_key == block.last_key);
            let is_about_series = block.first_period == Period::ANY && !self.timeless;
            !goes_on && !is_about_series && before(&block.last_key)
        })
    }

    fn take_block(&mut self) -> Option<Segment> {
        let block = self.blocks.get(self.next)?.clone();
        self.next += 1;
        Some(Segment::Blocks { blocks: vec![block], cut: self.next < self.blocks.len() })
    }

    fn open(&mut self, source: &dyn BlockSource) -> Result<Option<&mut Open>, FoldError> {
        if self.open.is_none() && self.next < self.blocks.len() {
            let (columns, count) = load_joined(&source, &self.blocks[self.next..])?;
            self.next += count;
            self.open = Some(Open::new(columns));
        }
        Ok(self.open.as_mut())
    }
}
