//! The structure package, the national files and the declared quality, as a hub would hand them over.
#![allow(dead_code, reason = "each test program uses what it needs")]

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use mighub_consolidation::{
    Areas, Consolidation, Input, Method, Paired, Pairing, Quality, Scope, Source, Target,
};
use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, ColumnsJoin, Shape};
use mighub_sdmx::csv::CsvReader;
use mighub_sdmx::source_report::{Accuracy, SourceRank, Undercount};
use mighub_sdmx::structure::{Artefact, Class, DataDefinition, Hierarchy, Structures, read_message};
use mighub_sdmx::{Decimal, Period};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The structure package.
pub(crate) fn structures() -> &'static Structures {
    static STRUCTURES: LazyLock<Structures> = LazyLock::new(|| {
        let mut structures = Structures::default();
        for entry in std::fs::read_dir(root().join("structures")).expect("the folder structures/") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let bytes = std::fs::read(&path).expect("a file");
                let message =
                    read_message(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                for (_, artefact) in message.structures.iter() {
                    structures.put((**artefact).clone()).expect("a new artefact");
                }
            }
        }
        structures
    });
    &STRUCTURES
}

pub(crate) fn definition(id: &str) -> Arc<DataDefinition> {
    let (reference, _) = structures().find(Class::Dataflow, id).expect(id);
    DataDefinition::resolve(structures(), reference).expect(id)
}

pub(crate) fn shape(id: &str) -> Arc<Shape> {
    static SHAPES: LazyLock<std::sync::Mutex<HashMap<String, Arc<Shape>>>> = LazyLock::new(Default::default);
    let mut shapes = SHAPES.lock().expect("nobody panics while holding it");
    shapes.entry(id.to_owned()).or_insert_with(|| definition(id).shape.clone()).clone()
}

pub(crate) fn areas() -> Areas {
    static AREAS: LazyLock<Areas> = LazyLock::new(|| {
        let (_, list) = structures().find(Class::Codelist, "CL_AREA").expect("CL_AREA");
        match &**list {
            Artefact::Codelist(list) => Areas::from_codelist(list),
            _ => panic!("CL_AREA is a code list"),
        }
    });
    AREAS.clone()
}

pub(crate) fn hierarchies() -> Vec<&'static Hierarchy> {
    let all = structures().of_class(Class::Hierarchy);
    all.filter_map(|(_, artefact)| match &**artefact {
        Artefact::Hierarchy(hierarchy) => Some(hierarchy),
        _ => None,
    })
    .collect()
}

/// The sixteen national files, each with its provider.
pub(crate) fn national_files() -> &'static [(Source, Columns)] {
    static FILES: LazyLock<Vec<(Source, Columns)>> = LazyLock::new(|| {
        let folder = root().join("demo/data/submissions");
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        paths
            .into_iter()
            .map(|path| (source(&path.file_stem().expect("a name").to_string_lossy()[..3]), read(&path)))
            .collect()
    });
    &FILES
}

fn read(path: &Path) -> Columns {
    let definition = definition("MIG_FLOW");
    let file = File::open(path).expect("a file");
    let mut reader = CsvReader::new(file, |_, _| Some(definition.clone())).expect("a header");
    let mut join = ColumnsJoin::new(definition.shape.clone());
    while let Some(batch) = reader.next_batch().expect("rows") {
        assert!(batch.issues.is_empty(), "{:?}", batch.issues);
        join.push(&batch.columns);
    }
    join.finish()
}

/// The source of a flow file of an office.
pub(crate) fn source(provider: &str) -> Source {
    of_input(Input::Flow, provider)
}

pub(crate) fn of_input(input: Input, provider: &str) -> Source {
    Source {
        input,
        provider: Arc::from(provider),
        submission: Arc::from(format!("SUB-{provider}")),
        version: Arc::from("1"),
        rank: 0,
    }
}

/// The declared quality of the sources of 27 offices.
pub(crate) struct Declared(HashMap<(String, String, i64), SourceRank>);

impl Declared {
    pub(crate) fn read() -> Self {
        let path = root().join("consolidation/tests/data/source_quality.csv");
        let mut reader = csv::Reader::from_path(path).expect("a file");
        let rows = reader.records().map(|row| {
            let row = row.expect("a row");
            let key = (row[0].to_owned(), row[1].to_owned(), row[2].parse().expect("a year"));
            let undercount = Undercount::of_code(&row[3].to_uppercase());
            (key, SourceRank::of(undercount, Accuracy::of_code(&row[4].to_uppercase())))
        });
        Self(rows.collect())
    }
}

impl Quality for Declared {
    fn rank(&self, _: &Source, area: &str, direction: &str, period: Period) -> SourceRank {
        let key = (area.to_owned(), direction.to_owned(), period.first_year().expect("a year"));
        self.0.get(&key).copied().unwrap_or(SourceRank::UNGRADED)
    }
}

/// Pairs flows.
pub(crate) fn pair(inputs: &[(Source, Columns)], scope: Scope) -> Paired {
    let mut pairing = Pairing::new(Target::Flow, areas(), scope);
    for (source, columns) in inputs {
        pairing.push(source, columns.clone()).expect("flows");
    }
    pairing.finish()
}

pub(crate) fn flows(methods: Vec<Method>) -> Consolidation {
    Consolidation::new(Target::Flow, shape("MIG_FLOW_OD"), methods).expect("sound methods")
}

/// One reported row of a test: key without periods, period, value, attributes.
pub(crate) type Row<'a> = (&'a str, &'a str, Option<&'a str>, &'a [(&'a str, &'a str)]);

/// Columns of a dataflow; rows of one series stand together.
pub(crate) fn columns(dataflow: &str, rows: &[Row<'_>]) -> Columns {
    let shape = shape(dataflow);
    let mut builder = ColumnsBuilder::new(shape.clone());
    let mut rows: Vec<_> = rows.to_vec();
    rows.sort_by_key(|row| (row.0.split('.').map(str::to_owned).collect::<Vec<_>>(), row.1));
    for series in rows.chunk_by(|a, b| a.0 == b.0) {
        let key: Vec<Arc<str>> = series[0].0.split('.').map(Arc::from).collect();
        assert_eq!(key.len(), shape.dimensions.len(), "{}", series[0].0);
        builder.start_series_with_key(&key);
        for (place, id) in shape.series_attributes.iter().enumerate() {
            let given = series[0].3.iter().find(|(name, _)| *name == &**id);
            builder.series_attribute(place, given.map(|(_, text)| AttributeValue::text(text)).as_ref());
        }
        for (_, period, value, attributes) in series {
            let values: Vec<Option<AttributeValue>> = shape
                .observation_attributes
                .iter()
                .map(|id| {
                    attributes
                        .iter()
                        .find(|(name, _)| *name == &**id)
                        .map(|(_, text)| AttributeValue::text(text))
                })
                .collect();
            let period = Period::parse(period.as_bytes()).expect("a period");
            let value = value.map(|text| Decimal::parse(text.as_bytes()).expect("a number"));
            builder.observation(period, value, |place| values[place].as_ref());
        }
        builder.end_series();
    }
    builder.take()
}
