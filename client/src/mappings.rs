//! Mappings of foreign tables that are at hand: those that come with this program, and those of folders.

use std::path::Path;

use mighub_sdmx::table::{KnownMappings, Mapping};

use crate::error::Error;
use crate::home::Home;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(include_str!(concat!("../../structures/mappings/", $name))),*]
    };
}

/// Every file under `structures/mappings/`, where people read and change them.
static SHIPPED: &[&str] = files![
    "estat_asyappctza.json",
    "estat_asytpsm.json",
    "estat_pop_foreign.json",
    "eu_mirror_flows.json",
    "un_treaty_actions.json",
    "unhcr_asylum_applications.json",
    "unhcr_asylum_decisions.json",
    "unhcr_displacement_flows.json",
    "unhcr_population.json",
    "unhcr_solutions.json",
    "unpd_ims2024_stock_od.json",
    "unpd_wpp2024_net_migration.json",
    "wb_remittances_2017.json",
];

/// The mappings that come with this program.
pub fn shipped_mappings() -> KnownMappings {
    let mut known = KnownMappings::default();
    for text in SHIPPED {
        let mapping = Mapping::read(text.as_bytes()).expect("a test reads every mapping that is shipped");
        known.put(mapping);
    }
    known
}

/// Reads a mapping from a file.
pub fn read_mapping(path: &Path) -> Result<Mapping, Error> {
    let bytes = std::fs::read(path).map_err(Error::file(path))?;
    Mapping::read(&bytes)
        .map_err(|error| Error::Structures { name: path.display().to_string(), reason: error.to_string() })
}

/// Adds the mappings in the JSON files of a folder, if there is one; they come before those of the same name.
pub fn add_mappings(known: &mut KnownMappings, folder: &Path) -> Result<(), Error> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(Error::file(folder))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::file(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().try_for_each(|path| {
        known.put(read_mapping(path)?);
        Ok(())
    })
}

impl Home {
    /// The mappings that come with this program, and those in the folder `mappings` of the home.
    pub fn mappings(&self) -> Result<KnownMappings, Error> {
        let mut known = shipped_mappings();
        add_mappings(&mut known, &self.path("mappings"))?;
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mapping_of_the_structure_package_is_shipped_and_sound() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures/mappings");
        let mut of_folder = KnownMappings::default();
        add_mappings(&mut of_folder, &folder).expect("mappings");
        assert_eq!(of_folder.iter().count(), SHIPPED.len());
        for mapping in of_folder.iter() {
            let known = shipped_mappings();
            let shipped = known.find(&mapping.name()).expect("it is shipped");
            assert_eq!(shipped, mapping);
            let again = Mapping::read(&mapping.canonical_json()).expect("its own canonical form");
            assert_eq!(&again, mapping);
        }
    }
}
