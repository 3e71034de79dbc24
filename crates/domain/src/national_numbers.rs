//! National numbers of persons whose last characters are computed from the others: one table.
//!
//! A right check digit says that a number was copied as it was given, not that it is anybody's.

use serde::{Deserialize, Serialize};

/// What the check digits of a number say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NationalCheck {
    /// What its country calls the number: `CURP`, `RUT` …
    pub name: &'static str,
    pub is_right: bool,
}

/// Checks a number of a country (ISO 3166 alpha-3). Spaces, points, hyphens and slashes in it do not count,
/// nor does the size of letters.
///
/// None where the country has no row here or the number has the form of none of its rows. Where a number has
/// the form of several rows of its country, it is right where it is for one of them.
pub fn check(country: &str, number: &str) -> Option<NationalCheck> {
    let number = bare(number)?;
    let rows = NUMBERS.iter().filter(|row| row.country == country);
    let checks = rows.filter_map(|row| {
        let number = row.whole(&number)?;
        Some(NationalCheck { name: row.name, is_right: row.is_right(&number) })
    });
    checks.reduce(|first, other| if !first.is_right && other.is_right { other } else { first })
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct NationalNumber {
    pub country: &'static str,
    pub name: &'static str,
    /// Each character: `9` a digit, `A` a letter (also `Ñ`), `K` a digit or `K`, `*` a digit or letter; any
    /// other is one of the letters that `first_letters` lists.
    pub form: &'static str,
    /// The least characters. Shorter ones than the form get zeros in front.
    pub length_min: usize,
    /// What stands for `#` in the form, by the value 0, 1, 2 …; `.` where no letter has a value.
    pub first_letters: &'static str,
    /// All of them must be right.
    pub rules: &'static [Rule],
    /// Numbers that no rule rejects and that were never given to anybody: one digit all over.
    pub has_repeated: bool,
    /// Whether the rules see every change of one digit. Where not, which they miss.
    pub unseen: Unseen,
}

/// Which change of a single digit the rules of a row do not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unseen {
    Nothing,
    /// A digit that changes by 5 where its weight is even, or by 2, 4, 6 or 8 where it is 5, or any where it
    /// is a multiple of 10: the sum is the same modulo 10.
    SameSum,
    /// A change between two remainders that have one check digit (of two rules, in both).
    SharedDigit,
}

