//! The cells of one column to codes.

use std::borrow::Cow;

use super::areas::{ByText, by_text};
use super::mapping::Source;
use super::problem::CellTrouble;
use crate::structure::Codelist;

/// Values that a message lists.
const LISTED: usize = 8;

/// How cells become codes.
pub(super) struct Lookup {
    source: Source,
    /// Codes by the texts of the scheme, if there is one.
    by_text: Option<ByText>,
}

impl Lookup {
    /// A source with its scheme looked up in the component's code list. The error says why it cannot be.
    pub(super) fn new(source: &Source, list: Option<&Codelist>) -> Result<Self, String> {
        let by_text = match (source.scheme.as_deref(), list) {
            (None, _) => None,
            (Some(scheme), Some(list)) => match by_text(list, scheme) {
                Some(by_text) => Some(by_text),
                None => {
                    return Err(format!("no code of {} has a code in the scheme {scheme}", list.identity.id));
                }
            },
            (Some(scheme), None) => {
                return Err(format!("it has no code list, so that the scheme {scheme} says nothing"));
            }
        };
        Ok(Self { source: source.clone(), by_text })
    }

    /// What a cell stands for.
    pub(super) fn text<'l>(&'l self, cell: &'l str) -> Result<Cow<'l, str>, CellTrouble> {
        let code = self.code(cell)?;
        Ok(match &self.source.suffix {
            Some(suffix) if !code.is_empty() => format!("{code}{suffix}").into(),
            _ => code.into(),
        })
    }

    fn code<'l>(&'l self, cell: &'l str) -> Result<&'l str, CellTrouble> {
        let text = match self.source.part {
            Some(part) => {
                cell.split(part.separator).nth(part.nth - 1).ok_or(CellTrouble::NoPart(part.nth))?.trim()
            }
            None => cell.trim(),
        };
        if let Some(code) = self.source.values.get(text) {
            return Ok(code);
        }
        if let Some(by_text) = &self.by_text {
            return match by_text.get(text) {
                Some((code, None)) => Ok(code),
                Some((first, Some(second))) => {
                    Err(CellTrouble::TwoCodes { first: first.clone(), second: second.clone() })
                }
                None => Err(self.no_code()),
            };
        }
        if self.source.values.is_empty() || self.source.keep_others { Ok(text) } else { Err(self.no_code()) }
    }

    fn no_code(&self) -> CellTrouble {
        let mut known: Vec<&str> = self.source.values.keys().map(String::as_str).take(LISTED).collect();
        if self.source.values.len() > LISTED {
            known.push("…");
        }
        let values = if known.is_empty() { String::new() } else { format!("it knows {}", known.join(", ")) };
        let scheme = self.source.scheme.iter().map(|scheme| format!("codes of the scheme {scheme}"));
        let known: Vec<String> =
            Some(values).filter(|values| !values.is_empty()).into_iter().chain(scheme).collect();
        CellTrouble::NoCode { known: known.join(", and ") }
    }
}
