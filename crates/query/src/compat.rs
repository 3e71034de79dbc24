//! What clients of the protocol expect of a resource beside the grammar that all lists have.

/// What one resource has of it.
#[derive(Debug)]
pub struct Compat {
    /// The largest page.
    pub page_size_max: u32,
    /// Records in an answer to a list of which neither a page nor a size is asked for; `None`: as on
    /// a page. Some clients take it for all there are.
    pub unpaged_size: Option<u32>,
    pub totals: Totals,
    /// Names of fields as some clients write them, and the field that each means.
    pub aliases: &'static [(&'static str, &'static str)],
    /// Relations that the protocol documents and that no table holds.
    pub unstored: &'static [Unstored],
    /// Fields of the protocol that `columns` may name and no list shows, filters or sorts by.
    pub unshown: &'static [&'static str],
}

/// Where a page says how many records match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Totals {
    /// In `pagination`.
    Nested,
    /// There, and beside `data`.
    NestedAndFlat,
}

/// A relation of the protocol that no table holds: populating it says that there is nothing.
#[derive(Debug, PartialEq, Eq)]
pub struct Unstored {
    pub name: &'static str,
    pub count: Count,
    /// What may be populated inside it.
    pub within: &'static [&'static str],
}

/// How many records a relation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// One at most: `null` without it.
    One,
    /// Any number: an empty list without them.
    Many,
}

impl Compat {
    pub const NONE: Compat = Compat {
        page_size_max: 100,
        unpaged_size: None,
        totals: Totals::Nested,
        aliases: &[],
        unstored: &[],
        unshown: &[],
    };

    /// The relation of this name that no table holds.
    pub fn unstored(&self, name: &str) -> Option<&'static Unstored> {
        self.unstored.iter().find(|unstored| unstored.name == name)
    }
}

impl Unstored {
    pub const fn one(name: &'static str) -> Unstored {
        Unstored { name, count: Count::One, within: &[] }
    }

    pub const fn many(name: &'static str) -> Unstored {
        Unstored { name, count: Count::Many, within: &[] }
    }

    /// The same; these may be populated inside it.
    pub const fn with(self, within: &'static [&'static str]) -> Unstored {
        Unstored { within, ..self }
    }

    /// What stands for it in JSON.
    pub fn json(&self) -> &'static str {
        match self.count {
            Count::One => "null",
            Count::Many => "[]",
        }
    }
}
