//! Numbers whose letters are taken for digits.

/// Letters that readers take for digits, on documents whose numbers have both.
const LOOK_ALIKES: &[(char, char)] = &[
    ('O', '0'),
    ('Q', '0'),
    ('D', '0'),
    ('I', '1'),
    ('L', '1'),
    ('Z', '2'),
    ('S', '5'),
    ('G', '6'),
    ('B', '8'),
];

pub fn look_alike(number: &str) -> String {
    let digit =
        |letter: char| LOOK_ALIKES.iter().find(|(it, _)| *it == letter).map_or(letter, |it| it.1);
    bare_number(number).chars().map(digit).collect()
}

/// A number without what separates its parts.
pub fn bare_number(number: &str) -> String {
    number.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}
