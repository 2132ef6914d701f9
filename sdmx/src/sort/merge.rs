//! Scratch files side by side: the least key of all comes first.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use super::group::{Groups, Piece, Source};
use super::rank::{Key, Ranks, WIDE};
use super::{SortError, spill};
use crate::columns::{Columns, Shape};

/// Bytes read ahead in each file.
const READ_AHEAD: usize = 64 * 1024;

/// Groups of scratch files. In each, keys ascend, and the pieces of a key stand next to each other in one batch.
struct Merge<const WORDS: usize> {
    shape: Arc<Shape>,
    ranks: Ranks,
    runs: Vec<Run<WORDS>>,
    /// The batch of each run that is in memory.
    sources: Vec<Source>,
    /// The next key of each run that has one.
    heap: BinaryHeap<Reverse<(Key<WORDS>, usize)>>,
    /// Runs whose pieces were given last: they go on before the next are given.
    given: Vec<usize>,
}

struct Run<const WORDS: usize> {
    file: BufReader<File>,
    keys: Vec<Key<WORDS>>,
    /// The series of the batch that comes next.
    at: usize,
}

/// Groups what scratch files hold; `codes` has all their codes, dimension by dimension.
pub(super) fn merged(
    shape: &Arc<Shape>,
    codes: &[BTreeSet<Arc<str>>],
    files: Vec<File>,
) -> Result<Box<dyn Groups + Send>, SortError> {
    let (ranks, words) = Ranks::new(codes.iter().map(|codes| codes.iter().collect()))?;
    Ok(if words == 1 {
        Box::new(Merge::<1>::new(shape.clone(), ranks, files)?)
    } else {
        Box::new(Merge::<WIDE>::new(shape.clone(), ranks, files)?)
    })
}

impl<const WORDS: usize> Merge<WORDS> {
    fn new(shape: Arc<Shape>, ranks: Ranks, files: Vec<File>) -> Result<Self, SortError> {
        let run = |file| Run { file: BufReader::with_capacity(READ_AHEAD, file), keys: Vec::new(), at: 0 };
        let runs: Vec<_> = files.into_iter().map(run).collect();
        let sources = runs.iter().map(|_| Source::new(Columns::new(shape.clone()))).collect();
        let given = (0..runs.len()).collect();
        Ok(Self { shape, ranks, runs, sources, heap: BinaryHeap::new(), given })
    }

    /// Puts the next key of a run into the heap, reading its next batch where there is need.
    fn advance(&mut self, place: usize) -> Result<(), SortError> {
        let run = &mut self.runs[place];
        if run.at == run.keys.len() {
            let Some(columns) = spill::read(&self.shape, &mut run.file)? else { return Ok(()) };
            run.keys = self.ranks.keys(&columns);
            run.at = 0;
            self.sources[place] = Source::new(columns);
        }
        if let Some(key) = run.keys.get(run.at) {
            self.heap.push(Reverse((*key, place)));
        }
        Ok(())
    }
}

impl<const WORDS: usize> Groups for Merge<WORDS> {
    fn next(&mut self, pieces: &mut Vec<Piece>) -> Result<bool, SortError> {
        pieces.clear();
        for place in std::mem::take(&mut self.given) {
            self.advance(place)?;
        }
        let Some(Reverse((least, _))) = self.heap.peek().copied() else { return Ok(false) };
        while let Some(Reverse((key, place))) = self.heap.peek().copied()
            && key == least
        {
            self.heap.pop();
            self.given.push(place);
            let run = &mut self.runs[place];
            while run.keys.get(run.at) == Some(&least) {
                pieces.push(Piece { source: place as u32, series: run.at as u32 });
                run.at += 1;
            }
        }
        Ok(true)
    }

    fn sources(&mut self) -> &mut [Source] {
        &mut self.sources
    }
}
