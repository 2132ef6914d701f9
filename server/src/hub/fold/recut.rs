//! The last stage: cuts what was touched anew, and lets old blocks pass where the cuts agree.

use std::sync::Arc;

use mighub::block::{BlockWriter, FinishedBlock, Naming};
use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::Shape;

use super::stage::{Peeked, Segment, Stage};
use super::{BlockSink, FoldError};
use crate::hub::vintage::BlockSource;

pub(super) fn recut<'a>(
    stage: Box<dyn Stage + 'a>,
    source: &'a dyn BlockSource,
    shape: Arc<Shape>,
    naming: &Naming,
    sink: &mut dyn BlockSink,
) -> Result<Vec<Arc<BlockInfo>>, FoldError> {
    let mut stage = Peeked::new(stage);
    let mut writer = BlockWriter::new(shape, naming.clone());
    let mut result = Vec::new();
    while let Some(segment) = stage.take()? {
        // A block depends only on what stands in it since the cut before; its end is a cut unless it was
        // merely the last of its list.
        let passes = match &segment {
            Segment::Blocks { cut, .. } if writer.is_at_cut() => *cut || stage.peek()?.is_none(),
            _ => false,
        };
        match segment {
            Segment::Blocks { blocks, .. } if passes => result.extend(blocks),
            segment => writer.push(&*segment.open(source)?, &mut |block| finish(block, sink, &mut result))?,
        }
    }
    if let Some(block) = writer.finish() {
        finish(block, sink, &mut result)?;
    }
    Ok(result)
}

fn finish(
    block: FinishedBlock,
    sink: &mut dyn BlockSink,
    result: &mut Vec<Arc<BlockInfo>>,
) -> Result<(), FoldError> {
    result.push(Arc::new(block.info.clone()));
    sink.keep(block)
}
