//! SDMX-CSV is read to columns that hold together, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mighub_sdmx::csv::CsvReader;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut reader) = CsvReader::new(bytes, mighub_fuzz::resolve) else { return };
    while let Ok(Some(batch)) = reader.next_batch() {
        assert!(batch.columns.check());
        assert_eq!(batch.columns.rows.len(), batch.columns.len());
    }
    let summary = reader.finish();
    let mut file = std::io::Cursor::new(bytes);
    if summary.rows > 0 {
        let _ = summary.places.locate(&mut file, summary.rows, 0);
    }
});
