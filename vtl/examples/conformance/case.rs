//! One case: what it consists of, and how it is run.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mighub_vtl::csv::{self, ReadOptions};
use mighub_vtl::time::Date;
use mighub_vtl::{
    Component, Diagnostic, Environment, Inputs, Results, Role, RunOptions, Scalar, ScalarType, Structure,
    analyze, parse, run,
};
use serde::Deserialize;
use serde_json::Value;

use super::compare::Expected;

/// Stack of the thread that runs cases: what the server gives its own.
const STACK_BYTES: usize = 2 << 20;

/// A case of the folder.
pub(crate) struct Case {
    pub(crate) group: String,
    pub(crate) name: String,
    folder: PathBuf,
}

/// How a case ended, with the reason.
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    Unsupported(String),
}

/// Where a run ended, in the words of the cases.
enum Stop {
    Syntax(Vec<Diagnostic>),
    Semantic(Vec<Diagnostic>),
    Input(String),
    Runtime(String),
    /// The case itself is broken.
    Case(Box<dyn Error>),
}

#[derive(Deserialize)]
struct Structures {
    datasets: Vec<DatasetStructure>,
    #[serde(default)]
    scalars: Vec<ScalarStructure>,
}

#[derive(Deserialize)]
struct DatasetStructure {
    name: String,
    #[serde(rename = "DataStructure")]
    components: Vec<ComponentStructure>,
}

#[derive(Deserialize)]
struct ComponentStructure {
    name: String,
    #[serde(rename = "type")]
    scalar_type: String,
    role: String,
    nullable: bool,
}

#[derive(Deserialize)]
struct ScalarStructure {
    name: String,
    #[serde(rename = "type")]
    scalar_type: String,
}

#[derive(Deserialize)]
struct ValueDomain {
    name: String,
    setlist: Vec<Value>,
}

#[derive(Deserialize)]
struct ExpectedError {
    phase: String,
}

/// Runs cases one after the other on a thread with a small stack. A panic is a failure of its case.
pub(crate) fn run_all(cases: &[Case]) -> Result<(Vec<Outcome>, Duration), Box<dyn Error>> {
    std::panic::set_hook(Box::new(|_| {}));
    let started = Instant::now();
    let outcomes = std::thread::scope(|scope| {
        let all = || cases.iter().map(Case::outcome).collect();
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, all)?;
        thread.join().map_err(|_| std::io::Error::other("the runner itself failed"))
    })?;
    Ok((outcomes, started.elapsed()))
}

