//! The second pass over a message: its data, part by part.

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use super::cells::Into;
use super::layout::KeyOf;
use super::problem::JsonError;
use super::survey::{Part, Survey};
use super::tokens::{Mark as TokenMark, Once, Token, Tokens};
use crate::csv::{Action, ReadError};
use crate::data::{DataFormat, DatasetStart, EventKind, EventSource, Mark, MessageInfo, Record, Reopen};

/// What comes next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A dataset, by its place.
    Dataset(usize),
    /// A part of the dataset that is open.
    Part(Part),
    /// A member of the object with that part.
    Member(Part),
    /// An observation of the series that is open. Behind the last one reading goes on at the mark, or with what
    /// is left of the series.
    OfSeries(Option<TokenMark>),
    /// The series that is open was read as a whole.
    SeriesEnd,
}

/// Reads the parts of an SDMX-JSON message.
pub struct JsonEvents<R> {
    tokens: Tokens<R>,
    survey: Arc<Survey>,
    /// The dataset that is open.
    dataset: usize,
    mark: Mark,
    step: Step,
    /// Members of the series that is open which stand before its observations.
    before: Once,
    no_dataset: DatasetStart,
}

impl<R: Read + Seek> JsonEvents<R> {
    /// Goes over the whole message once: checks its syntax, reads its structures, finds its datasets.
    pub fn new(mut input: R) -> Result<Self, ReadError> {
        input.seek(SeekFrom::Start(0)).map_err(JsonError::Io)?;
        let mut tokens = Tokens::new(input)?;
        let survey = Arc::new(Survey::take(&mut tokens)?);
        Ok(Self::of(tokens, survey))
    }

    fn of(tokens: Tokens<R>, survey: Arc<Survey>) -> Self {
        let no_dataset = DatasetStart::default();
        let (mark, step, before) = (Mark::default(), Step::Dataset(0), Once::default());
        Self { tokens, survey, dataset: 0, mark, step, before, no_dataset }
    }

    /// Makes such a source again, of the same message, without going over it first.
    pub fn reopen(&self) -> Reopen {
        let survey = self.survey.clone();
        Arc::new(move |file, from| {
            file.seek(SeekFrom::Start(0)).map_err(JsonError::Io)?;
            let mut events = JsonEvents::of(Tokens::new(file)?, survey.clone());
            if let Some(resume) = from
                && let Some((dataset, part, begin)) = survey.part_before(resume.mark.offset)
            {
                events.tokens.jump(begin.at_member(resume.mark)).map_err(JsonError::Io)?;
                (events.dataset, events.step) = (dataset, Step::Member(part));
            }
            Ok(Box::new(events))
        })
    }

    fn event(&mut self, record: &mut Record) -> Result<Option<EventKind>, JsonError> {
        loop {
            match self.step {
                Step::Dataset(place) if place == self.survey.datasets.len() => return Ok(None),
                Step::Dataset(place) => {
                    self.dataset = place;
                    self.begin_dataset(record)?;
                    self.step = Step::Part(Part::Groups);
                    return Ok(Some(EventKind::Dataset));
                }
                Step::Part(Part::End) => {
                    record.begin(EventKind::DatasetEnd);
                    self.step = Step::Dataset(self.dataset + 1);
                    return Ok(Some(EventKind::DatasetEnd));
                }
                Step::Part(part) => self.begin_part(part)?,
                Step::Member(part) => {
                    if self.tokens.next()? != Token::Name {
                        self.step = Step::Part(part.next());
                        continue;
                    }
                    return self.member(part, record).map(Some);
                }
                Step::OfSeries(behind) => {
                    if self.tokens.next()? == Token::Name {
                        self.entry(EventKind::Observation, KeyOf::InSeries, record)?;
                        return Ok(Some(EventKind::Observation));
                    }
                    self.end_series(behind)?;
                    self.step = Step::SeriesEnd;
                }
                Step::SeriesEnd => {
                    self.step = Step::Member(Part::Series);
                    record.begin(EventKind::SeriesEnd);
                    return Ok(Some(EventKind::SeriesEnd));
                }
            }
        }
    }

    fn begin_dataset(&mut self, record: &mut Record) -> Result<(), JsonError> {
        record.begin(EventKind::Dataset);
        let dataset = &self.survey.datasets[self.dataset];
        let parts = [dataset.attributes, dataset.groups, dataset.series, dataset.observations];
        let Some(first) = parts.into_iter().flatten().next() else { return Ok(()) };
        self.tokens.jump(first)?;
        self.mark = first.place();
        let structures = self.survey.layouts.len();
        if dataset.structure >= structures && structures > 0 {
            return Err(self.tokens.contents(format!(
                "the dataset is of structure {}, and the message has {structures}: the first is number 0",
                dataset.structure
            )));
        }
        let layout = self.survey.layout(dataset);
        let is_delete = dataset.start.action == Action::Delete;
        // Its codes would count for nothing, and all of them would be deleted.
        if is_delete && layout.dimensions.iter().any(|dimension| dimension.id.is_empty()) {
            return Err(self.tokens.contents(
                "the dataset deletes, and a dimension of its structure has no id: name it, as {\"id\":\"REF_AREA\",…}",
            ));
        }
        let into = &mut Into { record, mark: self.mark, is_delete };
        for place in &layout.of_dataset {
            into.dimension(&mut self.tokens, &layout.dimensions[*place])?;
        }
        if dataset.attributes.is_some() {
            let first = self.tokens.next()?;
            into.cells(&mut self.tokens, first, &layout.dataset)
        } else {
            into.defaults(&mut self.tokens, &layout.dataset)
        }
    }

