//! The JSON body of a face call: every problem is collected, in the words that Joi uses.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use verax_query::{Problem, is_id};

use super::error::ApiError;
use super::face_errors::{BAD_REQUEST, only_base64, wrong_members};
use crate::app::faces::SentImage;
use crate::app::persons::without_digits;
use crate::http_client::ImageFetcher;

/// The members that hold pictures.
const IMAGE_MEMBERS: [&str; 4] = ["image", "images", "probe", "gallery"];
/// Pictures in one list: each costs the server as much as a call with one picture.
pub const IMAGES_MAX: usize = 10;
/// No picture of a face is shorter in base64.
const BASE64_CHARS_MIN: usize = 100;
const TEXT_CHARS_MAX: usize = 64;
const NAME_CHARS_MAX: usize = 200;
const IDS_MAX: usize = 20;

/// Whether a member may be left out.
#[derive(Clone, Copy, PartialEq)]
pub enum Needed {
    Required,
    Optional,
}

/// A body that is being read.
pub struct FaceBody {
    members: Map<String, Value>,
    problems: Vec<Problem>,
    /// Members that are texts, but no pictures in base64.
    not_base64: Vec<Problem>,
}

impl FaceBody {
    /// No body at all reads like `{}`, so that its answer names what is missing.
    ///
    /// # Errors
    /// It is not a JSON object.
    pub fn parse(bytes: &[u8]) -> Result<FaceBody, ApiError> {
        let members = if bytes.trim_ascii().is_empty() {
            Map::new()
        } else {
            serde_json::from_slice(bytes)
                .map_err(|_| ApiError::new(&BAD_REQUEST, "The body must be a JSON object."))?
        };
        Ok(FaceBody { members, problems: Vec::new(), not_base64: Vec::new() })
    }

