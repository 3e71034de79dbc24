//! Sets of words that follow from what a record says.

/// A set of words that nobody sets: it follows from nested objects of its record.
#[derive(Debug)]
pub struct WordSet {
    /// A word's position is its bit: a new word comes at the end, and none is taken away. At most 63.
    pub words: &'static [&'static str],
    /// The nested objects, by the names of their fields.
    pub from: &'static [&'static str],
    /// The mask, of these objects as a list shows them. `None`: they say nothing of it, and there is no set,
    /// which is not the same as an empty one.
    pub derive: fn(&[Option<serde_json::Value>]) -> Option<i64>,
}

impl WordSet {
    /// The mask that has the bits of these words, as far as they are words of the set.
    pub fn mask<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> i64 {
        let bit = |word: &str| self.words.iter().position(|known| *known == word);
        words.into_iter().filter_map(bit).fold(0, |mask, bit| mask | 1 << bit)
    }

    /// The words of a mask, in the order of the set.
    pub fn words_of(&self, mask: i64) -> impl Iterator<Item = &'static str> {
        let words = self.words.iter().enumerate();
        words.filter(move |(bit, _)| mask & (1 << bit) != 0).map(|(_, word)| *word)
    }
}
