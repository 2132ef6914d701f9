//! Files that are read in ranges: built once, and kept while their readers come back for more.
//!
//! DuckDB reads the end of a Parquet file first and then the columns that it needs; the file behind one ETag must
//! therefore stay the same. It lies in a temporary file without a name, so that nothing is left of it when it is
//! dropped, however the hub ends.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::Semaphore;

use crate::hub::Moment;

/// Bytes of one file: 10 million observations take some 30 MB.
pub(crate) const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Bytes of all files that are kept.
const KEPT_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Files that are kept.
const FILES_KEPT: usize = 32;
/// A file that nobody read for so long is dropped.
const UNREAD_MS_MAX: i64 = 10 * 60 * 1000;
/// Files that are built at a time: each keeps a processor busy.
const BUILDING_MAX: usize = 2;

/// Files that were built lately.
pub(crate) struct Files {
    kept: Mutex<VecDeque<Entry>>,
    building: Semaphore,
}

struct Entry {
    tag: String,
    read: Moment,
    file: Arc<Built>,
}

/// A file that does not change any more.
pub(crate) struct Built {
    file: File,
    length: u64,
}

/// Writes a file, up to its limit.
pub(crate) struct Building {
    file: File,
    length: u64,
}

impl Default for Files {
    fn default() -> Self {
        Self { kept: Mutex::default(), building: Semaphore::new(BUILDING_MAX) }
    }
}

impl Files {
    /// The file of a tag; it is built with `build` if it is not there.
    pub(crate) async fn get<E: Send + 'static>(
        &self,
        tag: &str,
        now: Moment,
        build: impl FnOnce() -> Result<Built, E> + Send + 'static,
        fault: impl FnOnce(String) -> E,
    ) -> Result<Arc<Built>, E> {
        if let Some(file) = self.known(tag, now) {
            return Ok(file);
        }
        let Ok(_permit) = self.building.acquire().await else {
            return Err(fault("no more files are built".to_owned()));
        };
        // Whoever waited may find what it waits for.
        if let Some(file) = self.known(tag, now) {
            return Ok(file);
        }
        match tokio::task::spawn_blocking(build).await {
            Ok(Ok(built)) => Ok(self.keep(tag, now, built)),
            Ok(Err(error)) => Err(error),
            Err(error) => Err(fault(error.to_string())),
        }
    }

    fn known(&self, tag: &str, now: Moment) -> Option<Arc<Built>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|entry| now.0.saturating_sub(entry.read.0) <= UNREAD_MS_MAX);
        let place = kept.iter().position(|entry| entry.tag == tag)?;
        let mut entry = kept.remove(place)?;
        entry.read = now;
        let file = entry.file.clone();
        kept.push_back(entry);
        Some(file)
    }

    fn keep(&self, tag: &str, now: Moment, built: Built) -> Arc<Built> {
        if let Some(known) = self.known(tag, now) {
            // Another was faster; its readers have begun.
            return known;
        }
        let file = Arc::new(built);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(Entry { tag: tag.to_owned(), read: now, file: file.clone() });
        let mut bytes: u64 = kept.iter().map(|entry| entry.file.length).sum();
        while kept.len() > FILES_KEPT || (bytes > KEPT_BYTES_MAX && kept.len() > 1) {
            bytes -= kept.pop_front().map_or(0, |entry| entry.file.length);
        }
        file
    }
}

impl Building {
    pub(crate) fn begin() -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile()?, length: 0 })
    }

    pub(crate) fn finish(self) -> Built {
        Built { file: self.file, length: self.length }
    }
}

impl Write for Building {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.length + bytes.len() as u64 > FILE_BYTES_MAX {
            let text = format!("the file would have more than {FILE_BYTES_MAX} bytes: narrow the query");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
        }
        let written = self.file.write(bytes)?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Built {
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes of the file, at most `most` of a range.
    pub(crate) fn read(&self, range: &Range<u64>, most: usize) -> io::Result<Bytes> {
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX).min(most);
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, range.start)?;
        Ok(bytes.into())
    }
}

/// What a reader asks for of a file (RFC 9110, 14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// All of it: nothing was asked, or something that may be ignored.
    Whole,
    Part(Range<u64>),
    /// Nothing that is in it.
    Outside,
}

impl Wish {
    /// Reads the header Range. Several ranges at once are given as the whole, which is allowed.
    pub(crate) fn read(range: Option<&str>, length: u64) -> Self {
        let Some(range) = range.and_then(|range| range.trim().strip_prefix("bytes=")) else {
            return Self::Whole;
        };
        let Some((first, last)) = range.split_once('-').filter(|_| !range.contains(',')) else {
            return Self::Whole;
        };
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let (start, end) = match (first.trim(), last.trim()) {
            ("", last) => match number(last) {
                Some(count) => (length.saturating_sub(count), length),
                None => return Self::Whole,
            },
            (first, "") => match number(first) {
                Some(start) => (start, length),
                None => return Self::Whole,
            },
            (first, last) => match (number(first), number(last)) {
                (Some(start), Some(last)) if start <= last => (start, last.saturating_add(1).min(length)),
                _ => return Self::Whole,
            },
        };
        if start < end { Self::Part(start..end) } else { Self::Outside }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_says() {
        for (range, wish) in [
            (None, Wish::Whole),
            (Some("bytes=0-3"), Wish::Part(0..4)),
            (Some("bytes=90-"), Wish::Part(90..100)),
            (Some("bytes=-8"), Wish::Part(92..100)),
            (Some("bytes=-800"), Wish::Part(0..100)),
            (Some("bytes=0-9999"), Wish::Part(0..100)),
            (Some("bytes=100-"), Wish::Outside),
            (Some("bytes=-0"), Wish::Outside),
            (Some("bytes=5-2"), Wish::Whole),
            (Some("bytes=0-1,4-5"), Wish::Whole),
            (Some("lines=0-1"), Wish::Whole),
        ] {
            assert_eq!(Wish::read(range, 100), wish, "{range:?}");
        }
    }

    #[tokio::test]
    async fn a_file_is_built_once_and_dropped_when_nobody_reads_it() {
        let files = Files::default();
        let built = |content: &'static [u8]| {
            move || {
                let mut building = Building::begin().map_err(|error| error.to_string())?;
                building.write_all(content).map_err(|error| error.to_string())?;
                Ok::<_, String>(building.finish())
            }
        };
        let read = |file: Arc<Built>| file.read(&(1..3), 10).expect("bytes");
        let at = |ms| Moment(ms);
        let first = files.get("a", at(0), built(b"first"), |text| text).await.expect("built");
        assert_eq!(&read(first)[..], b"ir");
        let again = files.get("a", at(UNREAD_MS_MAX), built(b"other"), |text| text).await.expect("kept");
        assert_eq!(&read(again)[..], b"ir");
        let late =
            files.get("a", at(2 * UNREAD_MS_MAX + 1), built(b"other"), |text| text).await.expect("built");
        assert_eq!(&read(late)[..], b"th");
    }
}
