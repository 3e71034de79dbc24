//! What libphonenumber knows of numbers: which there are, whose they are, and what they cost. Pure.

use phonenumber::metadata::{DATABASE, Descriptor};
use phonenumber::{Metadata, Mode, PhoneNumber};

/// Whether numbers begin with these digits: the calling code of a country (ITU-T E.164), of which none is the
/// beginning of another; or the 1 of North America with an area, as some name the countries that share it.
pub fn is_calling_code(digits: &str) -> bool {
    let known = digits.parse().is_ok_and(|code: u16| DATABASE.by_code(&code).is_some());
    known || digits.starts_with('1') && digits.len() == 4
}

/// The number that a text is sent to, as `+573001234567`; `number` is a country's code and what follows it.
/// `None`: nobody can have it, or it is of a service, which may earn somebody money.
pub fn textable(number: &str) -> Option<String> {
    let (number, plan) = existing(number)?;
    let (digits, kinds) = (number.national().to_string(), plan.descriptors());
    let is_one = |kind: Option<&Descriptor>| kind.is_some_and(|kind| kind.is_match(&digits));
    let services = [
        kinds.premium_rate(),
        kinds.toll_free(),
        kinds.shared_cost(),
        kinds.personal_number(),
        kinds.pager(),
        kinds.uan(),
        kinds.voicemail(),
    ];
    let people = [kinds.mobile(), kinds.fixed_line(), kinds.voip()];
    let takes_texts = people.into_iter().any(is_one) && !services.into_iter().any(is_one);
    takes_texts.then(|| number.format().mode(Mode::E164).to_string())
}

/// The country whose number it is (ISO 3166-1); `None`: nobody can have it.
pub fn country_of(number: &str) -> Option<&'static str> {
    existing(number).map(|(_, plan)| plan.id())
}

/// The number, and the numbers that its country gives out.
fn existing(number: &str) -> Option<(PhoneNumber, &'static Metadata)> {
    let number = phonenumber::parse(None, number).ok().filter(PhoneNumber::is_valid)?;
    // The library looks for it without the zeros in front, which are digits like others in some countries.
    let alone = || DATABASE.by_code(&number.country().code())?.into_iter().next();
    let plan = number.metadata(&DATABASE).or_else(alone)?;
    Some((number, plan))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_to_numbers_that_somebody_has_and_that_cost_only_the_sender() {
        for number in ["+573001234567", "+447400123456", "+12125550100", "+4930901820"] {
            assert_eq!(textable(number).as_deref(), Some(number));
        }
        // Premium rate of Germany and Britain, free of charge, personal, and too short.
        for number in [
            "+499001234567",
            "+449012345678",
            "+18007233456",
            "+447012345678",
            "+5712345",
            "+0",
            "",
        ] {
            assert_eq!(textable(number), None, "{number}");
        }
    }

    #[test]
    fn a_zero_is_dialled_where_it_belongs_to_the_number() {
        assert_eq!(textable("+4407400123456").as_deref(), Some("+447400123456"));
        assert_eq!(textable("+2250712345678").as_deref(), Some("+2250712345678"));
        assert_eq!(textable("+225712345678"), None);
    }

    #[test]
    fn no_calling_code_is_the_beginning_of_another() {
        let codes = || (1..1000).map(|code: u16| code.to_string()).filter(|it| is_calling_code(it));
        assert!(codes().count() > 200);
        for code in codes() {
            let longer = codes().find(|other| *other != code && other.starts_with(&code));
            assert_eq!(longer, None, "{code}");
        }
        assert!(is_calling_code("1809"));
        for digits in ["", "4", "5", "50", "09", "999", "5712", "65536", "x"] {
            assert!(!is_calling_code(digits), "{digits}");
        }
    }
}
