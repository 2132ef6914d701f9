//! What flows between stages.

use std::sync::Arc;

use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::Columns;

use super::FoldError;
use crate::hub::vintage::{BlockSource, load_joined};

/// Some observations, in ascending order of keys from one segment to the next. No series is divided between
/// segments of columns.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    /// Canonical blocks that nobody has opened: one, or several that share a series. `cut` says whether the
    /// last of them ends where the canon cuts, whatever follows.
    Blocks { blocks: Vec<Arc<BlockInfo>>, cut: bool },
    /// Opened.
    Columns(Arc<Columns>),
}

/// A source of segments.
pub(super) trait Stage {
    fn next(&mut self) -> Result<Option<Segment>, FoldError>;
}

impl Segment {
    pub(super) fn open(self, source: &dyn BlockSource) -> Result<Arc<Columns>, FoldError> {
        match self {
            Self::Columns(columns) => Ok(columns),
            Self::Blocks { blocks, .. } => Ok(load_joined(&source, &blocks)?.0),
        }
    }

    pub(super) fn first_key(&self) -> Vec<Arc<str>> {
        match self {
            Self::Columns(columns) => columns.key(0).to_vec(),
            Self::Blocks { blocks, .. } => blocks[0].first_key.clone(),
        }
    }

    pub(super) fn last_key(&self) -> Vec<Arc<str>> {
        match self {
            Self::Columns(columns) => columns.key(columns.series_count() - 1).to_vec(),
            Self::Blocks { blocks, .. } => blocks[blocks.len() - 1].last_key.clone(),
        }
    }
}

/// The blocks of a list, as they lie.
pub(super) struct Blocks {
    blocks: Arc<[Arc<BlockInfo>]>,
    next: usize,
}

impl Blocks {
    pub(super) fn new(blocks: Arc<[Arc<BlockInfo>]>) -> Self {
        Self { blocks, next: 0 }
    }
}

impl Stage for Blocks {
    fn next(&mut self) -> Result<Option<Segment>, FoldError> {
        let rest = &self.blocks[self.next..];
        if rest.is_empty() {
            return Ok(None);
        }
        let goes_on = |pair: &&[Arc<BlockInfo>]| pair[0].last_key == pair[1].first_key;
        let count = 1 + rest.windows(2).take_while(goes_on).count();
        self.next += count;
        let blocks = rest[..count].to_vec();
        Ok(Some(Segment::Blocks { blocks, cut: count < rest.len() }))
    }
}

/// Looks one segment ahead.
pub(super) struct Peeked<'a> {
    stage: Box<dyn Stage + 'a>,
    ahead: Option<Segment>,
}

impl<'a> Peeked<'a> {
    pub(super) fn new(stage: Box<dyn Stage + 'a>) -> Self {
        Self { stage, ahead: None }
    }

    pub(super) fn peek(&mut self) -> Result<Option<&Segment>, FoldError> {
        if self.ahead.is_none() {
            self.ahead = self.stage.next()?;
        }
        Ok(self.ahead.as_ref())
    }

    pub(super) fn take(&mut self) -> Result<Option<Segment>, FoldError> {
        match self.ahead.take() {
            Some(segment) => Ok(Some(segment)),
            None => self.stage.next(),
        }
    }
}
