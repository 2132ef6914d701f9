//! Reading: from a message to artefacts, with all that is wrong and all that was left out.

mod artefact;
mod components;
mod constraint;
mod element;
mod hierarchy;
mod identity;
mod metadata;
mod reading;
mod reference;
mod representation;
mod scan;
mod scheme;

use self::artefact::read_artefact;
use self::element::Element;
use self::reading::Reading;
use self::scan::{Scanner, Tag};
use super::version::MlVersion;
use crate::structure::{ITEMS_MAX, MESSAGE_BYTES_MAX, Message, Problem, TEXT_BYTES_MAX};

/// The outermost elements of messages that may hold artefacts.
const ROOTS: [&str; 3] = ["Structure", "RegistryInterface", "SubmitStructureRequest"];

/// Why bytes are not a structure message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MlStructureError {
    /// More bytes than the limit.
    #[error("the structure message has more than {MESSAGE_BYTES_MAX} bytes: send it in parts")]
    TooLarge,
    /// More elements than the limit.
    #[error("the structure message has more than {ITEMS_MAX} elements: send it in parts")]
    TooManyItems,
    /// Elements within elements, deeper than the limit.
    #[error("{place}: elements are nested more than {} deep: no structure message is", scan::DEPTH_MAX)]
    TooDeep {
        /// Where.
        place: String,
    },
    /// A text longer than the limit.
    #[error("{place}: a text, which begins {beginning}, is longer than {TEXT_BYTES_MAX} bytes: shorten it")]
    TextTooLong {
        /// Where.
        place: String,
        /// How it begins, quoted.
        beginning: String,
    },
    /// Characters that are not UTF-8.
    #[error("{place}: this is not UTF-8: save the message in that encoding")]
    NotUtf8 {
        /// Where.
        place: String,
    },
    /// A document type, which may define entities that make a small message a large one.
    #[error("{place}: a document type stands here, which no SDMX message has: remove it")]
    DocumentType {
        /// Where.
        place: String,
    },
    /// Not well-formed XML.
    #[error("{place}: the structure message is not well-formed XML: {reason}")]
    NotXml {
        /// Where.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// XML, but no structure message.
    #[error(
        "the message begins with the element {element} of the namespace {namespace:?}: send a Structure of SDMX-ML \
         2.1, 3.0 or 3.1"
    )]
    NotAMessage {
        /// The outermost element.
        element: String,
        /// Its namespace.
        namespace: String,
    },
}

/// Reads a message of any version whole: everything that is wrong with it is said in one go. The order of
/// sections does not matter.
pub fn read_message(bytes: &[u8]) -> Result<Message, MlStructureError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(MlStructureError::TooLarge);
    }
    let text = text(bytes)?;
    let mut scanner = Scanner::new(text);
    root(&mut scanner)?;
    let mut message = Message::default();
    let mut is_within = false;
    loop {
        match scanner.tag()? {
            Tag::Open(element) if &*element.name == "Structures" && !is_within => is_within = true,
            Tag::Open(section) if is_within => read_section(&mut scanner, &section, &mut message)?,
            // The registry's way of sending a structure message.
            Tag::Open(wrapper) if &*wrapper.name == "SubmitStructureRequest" => {}
            Tag::Open(other) => {
                // The header speaks about the message, not about artefacts.
                if &*other.name != "Header" {
                    message.ignored.push(Problem {
                        artefact: "the structure message".to_owned(),
                        text: format!("left out: {} ({})", other.name, other.place),
                    });
                }
                scanner.skip()?;
            }
            Tag::Close if is_within => is_within = false,
            Tag::Close => {}
            Tag::End => return Ok(message),
        }
    }
}

fn text(bytes: &[u8]) -> Result<&str, MlStructureError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let line = memchr::memchr_iter(b'\n', good).count() + 1;
        let start = memchr::memrchr(b'\n', good).map_or(0, |end| end + 1);
        let column = String::from_utf8_lossy(&good[start..]).chars().count() + 1;
        MlStructureError::NotUtf8 { place: format!("line {line}, column {column}") }
    })
}

/// Reads the outermost tag. Which of the versions it is does not matter: each element is read in the form of
/// any of them.
fn root(scanner: &mut Scanner<'_>) -> Result<(), MlStructureError> {
    let Tag::Open(root) = scanner.tag()? else {
        return Err(MlStructureError::NotXml {
            place: "line 1, column 1".to_owned(),
            reason: "it has no element".to_owned(),
        });
    };
    let is_namespace = |name: &str| name == "xmlns" || name.starts_with("xmlns:");
    let mut namespaces = root.attributes.iter().filter(|(name, _)| is_namespace(name)).map(|(_, uri)| uri);
    let version = namespaces.clone().find_map(|uri| MlVersion::of_namespace(uri.trim()));
    match version {
        Some(_) if ROOTS.contains(&&*root.name) => Ok(()),
        _ => {
            let namespace = namespaces.next().map(|uri| uri.chars().take(100).collect()).unwrap_or_default();
            Err(MlStructureError::NotAMessage { element: root.name.into(), namespace })
        }
    }
}

/// Reads the artefacts of a section that has just begun, each for itself, so that never more than one is
/// held as a tree.
fn read_section(
    scanner: &mut Scanner<'_>,
    section: &Element,
    message: &mut Message,
) -> Result<(), MlStructureError> {
    let mut place = 0;
    loop {
        let element = match scanner.tag()? {
            Tag::Open(element) => scanner.fill(element)?,
            Tag::Close | Tag::End => return Ok(()),
        };
        let id = element.attributes.iter().find(|(name, _)| &**name == "id");
        let id = id.map(|(_, id)| id.chars().take(100).collect::<String>()).unwrap_or_default();
        let at = format!("{}[{place}] {id}", section.name).trim_end().to_owned();
        place += 1;
        read_one(element, &at, message);
    }
}

fn read_one(element: Element, at: &str, message: &mut Message) {
    let problem = |text: String| Problem { artefact: at.to_owned(), text };
    let place = element.place;
    if &*element.name == "AvailabilityConstraint" {
        // It answers a question about data: it has no name and is never stored.
        message.ignored.push(problem(format!("left out: {} ({place})", element.name)));
        return;
    }
    let mut reading = Reading::default();
    let artefacts = match read_artefact(element, &mut reading) {
        Ok(artefacts) => artefacts,
        Err(flaw) => {
            message.problems.push(problem(format!("{}: {}", flaw.place, flaw.text)));
            return;
        }
    };
    message.ignored.extend(reading.left_out().map(problem));
    for artefact in artefacts {
        let reference = artefact.reference();
        if message.structures.get(&reference).is_some() {
            let text = format!("{place}: {reference} stands twice in the message: send it once");
            message.problems.push(problem(text));
        } else if let Err(error) = message.structures.put(artefact) {
            message.problems.push(problem(format!("{place}: {error}")));
        }
    }
}
