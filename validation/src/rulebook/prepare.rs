//! A rulebook made ready for the structures it meets: parsed, typed, every rule tied to its result.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mighub_sdmx::structure::DataDefinition;
use mighub_vtl::ast::BinaryOp;
use mighub_vtl::dataset::DatasetBuilder;
use mighub_vtl::plan::Value;
use mighub_vtl::{Environment, Plan, Structure, analyze};

use super::script::Joined;
use super::{Artefact, InputSource, ParameterSpec, RuleSpec, Rulebook, RulebookProblem, prove};
use crate::rule::BookRule;

/// Name of the data set that is judged.
pub(crate) const LANE: &str = "lane";

/// A rulebook that was proven sound against structures: it can judge.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub(crate) definition: Arc<DataDefinition>,
    pub(crate) parameters: Vec<ParameterSpec>,
    pub(crate) script: Joined,
    pub(crate) plan: Plan,
    pub(crate) inputs: BTreeMap<Arc<str>, PreparedInput>,
    pub(crate) rules: Vec<PreparedRule>,
}

/// A data set that the script reads.
#[derive(Clone, Debug)]
pub struct PreparedInput {
    /// What it is filled with; nothing for the lane itself.
    pub source: Option<InputSource>,
    /// Structure of its data; nothing if this program does not know the dataflow.
    pub definition: Option<Arc<DataDefinition>>,
    /// Measure and attributes that the script names.
    pub(crate) wanted: Vec<Arc<str>>,
}

/// A rule with its result.
#[derive(Clone, Debug)]
pub struct PreparedRule {
    /// The rule as findings name it.
    pub rule: Arc<BookRule>,
    pub(crate) spec: RuleSpec,
    /// Places of the dimensions it crosses.
    pub(crate) crosses: Vec<usize>,
    /// Left code and signed parts by `ruleid`, for checks of hierarchies.
    pub(crate) parts: BTreeMap<Arc<str>, Parts>,
}

/// The right side of a rule of a hierarchy.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    /// Codes, and whether they are subtracted.
    pub(crate) items: Vec<(bool, Arc<str>)>,
    /// What the left side must be of their sum: `at least `, `at most `, or nothing said.
    pub(crate) bound: &'static str,
}

impl Prepared {
    /// The dataflow that is judged.
    pub fn definition(&self) -> &Arc<DataDefinition> {
        &self.definition
    }

    /// Its rules, in order of writing.
    pub fn rules(&self) -> &[PreparedRule] {
        &self.rules
    }

    /// The data sets it may be given beside the lane, by name.
    pub fn references(&self) -> impl Iterator<Item = (&str, &InputSource)> {
        self.inputs.iter().filter_map(|(name, input)| Some((&**name, input.source.as_ref()?)))
    }

    /// Places of the dimensions that no rule crosses: series that differ in one of them never meet.
    pub(crate) fn uncrossed(&self) -> Vec<usize> {
        let crossed: BTreeSet<usize> =
            self.rules.iter().flat_map(|rule| rule.crosses.iter().copied()).collect();
        (0..self.definition.dimensions.len()).filter(|place| !crossed.contains(place)).collect()
    }
}

impl PreparedInput {
    /// What an empty one looks like.
    pub(crate) fn builder(&self, definition: &DataDefinition) -> DatasetBuilder {
        let wanted: Vec<&str> = self.wanted.iter().map(|id| &**id).collect();
        DatasetBuilder::new(definition, &wanted)
    }
}

impl Rulebook {
    /// Parses and types the rulebook against the structures of its dataflows, which `definition_of` finds by
    /// `AGENCY:ID(VERSION)`. The own one must be there; rules that need another that is not there will not
    /// run. All mistakes are told at once. Nothing for the built-in rules alone.
    pub fn prepare(
        &self,
        definition_of: &dyn Fn(&str) -> Option<Arc<DataDefinition>>,
    ) -> Result<Option<Prepared>, Vec<RulebookProblem>> {
        self.book().map(|book| prepare(book, definition_of)).transpose()
    }
}

