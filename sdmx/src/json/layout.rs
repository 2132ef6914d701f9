//! What a structure of a message says: components at their levels, and the values that data point to.

use std::io::Read;

use super::problem::JsonError;
use super::tokens::{Token, Tokens};
use super::value;
use super::{COMPONENTS_MAX, VALUE_BYTES_MAX, VALUES_MAX};
use crate::columns::AttributeValue;
use crate::data::{MessageProblem, StructureKind, StructureRef, provider_of_urn};

/// Longest URN or address that is looked at.
const ADDRESS_BYTES_MAX: usize = 2 * 1024;
/// The measure of messages that do not name it.
const OBS_VALUE: &str = "OBS_VALUE";

/// Where a component stands in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Dataset,
    Group,
    Series,
    Observation,
}

/// A dimension, a measure or an attribute.
#[derive(Clone, Debug, Default)]
pub(super) struct Component {
    pub(super) id: String,
    /// Place of a dimension in keys of the data structure.
    position: Option<usize>,
    /// What numerals are indexes of; nothing if they stand for themselves.
    pub(super) values: Option<Vec<Option<AttributeValue>>>,
    /// What absence stands for.
    pub(super) default: Option<AttributeValue>,
}

impl Component {
    /// The value with the index that `numeral` is.
    pub(super) fn listed(&self, numeral: &str) -> Option<&AttributeValue> {
        let index: usize = numeral.parse().ok()?;
        self.values.as_ref()?.get(index)?.as_ref()
    }

    /// What stands for a dimension that no key names: its only value, if it has just one; else the indexes of
    /// its values in brackets, which no code looks like, so that it is reported where codes are.
    pub(super) fn of_dataset(&self) -> Result<&AttributeValue, String> {
        let mut listed = self.values.iter().flatten().flatten();
        match (listed.next(), listed.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err("[0]".to_owned()),
            _ => Err(format!("[0-{}]", self.values.as_ref().map_or(0, |values| values.len() - 1))),
        }
    }

    /// Takes away values that say nothing: for a dimension they would mean all codes.
    fn without_empty_values(mut self) -> Self {
        let says = |value: &AttributeValue| value.as_text().is_none_or(|text| !text.trim().is_empty());
        for value in self.values.iter_mut().flatten() {
            value.take_if(|value| !says(value));
        }
        self
    }

    /// Whether the value with that index is none: messages are shortened so.
    pub(super) fn is_listed_null(&self, numeral: &str) -> bool {
        let listed = self.values.as_ref().zip(numeral.parse::<usize>().ok());
        listed.is_some_and(|(values, index)| values.get(index).is_some_and(Option::is_none))
    }
}

/// A structure of a message.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// What the data are of.
    pub(super) reference: Option<StructureRef>,
    /// All dimensions, in the order of the data structure.
    pub(super) dimensions: Vec<Component>,
    /// Places in `dimensions` of those with one value for the dataset.
    pub(super) of_dataset: Vec<usize>,
    keys: Keys,
    /// Measures and then attributes of observations, as arrays of observations have them.
    pub(super) observation: Vec<Component>,
    /// Attributes of the other levels.
    pub(super) dataset: Vec<Component>,
    pub(super) groups: Vec<Component>,
    pub(super) series: Vec<Component>,
}

/// Places in [`Layout::dimensions`] that the indexes of keys are of. Keys leave out dimensions with one value for
/// the dataset; but datasets of several layouts may share a structure, and then the count tells them apart.
#[derive(Clone, Debug, Default)]
struct Keys {
    /// As the message lists them.
    series: Vec<usize>,
    observation: Vec<usize>,
    /// In the order of the data structure.
    dataset_and_series: Vec<usize>,
    series_and_observation: Vec<usize>,
    all: Vec<usize>,
}

/// What a key is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyOf {
    Group,
    Series,
    /// An observation in a series.
    InSeries,
    /// An observation without one.
    Flat,
}

/// How much the structures of a message may list.
#[derive(Debug, Default)]
pub(super) struct Listed {
    values: usize,
    bytes: usize,
    components: usize,
}

impl Listed {
    fn check<R: Read>(&self, tokens: &mut Tokens<R>) -> Result<(), JsonError> {
        if self.values <= VALUES_MAX && self.bytes <= VALUE_BYTES_MAX {
            return Ok(());
        }
        let most = format!("{VALUES_MAX} values or {VALUE_BYTES_MAX} bytes");
        Err(tokens.problem(MessageProblem::TooLarge { what: "the list of values", most }))
    }
}

impl Layout {
    /// Places in `dimensions` that the `count` indexes of a key are of; nothing if there are none of that count.
    pub(super) fn key(&self, of: KeyOf, count: usize) -> Option<&[usize]> {
        let Keys { series, observation, dataset_and_series, series_and_observation, all } = &self.keys;
        let known: &[&[usize]] = match of {
            KeyOf::Group => &[all, series_and_observation, dataset_and_series, series],
            KeyOf::Series => &[series, dataset_and_series],
            KeyOf::InSeries => &[observation],
            KeyOf::Flat => &[observation, series_and_observation, all],
        };
        known.iter().copied().find(|places| places.len() == count)
    }

