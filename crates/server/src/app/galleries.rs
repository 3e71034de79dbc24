//! Faces in memory, to search in: one gallery per client, loaded when it is first searched and
//! brought up to date before each search.
//!
//! Memory: half a kilobyte for a template and about two hundred bytes for its person. All galleries
//! together hold at most `persons.templates_in_memory_max` templates: those that were searched
//! longest ago go, and a client with more than that alone is refused. A gallery that nobody searched
//! for an hour goes too.

mod index;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, stream};
use verax_domain::Timestamp;
use verax_store::{CHANGES_KEPT_MS, PersonPlace, SealedTemplate, StoreError};
use verax_vision::faces::Template;

use self::index::{FaceIndex, IndexedPerson};
pub use self::index::{Hit, Search};
use super::App;
use super::persons::PersonError;
use crate::vault::VaultError;

const LOOK_EVERY: Duration = Duration::from_secs(2);
const IDLE_MS: i64 = 60 * 60 * 1000;
/// Keys of persons that are read at once: an object store answers slowly, but many at a time.
const READ_AT_ONCE: usize = 32;
/// Persons whose templates are opened together.
const LOADED_AT_ONCE: usize = 2000;

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

#[derive(Default)]
struct Faces {
    /// None until it is loaded.
    state: Option<State>,
    index: FaceIndex,
}

#[derive(Clone, Copy)]
struct State {
    /// The number of the client's last change that is in the index.
    number: i64,
    looked_at: Timestamp,
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

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Held>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of galleries that nobody uses, then of those used longest ago, until what is held
    /// besides `client`'s and it together are no more than `templates_max`.
    fn let_go(&self, client: &str, templates_max: usize, now: Timestamp) {
        let mut held = self.lock();
        held.retain(|name, it| name == client || it.looked_at().0 > now.0 - IDLE_MS);
        loop {
            let templates: usize = held.values().map(|it| it.len()).sum();
            let others = held.iter().filter(|(name, it)| *name != client && it.len() > 0);
            let oldest = others.min_by_key(|(_, it)| it.looked_at()).map(|(name, _)| name.clone());
            match oldest {
                Some(oldest) if templates > templates_max => held.remove(&oldest),
                _ => return,
            };
        }
    }
}

impl Held {
    fn read<T>(&self, look: impl FnOnce(&Faces) -> T) -> T {
        look(&self.faces.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Faces) -> T) -> T {
        change(&mut self.faces.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn len(&self) -> usize {
        self.read(|faces| faces.index.len())
    }

    fn looked_at(&self) -> Timestamp {
        self.read(|faces| faces.state.map_or(Timestamp(i64::MAX), |state| state.looked_at))
    }
}

impl App {
    /// The persons whose faces are most like one of the probes.
    ///
    /// # Errors
    /// The gallery cannot be loaded.
    pub async fn search_faces(
        &self,
        client: &str,
        search: Search,
    ) -> Result<Vec<Hit>, PersonError> {
        let held = self.updated_gallery(client).await?;
        // Milliseconds of arithmetic would hold up other requests of this thread.
        let work = tokio::task::spawn_blocking(move || held.read(|it| it.index.search(&search)));
        work.await.map_err(|_| PersonError::Stopped)
    }

    /// Takes who was deleted out of memory within seconds, also where nobody searches, for as long as
    /// the server runs.
    pub async fn keep_galleries_short(self) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.forget_deleted().await {
                tracing::warn!(cause = %error, "deleted persons were not looked for");
            }
        }
    }

    /// Takes who was deleted since out of all galleries in memory, and lets go of those that nobody
    /// searched for an hour.
    pub async fn forget_deleted(&self) -> Result<(), StoreError> {
        let max = self.config.now().persons.templates_in_memory_max;
        self.galleries.let_go("", max, self.clock.now());
        let loaded: Vec<(String, Arc<Held>)> = {
            let held = self.galleries.lock();
            let loaded = held.iter().filter(|(_, it)| it.read(|it| it.state.is_some()));
            loaded.map(|(client, it)| (client.clone(), Arc::clone(it))).collect()
        };
        if loaded.is_empty() {
            return Ok(());
        }
        let clients = loaded.iter().map(|(client, _)| client.clone()).collect();
        let numbers = self.database.gallery_numbers(clients).await?;
        for (client, held) in loaded {
            let number = numbers.get(&client).copied().unwrap_or(0);
            let _updating = held.updating.lock().await;
            let Some(state) = held.read(|it| it.state) else { continue };
            if number == state.looked_through.max(state.number) {
                continue;
            }
            let late = self.clock.now().0 - state.looked_at.0 >= CHANGES_KEPT_MS / 2;
            if number < state.number || late {
                // The client was deleted, or it is not known any more who was.
                held.write(|it| *it = Faces::default());
                continue;
            }
            let after = state.looked_through.max(state.number);
            let changed = self.database.changed_persons(&client, after).await?;
            let there = self.database.person_places(&client, Some(changed.clone())).await?;
            let there: HashSet<&str> = there.iter().map(|place| place.id.as_str()).collect();
            let gone = changed.iter().filter(|id| !there.contains(id.as_str()));
            held.write(|it| {
                gone.for_each(|person| it.index.remove(person));
                if let Some(state) = &mut it.state {
                    state.looked_through = number;
                }
            });
        }
        Ok(())
    }

