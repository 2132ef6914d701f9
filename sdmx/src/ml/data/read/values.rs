//! Components of a part: in attributes, in generic elements, in elements with several values.

use std::borrow::Cow;
use std::io::Read;

use super::MlEvents;
use crate::columns::LocalText;
use crate::csv::{ReadError, simplest};
use crate::data::{Action, MessageProblem, Record};
use crate::ml::xml::{Token, Xml};

/// Most bytes of all values of one component together; a text of more than 64 KiB is not taken anyway.
const VALUE_BYTES_MAX: usize = 1024 * 1024;
/// Most languages of one value; the United Nations have six.
const LANGUAGES_MAX: usize = 256;

/// Adds a cell.
#[inline]
pub(super) fn push<R: Read>(
    xml: &Xml<R>,
    record: &mut Record,
    name: &str,
    value: &str,
    at: u32,
) -> Result<(), ReadError> {
    let pushed = record.push(name.as_bytes(), value.as_bytes(), at);
    pushed.map_err(|error| xml.error(MessageProblem::Contents(error.to_string())))
}

impl<R: Read> MlEvents<R> {
    /// Components that are attributes of the tag itself; the type that it says it is of.
    #[inline]
    pub(super) fn own_attributes(&mut self, record: &mut Record) -> Result<Option<String>, ReadError> {
        let mut kind = None;
        for attribute in self.xml.attributes() {
            let attribute = attribute.map_err(|failed| self.xml.in_tag(failed))?;
            if !attribute.prefix.is_empty() || attribute.name == "xmlns" {
                if attribute.prefix == "xsi" && attribute.name == "type" {
                    kind = attribute.value().ok().map(Cow::into_owned);
                }
                continue;
            }
            let value = attribute.value().map_err(|failed| self.xml.in_tag(failed))?;
            push(&self.xml, record, attribute.name, &value, attribute.at)?;
        }
        // XML allows a name once in a tag.
        if let Some(name) = record.repeated() {
            let text = format!("{name} stands twice in the tag");
            return Err(self.xml.error(MessageProblem::Syntax(text)));
        }
        Ok(kind)
    }

    /// Bytes from the beginning of the part to a place in the last tag.
    fn since_mark(&self, offset: u64) -> u32 {
        u32::try_from(offset.saturating_sub(self.mark.offset)).unwrap_or(u32::MAX)
    }

    /// The value of a generic element such as `<Value id="FREQ" value="A"/>`; `name` is its component if it
    /// names none.
    pub(super) fn generic_value(&mut self, record: &mut Record, name: &str) -> Result<(), ReadError> {
        let (mut id, mut value) = (None, None);
        for attribute in self.xml.attributes() {
            let attribute = attribute.map_err(|failed| self.xml.in_tag(failed))?;
            match attribute.name {
                // `concept` in 2.0.
                "id" | "concept" => id = Some(attribute),
                "value" => value = Some(attribute),
                _ => {}
            }
        }
        let Some(value) = value else { return self.without_value() };
        let at = self.since_mark(self.xml.mark().offset + u64::from(value.at));
        let value = value.value().map_err(|failed| self.xml.in_tag(failed))?;
        match id {
            Some(id) => {
                let id = id.value().map_err(|failed| self.xml.in_tag(failed))?;
                push(&self.xml, record, &id, &value, at)
            }
            None if name.is_empty() => Err(self.nameless()),
            None => push(&self.xml, record, name, &value, at),
        }
    }

    /// A component without a value says nothing, but where something is deleted it says what: a dimension that is
    /// left out there has all its codes.
    fn without_value(&self) -> Result<(), ReadError> {
        if self.dataset.action != Action::Delete {
            return Ok(());
        }
        let text = format!(
            "the dataset deletes, and <{}> has no value: write it as value=\"...\", or take the element out if all is meant",
            self.xml.shown_name()
        );
        Err(self.xml.error(MessageProblem::Contents(text)))
    }

    fn nameless(&self) -> ReadError {
        let text = format!("<{0}> names no component: write it as <{0} id=\"...\">", self.xml.shown_name());
        self.xml.error(MessageProblem::Contents(text))
    }

