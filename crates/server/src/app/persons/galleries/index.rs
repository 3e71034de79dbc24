//! The faces of one client: which person each is of, and where that person may be found.

use std::collections::HashMap;
use std::sync::Arc;

use verax_domain::face_findings::FaceComparison;
use verax_vision::faces::{Gallery, Template};

/// A person to be found by face.
pub struct IndexedPerson {
    pub id: String,
    /// Ids of collections.
    pub collections: Vec<String>,
    pub active: bool,
    pub templates: Vec<Template>,
}

/// Who is looked for, and where.
#[derive(Clone, Debug)]
pub struct Search {
    /// Faces of one person: who is like any of them is found.
    pub probes: Vec<Template>,
    /// The id of a collection; none: everywhere.
    pub collection: Option<String>,
    /// Only persons whose status is `active`.
    pub active_only: bool,
    /// 0..=1.
    pub min_score: f64,
    pub max: usize,
}

/// A person who was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub person: String,
    /// The match score of the most alike pair, 0..=1.
    pub score: f64,
}

pub struct FaceIndex {
    gallery: Gallery<Arc<str>>,
    persons: HashMap<Arc<str>, Membership>,
}

struct Membership {
    collections: Vec<String>,
    active: bool,
}

impl Default for FaceIndex {
    fn default() -> FaceIndex {
        FaceIndex { gallery: Gallery::new(), persons: HashMap::new() }
    }
}

impl FaceIndex {
    /// The number of templates.
    pub fn len(&self) -> usize {
        self.gallery.len()
    }

    /// How many active persons of this collection are searched.
    pub fn count_in(&self, collection: &str) -> usize {
        let is_in =
            |it: &&Membership| it.active && it.collections.iter().any(|id| id == collection);
        self.persons.values().filter(is_in).count()
    }

    pub fn insert(&mut self, person: IndexedPerson) {
        let IndexedPerson { id, collections, active, templates } = person;
        let id: Arc<str> = id.into();
        for template in &templates {
            self.gallery.insert(Arc::clone(&id), template);
        }
        self.persons.insert(id, Membership { collections, active });
    }

    /// Takes a person out, if they are there.
    pub fn remove(&mut self, person: &str) {
        if let Some((id, _)) = self.persons.remove_entry(person) {
            self.gallery.remove(&id);
        }
    }

    /// The persons that are most like one of the probes, the best first; of equals the one whose id
    /// comes first. Every template is compared.
    pub fn search(&self, search: &Search) -> Vec<Hit> {
        let fits = |person: &Arc<str>| {
            self.persons.get(person).is_some_and(|known| {
                (known.active || !search.active_only)
                    && search.collection.as_ref().is_none_or(|id| known.collections.contains(id))
            })
        };
        let mut best: HashMap<Arc<str>, FaceComparison> = HashMap::new();
        for probe in &search.probes {
            for found in self.gallery.search(probe, search.min_score, search.max, fits) {
                let known = best.entry(found.key).or_insert(found.comparison);
                if found.comparison.cosine > known.cosine {
                    *known = found.comparison;
                }
            }
        }
        let mut found: Vec<(Arc<str>, FaceComparison)> = best.into_iter().collect();
        found.sort_by(|(left_id, left), (right_id, right)| {
            right.cosine.total_cmp(&left.cosine).then_with(|| left_id.cmp(right_id))
        });
        found.truncate(search.max);
        let hit = |(id, comparison): (Arc<str>, FaceComparison)| Hit {
            person: id.to_string(),
            score: comparison.match_score,
        };
        found.into_iter().map(hit).collect()
    }
}
