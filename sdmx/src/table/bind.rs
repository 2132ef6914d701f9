//! A mapping, a header and a dataflow brought together: every column and code list looked up once.

use std::collections::BTreeMap;

use super::areas::is_of_areas;
use super::lookup::Lookup;
use super::mapping::{AcrossColumns, Mapping, Numbers, Source, Values};
use super::origin::Making;
use super::problem::TableError;
use super::translate::TableOptions;
use crate::period::Period;
use crate::structure::{ComponentUse, DataDefinition};

/// Most ways in which rows are made of one row: rules times columns side by side.
const MAKINGS_MAX: usize = 4096;

/// How one column of the translation is filled.
pub(super) enum Filling {
    Constant(String),
    Column {
        column: usize,
        lookup: Lookup,
    },
    /// The figure; it stands in the column side by side if none is given.
    Figure(Option<usize>),
    /// The code of the column side by side.
    Across,
    /// The status: that of the figure, of the flags, or of this.
    Status(Box<Filling>),
    CensorLower,
    CensorUpper,
    /// Several flags as they came.
    SeveralFlags,
    Nothing,
}

/// Columns and values by which rows are told; none: always true.
pub(super) struct Told(Vec<(usize, Vec<String>)>);

/// One row that a row becomes.
pub(super) struct BoundRule {
    when: Told,
    unless: Told,
    /// Per column of the translation.
    pub(super) fillings: Vec<Filling>,
    /// Number of its first making; one for each column side by side.
    pub(super) making: usize,
}

/// Everything that translating a row needs.
pub(super) struct Bound {
    /// Ids of the components, in the order of the translation's columns.
    pub(super) targets: Vec<String>,
    pub(super) rules: Vec<BoundRule>,
    pub(super) skip: Vec<Told>,
    pub(super) numbers: Numbers,
    /// The column of the flags, what each letter means, and which of several counts.
    pub(super) flags: Option<(Option<usize>, Values, Vec<String>)>,
    /// Columns side by side and their codes; one without column if there are none.
    pub(super) across: Vec<(Option<usize>, String)>,
    pub(super) makings: Vec<Making>,
    /// Whether an empty figure is no figure, since one row becomes several.
    pub(super) leaves_out_empty: bool,
    /// Columns of areas of which nothing says in which scheme they are.
    pub(super) undeclared: Vec<(usize, String)>,
}

impl Told {
    pub(super) fn holds(&self, row: &[String]) -> bool {
        self.0.iter().all(|(column, values)| {
            let cell = row[*column].trim();
            values.iter().any(|value| value == cell)
        })
    }
}

impl BoundRule {
    pub(super) fn holds(&self, row: &[String]) -> bool {
        self.when.holds(row) && (self.unless.0.is_empty() || !self.unless.holds(row))
    }
}

pub(super) struct Binder<'b> {
    pub(super) mapping: &'b Mapping,
    pub(super) header: &'b [String],
    pub(super) definition: &'b DataDefinition,
    pub(super) options: &'b TableOptions,
}

