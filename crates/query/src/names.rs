//! What a name of a request means for a resource: a field, an alias of one, a relation that no table holds.

use crate::{Field, Kind, Resource, Unstored};

impl Resource {
    /// The field that a client means by this name; none where a request may not ask for it.
    pub fn named(&self, name: &str) -> Option<&Field> {
        if self.compat.unshown.contains(&name) {
            return None;
        }
        let alias = || self.compat.aliases.iter().find(|(theirs, _)| *theirs == name);
        self.field(name).or_else(|| self.field(alias()?.1))
    }

    /// What a filter of this name tests: a field, and of a relation (`appRegistration.email`) the field of the
    /// related record.
    pub(crate) fn filtered(&self, name: &str) -> Option<(&Field, Option<&'static Field>)> {
        // Another name of a field may have a dot too: `subject.id`.
        if let Some(field) = self.named(name) {
            return Some((field, None));
        }
        let (relation, related) = name.split_once('.')?;
        let field = self.named(relation)?;
        let Kind::Relation(relation) = field.kind else { return None };
        let related = relation.filters().find(|it| it.name == related)?;
        Some((field, Some(related)))
    }

    /// Whether `columns` may name this, although it is no field.
    pub(crate) fn is_selectable(&self, name: &str) -> bool {
        self.compat.unshown.contains(&name)
            || self.compat.unstored(name).is_some()
            || self.reverse.iter().any(|reverse| reverse.name == name)
    }

    /// What populating this name shows of a relation that no table holds; `None`: a field of the
    /// record holds what there is, as a nested object.
    pub(crate) fn shown_unstored(&self, name: &str) -> Option<&'static Unstored> {
        let is_object = |field: &Field| matches!(field.kind, Kind::Json(_));
        self.compat.unstored(name).filter(|_| !self.field(name).is_some_and(is_object))
    }
}