fn prepare(
    book: &Artefact,
    definition_of: &dyn Fn(&str) -> Option<Arc<DataDefinition>>,
) -> Result<Prepared, Vec<RulebookProblem>> {
    let Some(definition) = definition_of(&book.dataflow) else {
        let text = format!("the dataflow {} is not known here: store its structures first", book.dataflow);
        return Err(vec![RulebookProblem::of_book(text)]);
    };
    let mut problems = prove::book(book, &definition);
    let script = match Joined::read(&book.scripts) {
        Ok(script) => script,
        Err(mistakes) => {
            problems.extend(mistakes);
            return Err(problems);
        }
    };
    let inputs = inputs(book, &definition, &script, definition_of);
    let missing: BTreeSet<Arc<str>> =
        inputs.iter().filter(|(_, input)| input.definition.is_none()).map(|(name, _)| name.clone()).collect();
    let environment = environment(book, &definition, &inputs);
    let plan = match analyze(&script.without(&missing), &environment) {
        Ok(plan) => plan,
        Err(mistakes) => {
            problems.extend(mistakes.into_iter().map(|mistake| script.problem(mistake)));
            return Err(problems);
        }
    };
    let mut rules = Vec::with_capacity(book.rules.len());
    for spec in &book.rules {
        let closure = script.closure(&spec.result);
        problems.extend(prove::rule(book, spec, &script, &definition));
        if closure.is_disjoint(&missing) {
            problems.extend(prove::result(book, spec, structure_of(&plan, &spec.result), &definition));
        }
        rules.push(PreparedRule {
            rule: Arc::new(spec.to_rule()),
            crosses: places(&definition, &spec.crosses),
            parts: parts(spec, &script),
            spec: spec.clone(),
        });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Prepared { definition, parameters: book.parameters.clone(), script, plan, inputs, rules })
}

fn inputs(
    book: &Artefact,
    definition: &Arc<DataDefinition>,
    script: &Joined,
    definition_of: &dyn Fn(&str) -> Option<Arc<DataDefinition>>,
) -> BTreeMap<Arc<str>, PreparedInput> {
    let input = |source: Option<InputSource>| {
        let definition = match &source {
            None | Some(InputSource::Previous) => Some(definition.clone()),
            Some(InputSource::Dataflow { dataflow } | InputSource::Partners { dataflow }) => {
                definition_of(dataflow)
            }
        };
        let mut wanted = Vec::new();
        if let Some(definition) = &definition {
            wanted.push(definition.measure.id.clone());
            let attributes = definition.attributes.iter().map(|attribute| &attribute.component.id);
            wanted.extend(attributes.filter(|id| script.uses(id)).cloned());
        }
        PreparedInput { source, definition, wanted }
    };
    let lane = (Arc::from(LANE), input(None));
    let others = book.inputs.iter().map(|(name, source)| (Arc::from(&**name), input(Some(source.clone()))));
    std::iter::once(lane).chain(others).collect()
}

fn environment(
    book: &Artefact,
    definition: &DataDefinition,
    inputs: &BTreeMap<Arc<str>, PreparedInput>,
) -> Environment {
    let datasets = inputs.iter().filter_map(|(name, input)| {
        let structure = input.builder(input.definition.as_ref()?).structure().clone();
        Some((name.clone(), structure))
    });
    let scalars = book
        .parameters
        .iter()
        .map(|parameter| (Arc::from(&*parameter.id), parameter.value_type.scalar_type()));
    let mut value_domains = BTreeMap::new();
    for dimension in &definition.dimensions {
        if let Some(list) = dimension.coded_by.codelist() {
            let codes = list.codes().iter().map(|code| mighub_vtl::Scalar::String(Arc::from(&*code.id)));
            value_domains.insert(Arc::from(&*list.identity.id), codes.collect());
        }
    }
    Environment {
        datasets: datasets.collect(),
        scalars: scalars.collect(),
        value_domains,
        ..Environment::default()
    }
}

fn structure_of<'p>(plan: &'p Plan, name: &str) -> Option<&'p Structure> {
    plan.statements.iter().find(|assignment| *assignment.name == *name).and_then(|assignment| {
        match &assignment.value {
            Value::Dataset(relation) => Some(&*relation.structure),
            Value::Scalar(_) => None,
        }
    })
}

fn places(definition: &DataDefinition, ids: &[String]) -> Vec<usize> {
    let place = |id: &String| definition.dimensions.iter().position(|dimension| *dimension.id == **id);
    ids.iter().filter_map(place).collect()
}

fn parts(spec: &RuleSpec, script: &Joined) -> BTreeMap<Arc<str>, Parts> {
    let ruleset = spec.parts.as_ref().and_then(|parts| script.hierarchy(&parts.ruleset));
    let rules = ruleset.into_iter().flat_map(|ruleset| ruleset.rules.iter().enumerate());
    rules
        .map(|(nth, rule)| {
            let name =
                rule.name.as_ref().map_or_else(|| (nth + 1).to_string().into(), |name| name.text.clone());
            let bound = match rule.relation {
                Some(BinaryOp::GreaterOrEqual | BinaryOp::Greater) => "at least ",
                Some(BinaryOp::LessOrEqual | BinaryOp::Less) => "at most ",
                _ => "",
            };
            let items = rule.items.iter().map(|item| (item.negative, item.code.text.clone())).collect();
            (name, Parts { items, bound })
        })
        .collect()
}
