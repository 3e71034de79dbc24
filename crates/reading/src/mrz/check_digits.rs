//! Check digits of ICAO 9303 part 3, section 4.9: weights 7, 3, 1, sum modulo 10.

/// The digit over these characters, `0` to `9` as a character. None where one of them is no character of
/// a zone.
pub fn check_digit(characters: impl IntoIterator<Item = u8>) -> Option<u8> {
    let mut sum = 0;
    for (character, weight) in characters.into_iter().zip([7, 3, 1].into_iter().cycle()) {
        sum = (sum + weight * weighed(character)?) % 10;
    }
    Some(b'0' + sum)
}

/// Whether a check digit changes where one character takes the place of another.
///
/// Each weight has an inverse modulo 10. So it does exactly where the values differ modulo 10, at every
/// place alike. What is not seen is a change within one of these ten classes: `<0AKU`, `1BLV`, `2CMW`,
/// `3DNX`, `4EOY`, `5FPZ`, `6GQ`, `7HR`, `8IS`, `9JT`. Among digits every change is seen. Of what looks
/// alike, `6`/`G`, `1`/`L`, `F`/`P` and `<`/`K` are not.
pub fn sees_replacement(from: u8, to: u8) -> bool {
    from == to || residue(from) != residue(to)
}

/// Whether a check digit changes where two neighbours change places: not where their values differ by a
/// multiple of 5, as the weights of neighbours differ by an even number. Characters three places apart
/// have one weight: their exchange is never seen.
pub fn sees_transposition(first: u8, second: u8) -> bool {
    let of = |character| weighed(character).map(|value| value % 5);
    first == second || of(first) != of(second)
}

/// Its value: digits 0 to 9, letters 10 to 35, the filler 0.
fn weighed(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'A'..=b'Z' => Some(character - b'A' + 10),
        b'<' => Some(0),
        _ => None,
    }
}

fn residue(character: u8) -> Option<u8> {
    weighed(character).map(|value| value % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Examples of ICAO 9303 part 3, section 4.9, and part 5, appendix B.
    #[test]
    fn the_examples_of_the_standard_hold() {
        assert_eq!(check_digit(*b"520727"), Some(b'3'));
        assert_eq!(check_digit(*b"AB2134<<<"), Some(b'5'));
        assert_eq!(check_digit(*b"HA672242<658022549601086<<<<<<<<<<<<<<0"), Some(b'8'));
        assert_eq!(check_digit(*b"D23145890734"), Some(b'9'));
        assert_eq!(check_digit(*b"a"), None);
    }

    #[test]
    fn classes_are_those_that_the_docs_name() {
        let classes = ["<0AKU", "1BLV", "2CMW", "3DNX", "4EOY", "5FPZ", "6GQ", "7HR", "8IS", "9JT"];
        let all: Vec<u8> = classes.concat().into_bytes();
        assert_eq!(all.len(), 37);
        for &from in &all {
            for &to in &all {
                let together = classes.iter().any(|class| {
                    class.as_bytes().contains(&from) && class.as_bytes().contains(&to)
                });
                assert_eq!(sees_replacement(from, to), from == to || !together);
            }
        }
    }
}
