//! Faces in memory, to search in: one gallery per client, loaded when it is first searched and
//! brought up to date before each search.
//!
//! Memory: half a kilobyte for a template and about two hundred bytes for its person. All galleries
//! together hold at most `persons.templates_in_memory_max` templates: those that were searched
//! longest ago go, and a client with more than that alone is rejected. A gallery that nobody searched
//! for an hour goes too.
//!
//! A face that cannot be opened could be anybody's: as long as there is one where somebody is looked for,
//! nobody is found and nobody is unknown there. The others stay in memory meanwhile.

mod index;
mod search;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use verax_domain::Timestamp;
use verax_store::Membership;

use self::index::{FaceIndex, IndexedPerson};
pub use self::index::{Hit, Search};

/// Faces that could not be opened are tried again after so long.
const TRIED_AGAIN_MS: i64 = 2_000;

const IDLE_MS: i64 = 60 * 60 * 1000;

/// The galleries that are in memory. Cheap to clone: clones share them.
#[derive(Clone, Default)]
pub struct Galleries {
    held: Arc<Mutex<HashMap<String, Arc<Held>>>>,
}

#[derive(Default)]
pub struct Held {
    faces: RwLock<Faces>,
    /// Only one task brings it up to date.
    updating: tokio::sync::Mutex<()>,
    /// Only one task of this process looks whether somebody is known and then enrols them.
    pub enrolling: tokio::sync::Mutex<()>,
}

struct Faces {
    /// None until it is loaded.
    state: Option<State>,
    index: FaceIndex,
    /// Persons with templates that cannot be opened.
    unopened: Vec<Unopened>,
    /// When that was tried last.
    tried_at: Timestamp,
}

impl Default for Faces {
    fn default() -> Faces {
        let (index, unopened) = (FaceIndex::default(), Vec::new());
        Faces { state: None, index, unopened, tried_at: Timestamp(0) }
    }
}

/// A person some of whose templates cannot be opened.
struct Unopened {
    person: Membership,
    templates: u64,
}

impl Unopened {
    /// Whether the person would be searched.
    fn is_in(&self, search: &Search) -> bool {
        let (person, wanted) = (&self.person, &search.collection);
        (person.active || !search.active_only)
            && wanted.as_ref().is_none_or(|id| person.collections.contains(id))
    }
}

/// What became of the templates of some persons.
#[derive(Default)]
struct Opened {
    persons: Vec<IndexedPerson>,
    unopened: Vec<Unopened>,
}

#[derive(Clone, Copy)]
struct State {
    /// The number of the client's last change that is in the index.
    number: i64,
    polled_at: Timestamp,
    /// The number up to which whoever was deleted is out of the index.
    looked_through: i64,
}

impl Galleries {
    /// The client's gallery, perhaps still empty.
    pub fn of(&self, client: &str) -> Arc<Held> {
        Arc::clone(self.lock().entry(client.to_owned()).or_default())
    }

    /// How many templates are in memory, of all clients.
    pub fn templates_in_memory(&self) -> usize {
        self.lock().values().map(|held| held.len()).sum()
    }

    /// How many templates each gallery in memory has.
    pub fn sizes(&self) -> Vec<usize> {
        self.lock().values().map(|held| held.len()).collect()
    }

    /// How many templates could not be opened when that was tried last, of the clients in memory.
    pub fn templates_unreadable(&self) -> u64 {
        let held: Vec<Arc<Held>> = self.lock().values().cloned().collect();
        let count = |held: &Arc<Held>| {
            held.read(|it| it.unopened.iter().map(|it| it.templates).sum::<u64>())
        };
        held.iter().map(count).sum()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Held>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of galleries that nobody uses, then of those used longest ago, until what is held
    /// besides `client`'s and it together are no more than `templates_max`.
    fn evict(&self, client: &str, templates_max: usize, now: Timestamp) {
        let mut held = self.lock();
        held.retain(|name, it| name == client || it.polled_at().0 > now.0 - IDLE_MS);
        loop {
            let templates: usize = held.values().map(|it| it.len()).sum();
            let others = held.iter().filter(|(name, it)| *name != client && it.len() > 0);
            let oldest = others.min_by_key(|(_, it)| it.polled_at()).map(|(name, _)| name.clone());
            match oldest {
                Some(oldest) if templates > templates_max => held.remove(&oldest),
                _ => return,
            };
        }
    }
}

impl Held {
    fn read<T>(&self, read: impl FnOnce(&Faces) -> T) -> T {
        read(&self.faces.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Faces) -> T) -> T {
        change(&mut self.faces.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn len(&self) -> usize {
        self.read(|faces| faces.index.len())
    }

    fn polled_at(&self) -> Timestamp {
        self.read(|faces| faces.state.map_or(Timestamp(i64::MAX), |state| state.polled_at))
    }
}
