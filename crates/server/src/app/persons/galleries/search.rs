//! Searching: a gallery is brought up to date first, and faces that cannot be opened are tried again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, stream};
use verax_store::{CHANGES_RETENTION_MS, EncryptedTemplate, Membership, StoreError};
use verax_vision::faces::Template;

use super::{Faces, Held, Hit, Opened, Search, State, TRIED_AGAIN_MS, Unopened};
use crate::app::App;
use crate::app::persons::galleries::index::{FaceIndex, IndexedPerson};
use crate::app::persons::{PersonError, template_place};
use crate::vault::VaultError;

/// Keys of persons that are read at once: an object store answers slowly, but many at a time.
const READ_AT_ONCE: usize = 32;

/// Persons whose templates are opened together.
const LOADED_AT_ONCE: usize = 2000;

impl App {
    /// The persons whose faces are most like one of the probes.
    ///
    /// # Errors
    /// The gallery cannot be loaded; `Unreadable` when a face cannot be opened that may be one of those
    /// that are looked for.
    pub async fn search_faces(
        &self,
        client: &str,
        search: Search,
    ) -> Result<Vec<Hit>, PersonError> {
        let held = self.updated_gallery(client).await?;
        let unopened = |faces: &Faces| {
            let searched = faces.unopened.iter().filter(|it| it.is_in(&search));
            searched.map(|it| it.templates).sum()
        };
        match held.read(unopened) {
            0 => {}
            count => return Err(PersonError::Unreadable { count }),
        }
        // Milliseconds of arithmetic would hold up other requests of this thread.
        let work = tokio::task::spawn_blocking(move || held.read(|it| it.index.search(&search)));
        work.await.map_err(|_| PersonError::Stopped)
    }

