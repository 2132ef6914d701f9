//! The first pass over a message: its structures, and where its datasets are.

use std::io::Read;
use std::sync::Arc;

use super::layout::{Layout, Listed, links, rank};
use super::problem::JsonError;
use super::tokens::{Mark, Token, Tokens};
use super::{DATASETS_MAX, STRUCTURES_MAX};
use crate::csv::Action;
use crate::data::{
    DatasetStart, JsonVersion, MessageHeader, MessageInfo, MessageProblem, Notice, StructureRef,
};
use crate::structure::parse_instant;

/// Characters kept of what a message or a dataset says of itself; ids have at most 255.
const KEPT_CHARACTERS: usize = 255;
/// Receivers kept of a message.
const RECEIVERS_MAX: usize = 100;

/// A dataset, without its data.
#[derive(Debug, Default)]
pub(super) struct Dataset {
    /// Place of its structure.
    pub(super) structure: usize,
    /// What its own links name.
    pub(super) reference: Option<StructureRef>,
    pub(super) start: DatasetStart,
    /// Where its parts begin.
    pub(super) attributes: Option<Mark>,
    pub(super) groups: Option<Mark>,
    pub(super) series: Option<Mark>,
    pub(super) observations: Option<Mark>,
}

/// Parts of a dataset, in the order in which they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Groups,
    Series,
    Observations,
    End,
}

/// What the first pass found.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) version: JsonVersion,
    pub(super) message: MessageInfo,
    pub(super) layouts: Vec<Layout>,
    pub(super) datasets: Vec<Dataset>,
    /// For datasets without a structure.
    nothing: Layout,
}

/// What is known while the first pass goes on.
#[derive(Default)]
struct Found {
    layouts: Vec<Layout>,
    listed: Listed,
    datasets: Option<Vec<Dataset>>,
    message: MessageInfo,
    /// The address of the schema.
    schema: String,
    has_one_structure: bool,
    /// The first member that only other messages have.
    other: Option<JsonError>,
}

impl Survey {
    /// Reads the document to its end.
    pub(super) fn take<R: Read>(tokens: &mut Tokens<R>) -> Result<Self, JsonError> {
        let mut found = Found::default();
        let first = tokens.next()?;
        tokens.members_of(first, "a message", |tokens, name, first| match name {
            "data" if first == Token::BeginObject => {
                tokens.members_of(first, "data", |tokens, name, first| found.part(tokens, name, first))
            }
            _ => found.part(tokens, name, first),
        })?;
        // What follows the message is an error, too.
        tokens.next()?;
        let Some(datasets) = found.datasets.take() else { return Err(found.no_data(tokens)) };
        let version = found.version();
        let (message, layouts) = (found.message, found.layouts);
        let mut survey = Self { version, message, layouts, datasets, nothing: Layout::default() };
        for place in 0..survey.datasets.len() {
            survey.name_dataset(place);
        }
        Ok(survey)
    }

    /// Completes what a dataset says of itself by what its structure says.
    fn name_dataset(&mut self, place: usize) {
        let Dataset { structure, reference, start, observations, .. } = &mut self.datasets[place];
        let layout = self.layouts.get(*structure).unwrap_or(&self.nothing);
        let named = reference.take().into_iter().chain(layout.reference.clone());
        start.structure = named.min_by_key(|reference| rank(reference.kind));
        start.observation_dimension = match observations {
            Some(_) => Some(Arc::from("AllDimensions")),
            None => layout.observation_dimension().map(Arc::from),
        };
    }

    /// The structure of a dataset.
    pub(super) fn layout(&self, dataset: &Dataset) -> &Layout {
        self.layouts.get(dataset.structure).unwrap_or(&self.nothing)
    }

    /// The part of a dataset that begins last before a byte of the document.
    pub(super) fn part_before(&self, offset: u64) -> Option<(usize, Part, Mark)> {
        let parts = self.datasets.iter().enumerate().flat_map(|(place, dataset)| {
            let parts = [Part::Groups, Part::Series, Part::Observations].into_iter();
            parts.filter_map(move |part| dataset.part(part).map(|mark| (place, part, mark)))
        });
        parts
            .filter(|(_, _, mark)| mark.place().offset < offset)
            .max_by_key(|(_, _, mark)| mark.place().offset)
    }
}

