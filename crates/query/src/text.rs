//! Text in the form in which it is kept, and in the form in which it is searched.

use std::borrow::Cow;

use unicase::UniCase;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Folding and decomposing may each make work for the other; no character needs more rounds.
const ROUNDS_MAX: usize = 4;

/// Text as it is kept: what looks the same is the same (Unicode: NFC).
pub fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfc().collect())
}

/// The form in which text is searched: compatible characters are one (NFKC), case is folded in full
/// (`ß` is `ss`, the three sigmas are one), accents and invisible characters are left out. The `like_`
/// family compares folded columns with folded needles, because SQLite folds ASCII only and PostgreSQL
/// folds by locale. Folding again changes nothing.
pub fn fold(text: &str) -> String {
    fold_until_settled(text, Accents::LeftOut)
}

/// The same with accents: they make another address, which may be another person's.
pub fn fold_address(text: &str) -> String {
    fold_until_settled(text, Accents::Preserved)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Accents {
    LeftOut,
    Preserved,
}

fn fold_until_settled(text: &str, accents: Accents) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = fold_once(text, accents);
    for _ in 1..ROUNDS_MAX {
        let again = fold_once(&folded, accents);
        if again == folded {
            break;
        }
        folded = again;
    }
    folded
}

fn fold_once(text: &str, accents: Accents) -> String {
    let decomposed: String = text.nfkd().collect();
    let folded = UniCase::unicode(decomposed).to_folded_case();
    let visible = folded.nfkd().filter(|letter| !is_invisible(*letter));
    if accents == Accents::Preserved {
        return visible.nfc().collect();
    }
    let bare = visible.filter(|letter| !is_accent(*letter));
    let mut out = String::with_capacity(folded.len());
    bare.for_each(|letter| match unstroked(letter) {
        Some(letters) => out.push_str(letters),
        None => out.push(letter),
    });
    out.nfc().collect()
}

/// The marks that stand on Latin, Greek and Cyrillic letters. Those of other scripts are vowels, or make
/// another letter: they stay.
fn is_accent(letter: char) -> bool {
    matches!(
        letter,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
    )
}

/// Letters that Unicode does not take apart, and people type without their stroke or as two.
fn unstroked(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ı' => "i",
        'ł' => "l",
        'ø' => "o",
        'đ' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'æ' => "ae",
        'œ' => "oe",
        _ => return None,
    })
}

/// Zero-width characters, marks of direction, and fillers (Unicode: `Default_Ignorable_Code_Point`).
pub fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether `text` may be an id: `[A-Za-z0-9_-]{1,64}`.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}
