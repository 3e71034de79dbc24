//! The faces of one client: which person each is of, and where that person may be found.

use std::cmp::Ordering;
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

#[derive(Default)]
pub struct FaceIndex {
    gallery: Gallery,
    /// Whose the template in this place of the gallery is.
    owners: Vec<Arc<str>>,
    persons: HashMap<Arc<str>, Known>,
}

struct Known {
    collections: Vec<String>,
    active: bool,
}

impl FaceIndex {
    /// The number of templates.
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    pub fn insert(&mut self, person: IndexedPerson) {
        let IndexedPerson { id, collections, active, templates } = person;
        let id: Arc<str> = id.into();
        for template in &templates {
            self.gallery.push(template);
            self.owners.push(Arc::clone(&id));
        }
        self.persons.insert(id, Known { collections, active });
    }

    /// Takes a person out, if they are there.
    pub fn remove(&mut self, person: &str) {
        if self.persons.remove(person).is_none() {
            return;
        }
        for place in (0..self.owners.len()).rev() {
            if *self.owners[place] == *person {
                self.gallery.swap_remove(place);
                self.owners.swap_remove(place);
            }
        }
    }

    /// The persons that are most like one of the probes, the best first; of equals the one whose id
    /// comes first. Every template is compared.
    pub fn search(&self, search: &Search) -> Vec<Hit> {
        let mut best: HashMap<&Arc<str>, FaceComparison> = HashMap::new();
        for probe in &search.probes {
            for (person, comparison) in self.best_of(probe, search) {
                let known = best.entry(person).or_insert(comparison);
                if comparison.cosine > known.cosine {
                    *known = comparison;
                }
            }
        }
        let mut found: Vec<(&Arc<str>, FaceComparison)> = best.into_iter().collect();
        found.sort_by(|(left_id, left), (right_id, right)| {
            let best_first = right.cosine.partial_cmp(&left.cosine).unwrap_or(Ordering::Equal);
            best_first.then_with(|| left_id.cmp(right_id))
        });
        found.truncate(search.max);
        let hit = |(id, comparison): (&Arc<str>, FaceComparison)| Hit {
            person: id.to_string(),
            score: comparison.match_score,
        };
        found.into_iter().map(hit).collect()
    }

    /// At least the `search.max` best persons for one probe, if there are as many; each as often as
    /// its templates were found. Ties at the end are all there.
    fn best_of(&self, probe: &Template, search: &Search) -> Vec<(&Arc<str>, FaceComparison)> {
        // The gallery knows nothing of persons and collections: it is asked for more until enough
        // of what it finds is wanted.
        let mut wanted = search.max.saturating_mul(4).max(16);
        loop {
            let found = self.gallery.search(probe, wanted, search.min_score);
            let all = found.len() < wanted;
            let lowest = found.last().map(|last| last.comparison.cosine);
            let fitting: Vec<(&Arc<str>, FaceComparison)> = found
                .into_iter()
                .map(|candidate| (&self.owners[candidate.index], candidate.comparison))
                .filter(|(person, _)| self.fits(person, search))
                .collect();
            let above = fitting.iter().filter(|(_, it)| Some(it.cosine) > lowest);
            let distinct: std::collections::HashSet<_> = above.map(|(person, _)| person).collect();
            if all || distinct.len() >= search.max {
                return fitting;
            }
            wanted = wanted.saturating_mul(4);
        }
    }

    fn fits(&self, person: &Arc<str>, search: &Search) -> bool {
        self.persons.get(person).is_some_and(|known| {
            (known.active || !search.active_only)
                && search.collection.as_ref().is_none_or(|id| known.collections.contains(id))
        })
    }
}
