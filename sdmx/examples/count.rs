//! Counts the observations of data messages, whatever their structures: `count FILE...` prints a line for each, with the
//! file, the observations and the format, or what is wrong. Ends with 3 if a file could not be read.

use std::fs::File;
use std::io::{BufReader, Error};
use std::process::ExitCode;

use mighub_sdmx::data::raw_count;

fn main() -> Result<ExitCode, Error> {
    let mut code = ExitCode::SUCCESS;
    for path in std::env::args().skip(1) {
        match raw_count(BufReader::new(File::open(&path)?)) {
            Ok(count) => println!("{path}\t{}\t{}", count.observations, count.format.name()),
            Err(error) => {
                println!("{path}\t-\t{error}");
                code = ExitCode::from(3);
            }
        }
    }
    Ok(code)
}
