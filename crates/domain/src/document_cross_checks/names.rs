//! How alike two names are, where one may stand in a machine-readable zone.

use verax_query::fold;

/// What ICAO 9303 part 3, section 6 writes for letters that are more than a letter with an accent.
const WRITTEN: &[(char, &str)] = &[
    ('Ä', "AE"),
    ('Æ', "AE"),
    ('Å', "AA"),
    ('Ð', "D"),
    ('Đ', "D"),
    ('Ö', "OE"),
    ('Ø', "OE"),
    ('Œ', "OE"),
    ('Ü', "UE"),
    ('Ñ', "N"),
    ('ẞ', "SS"),
    ('ß', "SS"),
    ('Þ', "TH"),
    ('Ł', "L"),
    ('Ħ', "H"),
    ('Ŧ', "T"),
    ('ı', "I"),
    ('Ĳ', "IJ"),
    ('Ŋ', "N"),
];

/// Cyrillic letters by the same section, as Russian passports write them.
const CYRILLIC: &[(char, &str)] = &[
    ('А', "A"),
    ('Б', "B"),
    ('В', "V"),
    ('Г', "G"),
    ('Д', "D"),
    ('Е', "E"),
    ('Ё', "E"),
    ('Ж', "ZH"),
    ('З', "Z"),
    ('И', "I"),
    ('І', "I"),
    ('Й', "I"),
    ('К', "K"),
    ('Л', "L"),
    ('М', "M"),
    ('Н', "N"),
    ('О', "O"),
    ('П', "P"),
    ('Р', "R"),
    ('С', "S"),
    ('Т', "T"),
    ('У', "U"),
    ('Ф', "F"),
    ('Х', "KH"),
    ('Ц', "TS"),
    ('Ч', "CH"),
    ('Ш', "SH"),
    ('Щ', "SHCH"),
    ('Ъ', "IE"),
    ('Ы', "Y"),
    ('Ь', ""),
    ('Э', "E"),
    ('Ю', "IU"),
    ('Я', "IA"),
];

/// A name in the letters `A` to `Z` and single spaces. Hyphens and full stops part words, apostrophes do not.
fn letters(name: &str, are_expanded: bool) -> String {
    let mut spelled = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_uppercase) {
        let in_table = |table: &[(char, &'static str)]| {
            table.iter().find(|(known, _)| *known == letter).map(|(_, text)| *text)
        };
        let written = in_table(CYRILLIC).or_else(|| {
            let written = in_table(WRITTEN)?;
            // Without expansion an accent is only left out: many states write `U` for `Ü`.
            let is_accented = matches!(letter, 'Ä' | 'Å' | 'Ö' | 'Ø' | 'Ü');
            Some(if is_accented && !are_expanded { &written[..1] } else { written })
        });
        match written {
            Some(text) => spelled.push_str(text),
            None if matches!(letter, '\'' | '’' | '`') => {}
            None => spelled.push(letter),
        }
    }
    let folded = fold(&spelled).to_ascii_uppercase();
    let words = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|it| !it.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// How alike two names are, 0..=1: 1 where they are the same in one of the spellings of ICAO 9303, whatever
/// the order of their words. Absent where one of them has no letter.
pub fn name_similarity(one: &str, other: &str) -> Option<f64> {
    let mut best: Option<f64> = None;
    for (first, second) in [(true, true), (false, false), (true, false), (false, true)] {
        let (one, other) = (letters(one, first), letters(other, second));
        if one.is_empty() || other.is_empty() {
            return None;
        }
        let straight = alike(&one, &other);
        let sorted = alike(&in_order(&one), &in_order(&other));
        best = Some(best.unwrap_or(0.0).max(straight).max(sorted));
    }
    best
}

/// The similarity where the zone had no room: a name that was cut off there is as good as whole.
pub fn zone_name_similarity(zone: &str, other: &str) -> Option<f64> {
    let whole = name_similarity(zone, other)?;
    let cut = [true, false].into_iter().filter_map(|are_expanded| {
        let (zone, other) = (letters(zone, are_expanded), letters(other, are_expanded));
        // As many letters as a card's zone has for all names together, less one.
        if zone.len() < ZONE_NAME_MIN || zone.len() >= other.len() {
            return None;
        }
        other.get(..zone.len()).map(|beginning| alike(&zone, beginning))
    });
    Some(cut.fold(whole, f64::max))
}

const ZONE_NAME_MIN: usize = 26;
/// Names are compared letter by letter: a field of a document is shorter.
const LENGTH_MAX: usize = 200;

fn alike(one: &str, other: &str) -> f64 {
    let cut = |text: &str| text.chars().take(LENGTH_MAX).collect::<String>();
    strsim::normalized_damerau_levenshtein(&cut(one), &cut(other))
}

fn in_order(name: &str) -> String {
    let mut words: Vec<&str> = name.split(' ').collect();
    words.sort_unstable();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_the_same() {
        for (one, other) in [
            ("MUELLER", "Müller"),
            ("MULLER", "Müller"),
            ("GOETHE", "Göthe"),
            ("NUNEZ", "Núñez"),
            ("DANGELO", "D'Angelo"),
            ("SMITH JONES", "Smith-Jones"),
            ("SOERENSEN", "Sørensen"),
            ("WEISS", "Weiß"),
            ("AASE", "Åse"),
            ("PEREZ GOMEZ", "Gómez Pérez"),
            ("ZHUKOVA", "Жукова"),
            ("ŁUKASZ", "LUKASZ"),
        ] {
            assert_eq!(name_similarity(one, other), Some(1.0), "{one} {other}");
        }
    }

    #[test]
    fn a_name_that_the_zone_cut_off_is_whole_and_a_short_one_is_not() {
        let long = "NILAVADHANANANDA CHAYAPA DEJTHAMRONG KRASUANG";
        assert_eq!(zone_name_similarity(&long[..30], long), Some(1.0));
        assert!(zone_name_similarity("ANNA", "ANNA MARIA ERIKSSON").is_some_and(|it| it < 0.5));
    }

    #[test]
    fn other_names_are_not_alike_and_nothing_is_compared_with_nothing() {
        assert!(name_similarity("ERIKSSON ANNA", "LOPEZ MARIA").is_some_and(|it| it < 0.5));
        assert_eq!(name_similarity("", "A"), None);
        assert_eq!(name_similarity("<<<", "A"), None);
    }
}