impl Found {
    fn part<R: Read>(&mut self, tokens: &mut Tokens<R>, name: &str, first: Token) -> Result<(), JsonError> {
        match name {
            "meta" | "header" => self.header(tokens, first),
            "structures" => {
                tokens.items_of(first, "structures", |tokens, first| self.structure(tokens, first))
            }
            "structure" if first == Token::BeginArray => {
                tokens.items_of(first, "structures", |tokens, first| self.structure(tokens, first))
            }
            "structure" => {
                self.has_one_structure = true;
                self.structure(tokens, first)
            }
            "dataSets" | "datasets" => {
                let mut datasets = self.datasets.take().unwrap_or_default();
                tokens.items_of(first, "dataSets", |tokens, first| {
                    if datasets.len() == DATASETS_MAX {
                        let (what, most) = ("the list of datasets", format!("{DATASETS_MAX} datasets"));
                        return Err(tokens.problem(MessageProblem::TooLarge { what, most }));
                    }
                    datasets.push(dataset(tokens, first)?);
                    Ok(())
                })?;
                self.datasets = Some(datasets);
                Ok(())
            }
            "$schema" if first == Token::Text => {
                tokens.text().clone_into(&mut self.schema);
                Ok(())
            }
            "errors" => tokens.items_of(first, "errors", |tokens, first| self.error(tokens, first)),
            "codelists" | "dataStructures" | "dataflows" | "conceptSchemes" | "references" => {
                self.other(tokens, "a structure message of SDMX-JSON", "give it to `mighub structure put`");
                tokens.skip_rest(first)
            }
            "metadataSets" => {
                self.other(tokens, "reference metadata in SDMX-JSON", "data have the member \"dataSets\"");
                tokens.skip_rest(first)
            }
            _ => tokens.skip_rest(first),
        }
    }

    fn other<R: Read>(&mut self, tokens: &mut Tokens<R>, found: &str, remedy: &'static str) {
        let found = found.to_owned();
        self.other.get_or_insert_with(|| tokens.problem(MessageProblem::OtherMessage { found, remedy }));
    }

    fn structure<R: Read>(&mut self, tokens: &mut Tokens<R>, first: Token) -> Result<(), JsonError> {
        if self.layouts.len() == STRUCTURES_MAX {
            let (what, most) = ("the list of structures", format!("{STRUCTURES_MAX} structures"));
            return Err(tokens.problem(MessageProblem::TooLarge { what, most }));
        }
        let layout = Layout::read(tokens, first, &mut self.listed)?;
        self.layouts.push(layout);
        Ok(())
    }

    fn header<R: Read>(&mut self, tokens: &mut Tokens<R>, first: Token) -> Result<(), JsonError> {
        let header = &mut self.message.header;
        tokens.members_of(first, "a header", |tokens, name, first| {
            match (name, first) {
                ("schema", Token::Text) => tokens.text().clone_into(&mut self.schema),
                ("id", Token::Text) => tokens.text().clone_into(&mut header.id),
                ("test", Token::True) => header.test = true,
                ("prepared", Token::Text) => {
                    header.prepared = parse_instant(tokens.text()).unwrap_or(header.prepared);
                }
                ("sender", _) => party(tokens, first, |id| header.sender = id)?,
                ("receivers", _) => tokens.items_of(first, "receivers", |tokens, first| {
                    party(tokens, first, |id| receiver(header, id))
                })?,
                ("receiver", _) => party(tokens, first, |id| receiver(header, id))?,
                _ => tokens.skip_rest(first)?,
            }
            Ok(())
        })
    }

    fn error<R: Read>(&mut self, tokens: &mut Tokens<R>, first: Token) -> Result<(), JsonError> {
        let (mut code, mut title) = (String::new(), String::new());
        tokens.members_of(first, "an error", |tokens, name, first| {
            match (name, first) {
                ("code", Token::Number | Token::Text) => tokens.text().clone_into(&mut code),
                ("title" | "message", Token::Text) => tokens.text().clone_into(&mut title),
                _ => tokens.skip_rest(first)?,
            }
            Ok(())
        })?;
        let (code, text) = (kept(&code), kept(&title));
        self.message.notice(Notice { is_error: true, code, text });
        Ok(())
    }

