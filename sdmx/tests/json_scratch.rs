//! Scratch.
use std::fs::File;
use std::io::BufReader;
#[test]
fn count() {
    let Ok(dir) = std::env::var("JSON_DIR") else { return };
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let result = mighub_sdmx::data::raw_count(BufReader::new(File::open(&path).unwrap()));
        println!("{} {:?}", path.display(), result.map_err(|e| e.to_string()));
    }
}
