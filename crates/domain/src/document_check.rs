//! The checks of a photographed document, in one table: names and words. Whoever adds one adds a
//! variant and a row here, and a file in `vision/document/checks`.

use std::fmt;
use std::ops::{Index, IndexMut};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use crate::document_evidence::DocumentEvidence;

/// What a check looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentCheck {
    ScreenReplay,
    PrintedCopy,
    PortraitSubstitution,
    DigitalManipulation,
}

/// One row: everything about a check that is not measurement.
#[derive(Debug)]
pub struct DocumentCheckEntry {
    pub check: DocumentCheck,
    /// Its member of `validationResults`.
    pub wire_name: &'static str,
    /// The member of a body that asks for it, and what that says in the API's description.
    pub switch: (&'static str, &'static str),
    /// The member of `calibrationSettings` and its description; none: it is always `REGULAR`.
    pub calibration: Option<(&'static str, &'static str)>,
    /// Its name in stored jobs and as a label of metrics.
    pub label: &'static str,
    /// Its name in findings and as a file of weights (`screen.json`).
    pub short_name: &'static str,
    pub words: CheckWords,
}

/// What is said of its outcome.
#[derive(Debug)]
pub struct CheckWords {
    /// A rejection begins so.
    pub rejected: &'static str,
    /// A rejection for this evidence begins otherwise. The flag says whether the score fails before any
    /// evidence caps it.
    pub rejected_by: fn(&DocumentEvidence, bool) -> Option<&'static str>,
    /// A pass begins so.
    pub passed: &'static str,
    /// A pass without anything to note begins so.
    pub unremarkable: &'static str,
    /// Why it could not be made.
    pub not_checked: &'static str,
}

const TABLE: &[DocumentCheckEntry] = &[
    DocumentCheckEntry {
        check: DocumentCheck::ScreenReplay,
        wire_name: "screenReplay",
        switch: ("validateScreenReplay", "Whether it was photographed from a screen."),
        calibration: Some(("screenReplayCalibration", "How strict the screen replay check is.")),
        label: "screen_replay",
        short_name: "screen",
        words: CheckWords {
            rejected: "Looks photographed from a screen",
            rejected_by: by_no_evidence,
            passed: "No sign of a screen strong enough to reject",
            unremarkable: "No sign of a screen strong enough to reject",
            not_checked: "Not checked: the image is too flat or too small to measure this.",
        },
    },
    DocumentCheckEntry {
        check: DocumentCheck::PrintedCopy,
        wire_name: "printedCopy",
        switch: ("validatePrintedCopy", "Whether it is a printed copy."),
        calibration: Some(("printedCopyCalibration", "How strict the printed copy check is.")),
        label: "printed_copy",
        short_name: "print",
        words: CheckWords {
            rejected: "Looks like a printed copy",
            rejected_by: by_no_evidence,
            passed: "No sign of a printed copy strong enough to reject",
            unremarkable: "No sign of a printed copy strong enough to reject",
            not_checked: "Not checked: no document was found whose colour can be judged, and prints in colour are \
                          not looked for.",
        },
    },
    DocumentCheckEntry {
        check: DocumentCheck::PortraitSubstitution,
        wire_name: "portraitSubstitution",
        switch: ("validatePortraitSubstitution", "Whether the portrait was exchanged."),
        calibration: Some(("portraitSubstitutionCalibration", "How strict the portrait check is.")),
        label: "portrait_substitution",
        short_name: "portrait",
        words: CheckWords {
            rejected: "The portrait differs from its surroundings",
            rejected_by: |evidence, pixels_reject| match evidence {
                DocumentEvidence::GhostPortraitDiffers { .. } if !pixels_reject => {
                    Some("The portrait does not belong to this document")
                }
                _ => None,
            },
            passed: "No sign of another portrait strong enough to reject",
            unremarkable: "The portrait agrees with its surroundings",
            not_checked: "Not checked: neither a face nor a document was found, or the image is too small to \
                          measure this.",
        },
    },
    DocumentCheckEntry {
        check: DocumentCheck::DigitalManipulation,
        wire_name: "digitalManipulation",
        switch: ("validateDigitalManipulation", "Whether the file was edited."),
        calibration: None,
        label: "digital_manipulation",
        short_name: "digital",
        words: CheckWords {
            rejected: "Looks edited",
            rejected_by: |evidence, _| match evidence {
                DocumentEvidence::ProvenanceGenerated { .. }
                | DocumentEvidence::EditorTag { generator: true, .. } => Some("Looks generated"),
                _ => None,
            },
            passed: "Nothing that the file states is enough to reject it as edited",
            unremarkable: "The file states nothing of editing",
            not_checked: "Not checked: the file cannot be read.",
        },
    },
];

fn by_no_evidence(_: &DocumentEvidence, _: bool) -> Option<&'static str> {
    None
}

