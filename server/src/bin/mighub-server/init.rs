//! `mighub-server init`.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use mighub_sdmx::structure::AgencyId;
use mighub_server::clock::Clock;
use mighub_server::serve::{InitOptions, init as make};
use serde_json::json;

use crate::arguments::Init;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn init(dir: &Path, arguments: Init, output: Output) -> Result<(), Failure> {
    let administrator = AgencyId::new(&arguments.administrator)
        .map_err(|error| Failure::usage(format!("--administrator: {error}")))?;
    let structures = read_structures(&arguments.structures)?;
    let files = structures.len();
    let options = InitOptions {
        folder: dir.to_owned(),
        hub_id: arguments.hub_id,
        listen: arguments.listen,
        names: arguments.hosts,
        structures,
        administrator,
        administrator_name: arguments.administrator_name,
    };
    let made = make(options, Clock::of_machine().now()).map_err(Failure::refused)?;
    let folder = made.folder.path().display().to_string();
    let authority = HEXLOWER.encode(&made.authority);
    output.say(
        || {
            format!(
                "a hub is in {folder}, with {files} structure messages; \
                 its authority has the fingerprint {authority}\n\
                 next: mighub-server --dir {folder} serve\n\
                 back it up: mighub-server --dir {folder} backup BACKUP --with-keys; show keys to nobody"
            )
        },
        || json!({ "folder": folder, "structure_messages": files, "authority_blake3": authority }),
    );
    Ok(())
}

/// The messages in files and in folders of files, folders in the order of their names.
pub(crate) fn read_structures(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, Failure> {
    let remedy = "name the structure package, a folder of SDMX-JSON files, with --structures";
    let unread =
        |path: &Path, error: std::io::Error| Failure::usage(format!("{}: {error}; {remedy}", path.display()));
    let mut messages = Vec::new();
    for path in paths {
        let mut files = vec![path.clone()];
        if path.is_dir() {
            files.clear();
            for entry in std::fs::read_dir(path).map_err(|error| unread(path, error))? {
                let file = entry.map_err(|error| unread(path, error))?.path();
                if file.extension().is_some_and(|extension| extension == "json") {
                    files.push(file);
                }
            }
            files.sort();
            if files.is_empty() {
                return Err(Failure::usage(format!("{} holds no .json file; {remedy}", path.display())));
            }
        }
        for file in files {
            messages.push(std::fs::read(&file).map_err(|error| unread(&file, error))?);
        }
    }
    Ok(messages)
}
