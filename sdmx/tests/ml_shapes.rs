//! What is in messages of every layout, and what is said of messages that are broken.

use std::io::Cursor;

use mighub_sdmx::data::{DataFormat, MlForm, raw_count};

#[test]
#[ignore = "looks at a folder"]
fn folder() {
    let folder = std::env::var("FOLDER").expect("a folder");
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read(&path).expect("readable");
        println!("{} {:?}", path.display(), raw_count(Cursor::new(text)).map_err(|e| e.to_string()));
    }
    let _ = DataFormat::Ml(MlForm::Generic);
}