impl DocumentCheck {
    pub const COUNT: usize = TABLE.len();
    /// In the order of the protocol, which is that of the table.
    pub const ALL: [DocumentCheck; DocumentCheck::COUNT] = {
        let mut all = [DocumentCheck::ScreenReplay; DocumentCheck::COUNT];
        let mut at = 0;
        while at < DocumentCheck::COUNT {
            all[at] = TABLE[at].check;
            assert!(all[at] as usize == at, "the table's rows lie in the order of the variants");
            at += 1;
        }
        all
    };

    /// Its row of the table.
    pub const fn entry(self) -> &'static DocumentCheckEntry {
        &TABLE[self as usize]
    }
}

/// A value for each check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerCheck<T>([T; DocumentCheck::COUNT]);

impl<T> PerCheck<T> {
    pub fn from_fn(value: impl FnMut(DocumentCheck) -> T) -> PerCheck<T> {
        PerCheck(DocumentCheck::ALL.map(value))
    }

    /// The first error, in the order of the protocol.
    ///
    /// # Errors
    /// Those of `value`.
    pub fn try_from_fn<E>(
        value: impl FnMut(DocumentCheck) -> Result<T, E>,
    ) -> Result<PerCheck<T>, E> {
        let values: Result<Vec<T>, E> = DocumentCheck::ALL.into_iter().map(value).collect();
        let Ok(values) = values?.try_into() else {
            unreachable!("there is a value for each check")
        };
        Ok(PerCheck(values))
    }

    /// With its check, in the order of the protocol.
    pub fn iter(&self) -> impl Iterator<Item = (DocumentCheck, &T)> {
        DocumentCheck::ALL.into_iter().zip(&self.0)
    }

    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
    }

    pub fn into_values(self) -> impl Iterator<Item = T> {
        self.0.into_iter()
    }

    pub fn each_ref(&self) -> PerCheck<&T> {
        PerCheck(self.0.each_ref())
    }

    pub fn map<U>(self, value: impl FnMut(T) -> U) -> PerCheck<U> {
        PerCheck(self.0.map(value))
    }
}

impl<T: Copy> PerCheck<T> {
    /// The same value for each.
    pub const fn all(value: T) -> PerCheck<T> {
        PerCheck([value; DocumentCheck::COUNT])
    }
}

/// How the checks are named somewhere.
pub type NameOf = fn(&DocumentCheckEntry) -> &'static str;

impl<T: Serialize> PerCheck<Option<T>> {
    /// A JSON object of those that are there, in the order of the protocol.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize_by<S: Serializer>(&self, name: NameOf, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_map(None)?;
        for (check, value) in self.iter() {
            if let Some(value) = value {
                object.serialize_entry(name(check.entry()), value)?;
            }
        }
        object.end()
    }
}

/// As the API names them: a check that was not made is absent.
impl<T: Serialize> Serialize for PerCheck<Option<T>> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.serialize_by(|entry| entry.wire_name, to)
    }
}

impl<T> PerCheck<T> {
    /// Reads a JSON object. A check that it does not name keeps its value of `missing`, and a name that is no
    /// check's is passed over: what another version stored can be read.
    ///
    /// # Errors
    /// A value of a check is no `T`.
    pub fn deserialize_by<'de, D: Deserializer<'de>>(
        name: NameOf,
        missing: PerCheck<T>,
        from: D,
    ) -> Result<PerCheck<T>, D::Error>
    where
        T: Deserialize<'de>,
    {
        from.deserialize_map(Named { name, values: missing })
    }
}

struct Named<T> {
    name: NameOf,
    values: PerCheck<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Named<T> {
    type Value = PerCheck<T>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an object of checks")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<PerCheck<T>, A::Error> {
        while let Some(key) = object.next_key::<String>()? {
            let found = DocumentCheck::ALL.into_iter().find(|it| (self.name)(it.entry()) == key);
            match found {
                Some(check) => self.values[check] = object.next_value()?,
                None => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(self.values)
    }
}

impl<T> Index<DocumentCheck> for PerCheck<T> {
    type Output = T;

    fn index(&self, check: DocumentCheck) -> &T {
        &self.0[check as usize]
    }
}

impl<T> IndexMut<DocumentCheck> for PerCheck<T> {
    fn index_mut(&mut self, check: DocumentCheck) -> &mut T {
        &mut self.0[check as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_version_stored_is_read() {
        let read = |json: &str| {
            let mut from = serde_json::Deserializer::from_str(json);
            PerCheck::deserialize_by(|entry| entry.label, PerCheck::all(true), &mut from)
        };
        let found = read(r#"{"screen_replay":false,"of_a_later_version":{"a":[1]}}"#).unwrap();
        assert_eq!(found, PerCheck::from_fn(|check| check != DocumentCheck::ScreenReplay));
        assert!(read(r#"{"screen_replay":"no"}"#).is_err());
    }

    #[test]
    fn what_is_not_there_is_not_written() {
        let some = PerCheck::from_fn(|check| (check as usize % 2 == 1).then_some(check as usize));
        let mut json = Vec::new();
        let mut to = serde_json::Serializer::new(&mut json);
        some.serialize_by(|entry| entry.wire_name, &mut to).unwrap();
        assert_eq!(json, br#"{"printedCopy":1,"digitalManipulation":3}"#);
    }
}
