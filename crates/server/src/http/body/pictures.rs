//! Pictures in bodies: texts in base64, data URIs, and what https URLs name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use verax_query::Problem;

use super::{Rule, Sent};
use crate::app::faces::SentImage;
use crate::http_client::ImageFetcher;

/// No picture is shorter in base64.
pub const BASE64_CHARS_MIN: usize = 100;

impl Sent {
    /// A picture that is required.
    pub fn image(&mut self, name: &str) -> SentImage {
        let image = self.images(name).pop();
        image.unwrap_or_else(|| SentImage { parameter: name.to_owned(), base64: String::new() })
    }

    /// The pictures of a member; none when it was not sent.
    pub fn images(&mut self, name: &str) -> Vec<SentImage> {
        let taken = |(parameter, text): (String, &mut Value)| {
            let base64 = base64_of(text.as_str()?).ok()?.to_owned();
            Some(SentImage { parameter, base64 })
        };
        let Some(mut value) = self.members.remove(name) else { return Vec::new() };
        places(name, &mut value).into_iter().filter_map(taken).collect()
    }

    /// Puts the pictures that https URLs name into their places.
    pub(super) async fn fetch_images(&mut self, fetcher: &ImageFetcher) {
        for member in self.known.iter().filter(|member| member.rule.is_picture()) {
            let Some(mut value) = self.members.remove(member.name) else { continue };
            for (parameter, place) in places(member.name, &mut value) {
                let Some(url) = place.as_str().map(str::trim).filter(|text| begins(text, "https:"))
                else {
                    continue;
                };
                match fetcher.fetch(url).await {
                    Ok(bytes) => *place = STANDARD.encode(bytes).into(),
                    // Told with the texts that are no pictures.
                    Err(error) => {
                        let message = format!("\"{parameter}\" {error}");
                        self.not_fetched.push(Problem { parameter, message });
                        *place = Value::Null;
                    }
                }
            }
            self.members.insert(member.name.to_owned(), value);
        }
    }

    /// The texts that are no pictures in base64, and what could not be fetched.
    pub(super) fn no_pictures(&self) -> Vec<Problem> {
        let mut problems = self.not_fetched.clone();
        for member in self.known.iter().filter(|member| member.rule.is_picture()) {
            let texts = match self.members.get(member.name) {
                Some(Value::Array(list)) => list.as_slice(),
                Some(one) => std::slice::from_ref(one),
                None => continue,
            };
            for (at, text) in texts.iter().enumerate() {
                if let Some(Err(rule)) = text.as_str().map(long_enough) {
                    let parameter = match self.members.get(member.name) {
                        Some(Value::Array(_)) => format!("{}[{at}]", member.name),
                        _ => member.name.to_owned(),
                    };
                    let message = format!("\"{parameter}\" {rule}");
                    problems.push(Problem { parameter, message });
                }
            }
        }
        problems
    }
}

impl Rule {
    pub(super) fn is_picture(&self) -> bool {
        matches!(self, Rule::Image | Rule::Images(_))
    }
}

/// Each picture of a member, under the name by which an answer speaks of it.
fn places<'a>(name: &str, value: &'a mut Value) -> Vec<(String, &'a mut Value)> {
    match value {
        Value::Array(list) => {
            let named = |(at, place)| (format!("{name}[{at}]"), place);
            list.iter_mut().enumerate().map(named).collect()
        }
        one => vec![(name.to_owned(), one)],
    }
}

/// The base64 of a raw text or a data URI; what it decodes to is looked at by whoever measures.
pub fn base64_of(text: &str) -> Result<&str, &'static str> {
    let text = text.trim();
    if begins(text, "https:") || begins(text, "http:") {
        return Err("is a URL, and this server fetches no images: send base64 or a data URI");
    }
    let base64 = if begins(text, "data:") {
        let (head, base64) = text.split_once(',').ok_or("is a data URI without data")?;
        if !head.to_ascii_lowercase().ends_with(";base64") {
            return Err("is a data URI that is not base64");
        }
        base64
    } else {
        text
    };
    Ok(base64)
}

fn long_enough(text: &str) -> Result<&str, &'static str> {
    match base64_of(text)? {
        base64 if base64.len() < BASE64_CHARS_MIN => Err("is too short to be an image in base64"),
        base64 => Ok(base64),
    }
}

fn begins(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with))
}
