//! What an observation costs on one core on its way into blocks and out of them: cutting, encoding,
//! compression, digests, decoding with and without proof. `cargo bench -p mighub --bench block [ROWS]`

#[path = "../../sdmx/benches/sample/mod.rs"]
mod sample;

use std::hint::black_box;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Instant;

use mighub::block::{
    BlockWriter, Digest, FinishedBlock, LaneKey, Naming, check_cut, compress, decode, decode_proven,
    decompress, encode,
};
use mighub_sdmx::Columns;
use mighub_sdmx::columns::Shape;
use mighub_sdmx::csv::CsvReader;
use mighub_sdmx::sort::InOrder;
use sample::{RowOrder, definition, file};

const ROWS: usize = 2_000_000;
/// Each figure is the best of so many: the others were disturbed.
const ROUNDS: usize = 3;

fn main() {
    let rows = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(ROWS);
    let shape = definition().shape.clone();
    let canonical = canonical(rows);
    let blocks = cut(&shape, &canonical);
    let frames: Vec<_> =
        blocks.iter().map(|block| compress(&block.raw).expect("a block compresses")).collect();
    let columns: Vec<_> = blocks
        .iter()
        .map(|block| decode(&block.raw, &shape).expect("a block of ours is canonical"))
        .collect();
    let bytes = |lengths: &mut dyn Iterator<Item = usize>| lengths.sum::<usize>() as f64 / rows as f64;
    println!(
        "{rows} observations, {} blocks, {:.2} bytes each raw, {:.2} compressed",
        blocks.len(),
        bytes(&mut blocks.iter().map(|block| block.raw.len())),
        bytes(&mut frames.iter().map(Vec::len)),
    );
    let encoded = measure("cut, encode, describe and name", rows, || cut(&shape, &canonical));
    let compressed = measure("compress", rows, || {
        blocks.iter().map(|block| compress(&block.raw).expect("a block compresses").len()).sum::<usize>()
    });
    println!("{:<44}{:>8.1} ns/observation", "together", encoded + compressed);
    measure("encode alone", rows, || columns.iter().map(|columns| encode(columns).len()).sum::<usize>());
    measure("digest alone", rows, || {
        blocks.iter().for_each(|block| {
            black_box(Digest::of(&block.raw));
        });
    });
    measure("decompress", rows, || {
        frames.iter().map(|frame| decompress(frame).expect("a frame of ours").len()).sum::<usize>()
    });
    measure("decode, proven before", rows, || {
        let decode =
            |block: &FinishedBlock| decode_proven(&block.raw, &shape).expect("a block of ours").len();
        blocks.iter().map(decode).sum::<usize>()
    });
    measure("decode with proof", rows, || {
        let decode = |block: &FinishedBlock| decode(&block.raw, &shape).expect("a block of ours").len();
        blocks.iter().map(decode).sum::<usize>()
    });
    measure("check cuts", rows, || {
        for (place, columns) in columns.iter().enumerate() {
            let next = blocks.get(place + 1).map(|block| &block.info.first_key[..]);
            check_cut(columns, next).expect("blocks of ours end where they must");
        }
    });
}

fn measure<T>(what: &str, rows: usize, mut run: impl FnMut() -> T) -> f64 {
    let round = |_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed().as_nanos() as f64 / rows as f64
    };
    let best = (0..ROUNDS).map(round).fold(f64::INFINITY, f64::min);
    println!("{what:<44}{best:>8.1} ns/observation");
    best
}

fn canonical(rows: usize) -> Vec<Columns> {
    let text = file(rows, RowOrder::Canonical);
    let definition = definition();
    let mut reader =
        CsvReader::new(Cursor::new(&text), |_, _| Some(definition.clone())).expect("the header is sound");
    let mut pass = InOrder::new(definition.shape.clone());
    let mut canonical = Vec::new();
    while let Some(batch) = reader.next_batch().expect("the rows are sound") {
        canonical.extend(pass.push(&batch.columns).expect("the rows are in order"));
    }
    canonical.extend(pass.finish());
    canonical
}

fn cut(shape: &Arc<Shape>, canonical: &[Columns]) -> Vec<FinishedBlock> {
    let mut writer =
        BlockWriter::new(shape.clone(), Naming { key: LaneKey([7; 32]), unmarked_restricted: false });
    let mut blocks = Vec::new();
    for columns in canonical {
        let pushed: Result<(), std::convert::Infallible> = writer.push(columns, &mut |block| {
            blocks.push(block);
            Ok(())
        });
        pushed.unwrap_or_else(|never| match never {});
    }
    blocks.extend(writer.finish());
    blocks
}
