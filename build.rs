//! Compiles the contract in `proto/` without protoc.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Every path in the contract's imports begins here.
const ROOT: &str = "proto";

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = Vec::new();
    find_contract(Path::new(ROOT), &mut files)?;
    // The order of a folder's entries differs between machines; generated code must not.
    files.sort();

    let mut compiler = protox::Compiler::new([ROOT])?;
    compiler.include_source_info(true).include_imports(true).open_files(&files)?;

    let descriptors = PathBuf::from(std::env::var("OUT_DIR")?).join("mighub.bin");
    fs::write(descriptors, compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure().bytes(".").compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// Gathers every `.proto` file, and tells cargo to look at these and at folders where one may be born.
fn find_contract(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find_contract(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    Ok(())
}