    /// Whether the client has any face to search for.
    pub async fn has_faces(&self, client: &str) -> Result<bool, PersonError> {
        Ok(self.updated_gallery(client).await?.len() > 0)
    }

    /// Takes out of memory what has changed, if the client's gallery is there.
    pub(super) async fn forget_changed(&self, client: &str) {
        let held = self.galleries.lock().get(client).cloned();
        let loaded = held.is_some_and(|held| held.read(|faces| faces.state.is_some()));
        if loaded && let Err(error) = self.updated_gallery(client).await {
            tracing::warn!(cause = %error, "a gallery is not up to date");
        }
    }

    async fn updated_gallery(&self, client: &str) -> Result<Arc<Held>, PersonError> {
        let held = self.galleries.of(client);
        let model = self.faces.template_model()?.to_owned();
        let number = self.database.gallery_number(client).await?;
        if self.is_current(&held, number) {
            return Ok(held);
        }
        // A large gallery takes longer to load than a caller may wait: the next one finds it.
        let (app, client) = (self.clone(), client.to_owned());
        let loading = tokio::spawn(async move { app.update_gallery(&client, &model, held).await });
        loading.await.unwrap_or(Err(PersonError::Stopped))
    }

    async fn update_gallery(
        &self,
        client: &str,
        model: &str,
        held: Arc<Held>,
    ) -> Result<Arc<Held>, PersonError> {
        let updating = held.updating.lock().await;
        // Whoever was before us may have seen more than we knew of.
        let number = self.database.gallery_number(client).await?;
        let known = held.read(|faces| faces.state);
        let now = self.clock.now();
        let max = self.config.now().persons.templates_in_memory_max;
        let newer = known.filter(|known| {
            known.number <= number && now.0 - known.looked_at.0 < CHANGES_KEPT_MS / 2
        });
        match newer {
            Some(known) if known.number == number => {}
            Some(known) => {
                let changed = self.database.changed_persons(client, known.number).await?;
                let places = self.database.person_places(client, Some(changed.clone())).await?;
                let persons = self.open_faces(client, model, places).await?;
                held.write(|faces| {
                    changed.iter().for_each(|person| faces.index.remove(person));
                    persons.into_iter().for_each(|person| faces.index.insert(person));
                });
            }
            None => {
                let count = self.database.count_templates(client, model).await?;
                if count > max as u64 {
                    return Err(PersonError::GalleryTooLarge { count, max });
                }
                let mut index = FaceIndex::default();
                let mut places = self.database.person_places(client, None).await?;
                // What is sealed takes more room than what is kept of it: never all of it at once.
                while !places.is_empty() {
                    let rest = places.split_off(places.len().min(LOADED_AT_ONCE));
                    let some = std::mem::replace(&mut places, rest);
                    let persons = self.open_faces(client, model, some).await?;
                    persons.into_iter().for_each(|person| index.insert(person));
                }
                held.write(|faces| faces.index = index);
            }
        }
        let count = held.len();
        if count > max {
            held.write(|faces| *faces = Faces::default());
            return Err(PersonError::GalleryTooLarge { count: count as u64, max });
        }
        held.write(|faces| {
            faces.state = Some(State { number, looked_at: now, looked_through: number })
        });
        drop(updating);
        self.galleries.let_go(client, max, now);
        Ok(held)
    }

    fn is_current(&self, held: &Held, number: i64) -> bool {
        let now = self.clock.now();
        held.write(|faces| match &mut faces.state {
            Some(state) if state.number == number => {
                state.looked_at = now;
                true
            }
            _ => false,
        })
    }

    /// The faces of these persons, as far as this server's model made them.
    async fn open_faces(
        &self,
        client: &str,
        model: &str,
        places: Vec<PersonPlace>,
    ) -> Result<Vec<IndexedPerson>, PersonError> {
        let ids = places.iter().map(|place| place.id.clone()).collect();
        let templates = self.database.templates(client, ids).await?;
        let mut opened = stream::iter(templates.into_iter().filter(|it| it.model == model))
            .map(|sealed| async move {
                let opened = self.open_template(client, &sealed).await;
                (sealed.person, opened)
            })
            .buffered(READ_AT_ONCE);
        let mut of_person: HashMap<String, Vec<Template>> = HashMap::new();
        let mut unreadable = 0_u64;
        while let Some((person, template)) = opened.next().await {
            match template {
                Ok(template) => of_person.entry(person).or_default().push(template),
                // Its key is destroyed before its row is: somebody is deleting it.
                Err(PersonError::Vault(VaultError::NoKey)) => unreadable += 1,
                Err(error) => return Err(error),
            }
        }
        if unreadable > 0 {
            tracing::warn!(unreadable, "templates whose keys are gone were left out of a search");
        }
        let known = places.into_iter().filter_map(|place| {
            let templates = of_person.remove(&place.id)?;
            let PersonPlace { id, collections, active } = place;
            Some(IndexedPerson { id, collections, active, templates })
        });
        Ok(known.collect())
    }

    pub(super) async fn open_template(
        &self,
        client: &str,
        template: &SealedTemplate,
    ) -> Result<Template, PersonError> {
        let sealed = STANDARD.decode(&template.sealed).map_err(|_| PersonError::Damaged)?;
        let place = super::persons::template_place(&template.id);
        let opened = self.vault.unseal(client, &template.person, &place, &sealed).await?;
        Template::from_bytes(&opened).ok_or(PersonError::Damaged)
    }
}
