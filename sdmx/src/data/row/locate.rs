//! Cells of a message found again: from the series before, or from the beginning.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::csv::{CLIP_CHARACTERS, CellPlace, RowError, Window};
use crate::data::event::{DatasetStart, EventKind, EventSource, Mark, Record};
use crate::data::place::{Locate, SourceText};
use crate::data::{DataFormat, ReadError};

/// A place is remembered for every so many rows, at first.
const ROWS_PER_MARK: u64 = 512;
/// Most places remembered. When there are more, every second one is forgotten: then there is one for every 1,024
/// rows, and so on.
const MARKS_MAX: usize = 16 * 1024;
/// Datasets remembered with what they say of themselves; cells in further ones are found from the beginning.
const DATASETS_MAX: usize = 256;
/// Bytes read on each side of a cell, to show a window of text.
const WINDOW_BYTES: u64 = 512;
/// Most bytes read to find cells of one message, all look-ups together; further cells are not found. Ten thousand
/// look-ups from places that are remembered read less; from the beginning each would read the whole message.
const LOOKED_UP_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;

/// Where reading can begin again.
#[derive(Clone, Copy, Debug)]
pub struct Resume<'m> {
    /// The place of a series, or of an observation without one.
    pub mark: Mark,
    /// The dataset in which it lies.
    pub dataset: &'m DatasetStart,
    /// The format of the message.
    pub format: DataFormat,
}

/// Makes a source again: of the whole message, or of its rest.
pub type Reopen = Arc<
    dyn for<'f> Fn(
            &'f mut dyn SourceText,
            Option<&Resume<'_>>,
        ) -> Result<Box<dyn EventSource + 'f>, ReadError>
        + Send
        + Sync,
>;

/// Remembers where series begin, sparsely.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    marks: Vec<(u64, Mark, u32)>,
    rows_per_mark: u64,
    next: u64,
    datasets: Vec<(DatasetStart, DataFormat)>,
    is_lost: bool,
}

impl Marks {
    pub(super) fn dataset(&mut self, row: u64, start: &DatasetStart, source: &impl EventSource) {
        self.is_lost = self.datasets.len() >= DATASETS_MAX || !source.can_resume();
        if !self.is_lost && self.datasets.last().is_none_or(|(known, _)| known != start) {
            self.datasets.push((start.clone(), source.format()));
        }
        // The first series of a dataset is always remembered.
        self.next = row;
    }

    /// Takes note of a series, a group or an observation without series; `row` rows stand before it.
    #[inline]
    pub(super) fn part(&mut self, row: u64, source: &impl EventSource) {
        if row >= self.next && !self.is_lost {
            self.mark(row, source.mark());
        }
    }

    fn mark(&mut self, row: u64, mark: Mark) {
        self.rows_per_mark = self.rows_per_mark.max(ROWS_PER_MARK);
        self.marks.push((row, mark, self.datasets.len() as u32 - 1));
        if self.marks.len() == MARKS_MAX {
            let mut nth = 0;
            self.marks.retain(|_| {
                nth += 1;
                nth % 2 == 1
            });
            self.rows_per_mark *= 2;
        }
        self.next = row + self.rows_per_mark;
    }

    /// Where to begin to find a row; nothing if at the beginning of the message.
    fn before(&self, row: u64) -> Option<(u64, Resume<'_>)> {
        let nth = self.marks.partition_point(|(before, ..)| *before < row).checked_sub(1)?;
        let (before, mark, dataset) = self.marks[nth];
        let (dataset, format) = self.datasets.get(dataset as usize)?;
        Some((before, Resume { mark, dataset, format: *format }))
    }
}

/// Finds cells of messages that come as events.
#[derive(Clone)]
pub(super) struct EventPlaces {
    marks: Marks,
    names: Vec<String>,
    reopen: Reopen,
    is_verbatim: bool,
    /// Bytes that may still be read; clones share them.
    bytes_left: Arc<AtomicU64>,
}

impl fmt::Debug for EventPlaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventPlaces").field("marks", &self.marks.marks.len()).finish_non_exhaustive()
    }
}

/// A cell that was found.
struct Found {
    part: Mark,
    at: u32,
    content: Vec<u8>,
}

/// A file that ends where no more of it may be read.
struct Rationed<'f> {
    file: &'f mut dyn SourceText,
    bytes_left: &'f AtomicU64,
}

impl Read for Rationed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.bytes_left.load(Ordering::Relaxed);
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let read = self.file.read(&mut buffer[..most])?;
        // Look-ups at the same time may read a buffer each too much, which is nothing to the limit.
        let rest = |left: u64| Some(left.saturating_sub(read as u64));
        let _ = self.bytes_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest);
        Ok(read)
    }
}

