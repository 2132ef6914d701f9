//! Tables of other layouts, encodings and dialects give the observations that are in them, or say precisely why
//! not.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use mighub_sdmx::Decimal;
use mighub_sdmx::csv::{CellProblem, CsvReader};
use mighub_sdmx::structure::{Class, DataDefinition, Reference, Structures, read_message};
use mighub_sdmx::table::{
    AREA_SCHEMES, Encoding, KnownMappings, Mapping, Origin, OriginWriter, TableError, TableOptions,
    Translated, read_header, translate,
};
use proptest::prelude::*;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn definition(dataflow: &str) -> Arc<DataDefinition> {
    static PACKAGE: LazyLock<Structures> = LazyLock::new(|| {
        let mut structures = Structures::default();
        for entry in fs::read_dir(project("structures")).expect("the structure package") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let message = read_message(&fs::read(&path).expect("a file")).expect("a message");
                for (_, artefact) in message.structures.iter() {
                    structures.put((**artefact).clone()).expect("a new artefact");
                }
            }
        }
        structures
    });
    let reference = Reference::parse_short(Class::Dataflow, dataflow).expect("a dataflow");
    DataDefinition::resolve(&PACKAGE, &reference).expect("it resolves")
}

fn shipped(name: &str) -> Mapping {
    let path = project("structures/mappings").join(format!("{name}.json"));
    Mapping::read(&fs::read(path).expect("a mapping")).expect("it is sound")
}

fn with(mapping: &Mapping, text: &[u8], options: &TableOptions) -> Result<(String, Translated), TableError> {
    let scratch = || tempfile::tempfile().expect("a scratch file");
    let mut out = Vec::new();
    let definition = definition(&mapping.dataflow);
    let origin = OriginWriter::new(scratch(), scratch());
    let made = translate(&mut Cursor::new(text), mapping, &definition, options, &mut out, origin)?;
    Ok((String::from_utf8(out).expect("UTF-8"), made))
}

/// Observations by key and period, with value, status and the line of the table; and what was refused, with its
/// line, component, content and reason.
type Observations = BTreeMap<String, (Option<Decimal>, String, u64)>;
type Refused = Vec<(u64, u64, String, String, String)>;

fn observations(mapping: &Mapping, text: &[u8], options: &TableOptions) -> (Observations, Refused) {
    let (csv, made) = with(mapping, text, options).expect("the table fits its mapping");
    read(&csv, mapping, &made.origin, text)
}

fn read(csv: &str, mapping: &Mapping, origin: &Origin, text: &[u8]) -> (Observations, Refused) {
    let definition = definition(&mapping.dataflow);
    let mut reader = CsvReader::new(csv.as_bytes(), |_, _| Some(definition.clone())).expect("SDMX-CSV");
    let (mut found, mut refused) = (Observations::new(), Refused::new());
    let place = |row| origin.locate(&mut Cursor::new(text), row, None).expect("memory").expect("a place");
    while let Some(batch) = reader.next_batch().expect("rows") {
        let columns = &batch.columns;
        for issue in &batch.issues {
            assert!(matches!(issue.problem, CellProblem::CellCount { .. }), "{issue:?}");
            let reason = origin.issue(issue.row).expect("scratch").expect("an issue");
            let place = place(issue.row);
            refused.push((
                place.line,
                place.column,
                reason.component,
                reason.content,
                reason.trouble.to_string(),
            ));
        }
        for observation in 0..columns.len() {
            let key =
                format!("{} {}", columns.key(columns.series_of(observation)), columns.periods[observation]);
            let value = columns.value(observation);
            let status = definition.shape.observation_attribute("OBS_STATUS").expect("it has a status");
            let status = columns.observation_attributes[status].get(observation);
            let status = status.and_then(|status| status.as_text()).unwrap_or_default().to_owned();
            assert!(
                found.insert(key.clone(), (value, status, place(columns.rows[observation]).line)).is_none(),
                "{key}"
            );
        }
    }
    (found, refused)
}


#[test]
fn whole() {
    let d = Path::new("/work/shared/data/dev");
    for (file, mapping) in [("unhcr_population_to2023","unhcr_population"),("unhcr_asylum_applications","unhcr_asylum_applications"),("unhcr_asylum_decisions","unhcr_asylum_decisions"),("unhcr_displacement_flows","unhcr_displacement_flows"),("unhcr_solutions","unhcr_solutions"),("treaty_actions","un_treaty_actions"),("ims2024_stock_od","unpd_ims2024_stock_od"),("wb_remittances_2017","wb_remittances_2017"),("wpp2024_net_migration","unpd_wpp2024_net_migration"),("estat_pop_foreign_age_sex","estat_pop_foreign"),("eu_mirror_flows_2010_2019_to2016","eu_mirror_flows"),("raw_sdmxcsv/asylum_applicants_total","estat_asyappctza"),("raw_sdmxcsv/temporary_protection_beneficiaries_monthly","estat_asytpsm")] {
        let text = fs::read(d.join(format!("{file}.csv"))).unwrap();
        let start = std::time::Instant::now();
        let m = shipped(mapping);
        let (csv, made) = with(&m, &text, &TableOptions::default()).unwrap();
        let took = start.elapsed();
        let column = csv.lines().next().unwrap().split(',').position(|c| c == "OBS_VALUE").unwrap();
        let (mut n, mut sum, mut short, mut empty) = (0u64, 0i128, 0u64, 0u64);
        for line in csv.lines().skip(1) {
            let cells: Vec<&str> = line.split(',').collect();
            if cells.len() < 6 { short += 1; continue; }
            n += 1;
            let v = cells[column];
            if v.is_empty() { empty += 1; continue; }
            let (a, b) = v.split_once('.').unwrap_or((v, ""));
            let scaled = format!("{a}{b:0<9}");
            sum += scaled.parse::<i128>().unwrap();
        }
        println!("{file} read {} rows {n} refused {short} empty {empty} sum {} nano, {} {took:?}", made.rows_read, sum, made.rows_written);
        let _ = read;
    }
}
