//! What a check digit makes likely: letters and digits that look alike.

use super::check_digits::check_digit;

/// Each digit with the letters that a reader takes it for, and it for them.
const ALIKE: &[(u8, u8)] = &[
    (b'0', b'O'),
    (b'0', b'D'),
    (b'1', b'I'),
    (b'2', b'Z'),
    (b'5', b'S'),
    (b'6', b'G'),
    (b'8', b'B'),
];

/// What one character may be instead.
pub fn alike(character: u8) -> impl Iterator<Item = u8> {
    ALIKE.iter().filter_map(move |&(digit, letter)| match character {
        it if it == digit => Some(letter),
        it if it == letter => Some(digit),
        _ => None,
    })
}

/// The printed number, where exactly one reading of look-alikes has this check digit.
///
/// Most numbers are up to three letters and then digits. A letter behind a digit of such a number is out of
/// place. What is given makes a number of this form of one that is not, by one or two look-alikes; and no
/// other such reading, nor any other single look-alike at any place, has the digit.
///
/// What holds, and is tested:
/// - Where one character was taken for one that it looks like, or two behind a digit, the printed number is
///   among the readings; so it is given, or none is.
/// - Where a character of a number of this form was taken for another of its kind (a letter for a letter, a
///   digit for a digit), none is given: it still has the form.
///
/// What does not hold: in a number of another form, or with a letter taken for a digit that it does not look
/// like, a look-alike elsewhere can be right by chance. Neither the number's own digit nor the composite one
/// proves more, as both weigh the number alike.
pub fn only_reading(characters: &[u8], digit: u8) -> Option<Vec<u8>> {
    if has_common_form(characters) {
        return None;
    }
    let mut only = None;
    let mut count = 0;
    let mut consider = |reading: &[u8]| {
        if check_digit(reading.iter().copied()) == Some(digit) {
            count += 1;
            only = Some(reading.to_vec());
        }
    };
    let mut reading = characters.to_vec();
    for first in 0..characters.len() {
        for instead in alike(characters[first]) {
            reading[first] = instead;
            consider(&reading);
            for second in first + 1..characters.len() {
                for instead in alike(characters[second]) {
                    reading[second] = instead;
                    if has_common_form(&reading) {
                        consider(&reading);
                    }
                }
                reading[second] = characters[second];
            }
        }
        reading[first] = characters[first];
    }
    only.filter(|reading| count == 1 && has_common_form(reading))
}

/// Up to three letters, then at least five digits, then fillers.
fn has_common_form(characters: &[u8]) -> bool {
    let count = |from: usize, test: fn(&u8) -> bool| {
        characters.get(from..).unwrap_or_default().iter().take_while(|it| test(it)).count()
    };
    let letters = count(0, u8::is_ascii_uppercase);
    let digits = count(letters, u8::is_ascii_digit);
    let fillers = count(letters + digits, |it| *it == b'<');
    letters <= 3 && digits >= 5 && letters + digits + fillers == characters.len()
}