impl Seek for Rationed<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}

impl EventPlaces {
    pub(super) fn new(marks: Marks, names: Vec<String>, reopen: Reopen, is_verbatim: bool) -> Self {
        let bytes_left = Arc::new(AtomicU64::new(LOOKED_UP_BYTES_MAX));
        Self { marks, names, reopen, is_verbatim, bytes_left }
    }

    fn find(&self, file: &mut dyn SourceText, row: u64, name: &str) -> Result<Option<Found>, ReadError> {
        let resume = self.marks.before(row);
        let mut at = resume.as_ref().map_or(0, |(before, _)| *before);
        let mut source = (self.reopen)(file, resume.as_ref().map(|(_, resume)| resume))?;
        let mut record = Record::new();
        let (mut of_dataset, mut of_series) = (None, None);
        let mut in_series = 0u64;
        while let Some(kind) = source.next(&mut record)? {
            let part = source.mark();
            let here = || {
                let named = |cell: &&crate::data::Cell| record.name(cell.name).eq_ignore_ascii_case(name);
                let cell = record.cells().iter().find(named)?;
                Some(Found { part, at: cell.at, content: record.content(cell).to_vec() })
            };
            match kind {
                EventKind::Dataset => (of_dataset, of_series) = (here(), None),
                EventKind::Series => (of_series, in_series) = (here(), 0),
                EventKind::Observation | EventKind::Group => {
                    at += 1;
                    in_series += 1;
                    if at == row {
                        let whole = Found { part, at: 0, content: Vec::new() };
                        return Ok(here().or(of_series).or(of_dataset).or(Some(whole)));
                    }
                }
                EventKind::SeriesEnd => {
                    at += u64::from(in_series == 0);
                    if at == row && in_series == 0 {
                        let whole = Found { part, at: 0, content: Vec::new() };
                        return Ok(of_series.or(of_dataset).or(Some(whole)));
                    }
                    of_series = None;
                }
                EventKind::DatasetEnd => {}
            }
        }
        // What is said of a dataset as a whole is reported at the row that comes next.
        Ok(of_dataset.filter(|_| at + 1 == row))
    }

    /// The text around a cell, and the line and character at which it begins; nothing if no more may be read.
    fn show(&self, file: &mut Rationed<'_>, found: &Found) -> Result<Option<(u64, u64, Window)>, RowError> {
        let Found { part, at, content } = found;
        if !self.is_verbatim {
            let window = Window::around(content, 0, content.len());
            return Ok(Some((part.line, part.column, window)));
        }
        file.seek(SeekFrom::Start(part.offset))?;
        let Some((line, column)) = place_behind(&mut file.take(u64::from(*at)), part)? else {
            return Ok(None);
        };
        // A part may be as large as the message: no more of it is kept than is shown.
        let cell = part.offset + u64::from(*at);
        let begin = cell.saturating_sub(WINDOW_BYTES);
        file.seek(SeekFrom::Start(begin))?;
        let length = cell - begin + content.len() as u64 + WINDOW_BYTES;
        let mut text = Vec::new();
        file.take(length).read_to_end(&mut text)?;
        let start = ((cell - begin) as usize).min(text.len());
        let window = Window::around(&text, start, (start + content.len()).min(text.len()));
        Ok(Some((line, column, window)))
    }
}

/// Line and character behind a text that begins at a mark; nothing if it ends before its limit.
fn place_behind(text: &mut io::Take<impl Read>, begins: &Mark) -> io::Result<Option<(u64, u64)>> {
    let (mut line, mut column) = (begins.line, begins.column);
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = match text.read(&mut buffer) {
            Ok(0) => return Ok((text.limit() == 0).then_some((line, column))),
            Ok(read) => &buffer[..read],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let behind = match memchr::memrchr(b'\n', read) {
            Some(last) => {
                line += memchr::memchr_iter(b'\n', read).count() as u64;
                column = 1;
                &read[last + 1..]
            }
            None => read,
        };
        // A character ends before each byte that is not a further one of UTF-8.
        column += behind.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u64;
    }
}