/// How a check character is computed.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// The sum of the values of the first characters by these weights, modulo `modulus`; the check character
    /// at `at` must be the one of that place in one of `digits` (`.` where no character is right).
    Weighted { weights: &'static [u32], modulus: u32, at: usize, digits: &'static [&'static str] },
    /// Every other character counts twice, beginning with the last but one (9 less where above 9), and the
    /// sum of all is a multiple of 10 (Luhn). Letters have the values 10 to 35.
    Luhn,
    /// A part of the number, as a number, is in one of these ranges, both ends included.
    Within { from: usize, to: usize, ranges: &'static [(u32, u32)] },
}

/// All rows, by country.
pub const NUMBERS: &[NationalNumber] = &[
    NationalNumber {
        country: "ARG",
        name: "CUIL",
        form: "99999999999",
        rules: &[Rule::Weighted {
            weights: &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2],
            modulus: 11,
            at: 10,
            digits: &["0.987654321"],
        }],
        ..ROW
    },
    NationalNumber {
        country: "BRA",
        name: "CPF",
        form: "99999999999",
        rules: &[
            Rule::Weighted {
                weights: &[10, 9, 8, 7, 6, 5, 4, 3, 2],
                modulus: 11,
                at: 9,
                digits: &["00987654321"],
            },
            Rule::Weighted {
                weights: &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2],
                modulus: 11,
                at: 10,
                digits: &["00987654321"],
            },
        ],
        has_repeated: false,
        unseen: Unseen::SharedDigit,
        ..ROW
    },
    NationalNumber {
        country: "CHL",
        name: "RUT",
        form: "99999999K",
        length_min: 7,
        rules: &[Rule::Weighted {
            weights: &[3, 2, 7, 6, 5, 4, 3, 2],
            modulus: 11,
            at: 8,
            digits: &["0K987654321"],
        }],
        ..ROW
    },
    NationalNumber {
        country: "ECU",
        name: "Cédula",
        form: "9999999999",
        rules: &[
            Rule::Luhn,
            // A province 1 to 24, or 30 for those who are abroad; the third digit below 6.
            Rule::Within { from: 0, to: 2, ranges: &[(1, 24), (30, 30)] },
            Rule::Within { from: 2, to: 3, ranges: &[(0, 5)] },
        ],
        ..ROW
    },
    NationalNumber {
        country: "ESP",
        name: "DNI",
        form: "99999999A",
        rules: &[Rule::Weighted {
            weights: SPANISH_WEIGHTS,
            modulus: 23,
            at: 8,
            digits: &[SPANISH_LETTERS],
        }],
        ..ROW
    },
    NationalNumber {
        country: "ESP",
        name: "NIE",
        form: "#9999999A",
        first_letters: "XYZ",
        rules: &[Rule::Weighted {
            weights: SPANISH_WEIGHTS,
            modulus: 23,
            at: 8,
            digits: &[SPANISH_LETTERS],
        }],
        ..ROW
    },
    NationalNumber {
        country: "MEX",
        name: "CURP",
        form: "AAAA999999AAAAAA*9",
        rules: &[Rule::Weighted {
            weights: &[18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2],
            modulus: 10,
            at: 17,
            digits: &["0987654321"],
        }],
        unseen: Unseen::SameSum,
        ..ROW
    },
    NationalNumber {
        country: "PER",
        name: "DNI",
        form: "99999999*",
        rules: &[Rule::Weighted {
            weights: &[3, 2, 7, 6, 5, 4, 3, 2],
            modulus: 11,
            at: 8,
            // Older cards have a letter.
            digits: &["65432110987", "KJIHGFEDCBA"],
        }],
        unseen: Unseen::SharedDigit,
        ..ROW
    },
    NationalNumber {
        country: "PRT",
        name: "NIF",
        form: "999999999",
        rules: &[Rule::Weighted {
            weights: &[9, 8, 7, 6, 5, 4, 3, 2],
            modulus: 11,
            at: 8,
            digits: &["00987654321"],
        }],
        unseen: Unseen::SharedDigit,
        ..ROW
    },
    NationalNumber {
        country: "PRT",
        name: "Cartão de Cidadão",
        form: "999999999**9",
        rules: &[Rule::Luhn],
        ..ROW
    },
    NationalNumber {
        country: "SLV",
        name: "DUI",
        form: "999999999",
        rules: &[Rule::Weighted {
            weights: &[9, 8, 7, 6, 5, 4, 3, 2],
            modulus: 10,
            at: 8,
            digits: &["0987654321"],
        }],
        unseen: Unseen::SameSum,
        ..ROW
    },
    NationalNumber {
        country: "URY",
        name: "CI",
        form: "99999999",
        length_min: 7,
        rules: &[Rule::Weighted {
            weights: &[2, 9, 8, 7, 6, 3, 4],
            modulus: 10,
            at: 7,
            digits: &["0987654321"],
        }],
        unseen: Unseen::SameSum,
        ..ROW
    },
    NationalNumber {
        country: "VEN",
        name: "RIF",
        form: "#999999999",
        first_letters: ".VEJPG",
        rules: &[Rule::Weighted {
            weights: &[4, 3, 2, 7, 6, 5, 4, 3, 2],
            modulus: 11,
            at: 9,
            digits: &["00987654321"],
        }],
        unseen: Unseen::SharedDigit,
        ..ROW
    },
];

/// What most rows have.
const ROW: NationalNumber = NationalNumber {
    country: "",
    name: "",
    form: "",
    length_min: 0,
    first_letters: "",
    rules: &[],
    has_repeated: true,
    unseen: Unseen::Nothing,
};