    /// Places in `dimensions` of those that a key ought to have.
    pub(super) fn key_dimensions(&self, of: KeyOf) -> &[usize] {
        match of {
            KeyOf::Group => &self.keys.all,
            KeyOf::Series => &self.keys.series,
            KeyOf::InSeries => &self.keys.observation,
            KeyOf::Flat => &self.keys.series_and_observation,
        }
    }

    /// The dimension that stands with observations, if it is one.
    pub(super) fn observation_dimension(&self) -> Option<&str> {
        match self.keys.observation[..] {
            [one] => Some(&self.dimensions[one].id),
            _ => None,
        }
    }

    /// Reads a structure that `first` begins.
    pub(super) fn read<R: Read>(
        tokens: &mut Tokens<R>,
        first: Token,
        listed: &mut Listed,
    ) -> Result<Self, JsonError> {
        let mut layout = Self::default();
        let (mut dimensions, mut measures, mut attributes) = (Vec::new(), None, Vec::new());
        tokens.members_of(first, "a structure", |tokens, name, first| {
            match name {
                "dimensions" => dimensions = levels(tokens, first, listed, true)?,
                "measures" => measures = Some(levels(tokens, first, listed, false)?),
                "attributes" => attributes = levels(tokens, first, listed, false)?,
                "links" => layout.reference = links(tokens, first)?.reference,
                _ => tokens.skip_rest(first)?,
            }
            Ok(())
        })?;
        // Before 2.0 there is one measure, without a name.
        let measure = Component { id: OBS_VALUE.to_owned(), ..Component::default() };
        layout.observation = match measures {
            None => vec![measure],
            Some(levels) => levels.into_iter().map(|(_, component)| component).collect(),
        };
        for (level, component) in attributes {
            match level {
                Level::Dataset => layout.dataset.push(component),
                Level::Group => layout.groups.push(component),
                Level::Series => layout.series.push(component),
                Level::Observation => layout.observation.push(component),
            }
        }
        layout.order(dimensions);
        Ok(layout)
    }

    fn order(&mut self, dimensions: Vec<(Level, Component)>) {
        let mut order: Vec<usize> = (0..dimensions.len()).collect();
        // Dimensions without a position stay where they are listed, behind those that have one.
        order.sort_by_key(|place| dimensions[*place].1.position.unwrap_or(usize::MAX));
        let mut places = vec![0; dimensions.len()];
        for (place, listed) in order.iter().enumerate() {
            places[*listed] = place;
        }
        let of = |wanted: Level| {
            let listed = dimensions.iter().zip(&places);
            listed
                .filter(move |((level, _), _)| *level == wanted)
                .map(|(_, place)| *place)
                .collect::<Vec<_>>()
        };
        let in_order = |mut places: Vec<usize>| {
            places.sort_unstable();
            places
        };
        let (series, observation) = (of(Level::Series), of(Level::Observation));
        // A dimension of no other level has one value.
        self.of_dataset = [of(Level::Dataset), of(Level::Group)].concat();
        self.keys = Keys {
            dataset_and_series: in_order([&self.of_dataset[..], &series].concat()),
            series_and_observation: in_order([&series[..], &observation].concat()),
            all: (0..dimensions.len()).collect(),
            series,
            observation,
        };
        let mut ordered: Vec<Option<Component>> =
            dimensions.into_iter().map(|(_, dimension)| Some(dimension)).collect();
        self.dimensions = order.into_iter().filter_map(|listed| ordered[listed].take()).collect();
    }
}

/// Reads `{"dataSet":[…],"series":[…],…}`. Drafts have arrays without levels for measures.
fn levels<R: Read>(
    tokens: &mut Tokens<R>,
    first: Token,
    listed: &mut Listed,
    of_dimensions: bool,
) -> Result<Vec<(Level, Component)>, JsonError> {
    let mut components = Vec::new();
    let mut read = |tokens: &mut Tokens<R>, first, level, listed: &mut Listed| {
        tokens.items_of(first, "components", |tokens, first| {
            listed.components += 1;
            if listed.components > COMPONENTS_MAX {
                let (what, most) = ("the list of components", format!("{COMPONENTS_MAX} components"));
                return Err(tokens.problem(MessageProblem::TooLarge { what, most }));
            }
            components.push((level, component(tokens, first, listed, of_dimensions)?));
            Ok(())
        })
    };
    if first == Token::BeginArray {
        read(tokens, first, Level::Observation, listed)?;
        return Ok(components);
    }
    tokens.members_of(first, "levels of components", |tokens, name, first| {
        let level = match name {
            "dataSet" | "dataset" => Level::Dataset,
            "dimensionGroup" => Level::Group,
            "series" => Level::Series,
            "observation" => Level::Observation,
            _ => return tokens.skip_rest(first),
        };
        read(tokens, first, level, listed)
    })?;
    Ok(components)
}

