//! A message of data to events. The parser goes by names of elements and follows whatever layout it meets:
//! components in attributes, in generic elements, or in elements of their own.

mod dataset;
mod footer;
mod header;
mod values;

use std::io::Read;

use super::super::xml::{Token, Xml};
use crate::csv::ReadError;
use crate::data::{
    Action, DataFormat, DatasetStart, EventKind, EventSource, Mark, MessageInfo, MessageProblem, MlForm,
    Record, Resume, SourceText,
};
use header::HeaderStructure;

/// Time where a message does not name its dimension.
const TIME_PERIOD: &str = "TIME_PERIOD";
/// The measure of generic messages.
const OBS_VALUE: &str = "OBS_VALUE";
const ALL_DIMENSIONS: &str = "AllDimensions";

/// The parts of a message of data in SDMX-ML.
pub struct MlEvents<R> {
    xml: Xml<R>,
    form: MlForm,
    place: Place,
    dataset: DatasetStart,
    message: MessageInfo,
    /// What the header says that datasets do, if it is none of SDMX.
    unknown_action: Option<String>,
    structures: Vec<HeaderStructure>,
    mark: Mark,
    /// Whether the element that is open ended with its tag.
    is_empty: bool,
}

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Message,
    Dataset,
    Series,
    /// Of cross-sectional messages (2.0): each element in it is an observation.
    Section,
    End,
}

impl<R: Read> MlEvents<R> {
    /// Begins a message.
    pub fn new(input: R) -> Result<Self, ReadError> {
        let mut xml = Xml::new(input)?;
        let form = header::root(&mut xml)?;
        Ok(Self::at(xml, form, Place::Message, DatasetStart::default()))
    }

    fn at(xml: Xml<R>, form: MlForm, place: Place, dataset: DatasetStart) -> Self {
        Self {
            mark: xml.mark(),
            xml,
            form,
            place,
            dataset,
            message: MessageInfo::default(),
            unknown_action: None,
            structures: Vec::new(),
            is_empty: false,
        }
    }

    fn is_old(&self) -> bool {
        matches!(self.form, MlForm::Generic20 | MlForm::Compact20)
    }

    fn in_message(&mut self, record: &mut Record) -> Result<Option<EventKind>, ReadError> {
        loop {
            match self.xml.next()? {
                Token::Start | Token::Empty => match self.xml.name() {
                    b"Header" => self.header()?,
                    b"DataSet" => return self.dataset(record).map(Some),
                    b"Footer" => self.footer()?,
                    // Messages within a group of messages (2.0).
                    b"GenericData" | b"CompactData" | b"UtilityData" | b"CrossSectionalData" => {}
                    _ => self.xml.skip()?,
                },
                // Groups of messages of 2.0 are read from their middle, too.
                Token::End if self.xml.is_whole() && !self.is_old() => {
                    if self.xml.next()? != Token::Eof {
                        let text = "something follows the end of the message: a file holds one message; remove what follows";
                        return Err(self.xml.error(MessageProblem::Syntax(text.to_owned())));
                    }
                    self.place = Place::End;
                    return Ok(None);
                }
                Token::End => {}
                Token::Eof => {
                    self.place = Place::End;
                    return match self.xml.is_whole() {
                        true => Ok(None),
                        false => Err(self.xml.truncated("the message")),
                    };
                }
            }
        }
    }

    fn in_dataset(&mut self, record: &mut Record) -> Result<Option<EventKind>, ReadError> {
        if std::mem::take(&mut self.is_empty) {
            self.place = Place::Message;
            return Ok(Some(EventKind::DatasetEnd));
        }
        loop {
            match self.xml.next()? {
                token @ (Token::Start | Token::Empty) => match self.xml.name() {
                    b"Series" => return self.series(record).map(Some),
                    b"Obs" => {
                        self.observation(record)?;
                        return Ok(Some(EventKind::Observation));
                    }
                    b"Group" | b"Atts" => return self.group(record).map(Some),
                    b"Section" if self.is_old() => {
                        record.begin(EventKind::Series);
                        self.mark = self.xml.mark();
                        self.own_attributes(record)?;
                        (self.place, self.is_empty) = (Place::Section, token == Token::Empty);
                        return Ok(Some(EventKind::Series));
                    }
                    b"Annotations" | b"DataProvider" | b"Metadata" => self.xml.skip()?,
                    // Groups of 2.0 have the name of their group.
                    _ if self.is_old() => return self.group(record).map(Some),
                    _ => self.pass_over()?,
                },
                Token::End if self.xml.name() == b"DataSet" => {
                    self.place = Place::Message;
                    return Ok(Some(EventKind::DatasetEnd));
                }
                // Of a group that has series in it.
                Token::End => {}
                Token::Eof => return Err(self.xml.truncated("DataSet")),
            }
        }
    }

