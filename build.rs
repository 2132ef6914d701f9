//! Compiles the contract in `proto/` without protoc.
use std::path::PathBuf;
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from("proto/mighub/v1");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    let descriptors = protox::compile(&files, ["proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("mighub.bin");
    tonic_prost_build::configure().bytes(".").file_descriptor_set_path(&out).compile_fds(descriptors)?;
    Ok(())
}
