//! Whether the two sides of a card are of one card.

use super::NAME_SIMILARITY_MIN;
use super::comparing::{Comparison, LOCATIONS, Relation};
use super::names::zone_name_similarity;
use crate::document_layouts::DocumentLayout;
use crate::document_reading::{DocumentField, DocumentSide, ReadValue};

/// What tells one card from another: two of one person, or of persons of one age, differ in one of these.
const FIELDS: [DocumentField; 3] =
    [DocumentField::DocumentNumber, DocumentField::BirthDate, DocumentField::ExpirationDate];

impl Comparison<'_> {
    /// Whether the front and the back agree in a number, a date or the names. Nothing is asked of a document that
    /// has one side, or of which one has come.
    pub fn sides_are_of_one_card(&self) -> bool {
        let layout = DocumentLayout::recognise(self.sides);
        if self.sides.len() < 2 || !layout.is_some_and(|layout| layout.has_back) {
            return true;
        }
        FIELDS.into_iter().any(|field| self.both_sides_have(field))
            || self.names_are_on_both_sides()
    }

    fn both_sides_have(&self, field: DocumentField) -> bool {
        let on = |side| self.all().filter(move |it| it.field == field && it.side == side);
        let is_same = |one: &ReadValue, other: &ReadValue| {
            one.source != other.source && matches!(self.relation(one, other), Relation::Same)
        };
        on(DocumentSide::Front).any(|one| on(DocumentSide::Back).any(|other| is_same(one, other)))
    }

    fn names_are_on_both_sides(&self) -> bool {
        let on = |side| {
            LOCATIONS.iter().filter_map(move |location| self.name_in((location.0, Some(side))))
        };
        on(DocumentSide::Front).any(|one| {
            on(DocumentSide::Back).filter(|other| other.source != one.source).any(|other| {
                [(&one, &other), (&other, &one)].into_iter().any(|(zone, other)| {
                    zone_name_similarity(&zone.name, &other.name)
                        .is_some_and(|alike| alike >= NAME_SIMILARITY_MIN)
                })
            })
        })
    }
}