/// Powers of 10 modulo 23: the remainder of the number itself.
const SPANISH_WEIGHTS: &[u32] = &[14, 6, 19, 18, 11, 8, 10, 1];
const SPANISH_LETTERS: &str = "TRWAGMYFPDXBNJZSQVHLCKE";

/// Characters of a number; longer ones are none of the table.
const CHARACTERS_MAX: usize = 30;

/// In capitals, without what separates its parts.
fn bare(number: &str) -> Option<Vec<char>> {
    let separates = |it: &char| matches!(it, ' ' | '.' | '-' | '/' | '<');
    let bare = number.chars().filter(|it| !separates(it)).flat_map(char::to_uppercase);
    let bare: Vec<char> = bare.take(CHARACTERS_MAX + 1).collect();
    (1..=CHARACTERS_MAX).contains(&bare.len()).then_some(bare)
}

impl NationalNumber {
    /// The number with zeros in front where it is short; none where it has not the form of this row.
    fn whole(&self, number: &[char]) -> Option<Vec<char>> {
        let width = self.form.chars().count();
        let length_min = if self.length_min == 0 { width } else { self.length_min };
        if !(length_min..=width).contains(&number.len()) {
            return None;
        }
        let zeros = std::iter::repeat_n('0', width - number.len());
        let whole: Vec<char> = zeros.chain(number.iter().copied()).collect();
        let fits = |(form, it): (char, &char)| match form {
            '9' => it.is_ascii_digit(),
            'A' => it.is_ascii_uppercase() || *it == 'Ñ',
            'K' => it.is_ascii_digit() || *it == 'K',
            '*' => it.is_ascii_digit() || it.is_ascii_uppercase(),
            _ => *it != '.' && self.first_letters.contains(*it),
        };
        self.form.chars().zip(&whole).all(fits).then_some(whole)
    }

    fn is_right(&self, number: &[char]) -> bool {
        let is_repeated = number.windows(2).all(|pair| pair[0] == pair[1]);
        (self.has_repeated || !is_repeated)
            && self.rules.iter().all(|rule| self.follows(rule, number) == Some(true))
    }

    fn follows(&self, rule: &Rule, number: &[char]) -> Option<bool> {
        match *rule {
            Rule::Weighted { weights, modulus, at, digits } => {
                let mut sum = 0;
                for (place, (it, weight)) in number.iter().zip(weights).enumerate() {
                    sum += weight * self.weighed(*it, place)?;
                }
                let remainder = usize::try_from(sum % modulus).ok()?;
                let check = *number.get(at)?;
                let is_that = |digits: &&str| digits.chars().nth(remainder) == Some(check);
                Some(check != '.' && digits.iter().any(is_that))
            }
            Rule::Luhn => {
                let mut sum = 0;
                for (place, it) in number.iter().rev().enumerate() {
                    let value = it.to_digit(36)?;
                    let twice = if value > 4 { value * 2 - 9 } else { value * 2 };
                    sum += if place % 2 == 1 { twice } else { value };
                }
                Some(sum % 10 == 0)
            }
            Rule::Within { from, to, ranges } => {
                let part: String = number.get(from..to)?.iter().collect();
                let part: u32 = part.parse().ok()?;
                Some(ranges.iter().any(|(least, most)| (least..=most).contains(&&part)))
            }
        }
    }

    /// Digits 0 to 9; letters 10 and on in the Spanish alphabet, in which `Ñ` follows `N`; the letters at
    /// the beginning as the row has them.
    fn weighed(&self, character: char, place: usize) -> Option<u32> {
        if place == 0 && !self.first_letters.is_empty() {
            let value = self.first_letters.chars().position(|it| it == character)?;
            return u32::try_from(value).ok();
        }
        match character {
            'Ñ' => Some(24),
            'O'..='Z' => character.to_digit(36).map(|value| value + 1),
            _ => character.to_digit(36),
        }
    }
}

#[cfg(test)]
mod tests;
