//! Compression. A frame that comes from outside is untrusted: its declared length bounds what is allocated.

use std::cell::RefCell;
use std::io;

use zstd::bulk::{Compressor, Decompressor};

use super::{BlockError, FRAME_BYTES_MAX, RAW_BYTES_MAX};

/// zstd level 1: blocks are small and already in columns; higher levels cost more than they save.
const LEVEL: i32 = 1;

thread_local! {
    /// Making a context costs as much as compressing a block with it.
    static CONTEXTS: RefCell<Option<(Compressor<'static>, Decompressor<'static>)>> = const { RefCell::new(None) };
}

fn with_contexts<T>(
    run: impl FnOnce(&mut Compressor<'static>, &mut Decompressor<'static>) -> io::Result<T>,
) -> Result<T, BlockError> {
    CONTEXTS
        .with_borrow_mut(|contexts| {
            let contexts = match contexts {
                Some(contexts) => contexts,
                None => contexts.insert((Compressor::new(LEVEL)?, Decompressor::new()?)),
            };
            run(&mut contexts.0, &mut contexts.1)
        })
        .map_err(|error| BlockError::Frame(error.to_string()))
}

/// One zstd frame that declares its length.
pub fn compress(raw: &[u8]) -> Result<Vec<u8>, BlockError> {
    with_contexts(|compressor, _| compressor.compress(raw))
}

/// The content of one zstd frame: it must declare a length within [`RAW_BYTES_MAX`], have exactly that
/// length, and nothing may follow it.
pub fn decompress(frame: &[u8]) -> Result<Vec<u8>, BlockError> {
    let refuse = |reason: &str| BlockError::Frame(reason.to_owned());
    if frame.len() > FRAME_BYTES_MAX {
        return Err(BlockError::TooLarge);
    }
    let declared =
        zstd::zstd_safe::get_frame_content_size(frame).map_err(|_| refuse("its header is damaged"))?;
    let declared = declared.ok_or_else(|| refuse("it does not declare its length"))?;
    let declared = usize::try_from(declared).ok().filter(|length| *length <= RAW_BYTES_MAX);
    let declared = declared.ok_or(BlockError::TooLarge)?;
    let whole = zstd::zstd_safe::find_frame_compressed_size(frame).map_err(|_| refuse("it is cut off"))?;
    if whole != frame.len() {
        return Err(refuse("something follows it"));
    }
    let raw = with_contexts(|_, decompressor| decompressor.decompress(frame, declared))?;
    if raw.len() != declared {
        return Err(refuse("it is shorter than it declares"));
    }
    Ok(raw)
}