    fn no_data<R: Read>(self, tokens: &mut Tokens<R>) -> JsonError {
        if let Some(error) = self.other {
            return error;
        }
        match self.message.error() {
            Some(Notice { code, text, .. }) => tokens.contents(format!(
                "the message has no dataSets but an error, \"{}\": ask its sender for the data again",
                format!("{code} {text}").trim()
            )),
            None => {
                tokens.contents("the message has no dataSets: SDMX-JSON data have that member in \"data\"")
            }
        }
    }

    fn version(&self) -> JsonVersion {
        if self.has_one_structure {
            return JsonVersion::V1_0;
        }
        let says = |version: &str| {
            self.schema
                .split('/')
                .any(|segment| segment == version || segment.strip_suffix(".0") == Some(version))
        };
        if says("2.1") { JsonVersion::V2_1 } else { JsonVersion::V2_0 }
    }
}

/// As much of a text as is kept: there may be many datasets.
fn kept(text: &str) -> String {
    text.chars().take(KEPT_CHARACTERS).collect()
}

/// Takes a receiver, as long as there is room.
fn receiver(header: &mut MessageHeader, id: String) {
    if header.receivers.len() < RECEIVERS_MAX {
        header.receivers.push(id);
    }
}

/// Reads the id of an organisation.
fn party<R: Read>(tokens: &mut Tokens<R>, first: Token, mut id: impl FnMut(String)) -> Result<(), JsonError> {
    if first != Token::BeginObject {
        return tokens.skip_rest(first);
    }
    tokens.members_of(first, "an organisation", |tokens, name, first| {
        match (name, first) {
            ("id", Token::Text) => id(kept(tokens.text())),
            _ => tokens.skip_rest(first)?,
        }
        Ok(())
    })
}

/// Reads what a dataset says of itself, and passes over its data.
fn dataset<R: Read>(tokens: &mut Tokens<R>, first: Token) -> Result<Dataset, JsonError> {
    let mut dataset = Dataset::default();
    tokens.members_before_values(first, "a dataset", |tokens, name| {
        let mark = tokens.mark();
        match name {
            "attributes" => dataset.attributes = Some(mark),
            "dimensionGroupAttributes" => dataset.groups = Some(mark),
            "series" => dataset.series = Some(mark),
            "observations" => dataset.observations = Some(mark),
            _ => {
                let first = tokens.next()?;
                return dataset.says(tokens, name, first);
            }
        }
        tokens.skip_value()
    })?;
    Ok(dataset)
}

impl Part {
    /// The one behind.
    pub(super) fn next(self) -> Self {
        match self {
            Self::Groups => Self::Series,
            Self::Series => Self::Observations,
            Self::Observations | Self::End => Self::End,
        }
    }
}

impl Dataset {
    /// Where a part begins.
    pub(super) fn part(&self, part: Part) -> Option<Mark> {
        match part {
            Part::Groups => self.groups,
            Part::Series => self.series,
            Part::Observations => self.observations,
            Part::End => None,
        }
    }

    fn says<R: Read>(&mut self, tokens: &mut Tokens<R>, name: &str, first: Token) -> Result<(), JsonError> {
        let start = &mut self.start;
        match (name, first) {
            ("structure", Token::Number | Token::Text) => match tokens.text().parse() {
                Ok(place) => self.structure = place,
                Err(_) => return Err(tokens.contents("this is not the index of a structure")),
            },
            ("action", Token::Text) => {
                (start.action, start.unknown_action) = match &*tokens.text().to_ascii_lowercase() {
                    "information" | "append" | "merge" => (Action::Merge, None),
                    "replace" => (Action::Replace, None),
                    "delete" => (Action::Delete, None),
                    _ => (Action::Merge, Some(kept(tokens.text()))),
                };
            }
            ("validFrom", Token::Text) => start.valid_from = Some(kept(tokens.text())),
            ("validTo", Token::Text) => start.valid_to = Some(kept(tokens.text())),
            ("links", _) => {
                let links = links(tokens, first)?;
                (self.reference, start.provider) = (links.reference, links.provider);
            }
            _ => tokens.skip_rest(first)?,
        }
        Ok(())
    }
}
