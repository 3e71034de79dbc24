//! Contacts: an address or a number has one form, however it was typed. Pure.

use std::fmt;

use verax_query::{Typed, fold_address, is_invisible};

use crate::phone_numbers::{is_calling_code, textable};

/// A phone number with the code of its country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// `+57`.
    pub country_code: String,
    /// Digits, as they were typed: leading zeros are only left out of [`Phone::key`].
    pub number: String,
}

/// Why a number and a country's code do not belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneProblem {
    /// It says another country's code itself.
    OtherCountry(String),
    Digits,
}

impl fmt::Display for PhoneProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PhoneProblem::OtherCountry(code) => {
                write!(out, "must begin with the countryCode {code}, or have no country code")
            }
            PhoneProblem::Digits => out.write_str(PHONE_RULE),
        }
    }
}

/// What a phone number must be.
pub const PHONE_RULE: &str = "must be 4 to 15 digits";

const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 4..=15;

impl Phone {
    /// `number` may begin with the country's code, as `+57…` or `0057…`.
    ///
    /// # Errors
    /// It begins with another one, or has too few digits or too many.
    pub fn new(country_code: &str, number: &str) -> Result<Phone, PhoneProblem> {
        let country_code = country(country_code).ok_or(PhoneProblem::Digits)?;
        let number = dialled(number).ok_or(PhoneProblem::Digits)?;
        let number = if number.starts_with('+') {
            let national = number.strip_prefix(&country_code);
            national.ok_or_else(|| PhoneProblem::OtherCountry(country_code.clone()))?
        } else {
            &number
        };
        // What is left of it without leading zeros must still be a number.
        let fits = number.len() <= *NUMBER_DIGITS.end()
            && number.trim_start_matches('0').len() >= *NUMBER_DIGITS.start();
        if !fits {
            return Err(PhoneProblem::Digits);
        }
        Ok(Phone { number: number.to_owned(), country_code })
    }

    /// The code and the number as one, `+573001234567`.
    pub fn whole(&self) -> String {
        format!("{}{}", self.country_code, self.number)
    }

    /// The number that a text to it goes to; `None`: it takes none.
    pub fn textable(&self) -> Option<String> {
        textable(&self.whole())
    }

    /// What numbers are compared by: all digits after the `+`. The zeros in front of a national
    /// number are dialled inside a country alone. The store computes the same.
    pub fn key(&self) -> String {
        let code = self.country_code.trim_start_matches('+');
        format!("{code}{}", self.number.trim_start_matches('0'))
    }
}

/// A country's code as `+57`, however it was typed; `None`: no country has it. Digits that are none, with those
/// that follow them, could be two numbers: one to compare, and one that is dialled.
pub fn country(text: &str) -> Option<String> {
    let digits = dialled(text)?;
    let digits = digits.trim_start_matches('+').trim_start_matches('0');
    is_calling_code(digits).then(|| format!("+{digits}"))
}

/// The digits of a number without what is written between them; `+` is in front when it begins with
/// a country's code.
pub fn dialled(text: &str) -> Option<String> {
    // The zero that is not dialled from abroad: +44 (0)7700 900123.
    let text = visible(text).replace("(0)", "");
    let text: String = text.chars().filter(|letter| !separates(*letter)).collect();
    let (plus, digits) = match text.strip_prefix('+').or_else(|| text.strip_prefix("00")) {
        Some(digits) => ("+", digits),
        None => ("", text.as_str()),
    };
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| format!("{plus}{digits}"))
}

fn separates(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2015}')
}

/// One `@` between two texts without white space, and a domain with a dot: more cannot be told
/// without writing to it.
pub fn is_email(text: &str) -> bool {
    const CHARS_MAX: usize = 254;
    let Some((name, domain)) = text.split_once('@') else { return false };
    let clean = |text: &str| {
        !text.is_empty()
            && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
    };
    let dotted =
        domain.split_once('.').is_some_and(|(host, rest)| !host.is_empty() && !rest.is_empty());
    text.len() <= CHARS_MAX && clean(name) && clean(domain) && dotted && !domain.ends_with('.')
}

/// What addresses are compared by.
pub fn email_key(email: &str) -> String {
    fold_address(&visible(email))
}

/// What a whole number, with its country's code in front, is compared by; `None`: it is none.
pub fn phone_key(number: &str) -> Option<String> {
    dialled(number)?.strip_prefix('+').map(str::to_owned)
}

/// The text without what nobody sees, which makes two of what looks like one.
pub fn visible(text: &str) -> String {
    let text: String = text.chars().filter(|letter| !is_invisible(*letter)).collect();
    text.trim().to_owned()
}

/// An address as it is looked for. No address has a space: one that comes from a query was a `+`, which a
/// client sent as it is.
pub fn typed_email(text: &str, _: Typed) -> String {
    let spaced = |letter: char| if letter.is_whitespace() { '+' } else { letter };
    visible(text).chars().map(spaced).collect()
}

