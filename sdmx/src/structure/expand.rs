//! Code lists that take codes of others, with all of their codes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::codelist::{Code, Codelist};
use super::extension::{Cascade, CodeSelection, CodelistExtension};
use super::id::CodeId;
use super::reference::Reference;
use super::set::Structures;

/// Longest chain of lists that extend each other; two are common.
pub const EXTENSION_DEPTH_MAX: usize = 8;
/// Most lists that are opened for one; without it, lists that name each other many times take for ever.
const LISTS_OPENED_MAX: usize = 1_000;
/// Most codes of a list with all it takes from others; a list of all municipalities of Europe has a hundred thousand.
pub const EXPANDED_CODES_MAX: usize = 500_000;

/// Why a code list cannot be given with all of its codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// A list that is extended is not there.
    #[error("the code list {0}, whose codes are taken, is missing: send it")]
    Missing(String),
    /// Too long a chain, or a circle.
    #[error(
        "the chain of code lists that extend each other goes beyond {EXTENSION_DEPTH_MAX}, or in a circle, at {0}: \
         shorten it"
    )]
    TooDeep(String),
    /// More codes than the limit.
    #[error("{0} has more than {EXPANDED_CODES_MAX} codes with those it takes from others: take fewer")]
    TooMany(String),
    /// A prefix makes an id that is none.
    #[error("the code {code} is no id with the prefix before it: {reason}")]
    NotAnId {
        /// The code.
        code: CodeId,
        /// Why.
        reason: String,
    },
}

impl Structures {
    /// A code list with all codes that it takes from others. Its own codes come last and win over those that it
    /// takes; of codes taken twice, the later one wins (SDMX 3.0, codelist extension). Without extensions, the list itself.
    pub fn expanded(&self, reference: &Reference) -> Result<Arc<Codelist>, ExpandError> {
        self.expand(reference, 0, &mut 0)
    }

    fn expand(
        &self,
        reference: &Reference,
        depth: usize,
        opened: &mut usize,
    ) -> Result<Arc<Codelist>, ExpandError> {
        *opened += 1;
        let list = self.codelist(reference).ok_or_else(|| ExpandError::Missing(reference.to_string()))?;
        if list.extensions.is_empty() {
            return Ok(list.clone());
        }
        if depth == EXTENSION_DEPTH_MAX || *opened > LISTS_OPENED_MAX {
            return Err(ExpandError::TooDeep(reference.to_string()));
        }
        let mut codes: Vec<Code> = Vec::new();
        for extension in &list.extensions {
            let taken = self.expand(&extension.codelist, depth + 1, opened)?;
            codes.extend(extension.codes(&taken)?);
            if codes.len() > EXPANDED_CODES_MAX {
                return Err(ExpandError::TooMany(reference.to_string()));
            }
        }
        codes.extend(list.codes().iter().cloned());
        // The last of several counts.
        let mut seen = BTreeSet::new();
        let mut kept: Vec<Code> =
            codes.into_iter().rev().filter(|code| seen.insert(code.id.clone())).collect();
        kept.reverse();
        for code in &mut kept {
            // A parent that was not taken leaves its children at the top.
            code.parent.take_if(|parent| !seen.contains(parent));
        }
        Ok(Arc::new(Codelist::new(list.identity.clone(), kept)))
    }
}

impl CodelistExtension {
    /// The codes it takes of a list, with the prefix before their ids.
    fn codes(&self, list: &Codelist) -> Result<Vec<Code>, ExpandError> {
        let include = self.include.as_ref().map(|selection| selection.codes(list));
        let exclude = self.exclude.as_ref().map(|selection| selection.codes(list)).unwrap_or_default();
        let is_taken = |code: &&Code| {
            include.as_ref().is_none_or(|include| include.contains(&code.id)) && !exclude.contains(&code.id)
        };
        let prefix = self.prefix.as_deref().unwrap_or_default();
        let prefixed = |id: &CodeId| {
            CodeId::new(&format!("{prefix}{id}"))
                .map_err(|error| ExpandError::NotAnId { code: id.clone(), reason: error.to_string() })
        };
        let taken = list.codes().iter().filter(is_taken).map(|code| {
            let mut code = code.clone();
            if !prefix.is_empty() {
                code.id = prefixed(&code.id)?;
                code.parent = code.parent.as_ref().map(prefixed).transpose()?;
            }
            Ok(code)
        });
        taken.collect()
    }
}

impl CodeSelection {
    /// The ids of a list that are meant.
    fn codes(&self, list: &Codelist) -> BTreeSet<CodeId> {
        let mut chosen = BTreeSet::new();
        let (mut roots, mut excluded) = (BTreeSet::new(), BTreeSet::new());
        for member in &self.member_values {
            match member.cascade {
                Cascade::No => drop(chosen.insert(member.value.clone())),
                Cascade::Yes => drop(roots.insert(member.value.clone())),
                Cascade::ExcludeRoot => {
                    roots.insert(member.value.clone());
                    excluded.insert(member.value.clone());
                }
            }
        }
        let fits = |id: &CodeId| {
            self.wildcarded_member_values.iter().any(|text| match text.strip_suffix('%') {
                Some(beginning) => id.starts_with(beginning),
                None => **id == **text,
            })
        };
        for code in list.codes() {
            if fits(&code.id) || (list.is_within(code, &roots) && !excluded.contains(&code.id)) {
                chosen.insert(code.id.clone());
            }
        }
        chosen
    }
}

impl Codelist {
    /// Whether a code or one above it is among these. A circle of parents, which `Structures::check` reports, ends.
    fn is_within(&self, code: &Code, roots: &BTreeSet<CodeId>) -> bool {
        if roots.is_empty() {
            return false;
        }
        let above = std::iter::successors(Some(code), |code| self.get(code.parent.as_ref()?));
        above.take(super::check::PARENTS_MAX).any(|code| roots.contains(&code.id))
    }
}