    fn group(&mut self, record: &mut Record) -> Result<EventKind, ReadError> {
        record.begin(EventKind::Group);
        self.mark = self.xml.mark();
        self.own_attributes(record)?;
        if self.xml.is_empty_tag() {
            return Ok(EventKind::Group);
        }
        loop {
            match self.xml.next()? {
                Token::Start | Token::Empty => match self.xml.name() {
                    b"GroupKey" | b"Attributes" => self.generic_values(record)?,
                    b"Comp" => self.complex(record)?,
                    b"Series" | b"Obs" | b"Section" => {
                        self.xml.hold();
                        return Ok(EventKind::Group);
                    }
                    _ => self.pass_over()?,
                },
                Token::End => return Ok(EventKind::Group),
                Token::Eof => return Err(self.xml.truncated("Group")),
            }
        }
    }

    fn series(&mut self, record: &mut Record) -> Result<EventKind, ReadError> {
        record.begin(EventKind::Series);
        self.mark = self.xml.mark();
        self.is_empty = self.xml.is_empty_tag();
        self.own_attributes(record)?;
        self.place = Place::Series;
        if self.is_empty {
            return Ok(EventKind::Series);
        }
        loop {
            match self.xml.next()? {
                Token::Start | Token::Empty => match self.xml.name() {
                    b"SeriesKey" | b"Attributes" | b"Key" => self.generic_values(record)?,
                    b"Comp" => self.complex(record)?,
                    b"Obs" => break,
                    _ => self.pass_over()?,
                },
                Token::End => break,
                Token::Eof => return Err(self.xml.truncated("Series")),
            }
        }
        self.xml.hold();
        Ok(EventKind::Series)
    }

    #[inline]
    fn in_series(&mut self, record: &mut Record) -> Result<Option<EventKind>, ReadError> {
        loop {
            if std::mem::take(&mut self.is_empty) {
                self.place = Place::Dataset;
                return Ok(Some(EventKind::SeriesEnd));
            }
            match self.xml.next()? {
                Token::Start | Token::Empty if self.xml.name() == b"Obs" => {
                    self.observation(record)?;
                    return Ok(Some(EventKind::Observation));
                }
                Token::Start | Token::Empty => self.pass_over()?,
                Token::End => {
                    self.place = Place::Dataset;
                    return Ok(Some(EventKind::SeriesEnd));
                }
                Token::Eof => return Err(self.xml.truncated("Series")),
            }
        }
    }

    fn in_section(&mut self, record: &mut Record) -> Result<Option<EventKind>, ReadError> {
        if std::mem::take(&mut self.is_empty) {
            self.place = Place::Dataset;
            return Ok(Some(EventKind::SeriesEnd));
        }
        match self.xml.next()? {
            Token::Start | Token::Empty => {
                record.begin(EventKind::Observation);
                self.mark = self.xml.mark();
                self.own_attributes(record)?;
                self.xml.skip()?;
                Ok(Some(EventKind::Observation))
            }
            Token::End => {
                self.place = Place::Dataset;
                Ok(Some(EventKind::SeriesEnd))
            }
            Token::Eof => Err(self.xml.truncated("Section")),
        }
    }

    #[inline]
    fn observation(&mut self, record: &mut Record) -> Result<(), ReadError> {
        record.begin(EventKind::Observation);
        self.mark = self.xml.mark();
        let kind = self.own_attributes(record)?;
        if let Some(kind) = kind {
            self.measure_of_type(record, &kind)?;
        }
        if self.xml.is_empty_tag() {
            return Ok(());
        }
        loop {
            match self.xml.next()? {
                Token::Start | Token::Empty => self.in_observation(record)?,
                Token::End => return Ok(()),
                Token::Eof => return Err(self.xml.truncated("Obs")),
            }
        }
    }