impl Case {
    /// All cases of a folder, sorted.
    pub(crate) fn list(folder: &Path) -> Result<Vec<Self>, Box<dyn Error>> {
        let mut cases = Vec::new();
        for group in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
            let group = group?;
            if !group.file_type()?.is_dir() {
                continue;
            }
            for case in fs::read_dir(group.path())? {
                let folder = case?.path();
                if folder.join("script.vtl").is_file() {
                    let group = group.file_name().to_string_lossy().into_owned();
                    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    cases.push(Self { group, name, folder });
                }
            }
        }
        cases.sort_by_key(Self::id);
        Ok(cases)
    }

    pub(crate) fn id(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }

    fn outcome(&self) -> Outcome {
        match catch_unwind(AssertUnwindSafe(|| self.judge())) {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Outcome::Failed(format!("the case cannot be read: {error}")),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
                Outcome::Failed(format!("panic: {text}"))
            }
        }
    }

    fn judge(&self) -> Result<Outcome, Box<dyn Error>> {
        let expected_error = match fs::read_to_string(self.folder.join("expected_error.txt")) {
            Ok(text) => Some(serde_json::from_str::<ExpectedError>(&text)?.phase),
            Err(_) => None,
        };
        Ok(match (self.execute(), expected_error) {
            (Err(Stop::Case(error)), _) => return Err(error),
            (Err(stop), Some(phase)) if stop.phase() == phase => Outcome::Passed,
            (Err(stop), _) if stop.is_unsupported() => Outcome::Unsupported(stop.text()),
            (Err(stop), Some(phase)) => Outcome::Failed(format!("{phase} error expected; {}", stop.text())),
            (Err(stop), None) => Outcome::Failed(stop.text()),
            (Ok(_), Some(phase)) => Outcome::Failed(format!("{phase} error expected; it ran")),
            (Ok(None), None) => Outcome::Passed,
            (Ok(Some(results)), None) => match Expected::read(&self.folder)?.differs_from(&results)? {
                None => Outcome::Passed,
                Some(difference) => Outcome::Failed(difference),
            },
        })
    }

    /// Runs the case; no results if it is about structures only.
    fn execute(&self) -> Result<Option<Results>, Stop> {
        let script = fs::read_to_string(self.folder.join("script.vtl"))?;
        let script = parse(&script).map_err(Stop::Syntax)?;
        let structures: Structures =
            self.json("structures.json")?.ok_or_else(|| Stop::Case("no structures".into()))?;
        let environment = self.environment(&structures)?;
        let plan = analyze(&script, &environment).map_err(Stop::Semantic)?;
        let Some(inputs) = self.inputs(&environment)? else { return Ok(None) };
        let options =
            RunOptions { with_temporary: true, today: Some(Date::day(20_000)), ..RunOptions::default() };
        run(&plan, inputs, &options).map(Some).map_err(|error| Stop::Runtime(error.to_string()))
    }

    fn environment(&self, structures: &Structures) -> Result<Environment, Stop> {
        let mut environment = Environment::default();
        for dataset in &structures.datasets {
            let components =
                dataset.components.iter().map(ComponentStructure::component).collect::<Option<_>>();
            let components = components.ok_or_else(|| Stop::Case("an unknown type or role".into()))?;
            let structure = Structure::new(components)
                .map_err(|name| Stop::Input(format!("the structure has component {name} twice")))?;
            environment.datasets.insert(dataset.name.as_str().into(), Arc::new(structure));
        }
        for scalar in &structures.scalars {
            let scalar_type =
                type_of(&scalar.scalar_type).ok_or_else(|| Stop::Case("an unknown type".into()))?;
            environment.scalars.insert(scalar.name.as_str().into(), scalar_type);
            let values = self.json::<BTreeMap<String, Value>>("scalars.json")?.unwrap_or_default();
            if let Some(value) = values.get(&scalar.name).and_then(|value| scalar_of(value, scalar_type)) {
                environment.parameters.insert(scalar.name.as_str().into(), value);
            }
        }
        for domain in self.json::<Vec<ValueDomain>>("value_domains.json")?.unwrap_or_default() {
            let values = domain.setlist.iter().map(|value| scalar_of(value, ScalarType::String));
            let values = values.collect::<Option<_>>().ok_or_else(|| Stop::Case("a value domain".into()))?;
            environment.value_domains.insert(domain.name.as_str().into(), values);
        }
        Ok(environment)
    }

    /// What the run is given; nothing if the case has structures only.
    fn inputs(&self, environment: &Environment) -> Result<Option<Inputs>, Stop> {
        let options =
            ReadOptions { may_omit_nulls: true, empty_text_is_null: true, ..ReadOptions::default() };
        let mut inputs = Inputs::default();
        for (name, structure) in &environment.datasets {
            let Ok(data) = fs::read(self.folder.join("inputs").join(format!("{name}.csv"))) else {
                if self.is_about_structures()? {
                    return Ok(None);
                }
                inputs.datasets.insert(name.clone(), mighub_vtl::Dataset::empty(structure.clone()));
                continue;
            };
            let dataset = csv::read(&data, structure, &options)
                .map_err(|error| Stop::Input(format!("{name}.csv: {error}")))?;
            inputs.datasets.insert(name.clone(), dataset);
        }
        let values: BTreeMap<String, Value> = self.json("scalars.json")?.unwrap_or_default();
        for (name, scalar_type) in &environment.scalars {
            let value = values.get(&**name).unwrap_or(&Value::Null);
            let scalar =
                scalar_of(value, *scalar_type).ok_or_else(|| Stop::Input(format!("{name} has no value")))?;
            inputs.scalars.insert(name.clone(), scalar);
        }
        Ok(Some(inputs))
    }

    fn is_about_structures(&self) -> Result<bool, Stop> {
        let meta: Option<Value> = self.json("meta.json")?;
        Ok(meta.is_some_and(|meta| meta["kind"] == "semantic"))
    }

    fn json<T: for<'d> Deserialize<'d>>(&self, file: &str) -> Result<Option<T>, Stop> {
        match fs::read(self.folder.join(file)) {
            Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| Stop::Case(error.into())),
            Err(_) => Ok(None),
        }
    }
}

impl ComponentStructure {
    fn component(&self) -> Option<Component> {
        let role = match self.role.as_str() {
            "Identifier" => Role::Identifier,
            "Measure" => Role::Measure,
            "Attribute" => Role::Attribute,
            "Viral Attribute" | "ViralAttribute" => Role::ViralAttribute,
            _ => return None,
        };
        let mut component = Component::new(self.name.as_str(), role, type_of(&self.scalar_type)?);
        component.nullable = self.nullable;
        Some(component)
    }
}

fn type_of(name: &str) -> Option<ScalarType> {
    Some(match name {
        "Integer" => ScalarType::Integer,
        "Number" => ScalarType::Number,
        "String" => ScalarType::String,
        "Boolean" => ScalarType::Boolean,
        "Date" => ScalarType::Date,
        "Time_Period" => ScalarType::TimePeriod,
        "Time" => ScalarType::Time,
        "Duration" => ScalarType::Duration,
        _ => return None,
    })
}

/// A single value, read as a field of a file with one row.
fn scalar_of(value: &Value, scalar_type: ScalarType) -> Option<Scalar> {
    let text = match value {
        Value::Null => return Some(Scalar::Null),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let structure = Structure::new(vec![Component::new("value", Role::Measure, scalar_type)]).ok()?;
    let file = format!("value\n\"{}\"\n", text.replace('"', "\"\""));
    let dataset = csv::read(file.as_bytes(), &Arc::new(structure), &ReadOptions::default()).ok()?;
    (dataset.rows() == 1).then(|| dataset.value(0, 0))
}

impl Stop {
    fn phase(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "syntax",
            Self::Semantic(_) => "semantic",
            Self::Input(_) => "input",
            Self::Runtime(_) => "runtime",
            Self::Case(_) => "case",
        }
    }

    fn is_unsupported(&self) -> bool {
        matches!(self, Self::Semantic(all) if all.iter().any(|one| one.code == "SEM-UNSUPPORTED"))
    }

    fn text(&self) -> String {
        let detail = match self {
            Self::Syntax(all) | Self::Semantic(all) => {
                all.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
            }
            Self::Input(text) | Self::Runtime(text) => text.clone(),
            Self::Case(error) => error.to_string(),
        };
        format!("{} error: {detail}", self.phase())
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Case(error.into())
    }
}
