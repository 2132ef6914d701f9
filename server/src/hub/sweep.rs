//! What may go: objects that no record ever named and no open upload names, once they are old (DETAILS D23).

use std::collections::HashSet;

use mighub_store::{Name, Swept};

use super::Hub;
use super::moment::Moment;
use super::named::{Unreadable, each_named};
use super::refusal::Refusal;
use super::structures::canonical_objects;

/// What was uploaded and never sealed is kept so long.
const ORPHANS_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Names that must stay. The first eight bytes stand for a name: if two share them, an orphan stays, and that is
/// all.
#[derive(Default)]
struct Needed(HashSet<u64>);

impl Needed {
    fn add(&mut self, name: &Name) {
        self.0.insert(prefix(name));
    }

    fn has(&self, name: &Name) -> bool {
        self.0.contains(&prefix(name))
    }
}

fn prefix(name: &Name) -> u64 {
    name.0.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

impl Hub {
    /// Drops what nobody needs. Reads every manifest that a record names; submissions go on meanwhile.
    pub fn sweep(&self, now: Moment) -> Result<Swept, Refusal> {
        // From here on what a record or an upload names stays, whether or not it is seen below.
        let sweep = self.store.begin_sweep()?;
        let mut needed = Needed::default();
        for object in canonical_objects(self.registry().structures()) {
            needed.add(&object.name);
        }
        each_named(&self.store, Unreadable::Refused, &mut |named| needed.add(&named.name))?;
        for (lane, blocks) in self.desk.under_way() {
            let secrets = self.lane_secrets(&lane);
            blocks.iter().for_each(|block| needed.add(&secrets.place(block)));
        }
        let older_than = now.0.saturating_sub(ORPHANS_KEPT_MS);
        Ok(sweep.drop_unneeded(older_than, &|name| needed.has(name))?)
    }
}