    /// Puts the pictures that https URLs name into their places.
    ///
    /// # Errors
    /// All that could not be fetched.
    pub async fn fetch_images(&mut self, fetcher: &ImageFetcher) -> Result<(), ApiError> {
        let mut wrong = Vec::new();
        for name in IMAGE_MEMBERS {
            let places = match self.members.get_mut(name) {
                Some(Value::Array(list)) if list.len() <= IMAGES_MAX => list.as_mut_slice(),
                Some(one @ Value::String(_)) => std::slice::from_mut(one),
                _ => continue,
            };
            for place in places {
                let Some(url) = place.as_str().map(str::trim) else { continue };
                if !url.get(..6).is_some_and(|it| it.eq_ignore_ascii_case("https:")) {
                    continue;
                }
                match fetcher.fetch(url).await {
                    Ok(bytes) => *place = STANDARD.encode(bytes).into(),
                    Err(error) => wrong.push(Problem {
                        parameter: name.to_owned(),
                        message: format!("\"{name}\" {error}"),
                    }),
                }
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(only_base64(wrong)) }
    }

    /// One picture: a text, or a list of one.
    pub fn image(&mut self, name: &str) -> Option<SentImage> {
        match self.members.remove(name) {
            Some(Value::Array(mut list)) if list.len() == 1 => {
                let only = list.pop().unwrap_or_default();
                self.sent_image(name.to_owned(), only)
            }
            Some(value) if !value.is_null() => self.sent_image(name.to_owned(), value),
            _ => self.missing(name),
        }
    }

    /// One to [`IMAGES_MAX`] pictures: a list, or one text.
    pub fn images(&mut self, name: &str) -> Vec<SentImage> {
        self.images_up_to(name, IMAGES_MAX)
    }

    /// Whether a member was sent, and is not null.
    pub fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    /// One to `count_max` pictures: a list, or one text.
    pub fn images_up_to(&mut self, name: &str, count_max: usize) -> Vec<SentImage> {
        match self.members.remove(name) {
            Some(Value::Array(list)) if list.is_empty() => {
                self.wrong(name, "must contain at least 1 items");
                Vec::new()
            }
            Some(Value::Array(list)) if list.len() > count_max => {
                let rule = format!("must contain less than or equal to {count_max} items");
                self.wrong(name, &rule);
                Vec::new()
            }
            Some(Value::Array(list)) => {
                let numbered = list.into_iter().enumerate();
                numbered
                    .filter_map(|(at, value)| self.sent_image(format!("{name}[{at}]"), value))
                    .collect()
            }
            Some(value) if !value.is_null() => {
                self.sent_image(name.to_owned(), value).into_iter().collect()
            }
            _ => self.missing(name).into_iter().collect(),
        }
    }

    /// A text that changes nothing here, such as the caller's operating system: it is checked,
    /// so that a client that works here works elsewhere.
    pub fn text(&mut self, name: &str, needed: Needed) {
        self.said(name, needed, TEXT_CHARS_MAX);
    }

    /// A text of at most `chars_max` characters, without the white space around it.
    pub fn said(&mut self, name: &str, needed: Needed, chars_max: usize) -> Option<String> {
        match self.members.remove(name) {
            Some(Value::String(text)) if text.trim().is_empty() => {
                self.wrong(name, "is not allowed to be empty");
            }
            Some(Value::String(text)) if text.chars().count() > chars_max => {
                let rule =
                    format!("length must be less than or equal to {chars_max} characters long");
                self.wrong(name, &rule);
            }
            Some(Value::String(text)) if text.contains('\0') => {
                self.wrong(name, "must not contain a NUL character");
            }
            Some(Value::String(text)) => return Some(text.trim().to_owned()),
            Some(value) if !value.is_null() => self.wrong(name, "must be a string"),
            _ if needed == Needed::Required => return self.missing(name),
            _ => {}
        }
        None
    }

    /// The name of a person: what is left of it without digits must be a name.
    pub fn name_of_person(&mut self, name: &str, needed: Needed) -> Option<String> {
        let said = self.said(name, needed, NAME_CHARS_MAX)?;
        let said = without_digits(&said);
        if said.is_empty() {
            self.wrong(name, "must have letters: digits are taken out of it");
            return None;
        }
        Some(said)
    }

    /// One of these words, in any case. Both of the protocol's search modes do the same here.
    pub fn word(&mut self, name: &str, words: &[&str], needed: Needed) {
        self.one_of(name, words, needed);
    }

    /// One of these words, in any case, as it is written here.
    pub fn one_of(&mut self, name: &str, words: &[&str], needed: Needed) -> Option<String> {
        match self.members.remove(name) {
            Some(Value::String(text)) if words.iter().any(|it| it.eq_ignore_ascii_case(&text)) => {
                let known = words.iter().find(|word| word.eq_ignore_ascii_case(&text));
                return known.map(|word| (*word).to_owned());
            }
            Some(value) if !value.is_null() => {
                self.wrong(name, &format!("must be one of [{}]", words.join(", ")));
            }
            _ if needed == Needed::Required => return self.missing(name),
            _ => {}
        }
        None
    }

    /// A day, in any of the protocol's three shapes, as `YYYY-MM-DD`.
    pub fn day(&mut self, name: &str) -> Option<String> {
        let value = self.members.remove(name).filter(|value| !value.is_null())?;
        let day = verax_domain::record::day(&value);
        if day.is_none() {
            let rule = "must be a date: \"1990-05-01\", {\"year\": 1990, \"month\": 5, \"day\": 1} \
                        or an ISO 8601 time";
            self.wrong(name, rule);
        }
        day
    }

    /// Ids (or codes): a list, or one text.
    pub fn ids(&mut self, name: &str) -> Option<Vec<String>> {
        let list = match self.members.remove(name) {
            None | Some(Value::Null) => return None,
            Some(Value::Array(list)) => list,
            Some(value) => vec![value],
        };
        if list.len() > IDS_MAX {
            self.wrong(name, &format!("must contain less than or equal to {IDS_MAX} items"));
            return None;
        }
        let mut ids = Vec::new();
        for (at, value) in list.into_iter().enumerate() {
            // A populated record, as a retrieve shows it, is its id.
            let id = value.get("_id").unwrap_or(&value).as_str().filter(|id| is_id(id));
            match id {
                Some(id) => ids.push(id.to_owned()),
                None => self.wrong(&format!("{name}[{at}]"), "must be the id of a record"),
            }
        }
        Some(ids)
    }

    /// One id (or code).
    pub fn id(&mut self, name: &str, needed: Needed) -> Option<String> {
        let id = self.said(name, needed, TEXT_CHARS_MAX)?;
        if !is_id(&id) {
            self.wrong(name, "must be an id: 1 to 64 letters, digits, `_` or `-`");
            return None;
        }
        Some(id)
    }

    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        match self.members.remove(name) {
            None | Some(Value::Null) => default,
            Some(Value::Bool(flag)) => flag,
            Some(_) => {
                self.wrong(name, "must be a boolean");
                default
            }
        }
    }