    fn in_observation(&mut self, record: &mut Record) -> Result<(), ReadError> {
        match self.xml.name() {
            b"ObsDimension" => {
                let dimension = self.dataset.observation_dimension.clone();
                let dimension = dimension.filter(|id| **id != *ALL_DIMENSIONS);
                self.generic_value(record, dimension.as_deref().unwrap_or(TIME_PERIOD))?;
                self.xml.skip()
            }
            b"ObsValue" => {
                self.generic_value(record, OBS_VALUE)?;
                self.xml.skip()
            }
            b"ObsKey" | b"Attributes" => self.generic_values(record),
            b"Comp" => self.complex(record),
            b"Time" if self.is_old() => self.element_value(record, TIME_PERIOD),
            b"Annotations" => self.xml.skip(),
            _ if self.is_old() => {
                let name = self.xml.shown_name();
                self.element_value(record, &name)
            }
            _ => self.pass_over(),
        }
    }

    /// Passes over an element of which nothing is known. Where something is deleted it is refused: if it names a
    /// part of what is meant, more would be deleted without it.
    fn pass_over(&mut self) -> Result<(), ReadError> {
        if self.dataset.action == Action::Delete && self.xml.name() != b"Annotations" {
            let text = format!(
                "the dataset deletes, and nobody knows what <{}> in it is to say: name what is to be deleted as the schemas of SDMX do",
                self.xml.shown_name().chars().take(64).collect::<String>()
            );
            return Err(self.xml.error(MessageProblem::Contents(text)));
        }
        self.xml.skip()
    }

    /// An observation whose type names the code of the measure dimension (2.1, explicit measures).
    #[cold]
    fn measure_of_type(&mut self, record: &mut Record, kind: &str) -> Result<(), ReadError> {
        let Some(dimension) = self.dataset.observation_dimension.clone() else { return Ok(()) };
        let is_explicit =
            ![TIME_PERIOD, ALL_DIMENSIONS].contains(&&*dimension) && record.get(&dimension).is_none();
        match kind.rsplit(':').next() {
            Some(code) if is_explicit && !code.is_empty() => {
                values::push(&self.xml, record, &dimension, code, 0)
            }
            _ => Ok(()),
        }
    }
}

impl MlEvents<&mut dyn SourceText> {
    /// Makes a source again, to look cells up.
    pub fn reopen<'f>(
        file: &'f mut dyn SourceText,
        resume: Option<&Resume<'_>>,
    ) -> Result<Box<dyn EventSource + 'f>, ReadError> {
        let Some(resume) = resume else { return Ok(Box::new(MlEvents::new(file)?)) };
        let DataFormat::Ml(form) = resume.format else { return Ok(Box::new(MlEvents::new(file)?)) };
        file.seek(std::io::SeekFrom::Start(resume.mark.offset))?;
        let xml = Xml::resume(file, resume.mark)?;
        Ok(Box::new(MlEvents::at(xml, form, Place::Dataset, resume.dataset.clone())))
    }
}

impl<R: Read> EventSource for MlEvents<R> {
    #[inline]
    fn next(&mut self, record: &mut Record) -> Result<Option<EventKind>, ReadError> {
        match self.place {
            Place::Series => self.in_series(record),
            Place::Dataset => self.in_dataset(record),
            Place::Section => self.in_section(record),
            Place::Message => self.in_message(record),
            Place::End => Ok(None),
        }
    }

    fn dataset(&self) -> &DatasetStart {
        &self.dataset
    }

    #[inline]
    fn mark(&self) -> Mark {
        self.mark
    }

    fn format(&self) -> DataFormat {
        DataFormat::Ml(self.form)
    }

    fn message(&self) -> &MessageInfo {
        &self.message
    }

    fn is_verbatim(&self) -> bool {
        self.xml.is_verbatim()
    }

    fn can_resume(&self) -> bool {
        // Groups of 2.0 have series within them.
        self.xml.is_verbatim() && !self.is_old()
    }
}