impl Binder<'_> {
    pub(super) fn bind(&self) -> Result<Bound, TableError> {
        let across = self.across()?;
        let targets = self.targets()?;
        let mut numbers = self.mapping.numbers.clone();
        if let Some(decimal) = self.options.decimal {
            numbers.decimal = Some(decimal);
            numbers.thousands = numbers.thousands.filter(|thousands| *thousands != decimal);
        }
        let one = [super::mapping::RowRule::default()];
        let rules = if self.mapping.rows.is_empty() { &one[..] } else { &self.mapping.rows[..] };
        if rules.len() * across.len() > MAKINGS_MAX {
            return Err(self.misfit(format!("a row would become more than {MAKINGS_MAX} rows")));
        }
        let (mut bound_rules, mut makings, mut undeclared) = (Vec::new(), Vec::new(), Vec::new());
        for rule in rules {
            let mut fillings = Vec::new();
            for target in &targets {
                let source = rule.set.get(target).or_else(|| self.mapping.components.get(target));
                fillings.push(self.filling(target, source, &mut undeclared)?);
            }
            let making = makings.len();
            makings.extend(across.iter().map(|(column, _)| making_of(&fillings, *column)));
            let (when, unless) = (self.told(&rule.when)?, self.told(&rule.unless)?);
            bound_rules.push(BoundRule { when, unless, fillings, making });
        }
        let flags = self.mapping.flags.as_ref().map(|flags| {
            let column = flags.column.as_deref().map(|column| self.column(column)).transpose()?;
            Ok::<_, TableError>((column, flags.values.clone(), flags.first_of.clone()))
        });
        undeclared.dedup();
        Ok(Bound {
            targets,
            leaves_out_empty: bound_rules.len() > 1 || self.mapping.across.is_some(),
            rules: bound_rules,
            skip: self.mapping.skip.iter().map(|skip| self.told(&skip.when)).collect::<Result<_, _>>()?,
            numbers,
            flags: flags.transpose()?,
            across,
            makings,
            undeclared,
        })
    }

    fn misfit(&self, reason: String) -> TableError {
        TableError::Misfit {
            mapping: self.mapping.name(),
            dataflow: self.definition.dataflow.short(),
            reason,
        }
    }

    fn column(&self, name: &str) -> Result<usize, TableError> {
        let mut found = self.header.iter().enumerate().filter(|(_, column)| *column == name);
        match (found.next(), found.next()) {
            (Some((column, _)), None) => Ok(column),
            (Some(_), Some(_)) => Err(TableError::TwoColumns(name.to_owned())),
            (None, _) => Err(TableError::NoColumn {
                mapping: self.mapping.name(),
                column: name.to_owned(),
                header: super::problem::clip(&self.header.join(", ")),
            }),
        }
    }

    fn told(&self, condition: &BTreeMap<String, Vec<String>>) -> Result<Told, TableError> {
        let each = |(column, values): (&String, &Vec<String>)| Ok((self.column(column)?, values.clone()));
        condition.iter().map(each).collect::<Result<_, _>>().map(Told)
    }

    fn across(&self) -> Result<Vec<(Option<usize>, String)>, TableError> {
        let Some(across) = &self.mapping.across else { return Ok(vec![(None, String::new())]) };
        let columns: Vec<(Option<usize>, String)> = match &across.columns {
            AcrossColumns::Periods => {
                let periods = self.header.iter().enumerate();
                let periods = periods.filter(|(_, name)| Period::parse(name.as_bytes()).is_ok());
                periods.map(|(column, name)| (Some(column), name.clone())).collect()
            }
            AcrossColumns::Named(codes) => {
                let named = codes.iter().map(|(name, code)| Ok((Some(self.column(name)?), code.clone())));
                named.collect::<Result<_, TableError>>()?
            }
        };
        if columns.is_empty() {
            return Err(self.misfit("no column of the table is called as a period".to_owned()));
        }
        Ok(columns)
    }

    /// The components that the translation has, in the order of the data structure.
    fn targets(&self) -> Result<Vec<String>, TableError> {
        let mapping = self.mapping;
        let set = |id: &str| {
            mapping.components.contains_key(id) || mapping.rows.iter().any(|row| row.set.contains_key(id))
        };
        let definition = self.definition;
        let mut targets: Vec<String> = Vec::new();
        let keys = definition.dimensions.iter().map(|dimension| &dimension.id).chain(&definition.time);
        for id in keys.chain([&definition.measure.id]) {
            let is_across = mapping.across.as_ref().is_some_and(|across| *across.component == **id);
            let is_measure = *id == definition.measure.id && mapping.across.is_some();
            if !set(id) && !is_across && !is_measure {
                return Err(self.misfit(format!("it says nothing of {id}")));
            }
            targets.push(id.to_string());
        }
        let several = mapping.flags.as_ref().and_then(|flags| flags.several_to.as_deref());
        for attribute in &definition.attributes {
            let id = &*attribute.component.id;
            if set(id) || Some(id) == several || matches!(id, "OBS_STATUS" | "CENSOR_LOWER" | "CENSOR_UPPER")
            {
                targets.push(id.to_owned());
            }
        }
        let named = mapping.components.keys().chain(mapping.rows.iter().flat_map(|row| row.set.keys()));
        match named.into_iter().find(|id| !targets.contains(id)) {
            Some(id) => Err(self.misfit(format!("the dataflow has no component {id}"))),
            None => Ok(targets),
        }
    }

    fn filling(
        &self,
        target: &str,
        source: Option<&Source>,
        undeclared: &mut Vec<(usize, String)>,
    ) -> Result<Filling, TableError> {
        let definition = self.definition;
        let flags = self.mapping.flags.as_ref();
        let across = self.mapping.across.as_ref().filter(|across| across.component == target);
        let plain = match source {
            None if across.is_some() => Filling::Across,
            None if *target == *definition.measure.id => Filling::Figure(None),
            None if flags.and_then(|flags| flags.several_to.as_deref()) == Some(target) => {
                Filling::SeveralFlags
            }
            None if target == "CENSOR_LOWER" => Filling::CensorLower,
            None if target == "CENSOR_UPPER" => Filling::CensorUpper,
            None => Filling::Nothing,
            Some(source) => self.of_source(target, source, undeclared)?,
        };
        Ok(if target == "OBS_STATUS" { Filling::Status(Box::new(plain)) } else { plain })
    }

    fn of_source(
        &self,
        target: &str,
        source: &Source,
        undeclared: &mut Vec<(usize, String)>,
    ) -> Result<Filling, TableError> {
        if let Some(constant) = &source.constant {
            return Ok(Filling::Constant(constant.clone()));
        }
        let column = self.column(source.column.as_deref().unwrap_or_default())?;
        if *target == *self.definition.measure.id {
            return Ok(Filling::Figure(Some(column)));
        }
        let list = component(self.definition, target).and_then(|component| component.coded_by.codelist());
        let mut source = source.clone();
        if source.scheme.is_none() && source.part.is_none() && list.is_some_and(|list| is_of_areas(list)) {
            source.scheme.clone_from(&self.options.areas);
            if source.scheme.is_none() {
                undeclared.push((column, target.to_owned()));
            }
        }
        let lookup = Lookup::new(&source, list.map(|list| &**list));
        let lookup = lookup.map_err(|reason| self.misfit(format!("{target}: {reason}")))?;
        Ok(Filling::Column { column, lookup })
    }
}

/// A dimension or attribute.
pub(super) fn component<'d>(definition: &'d DataDefinition, id: &str) -> Option<&'d ComponentUse> {
    definition.dimension(id).or_else(|| definition.attribute(id).map(|attribute| &attribute.component))
}

fn making_of(fillings: &[Filling], across: Option<usize>) -> Making {
    // The columns STRUCTURE, STRUCTURE_ID and ACTION come first, and from nowhere.
    let mut columns = vec![None; 3];
    let mut figure = None;
    for filling in fillings {
        let column = match filling {
            Filling::Figure(column) => {
                figure = column.or(across);
                figure
            }
            Filling::Column { column, .. } => Some(*column),
            Filling::Across => across,
            _ => None,
        };
        columns.push(column);
    }
    let first = columns.iter().flatten().next().copied();
    Making { figure: figure.or(first).unwrap_or(0), columns }
}