    /// Takes who was deleted since out of all galleries in memory, and lets go of those that nobody
    /// searched for an hour.
    pub async fn forget_deleted(&self) -> Result<(), StoreError> {
        let max = self.config.now().persons.templates_in_memory_max;
        self.galleries.evict("", max, self.clock.now());
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
            let late = self.clock.now().0 - state.polled_at.0 >= CHANGES_RETENTION_MS / 2;
            if number < state.number || late {
                // The client was deleted, or it is not known any more who was.
                held.write(|it| *it = Faces::default());
                continue;
            }
            let after = state.looked_through.max(state.number);
            let changed = self.database.changed_persons(&client, after).await?;
            let there = self.database.memberships(&client, Some(changed.clone())).await?;
            let there: HashSet<&str> =
                there.iter().map(|membership| membership.id.as_str()).collect();
            let gone = changed.iter().filter(|id| !there.contains(id.as_str()));
            held.write(|it| {
                let changed: HashSet<&str> = changed.iter().map(String::as_str).collect();
                it.unopened.retain(|known| {
                    let id = known.person.id.as_str();
                    there.contains(id) || !changed.contains(id)
                });
                gone.for_each(|person| it.index.remove(person));
                if let Some(state) = &mut it.state {
                    state.looked_through = number;
                }
            });
        }
        Ok(())
    }

    /// How many active persons of a collection a search compares with.
    pub(in crate::app) async fn count_searched(
        &self,
        client: &str,
        collection: &str,
    ) -> Result<usize, PersonError> {
        let held = self.updated_gallery(client).await?;
        Ok(held.read(|faces| faces.index.count_in(collection)))
    }

    /// Whether the client has any face to search for.
    pub async fn has_faces(&self, client: &str) -> Result<bool, PersonError> {
        let held = self.updated_gallery(client).await?;
        Ok(held.len() > 0 || held.read(|faces| !faces.unopened.is_empty()))
    }

    /// Takes out of memory what has changed, if the client's gallery is there.
    pub(in crate::app) async fn forget_changed(&self, client: &str) {
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
            known.number <= number && now.0 - known.polled_at.0 < CHANGES_RETENTION_MS / 2
        });
        match newer {
            Some(known) if known.number == number => {}
            Some(known) => {
                let changed = self.database.changed_persons(client, known.number).await?;
                self.reopen(client, model, &held, changed).await?;
            }
            None => {
                let count = self.database.count_templates(client, model).await?;
                if count > max as u64 {
                    return Err(PersonError::GalleryTooLarge { count, max });
                }
                let (mut index, mut unopened) = (FaceIndex::default(), Vec::new());
                let mut memberships = self.database.memberships(client, None).await?;
                // What is encrypted takes more room than what is kept of it: never all of it at once.
                while !memberships.is_empty() {
                    let rest = memberships.split_off(memberships.len().min(LOADED_AT_ONCE));
                    let some = std::mem::replace(&mut memberships, rest);
                    let opened = self.open_faces(client, model, some).await?;
                    opened.persons.into_iter().for_each(|person| index.insert(person));
                    unopened.extend(opened.unopened);
                }
                held.write(|faces| {
                    (faces.index, faces.unopened, faces.tried_at) = (index, unopened, now);
                });
            }
        }
        self.try_unopened_again(client, model, &held).await?;
        let count = held.len();
        if count > max {
            held.write(|faces| *faces = Faces::default());
            return Err(PersonError::GalleryTooLarge { count: count as u64, max });
        }
        held.write(|faces| {
            faces.state = Some(State { number, polled_at: now, looked_through: number })
        });
        drop(updating);
        self.galleries.evict(client, max, now);
        Ok(held)
    }

    fn is_current(&self, held: &Held, number: i64) -> bool {
        let now = self.clock.now();
        held.write(|faces| match &mut faces.state {
            Some(state) if state.number == number => {
                state.polled_at = now;
                faces.unopened.is_empty() || now.0 - faces.tried_at.0 < TRIED_AGAIN_MS
            }
            _ => false,
        })
    }

    /// An operator may have put back what was missing.
    async fn try_unopened_again(
        &self,
        client: &str,
        model: &str,
        held: &Held,
    ) -> Result<(), PersonError> {
        let now = self.clock.now();
        let is_due = |faces: &Faces| now.0 - faces.tried_at.0 >= TRIED_AGAIN_MS;
        while held.read(|faces| is_due(faces) && !faces.unopened.is_empty()) {
            let some = held.read(|faces| {
                let some = faces.unopened.iter().take(LOADED_AT_ONCE);
                some.map(|it| it.person.id.clone()).collect::<Vec<_>>()
            });
            let before = held.read(|faces| faces.unopened.len());
            let tried = some.len();
            self.reopen(client, model, held, some).await?;
            // One that is still closed speaks for the rest.
            if held.read(|faces| faces.unopened.len()) + tried > before {
                held.write(|faces| faces.tried_at = now);
            }
        }
        Ok(())
    }

    /// Puts these persons into the index as they are now.
    async fn reopen(
        &self,
        client: &str,
        model: &str,
        held: &Held,
        changed: Vec<String>,
    ) -> Result<(), PersonError> {
        let memberships = self.database.memberships(client, Some(changed.clone())).await?;
        let opened = self.open_faces(client, model, memberships).await?;
        let changed: HashSet<String> = changed.into_iter().collect();
        held.write(|faces| {
            faces.unopened.retain(|it| !changed.contains(&it.person.id));
            faces.unopened.extend(opened.unopened);
            changed.iter().for_each(|person| faces.index.remove(person));
            opened.persons.into_iter().for_each(|person| faces.index.insert(person));
        });
        Ok(())
    }

    /// The faces of these persons, as far as this server's model made them.
    async fn open_faces(
        &self,
        client: &str,
        model: &str,
        memberships: Vec<Membership>,
    ) -> Result<Opened, PersonError> {
        let ids = memberships.iter().map(|membership| membership.id.clone()).collect();
        let templates = self.database.templates(client, ids).await?;
        let mut opening = stream::iter(templates.into_iter().filter(|it| it.model == model))
            .map(|encrypted| async move {
                let opened = self.open_template(client, &encrypted).await;
                (encrypted, opened)
            })
            .buffered(READ_AT_ONCE);
        let mut of_person: HashMap<String, Vec<Template>> = HashMap::new();
        let mut closed = Vec::new();
        while let Some((encrypted, template)) = opening.next().await {
            match template {
                Ok(template) => of_person.entry(encrypted.person).or_default().push(template),
                Err(error @ PersonError::Vault(VaultError::Store(_))) => return Err(error),
                Err(error) => closed.push((encrypted, error)),
            }
        }
        let lost = self.lost_templates(client, closed).await?;
        let mut opened = Opened::default();
        for membership in memberships {
            if let Some(templates) = lost.get(&membership.id) {
                let (person, templates) = (membership.clone(), *templates);
                opened.unopened.push(Unopened { person, templates });
            }
            let Some(templates) = of_person.remove(&membership.id) else { continue };
            let Membership { id, collections, active } = membership;
            opened.persons.push(IndexedPerson { id, collections, active, templates });
        }
        Ok(opened)
    }

    /// How many of these templates, which could not be opened, each person has lost. The key of who is
    /// just being deleted goes before their templates do: that is no loss.
    async fn lost_templates(
        &self,
        client: &str,
        closed: Vec<(EncryptedTemplate, PersonError)>,
    ) -> Result<HashMap<String, u64>, PersonError> {
        let Some((_, cause)) = closed.first() else { return Ok(HashMap::new()) };
        let cause = cause.to_string();
        let ids = closed.iter().map(|(encrypted, _)| encrypted.id.clone()).collect();
        let lasting = self.database.lasting_templates(client, ids).await?;
        let mut lost: HashMap<String, u64> = HashMap::new();
        for (encrypted, _) in
            closed.into_iter().filter(|(encrypted, _)| lasting.contains(&encrypted.id))
        {
            *lost.entry(encrypted.person).or_default() += 1;
        }
        if !lost.is_empty() {
            let count = lost.values().sum::<u64>();
            tracing::error!(
                count,
                cause,
                "stored faces cannot be opened (see `verax vault check`)"
            );
        }
        Ok(lost)
    }

    /// The faces of these templates, as far as this server's model made them.
    ///
    /// # Errors
    /// `Unreadable` when one of them cannot be opened.
    pub(in crate::app) async fn open_templates(
        &self,
        client: &str,
        templates: Vec<EncryptedTemplate>,
    ) -> Result<Vec<Template>, PersonError> {
        let model = self.faces.template_model()?;
        let (mut opened, mut closed) = (Vec::new(), Vec::new());
        for encrypted in templates.into_iter().filter(|it| it.model == model) {
            match self.open_template(client, &encrypted).await {
                Ok(template) => opened.push(template),
                Err(error @ PersonError::Vault(VaultError::Store(_))) => return Err(error),
                Err(error) => closed.push((encrypted, error)),
            }
        }
        match self.lost_templates(client, closed).await?.values().sum() {
            0 => Ok(opened),
            count => Err(PersonError::Unreadable { count }),
        }
    }

    pub(in crate::app) async fn open_template(
        &self,
        client: &str,
        template: &EncryptedTemplate,
    ) -> Result<Template, PersonError> {
        let encrypted = STANDARD.decode(&template.encrypted).map_err(|_| PersonError::Damaged)?;
        let location = template_place(&template.id);
        let opened = self.vault.decrypt(client, &template.person, &location, &encrypted).await?;
        Template::from_bytes(&opened).ok_or(PersonError::Damaged)
    }
}