fn component<R: Read>(
    tokens: &mut Tokens<R>,
    first: Token,
    listed: &mut Listed,
    is_dimension: bool,
) -> Result<Component, JsonError> {
    let mut component = Component::default();
    tokens.members_of(first, "a component", |tokens, name, first| {
        match name {
            "id" if first == Token::Text => {
                listed.bytes += tokens.text().len();
                tokens.text().clone_into(&mut component.id);
            }
            "keyPosition" if first == Token::Number => component.position = tokens.text().parse().ok(),
            "default" if !is_dimension => {
                component.default = value::read(tokens, first, |_| None)?;
                listed.bytes += component.default.as_ref().map_or(0, AttributeValue::text_bytes);
            }
            "values" if first != Token::Null => component.values = Some(values(tokens, first, listed)?),
            _ => tokens.skip_rest(first)?,
        }
        listed.check(tokens)
    })?;
    Ok(if is_dimension { component.without_empty_values() } else { component })
}

fn values<R: Read>(
    tokens: &mut Tokens<R>,
    first: Token,
    listed: &mut Listed,
) -> Result<Vec<Option<AttributeValue>>, JsonError> {
    let mut values = Vec::new();
    tokens.items_of(first, "values", |tokens, first| {
        let value = if first == Token::BeginObject {
            listed_value(tokens)?
        } else {
            value::read(tokens, first, |_| None)?
        };
        listed.values += 1;
        listed.bytes += value.as_ref().map_or(0, AttributeValue::text_bytes);
        listed.check(tokens)?;
        values.push(value);
        Ok(())
    })?;
    Ok(values)
}

/// Reads one of the values that data point to: its id; else its value or values; else, in 1.0, its name, which
/// is the text itself where it has no id.
fn listed_value<R: Read>(tokens: &mut Tokens<R>) -> Result<Option<AttributeValue>, JsonError> {
    let (mut id, mut content, mut names, mut name) = (None, None, None, None);
    tokens.members_of(Token::BeginObject, "a value", |tokens, member, first| {
        match member {
            "id" => id = value::read(tokens, first, |_| None)?,
            "value" | "values" => content = value::read(tokens, first, |_| None)?,
            "names" => names = value::read(tokens, first, |_| None)?,
            "name" => name = value::read(tokens, first, |_| None)?,
            _ => tokens.skip_rest(first)?,
        }
        Ok(())
    })?;
    Ok(id.or(content).or(names).or(name))
}

/// What links name.
#[derive(Default)]
pub(super) struct Links {
    /// The dataflow, else the provision agreement, else the data structure.
    pub(super) reference: Option<StructureRef>,
    /// The data provider.
    pub(super) provider: Option<String>,
}

/// Reads links.
pub(super) fn links<R: Read>(tokens: &mut Tokens<R>, first: Token) -> Result<Links, JsonError> {
    let mut links = Links::default();
    tokens.items_of(first, "links", |tokens, first| {
        let (mut of_urn, mut of_address) = (None, None);
        tokens.members_of(first, "a link", |tokens, name, first| {
            match name {
                _ if first == Token::Text && tokens.text().len() > ADDRESS_BYTES_MAX => {}
                "urn" if first == Token::Text => {
                    of_urn = StructureRef::of_urn(tokens.text());
                    links.provider = links.provider.take().or_else(|| provider_of_urn(tokens.text()));
                }
                "href" | "uri" if first == Token::Text => of_address = of_url(tokens.text()),
                _ => tokens.skip_rest(first)?,
            }
            Ok(())
        })?;
        if let Some(found) = of_urn.or(of_address)
            && links.reference.as_ref().is_none_or(|best| rank(found.kind) < rank(best.kind))
        {
            links.reference = Some(found);
        }
        Ok(())
    })?;
    Ok(links)
}

/// Of several artefacts that are named, the one with the lowest rank says most.
pub(super) fn rank(kind: StructureKind) -> u8 {
    match kind {
        StructureKind::Dataflow => 0,
        StructureKind::ProvisionAgreement => 1,
        StructureKind::DataStructure => 2,
    }
}

/// What the address of an artefact names: `…/dataflow/ECB/EXR/1.0`.
fn of_url(address: &str) -> Option<StructureRef> {
    let path = address.split(['?', '#']).next()?;
    let mut segments = path
        .split('/')
        .skip_while(|segment| !matches!(*segment, "dataflow" | "datastructure" | "provisionagreement"));
    let kind = match segments.next()? {
        "dataflow" => StructureKind::Dataflow,
        "datastructure" => StructureKind::DataStructure,
        _ => StructureKind::ProvisionAgreement,
    };
    let (agency, id) = (segments.next()?, segments.next()?);
    if agency.is_empty() || id.is_empty() {
        return None;
    }
    let short = match segments.next() {
        None | Some("" | "latest" | "~" | "*") => format!("{agency}:{id}"),
        Some(version) => format!("{agency}:{id}({version})"),
    };
    Some(StructureRef { kind, short })
}