impl Locate for EventPlaces {
    fn locate(
        &self,
        file: &mut dyn SourceText,
        row: u64,
        column: usize,
    ) -> Result<Option<CellPlace>, RowError> {
        let unknown = String::new();
        let name = self.names.get(column).unwrap_or(&unknown);
        file.seek(SeekFrom::Start(0))?;
        let rationed = &mut Rationed { file, bytes_left: &self.bytes_left };
        let found = match self.find(rationed, row, name) {
            Ok(found) => found,
            Err(ReadError::Row(error)) => return Err(error),
            // The message is broken further on, or no more of it may be read; what was read before was read.
            Err(_) => None,
        };
        let Some(found) = found else { return Ok(None) };
        let Some((line, in_line, window)) = self.show(rationed, &found)? else { return Ok(None) };
        Ok(Some(CellPlace {
            line,
            column: in_line,
            name: name.clone(),
            content: String::from_utf8_lossy(&found.content).chars().take(CLIP_CHARACTERS).collect(),
            // There is no header: the name stands over the cell alone.
            header: name.clone(),
            row: window.text,
            start: window.start,
            length: window.length,
            is_translated: false,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::json::JsonEvents;

    const MESSAGE: &[u8] = br#"{"structures":[{"dimensions":{"series":[{"id":"A","values":[{"id":"X"}]}]}}],
        "dataSets":[{"observations":{"0":[1],"1":[2],"2":[3]}}]}"#;

    #[test]
    fn looking_up_ends_when_all_look_ups_together_have_read_enough() {
        let events = JsonEvents::new(Cursor::new(MESSAGE)).expect("a message");
        let names = vec!["OBS_VALUE".to_owned()];
        // Without marks each look-up begins at the beginning.
        let mut places = EventPlaces::new(Marks::default(), names, events.reopen(), true);
        places.bytes_left = Arc::new(AtomicU64::new(3 * MESSAGE.len() as u64));
        let clone = places.clone();
        let find = |places: &EventPlaces| {
            let found = places.locate(&mut Cursor::new(MESSAGE), 3, 0).expect("a file");
            found.map(|place| place.content)
        };
        let first: Vec<_> = (0..20).map(|_| find(&places)).take_while(Option::is_some).collect();
        assert!(!first.is_empty() && first.len() <= 3, "{first:?}");
        assert_eq!(first[0].as_deref(), Some("3"));
        assert_eq!(find(&clone), None, "a clone has no bytes of its own");
    }

    /// Lines without end, which remembers the most that was asked of it at once.
    #[derive(Default)]
    struct Endless {
        at: u64,
        most: usize,
    }

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.most = self.most.max(buffer.len());
            for (place, byte) in (self.at..).zip(buffer.iter_mut()) {
                *byte = if place % 100 == 99 { b'\n' } else { b'x' };
            }
            self.at += buffer.len() as u64;
            Ok(buffer.len())
        }
    }

    impl Seek for Endless {
        fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
            let SeekFrom::Start(at) = position else { return Err(io::ErrorKind::Unsupported.into()) };
            self.at = at;
            Ok(at)
        }
    }

    #[test]
    fn a_cell_far_behind_the_beginning_of_its_part_is_shown_without_what_lies_between() {
        let events = JsonEvents::new(Cursor::new(MESSAGE)).expect("a message");
        let places = EventPlaces::new(Marks::default(), Vec::new(), events.reopen(), true);
        let part = Mark { offset: 1_000, line: 11, column: 1 };
        let found = Found { part, at: 20_000_042, content: b"xx".to_vec() };
        let shown = |bytes_left: u64| {
            let (mut file, bytes_left) = (Endless::default(), AtomicU64::new(bytes_left));
            let rationed = &mut Rationed { file: &mut file, bytes_left: &bytes_left };
            let shown = places.show(rationed, &found).expect("readable");
            (shown.map(|(line, column, window)| (line, column, window.length)), file.most)
        };
        let (place, most) = shown(LOOKED_UP_BYTES_MAX);
        assert_eq!(place, Some((200_011, 43, 2)));
        assert!(most <= 64 * 1024, "{most} bytes were to be kept at once");
        assert_eq!(shown(10_000_000).0, None, "the way to it counts");
    }

    #[test]
    fn lines_and_characters_are_counted_across_buffers() {
        for text in
            ["é".repeat(20_000), format!("{}\n{}", "中".repeat(9_001), "é中x".repeat(9_001)), String::new()]
        {
            let begins = Mark { offset: 0, line: 3, column: 7 };
            let expected = match text.rsplit_once('\n') {
                Some((_, last)) => (4, 1 + last.chars().count() as u64),
                None => (3, 7 + text.chars().count() as u64),
            };
            let mut counted = text.as_bytes().take(text.len() as u64);
            assert_eq!(place_behind(&mut counted, &begins).expect("readable"), Some(expected));
        }
    }
}
