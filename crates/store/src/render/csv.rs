//! Cells of CSV (RFC 4180) that no spreadsheet takes for formulas.

/// What separates cells for one spreadsheet or another, where the quotes around a cell of ours do not stand
/// at the beginning of theirs.
const SEPARATORS: [char; 4] = [';', '\t', '\n', '\r'];

/// Text that people have typed. A spreadsheet takes what begins like a formula for one, so `'` is put
/// before it: at the beginning, and after each separator of its own. Signs before a number, as in
/// `+6591234567`, are left alone.
pub fn write_text(out: &mut Vec<u8>, text: Option<&str>) {
    let text = text.unwrap_or_default();
    let mut cell = String::new();
    for (index, part) in text.split_inclusive(SEPARATORS).enumerate() {
        // What is left out of the first may be its separator too.
        if is_formula(if index == 0 { text } else { part }) {
            cell.push('\'');
        }
        cell.push_str(part);
    }
    write_cell(out, &cell);
}

/// JSON: a `;` stands within its texts alone, so it is written there in JSON's other way.
pub fn write_json(out: &mut Vec<u8>, json: &str) {
    write_cell(out, &json.replace(';', "\\u003b"));
}

/// Quoted where it must be.
pub fn write_cell(out: &mut Vec<u8>, cell: &str) {
    if !cell.contains([',', '"', ';', '\t', '\n', '\r']) {
        return out.extend_from_slice(cell.as_bytes());
    }
    out.push(b'"');
    for byte in cell.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Whether a spreadsheet may compute it: what nobody sees in front of a sign is left out by some of them,
/// and full-width signs count as signs.
fn is_formula(part: &str) -> bool {
    let unseen = |letter: char| {
        letter.is_whitespace() || letter.is_control() || verax_query::is_invisible(letter)
    };
    let mut rest = part.trim_start_matches(unseen).chars();
    match rest.next() {
        Some('=' | '@' | '＝' | '＠') => true,
        Some('+' | '-' | '＋' | '－') => !is_number(rest.as_str()),
        _ => false,
    }
}

/// The digits of a number behind its sign, in groups and with a fraction as people write them; a sign alone
/// is nothing to compute.
fn is_number(text: &str) -> bool {
    let text = text.split(SEPARATORS).next().unwrap_or_default();
    let digits = |text: &str| {
        text.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.' || letter == ',')
            && text.chars().all(|letter| letter.is_ascii_digit() || " .,".contains(letter))
    };
    match text.split_once(['e', 'E']) {
        Some((number, exponent)) => {
            digits(number) && exponent.trim_start_matches(['+', '-']).parse::<u16>().is_ok()
        }
        None => text.is_empty() || digits(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> String {
        let mut out = Vec::new();
        write_text(&mut out, Some(text));
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn formulas_become_text_and_numbers_stay() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3+cmd", "'-2+3+cmd"),
            ("-2-3", "'-2-3"),
            ("+1-800-555", "'+1-800-555"),
            ("\t=1", "\"'\t'=1\""),
            (" =1", "' =1"),
            ("\n=1", "\"'\n'=1\""),
            ("\r\n =1", "\"'\r\n' =1\""),
            ("\u{a0}=1", "'\u{a0}=1"),
            ("\u{feff}=1", "'\u{feff}=1"),
            ("\u{200b}\u{3000}@x", "'\u{200b}\u{3000}@x"),
            ("＝1+1", "'＝1+1"),
            ("＠SUM(A1)", "'＠SUM(A1)"),
            ("－1－1", "'－1－1"),
            ("x;=1+1;y", "\"x;'=1+1;y\""),
            ("x; \u{a0}+cmd", "\"x;' \u{a0}+cmd\""),
            ("x\t@y", "\"x\t'@y\""),
            ("a;b", "\"a;b\""),
            ("+6591234567", "+6591234567"),
            ("+57 300 1234567", "+57 300 1234567"),
            ("-12.5", "-12.5"),
            ("-3,5", "\"-3,5\""),
            ("-.5", "-.5"),
            ("-1e-5", "-1e-5"),
            ("- remark", "'- remark"),
            ("-", "-"),
            (" -3.5", " -3.5"),
            ("-3;=1", "\"-3;'=1\""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("jo@example.com", "jo@example.com"),
            ("", ""),
        ] {
            assert_eq!(cell(text), written, "{text:?}");
        }
    }

    #[test]
    fn no_separator_of_a_spreadsheet_begins_a_formula() {
        let pieces = ["x", ";", "\t", "\n", " ", "\u{a0}", "=1", "+1", "-a", "@", "＝", "\"", ","];
        for one in pieces {
            for two in pieces {
                for three in pieces {
                    let text = cell(&[one, two, three].concat());
                    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                    let inner = inner.unwrap_or(&text).replace("\"\"", "\"");
                    for part in inner.split(SEPARATORS) {
                        assert!(!is_formula(part), "{one:?} {two:?} {three:?}: {text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn json_stays_the_same_json() {
        let json = r#"{"name":"x;=1+1"}"#;
        let mut out = Vec::new();
        write_json(&mut out, json);
        let text = String::from_utf8(out).expect("text");
        assert_eq!(text, "\"{\"\"name\"\":\"\"x\\u003b=1+1\"\"}\"");
    }
}