    fn begin_part(&mut self, part: Part) -> Result<(), JsonError> {
        let mark = self.survey.datasets[self.dataset].part(part);
        self.step = Step::Part(part.next());
        let Some(mark) = mark else { return Ok(()) };
        self.tokens.jump(mark)?;
        match self.tokens.next()? {
            Token::BeginObject => self.step = Step::Member(part),
            Token::Null => {}
            _ => {
                return Err(self
                    .tokens
                    .contents("an object should stand here, with keys as names: {\"0:0\": …}"));
            }
        }
        Ok(())
    }

    /// Reads a member whose name is the last token.
    fn member(&mut self, part: Part, record: &mut Record) -> Result<EventKind, JsonError> {
        match part {
            Part::Groups => {
                self.entry(EventKind::Group, KeyOf::Group, record)?;
                Ok(EventKind::Group)
            }
            Part::Series => {
                self.series(record)?;
                Ok(EventKind::Series)
            }
            Part::Observations | Part::End => {
                self.entry(EventKind::Observation, KeyOf::Flat, record)?;
                Ok(EventKind::Observation)
            }
        }
    }

    fn begin(&mut self, kind: EventKind, record: &mut Record) {
        record.begin(kind);
        self.mark = self.tokens.place();
    }

    /// Reads a group or an observation: a key and an array.
    #[inline]
    fn entry(&mut self, kind: EventKind, of: KeyOf, record: &mut Record) -> Result<(), JsonError> {
        self.begin(kind, record);
        let Self { tokens, survey, dataset, mark, .. } = self;
        let dataset = &survey.datasets[*dataset];
        let layout = survey.layout(dataset);
        let into = &mut Into { record, mark: *mark, is_delete: dataset.start.action == Action::Delete };
        into.key(tokens, layout, of)?;
        let first = tokens.next()?;
        let components = if of == KeyOf::Group { &layout.groups } else { &layout.observation };
        into.cells(tokens, first, components)
    }

    /// Reads a series up to its observations.
    fn series(&mut self, record: &mut Record) -> Result<(), JsonError> {
        self.begin(EventKind::Series, record);
        let Self { tokens, survey, dataset, mark, step, before, .. } = self;
        let dataset = &survey.datasets[*dataset];
        let layout = survey.layout(dataset);
        let into = &mut Into { record, mark: *mark, is_delete: dataset.start.action == Action::Delete };
        into.key(tokens, layout, KeyOf::Series)?;
        *step = Step::SeriesEnd;
        match tokens.next()? {
            Token::BeginObject => {}
            Token::Null => return Ok(()),
            _ => return Err(tokens.contents("a series should stand here, which is an object: {…}")),
        }
        let (mut has_attributes, mut observations) = (layout.series.is_empty(), None);
        let mut once = Once::default();
        while tokens.next()? == Token::Name {
            once.check(tokens)?;
            match tokens.text() {
                "attributes" => {
                    let first = tokens.next()?;
                    into.cells(tokens, first, &layout.series)?;
                    has_attributes = true;
                }
                "observations" => {
                    let here = tokens.mark();
                    match tokens.next()? {
                        // A series begins with its attributes: where they stand behind, they are read before.
                        Token::BeginObject if has_attributes => {
                            *step = Step::OfSeries(None);
                            *before = once;
                            return Ok(());
                        }
                        Token::BeginObject => {
                            tokens.skip_rest(Token::BeginObject)?;
                            observations = Some(here);
                        }
                        first => tokens.skip_rest(first)?,
                    }
                }
                _ => tokens.skip_value()?,
            }
        }
        if !has_attributes {
            into.defaults(tokens, &layout.series)?;
        }
        if let Some(observations) = observations {
            *step = Step::OfSeries(Some(tokens.mark()));
            tokens.jump(observations)?;
            tokens.next()?;
        }
        Ok(())
    }

    /// Passes over what is left of the series whose observations have ended.
    fn end_series(&mut self, behind: Option<TokenMark>) -> Result<(), JsonError> {
        match behind {
            Some(behind) => self.tokens.jump(behind)?,
            None => {
                while self.tokens.next()? == Token::Name {
                    self.before.check(&mut self.tokens)?;
                    self.tokens.skip_value()?;
                }
            }
        }
        Ok(())
    }
}

impl<R: Read + Seek> EventSource for JsonEvents<R> {
    fn next(&mut self, record: &mut Record) -> Result<Option<EventKind>, ReadError> {
        Ok(self.event(record)?)
    }

    fn dataset(&self) -> &DatasetStart {
        self.survey.datasets.get(self.dataset).map_or(&self.no_dataset, |dataset| &dataset.start)
    }

    fn mark(&self) -> Mark {
        self.mark
    }

    fn format(&self) -> DataFormat {
        DataFormat::Json(self.survey.version)
    }

    fn message(&self) -> &MessageInfo {
        &self.survey.message
    }

    fn can_resume(&self) -> bool {
        true
    }
}
