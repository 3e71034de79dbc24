//! Images in bodies: texts in base64, data URIs, and what https URLs name.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verax_query::Problem;

use super::checked::CheckedBody;
use super::parse::ImageValue;
use super::table::{BodyField, Rule};
use super::unread::{counted, no_room, room};
use crate::app::faces::{ImageText, SentImage};
use crate::http::body::checked::NamedImage;
use crate::http::error::ApiError;
use crate::http::layers::admission::may_fetch;
use crate::http::layers::allowed::Allowed;
use crate::http::state::State;
use crate::http_client::FetchError;

/// No image is shorter in base64.
pub const BASE64_CHARS_MIN: usize = 100;

impl CheckedBody {
    /// An image that is required.
    pub fn image(&mut self, name: &str) -> SentImage {
        let image = self.images(name).pop();
        image.unwrap_or_else(|| SentImage {
            parameter: name.to_owned(),
            base64: ImageText::default(),
        })
    }

    /// The images of a member; none when it was not sent.
    pub fn images(&mut self, name: &str) -> Vec<SentImage> {
        let slot = self.slot.clone();
        let of_member = self.images.extract_if(.., |image| image.member == name);
        let taken = |NamedImage { parameter, text, .. }: NamedImage| {
            let base64 = text.part(base64_of(text.as_str()).ok()?);
            Some(SentImage { parameter, base64: base64.holding(slot.clone()) })
        };
        of_member.filter_map(taken).collect()
    }

    /// Whether an image of this member was sent.
    pub fn has_image(&self, name: &str) -> bool {
        self.images.iter().any(|image| image.member == name)
    }

    /// The text of an image as it was sent.
    pub fn take_image_text(&mut self, name: &str) -> Option<ImageText> {
        let at = self.images.iter().position(|image| image.member == name)?;
        Some(self.images.remove(at).text)
    }

    /// One to so many images: each is checked, and named by its position.
    pub(super) fn check_images(&mut self, member: &BodyField, sent: ImageValue) {
        let list = match (&member.rule, sent) {
            (Rule::Images(max), ImageValue::List(list)) => {
                if list.is_empty() {
                    return self.wrong(member.name, "must contain at least 1 items");
                }
                if list.len() > *max {
                    let rule = format!("must contain less than or equal to {max} items");
                    return self.wrong(member.name, rule);
                }
                list
            }
            // One image is named by its member alone.
            (_, one) => return self.check_image(member, member.name.to_owned(), lone(one)),
        };
        for (at, one) in list.into_iter().enumerate() {
            self.check_image(member, format!("{}[{at}]", member.name), one);
        }
    }

    fn check_image(&mut self, member: &BodyField, parameter: String, sent: ImageValue) {
        match sent {
            // What it is an image of is looked at by whoever measures it.
            ImageValue::Text(text) => {
                let text = ImageText::new(text);
                self.images.push(NamedImage { member: member.name, parameter, text });
            }
            // A list within the list is none.
            _ => self.wrong(&parameter, "must be a string"),
        }
    }

    pub(super) fn names_urls(&self) -> bool {
        self.images.iter().any(|image| url_of(&image.text).is_some())
    }

    /// The same with the images that its URLs name, where the server fetches any. What was
    /// fetched is counted like what was sent, as it comes.
    ///
    /// # Errors
    /// As many are fetched as may be.
    pub(super) async fn with_fetched(
        mut self,
        state: &State,
        allowed: &Allowed,
    ) -> Result<CheckedBody, ApiError> {
        let Some(fetcher) = &state.app.images else { return Ok(self) };
        let _fetching = may_fetch(state, allowed)?;
        let mut images = Vec::new();
        for image in std::mem::take(&mut self.images) {
            let Some(url) = url_of(&image.text) else {
                images.push(image);
                continue;
            };
            let mut share = room(state, allowed);
            match fetcher.fetch(url, |bytes| share.grow(bytes)).await {
                Ok(bytes) => {
                    let text = counted(STANDARD.encode(bytes).into_bytes(), &Arc::new(share));
                    let text = ImageText::new(text);
                    images.push(NamedImage { text, ..image });
                }
                Err(FetchError::NoRoom) => return Err(no_room()),
                // Told with the texts that are no images.
                Err(error) => {
                    let parameter = image.parameter;
                    let message = format!("\"{parameter}\" {error}");
                    self.not_fetched.push(Problem { parameter, message });
                }
            }
        }
        self.images = images;
        Ok(self)
    }

    /// The texts that are no images in base64, and what could not be fetched.
    pub(super) fn no_images(&self) -> Vec<Problem> {
        let mut problems = self.not_fetched.clone();
        for NamedImage { parameter, text, .. } in &self.images {
            if let Err(rule) = long_enough(text.as_str()) {
                let message = format!("\"{parameter}\" {rule}");
                problems.push(Problem { parameter: parameter.clone(), message });
            }
        }
        problems
    }
}

/// The image of a list of one.
fn lone(mut sent: ImageValue) -> ImageValue {
    while let ImageValue::List(list) = &mut sent
        && list.len() == 1
        && let Some(one) = list.pop()
    {
        sent = one;
    }
    sent
}

fn url_of(text: &ImageText) -> Option<&str> {
    Some(text.as_str().trim()).filter(|text| begins(text, "https:"))
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
