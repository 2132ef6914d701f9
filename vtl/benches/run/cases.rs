//! The four cases: a script over one or two files.

use std::path::Path;
use std::sync::Arc;

use mighub_vtl::csv::{ReadOptions, read, write};
use mighub_vtl::{Component, Environment, Inputs, Results, Role, RunOptions, ScalarType, Structure};

/// A script and the files it reads.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    script: &'static str,
    files: &'static [&'static str],
}

pub(crate) const CASES: [Case; 4] = [
    Case { name: "a_datapoint", script: include_str!("datapoint.vtl"), files: &["DS_1"] },
    Case { name: "b_hier", script: include_str!("hierarchy.vtl"), files: &["DS_1"] },
    Case { name: "c_sum", script: include_str!("sum.vtl"), files: &["DS_1"] },
    Case { name: "d_join", script: include_str!("join.vtl"), files: &["DS_1", "DS_2"] },
];

fn structure(file: &str) -> Arc<Structure> {
    let identifier = |name: &str| {
        let scalar_type = if name == "TIME_PERIOD" { ScalarType::TimePeriod } else { ScalarType::String };
        Component::new(name, Role::Identifier, scalar_type)
    };
    let mut components: Vec<Component> = super::cube::IDENTIFIERS.map(identifier).to_vec();
    components.push(Component::new("OBS_VALUE", Role::Measure, ScalarType::Number));
    if file == "DS_1" {
        components.push(Component::new("OBS_STATUS", Role::Attribute, ScalarType::String));
    }
    Arc::new(Structure::new(components).expect("the names above differ"))
}

impl Case {
    /// The files as data sets.
    pub(crate) fn read(&self, dir: &Path) -> Inputs {
        let dataset = |file: &&str| {
            let text = std::fs::read(dir.join(format!("{file}.csv"))).expect("the files were made before");
            let dataset = read(&text, &structure(file), &ReadOptions::default());
            (Arc::from(*file), dataset.expect("the files are sound"))
        };
        Inputs { datasets: self.files.iter().map(dataset).collect(), ..Inputs::default() }
    }

    /// Parses, analyses and runs.
    pub(crate) fn run(&self, inputs: Inputs) -> Results {
        let script = mighub_vtl::parse(self.script).expect("the scripts are sound");
        let structures = inputs.datasets.iter();
        let datasets =
            structures.map(|(name, dataset)| (name.clone(), dataset.structure().clone())).collect();
        let environment = Environment { datasets, ..Environment::default() };
        let plan = mighub_vtl::analyze(&script, &environment).expect("the scripts fit the files");
        mighub_vtl::run(&plan, inputs, &RunOptions::default()).expect("the rules have a result")
    }

    /// The result as a file; the number of its rows.
    pub(crate) fn write(&self, results: &Results, dir: &Path) -> usize {
        let result = &results.datasets["R"];
        let path = dir.join(format!("{}.csv", self.name));
        let mut file = std::fs::File::create(path).expect("the folder takes files");
        write(result, &mut file).expect("the disk has room");
        result.rows()
    }
}
