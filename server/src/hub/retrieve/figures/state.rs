//! What tells one answer from another, known before any figure is read: for ETag and Last-Modified.

use mighub::block::Digest;

use super::Figures;
use crate::hub::lane::LaneId;
use crate::hub::retrieve::history::{History, Shown};
use crate::hub::retrieve::reading::{At, Point};
use crate::hub::retrieve::sight::{Outlook, Vantage};
use crate::hub::{Moment, Refusal};

/// Context of the key of tags; another use of the hub's secret has another context.
const KEY_CONTEXT: &[u8] = b"mighub figures tag key 1";

/// In which state figures are for the reader who asked for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FiguresState {
    /// Another one for every request, reader's rights, and content that the reader can tell apart. Keyed, so
    /// that nobody can find out by it what hidden figures are. What changes behind a mask does not change it.
    pub tag: [u8; 16],
    /// A moment after which nothing changed that the tag names: this reader's figures, the rights to them, how they
    /// are defined; nothing if there never were any.
    pub changed: Option<Moment>,
}

/// The name of a state of a lane, as a reader can tell it from others.
#[derive(Clone, Copy)]
struct Named {
    /// When it came to be seen as it is.
    since: Moment,
    /// By which record.
    position: u64,
    /// All of it, with what is hidden: only of what does not change any more.
    manifest: Option<Digest>,
}

impl Named {
    fn of(shown: &Shown) -> Self {
        Self { since: shown.since, position: shown.recorded.position, manifest: None }
    }
}

impl Figures {
    /// The state of what is asked for. Ask before figures are taken. Blocks are opened only where two vintages
    /// may read alike behind a mask.
    pub fn state(&self) -> Result<FiguresState, Refusal> {
        let key = blake3::keyed_hash(&self.hub.secret, KEY_CONTEXT);
        let mut tag = blake3::Hasher::new_keyed(key.as_bytes());
        let expunged = self.hub.last_expunged(&self.ask.dataflow)?;
        let mut changed =
            self.rights_changed()?.max(self.agreements_turned()).max(self.hub.structures_put_at());
        changed = changed.max(expunged.map(|(_, moment)| moment));
        tag.update(&self.ask.digest()).update(&self.ask.definition.digest.0);
        let asked = (self.is_history, self.before.is_some(), &self.ask.selection, expunged);
        tag.update(format!("{asked:?}").as_bytes());
        for lane in &self.ask.lanes(&self.hub)? {
            for vantage in self.before.iter().chain([&self.after]) {
                let Some(outlook) = self.ask.outlook(&self.hub, lane, vantage)? else { continue };
                let states = self.states_of(lane, &outlook, vantage)?;
                if states.is_empty() {
                    continue;
                }
                let names: Vec<_> =
                    states.iter().map(|named| (named.since, named.position, named.manifest)).collect();
                let known = (&lane.provider, &outlook.audience, &outlook.rivals, names);
                tag.update(format!("{known:?}").as_bytes());
                if std::ptr::eq(vantage, &self.after) {
                    changed = changed.max(states.iter().map(|named| named.since).max());
                }
            }
        }
        let mut short = [0; 16];
        short.copy_from_slice(&tag.finalize().as_bytes()[..16]);
        Ok(FiguresState { tag: short, changed })
    }

    /// What a lane gives to the answer, as the reader can tell it apart. No two contents have the same names: a state
    /// is named by when it came to be seen as it is, and the confidentiality of today, which governs what was shown
    /// then, by the state that tells it.
    fn states_of(&self, lane: &LaneId, outlook: &Outlook, vantage: &Vantage) -> Result<Vec<Named>, Refusal> {
        let today = vantage.reading.today;
        let audience = &outlook.audience;
        let until = match (&vantage.reading.at, &outlook.visible) {
            (At::Edition(_), Some(visible)) => {
                Point { position: visible.recorded.position, moment: visible.point.moment }
            }
            (At::Edition(_), None) => return Ok(Vec::new()),
            (At::Point(point), _) => *point,
        };
        let seen_at = |until: Point| -> Result<Option<Named>, Refusal> {
            let history = History::as_it_was(&self.ask, &self.hub, lane, audience.clone(), until)?;
            Ok(history.newest()?.map(|(shown, _)| Named::of(&shown)))
        };
        let is_governed = !audience.restricted && (self.is_history || until != today);
        let mut states = Vec::new();
        if self.is_history {
            let history = History::new(&self.ask, &self.hub, lane, audience.clone(), until, today)?;
            for state in history {
                states.push(Named::of(&state?.0));
            }
        } else {
            states.extend(seen_at(until)?.map(|named| match &outlook.visible {
                // What the state itself hid may be free today.
                Some(visible) if is_governed => Named { manifest: Some(visible.manifest), ..named },
                _ => named,
            }));
        }
        if is_governed {
            states.extend(seen_at(today)?);
            if audience.keys_hidden {
                // What is hidden today cannot be told from what is not there, and yet governs what was shown then:
                // no answer is the same as another for sure.
                states.push(Named { since: today.moment, position: today.position, manifest: None });
            }
        }
        Ok(states)
    }

    /// When the reader's rights to these figures were last changed by a record.
    fn rights_changed(&self) -> Result<Option<Moment>, Refusal> {
        let position = self.ask.rights.changed_at(&self.ask.principal, &self.ask.dataflow);
        let Some(position) = position else { return Ok(None) };
        Ok(Some(Moment(self.hub.store.record(mighub_store::Position(position))?.effective_ms)))
    }

    /// When an agreement on the dataflow last began or ended by its day, for which there is no record.
    fn agreements_turned(&self) -> Option<Moment> {
        let all = self.ask.rights.agreements(u64::MAX);
        let on = all.filter(|agreement| agreement.lane.dataflow == self.ask.dataflow);
        let days = on.flat_map(|agreement| {
            let validity = &agreement.terms.validity;
            validity.from.into_iter().chain(validity.to.and_then(|last| last.tomorrow().ok()))
        });
        let today = self.after.reading.today.moment;
        days.map(Moment::beginning_of).filter(|turned| *turned <= today).max()
    }
}