/// A number as it is looked for: without what is written between its digits.
pub fn typed_phone(text: &str, typed: Typed) -> String {
    let text = with_plus(text);
    match typed {
        Typed::Whole => dialled(&text).unwrap_or_else(|| visible(&text)),
        // A part may begin anywhere, so that two zeros are digits like others.
        Typed::Part => {
            let text = visible(&text);
            let bare: String = text.chars().filter(|letter| !separates(*letter)).collect();
            let digits = bare.strip_prefix('+').unwrap_or(&bare);
            match digits.bytes().all(|byte| byte.is_ascii_digit()) {
                true => bare,
                false => text,
            }
        }
    }
}

/// A country's code as it is looked for.
pub fn typed_country(text: &str, _: Typed) -> String {
    country(text).unwrap_or_else(|| visible(text))
}

/// An address, a number, or a name of somebody's own: the first two as they are looked for.
pub fn typed_identifier(text: &str, typed: Typed) -> String {
    let is_address = text.split_once('@').is_some_and(|(name, domain)| {
        let spaced = |text: &str| text.trim().contains(char::is_whitespace);
        let is_domain = typed == Typed::Part || domain.contains('.');
        spaced(name) && !name.trim().contains("  ") && !spaced(domain) && is_domain
    });
    if is_address { typed_email(text, typed) } else { with_plus(text) }
}

/// A `+` in front of a country's code comes from a query as a space. Nothing that is kept begins with one.
fn with_plus(text: &str) -> String {
    match text.strip_prefix(' ') {
        Some(rest) if rest.starts_with(|letter: char| letter.is_ascii_digit()) => {
            format!("+{rest}")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_key_however_it_is_typed() {
        for (code, number) in [
            ("+57", "3001234567"),
            ("57", "300 123 4567"),
            ("0057", "(300) 123-45.67"),
            (" +57 ", "+573001234567"),
            ("+057", "0057 300 1234567"),
            ("+57", "03001234567"),
            ("+57", "300\u{200b}1234567"),
            ("+57", "+57 (0)300 1234567"),
        ] {
            let phone = Phone::new(code, number).map(|phone| phone.key());
            assert_eq!(phone.as_deref(), Ok("573001234567"), "{code} {number}");
        }
        assert_eq!(phone_key("+57 300 123 4567").as_deref(), Some("573001234567"));
        assert_eq!(phone_key("0057 300 123 4567").as_deref(), Some("573001234567"));
        // Nobody can tell where its country's code would end.
        assert_eq!(phone_key("573001234567"), None);
        assert_eq!(phone_key("3001234567"), None);
    }

    #[test]
    fn a_number_of_another_country_is_none_of_this_one() {
        let other = Phone::new("+57", "+13001234567");
        assert_eq!(other, Err(PhoneProblem::OtherCountry("+57".to_owned())));
        for number in ["", "+57", "123", "0000", "00000000", "3001234567890123", "+57x300", "٣٠٠١٢"]
        {
            assert!(Phone::new("+57", number).is_err(), "{number}");
        }
        for code in ["", "+", "+0", "+5", "+50", "+12345", "CO", "+5 7 x"] {
            assert!(Phone::new(code, "3001234567").is_err(), "{code}");
        }
    }

    #[test]
    fn one_address_has_one_key() {
        for email in
            ["jo@example.com", " JO@Example.COM ", "\u{feff}jo@exam\u{200b}ple.com\u{200d}"]
        {
            assert_eq!(email_key(email), "jo@example.com", "{email:?}");
        }
        for email in ["José@Example.com", "Jose\u{301}@example.com", "ＪＯＳÉ@example.com"] {
            assert_eq!(email_key(email), "josé@example.com", "{email:?}");
        }
        // Another mailbox, and another domain: whoever has one need not have the other.
        assert_eq!(email_key("jose@example.com"), "jose@example.com");
        assert_eq!(email_key("jo@exámple.com"), "jo@exámple.com");
    }

    #[test]
    fn a_plus_that_came_as_a_space_is_one() {
        let whole = |form: fn(&str, Typed) -> String, text: &str| form(text, Typed::Whole);
        assert_eq!(whole(typed_email, " jo 1@example.com "), "jo+1@example.com");
        assert_eq!(whole(typed_country, " 57"), "+57");
        assert_eq!(whole(typed_country, "0057"), "+57");
        assert_eq!(whole(typed_phone, "300 123-45 67"), "3001234567");
        assert_eq!(whole(typed_phone, " 57 300 1234567"), "+573001234567");
        assert_eq!(whole(typed_phone, "ask for Jo"), "ask for Jo");
        assert_eq!(typed_phone("00 12", Typed::Part), "0012");
        assert_eq!(typed_phone(" 57300", Typed::Part), "+57300");
        assert_eq!(whole(typed_identifier, "jo 1@example.com"), "jo+1@example.com");
        assert_eq!(whole(typed_identifier, " 573001234567"), "+573001234567");
        for name in ["Ana Maria", "ana@example.com", "order 7", "@ana maria", " x"] {
            assert_eq!(whole(typed_identifier, name), name);
        }
    }
}
