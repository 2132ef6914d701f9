//! References followed in both directions: what artefacts refer to, and what refers to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::artefact::Artefact;
use super::reference::{Class, Reference};
use super::set::Structures;

/// Which artefacts are given along with those that were asked for (SDMX REST, `references`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Relatives {
    /// None.
    #[default]
    None,
    /// What they refer to.
    Children,
    /// What they refer to, directly or not.
    Descendants,
    /// What refers to them.
    Parents,
    /// What refers to them, and what that refers to.
    ParentsAndSiblings,
    /// What refers to them, directly or not.
    Ancestors,
    /// Parents and siblings, and all descendants of all of them.
    All,
    /// Ancestors and descendants of these classes.
    Classes(BTreeSet<Class>),
}

/// Why a text does not say which relatives are asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no value of references: write none, children, descendants, parents, parentsandsiblings, ancestors, all, \
     or classes such as codelist, with commas between"
)]
pub struct RelativesError(pub String);

impl Relatives {
    /// Reads the value of `references`; classes stand with commas (REST v2) or plus signs between.
    pub fn parse(text: &str) -> Result<Self, RelativesError> {
        let simple = |name: &str| match name {
            "none" | "" => Some(Self::None),
            "children" => Some(Self::Children),
            "descendants" => Some(Self::Descendants),
            "parents" => Some(Self::Parents),
            "parentsandsiblings" => Some(Self::ParentsAndSiblings),
            "ancestors" => Some(Self::Ancestors),
            "all" => Some(Self::All),
            _ => None,
        };
        if let Some(relatives) = simple(&text.to_ascii_lowercase()) {
            return Ok(relatives);
        }
        let classes: Option<BTreeSet<Class>> = text.split([',', '+']).map(Class::of_name).collect();
        classes.map(Self::Classes).ok_or_else(|| RelativesError(super::id::beginning(text)))
    }
}

impl Structures {
    /// `asked`, with everything of this set that its artefacts refer to.
    pub fn with_descendants(&self, asked: &Structures) -> Structures {
        self.with_relatives(asked, &Relatives::Descendants)
    }

    /// `asked`, with relatives that this set has. What is asked for stays as it is given, be it cut.
    pub fn with_relatives(&self, asked: &Structures, relatives: &Relatives) -> Structures {
        let given: BTreeSet<Reference> = asked.iter().map(|(reference, _)| reference.clone()).collect();
        let down =
            |from: &BTreeSet<Reference>, deep| self.follow(from, deep, |one| self.children_of(one, asked));
        let up = |from: &BTreeSet<Reference>, deep| {
            let parents = self.parents_by_child();
            self.follow(from, deep, |one| parents.get(one).into_iter().flatten().cloned().collect())
        };
        let found = match relatives {
            Relatives::None => BTreeSet::new(),
            Relatives::Children => down(&given, false),
            Relatives::Descendants => down(&given, true),
            Relatives::Parents => up(&given, false),
            Relatives::Ancestors => up(&given, true),
            Relatives::ParentsAndSiblings => {
                let mut parents = up(&given, false);
                parents.append(&mut down(&parents, false));
                parents
            }
            Relatives::All => {
                let mut all = up(&given, false);
                all.extend(given.iter().cloned());
                let mut below = down(&all, true);
                all.append(&mut below);
                all
            }
            Relatives::Classes(classes) => {
                let mut all = up(&given, true);
                all.append(&mut down(&given, true));
                all.retain(|reference| classes.contains(&reference.class));
                all
            }
        };
        let mut answer = asked.clone();
        for reference in found.difference(&given) {
            self.get(reference).into_iter().for_each(|artefact| answer.share(artefact));
        }
        answer
    }

    /// What refers to an artefact of this set, or to an item of it.
    pub fn users(&self, of: &Reference) -> Vec<&Reference> {
        let of = of.artefact();
        let uses = |artefact: &Arc<Artefact>| {
            let found = artefact.references().into_iter().filter_map(|to| self.get_key(to));
            found.into_iter().any(|to| *to == of)
        };
        self.iter().filter(|(at, artefact)| **at != of && uses(artefact)).map(|(at, _)| at).collect()
    }

    fn children_of(&self, of: &Reference, asked: &Structures) -> Vec<Reference> {
        let Some(artefact) = asked.get(of).or_else(|| self.get(of)) else { return Vec::new() };
        artefact.references().into_iter().filter_map(|to| self.get_key(to)).cloned().collect()
    }

    fn parents_by_child(&self) -> BTreeMap<&Reference, BTreeSet<Reference>> {
        let mut parents: BTreeMap<&Reference, BTreeSet<Reference>> = BTreeMap::new();
        for (at, artefact) in self.iter() {
            for to in artefact.references().into_iter().filter_map(|to| self.get_key(to)) {
                parents.entry(to).or_default().insert(at.clone());
            }
        }
        parents
    }

    /// What is next to `from`, or all that is reached from there; each artefact is visited once.
    fn follow(
        &self,
        from: &BTreeSet<Reference>,
        deep: bool,
        next: impl Fn(&Reference) -> Vec<Reference>,
    ) -> BTreeSet<Reference> {
        let mut found = BTreeSet::new();
        let mut open: Vec<Reference> = from.iter().cloned().collect();
        while let Some(reference) = open.pop() {
            for to in next(&reference) {
                if found.insert(to.clone()) && deep {
                    open.push(to);
                }
            }
        }
        found
    }
}