    /// All values of a key or of attributes; the element is passed over.
    pub(super) fn generic_values(&mut self, record: &mut Record) -> Result<(), ReadError> {
        if self.xml.is_empty_tag() {
            return Ok(());
        }
        let is_key = self.xml.name() == b"Key";
        loop {
            match self.xml.next()? {
                Token::Start | Token::Empty => match self.xml.name() {
                    b"Value" => {
                        self.generic_value(record, "")?;
                        self.xml.skip()?;
                    }
                    // Keys of utility messages (2.0).
                    _ if is_key => {
                        let name = self.xml.shown_name();
                        self.element_value(record, &name)?;
                    }
                    _ => self.pass_over()?,
                },
                Token::End => return Ok(()),
                Token::Eof => return Err(self.xml.truncated("Value")),
            }
        }
    }

    /// The text of an element as a component.
    pub(super) fn element_value(&mut self, record: &mut Record, name: &str) -> Result<(), ReadError> {
        let (text, begins) = self.xml.text()?;
        let at = self.since_mark(begins.offset);
        push(&self.xml, record, name, text.trim(), at)
    }

    /// A component with several values or languages (3.x):
    /// `<Comp id="NOTE"><Value><Text xml:lang="en">..</Text></Value></Comp>`.
    pub(super) fn complex(&mut self, record: &mut Record) -> Result<(), ReadError> {
        let id = self.xml.attribute("id")?.filter(|id| !id.is_empty()).ok_or_else(|| self.nameless())?;
        let mut sets: Vec<Vec<LocalText>> = Vec::new();
        let mut bytes = 0;
        let mut at = self.since_mark(self.xml.mark().offset);
        let mut is_open = !self.xml.is_empty_tag();
        while is_open {
            match self.xml.next()? {
                Token::Start | Token::Empty if self.xml.name() == b"Value" => {
                    let (set, begins) = self.complex_value(&mut bytes)?;
                    if sets.is_empty() {
                        at = self.since_mark(begins);
                    }
                    sets.push(set);
                }
                Token::Start | Token::Empty => self.xml.skip()?,
                Token::End => is_open = false,
                Token::Eof => return Err(self.xml.truncated("Comp")),
            }
        }
        if sets.is_empty() {
            // The schemas allow it. Where something is deleted it says what, and any value does.
            return match self.dataset.action {
                Action::Delete => push(&self.xml, record, &id, "-", at),
                Action::Merge | Action::Replace => Ok(()),
            };
        }
        let pushed = record.push_value(id.as_bytes(), &simplest(sets), at);
        pushed.map_err(|error| self.xml.error(MessageProblem::Contents(error.to_string())))
    }

    fn too_many_values(&self) -> ReadError {
        let most = format!("{} KiB or {LANGUAGES_MAX} languages", VALUE_BYTES_MAX / 1024);
        self.xml.error(MessageProblem::TooLarge { what: "a component with several values", most })
    }

    /// One text of a component; `bytes` are those of all its texts.
    fn local_text(&self, language: &str, text: &str, bytes: &mut usize) -> Result<LocalText, ReadError> {
        *bytes += language.len() + text.len() + size_of::<LocalText>();
        if *bytes > VALUE_BYTES_MAX {
            return Err(self.too_many_values());
        }
        Ok(LocalText { language: language.into(), text: text.into() })
    }

    /// One value: a text, or texts in languages.
    fn complex_value(&mut self, bytes: &mut usize) -> Result<(Vec<LocalText>, u64), ReadError> {
        let language = self.xml.attribute("lang")?.unwrap_or_default();
        if self.xml.is_empty_tag() {
            return Ok((vec![self.local_text(&language, "", bytes)?], self.xml.mark().offset));
        }
        let (own, begins) = self.xml.leading_text()?;
        let mut begins = begins.offset;
        let mut set = Vec::new();
        self.xml.hold();
        loop {
            match self.xml.next()? {
                Token::Start | Token::Empty => {
                    let language = self.xml.attribute("lang")?.unwrap_or_default();
                    let (text, text_begins) = self.xml.text()?;
                    if set.is_empty() {
                        begins = text_begins.offset;
                    }
                    if set.len() == LANGUAGES_MAX {
                        return Err(self.too_many_values());
                    }
                    set.push(self.local_text(&language, &text, bytes)?);
                }
                Token::End => break,
                Token::Eof => return Err(self.xml.truncated("Value")),
            }
        }
        if set.is_empty() {
            set.push(self.local_text(&language, &own, bytes)?);
        }
        Ok((set, begins))
    }
}