    /// A whole number within a range.
    pub fn count(&mut self, name: &str, range: RangeInclusive<usize>, default: usize) -> usize {
        let (low, high) = (*range.start() as f64, *range.end() as f64);
        let number = self.number(name, low..=high, Some(default as f64));
        if number.fract() != 0.0 {
            self.wrong(name, "must be an integer");
        }
        number as usize
    }

    /// A number within a range; without a default it is required. A text of a number counts, as
    /// it does for Joi. What is wrong reads as 1, and never gets as far as being used.
    pub fn number(&mut self, name: &str, range: RangeInclusive<f64>, default: Option<f64>) -> f64 {
        const UNUSED: f64 = 1.0;
        let number = match (self.members.remove(name), default) {
            (None | Some(Value::Null), Some(default)) => return default,
            (None | Some(Value::Null), None) => return self.missing(name).unwrap_or(UNUSED),
            (Some(Value::Number(number)), _) => number.as_f64(),
            (Some(Value::String(text)), _) => text.trim().parse().ok(),
            _ => None,
        };
        match number.filter(|number| number.is_finite()) {
            None => self.wrong(name, "must be a number"),
            Some(number) if number < *range.start() => {
                self.wrong(name, &format!("must be greater than or equal to {}", range.start()));
            }
            Some(number) if number > *range.end() => {
                self.wrong(name, &format!("must be less than or equal to {}", range.end()));
            }
            Some(number) => return number,
        }
        UNUSED
    }

    /// # Errors
    /// Everything that was wrong; texts that are no pictures only when nothing else was.
    pub fn finish(self) -> Result<(), ApiError> {
        if !self.problems.is_empty() {
            return Err(wrong_members(self.problems));
        }
        if !self.not_base64.is_empty() {
            return Err(only_base64(self.not_base64));
        }
        Ok(())
    }

    fn sent_image(&mut self, parameter: String, value: Value) -> Option<SentImage> {
        let Value::String(text) = value else {
            self.wrong(&parameter, "must be a string");
            return None;
        };
        match base64_of(&text) {
            Ok(base64) => Some(SentImage { parameter, base64: base64.to_owned() }),
            Err(rule) => {
                let message = format!("\"{parameter}\" {rule}");
                self.not_base64.push(Problem { parameter, message });
                None
            }
        }
    }

    fn missing<T>(&mut self, name: &str) -> Option<T> {
        self.wrong(name, "is required");
        None
    }

    fn wrong(&mut self, name: &str, rule: &str) {
        let message = format!("\"{name}\" {rule}");
        self.problems.push(Problem { parameter: name.to_owned(), message });
    }
}

/// The base64 of a raw text or a data URI; what it decodes to is looked at by whoever measures.
pub fn base64_of(text: &str) -> Result<&str, &'static str> {
    let text = text.trim();
    let begins =
        |with: &str| text.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with));
    if begins("https:") || begins("http:") {
        return Err("is a URL, and this server fetches no images: send base64 or a data URI");
    }
    let base64 = if begins("data:") {
        let (head, base64) = text.split_once(',').ok_or("is a data URI without data")?;
        if !head.to_ascii_lowercase().ends_with(";base64") {
            return Err("is a data URI that is not base64");
        }
        base64
    } else {
        text
    };
    if base64.len() < BASE64_CHARS_MIN {
        return Err("is too short to be an image in base64");
    }
    Ok(base64)
}
