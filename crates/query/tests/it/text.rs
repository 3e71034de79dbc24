//! Text as it is kept and searched.

use proptest::prelude::*;
use verax_query::{fold, nfc};

#[test]
fn what_people_take_for_the_same_is_folded_to_the_same() {
    for (texts, folded) in [
        (
            &["José García", "Jose\u{301} Garci\u{301}a", "JOSÉ GARCÍA", "jose garcia"][..],
            "jose garcia",
        ),
        (&["ΟΔΥΣΣΕΥΣ", "οδυσσευς", "Ὀδυσσεύς", "οδυσσευσ"], "οδυσσευσ"),
        (&["Straße", "STRASSE", "STRAẞE"], "strasse"),
        (&["İstanbul", "ISTANBUL", "ıstanbul", "istanbul"], "istanbul"),
        (&["ＡＢＣ１２３", "abc123", "ⓐⓑⓒ①②③"], "abc123"),
        (&["ﬁn", "FIN"], "fin"),
        (&["Łukasz Ørsted", "lukasz orsted"], "lukasz orsted"),
        (&["Ångström", "A\u{30a}ngstro\u{308}m", "\u{212b}ngström"], "angstrom"),
        (&["Ёлка", "елка"], "елка"),
        (&["jo\u{200b}se", "jo\u{ad}se", "\u{feff}jose"], "jose"),
        (&["Œuvre", "oeuvre"], "oeuvre"),
        (&["a\u{a0}b", "a b"], "a b"),
    ] {
        for text in texts {
            assert_eq!(fold(text), folded, "{text:?}");
        }
    }
}

#[test]
fn marks_that_make_another_letter_stay() {
    // が and か, कि and क, กี and ก are not the same word.
    for (one, other) in [("が", "か"), ("कि", "क"), ("กี", "ก"), ("가", "나")] {
        assert_ne!(fold(one), fold(other));
    }
    assert_eq!(fold("か\u{3099}"), fold("が"));
    assert_eq!(fold("가"), "가");
}

#[test]
fn folding_any_character_twice_is_folding_it_once() {
    for letter in '\0'..=char::MAX {
        let once = fold(&letter.to_string());
        assert_eq!(fold(&once), once, "{letter:?}");
    }
}

#[test]
fn kept_text_is_composed_and_nothing_else() {
    assert_eq!(nfc("Jose\u{301}"), "José");
    for text in ["José", "ﬁn", "STRAẞE", "a\u{200b}b", "", "x"] {
        assert_eq!(nfc(text), text);
    }
}

proptest! {
    #[test]
    fn folding_again_changes_nothing(text in "\\PC{0,40}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once.clone());
        prop_assert_eq!(fold(&nfc(&text)), once);
    }
}
