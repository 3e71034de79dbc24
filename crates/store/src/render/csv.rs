//! Cells of CSV (RFC 4180).

/// Text that people have typed. A spreadsheet takes what begins like a formula for one, so `'` is
/// put before it; signs before a number, as in `+6591234567`, are left alone.
pub fn write_text(out: &mut Vec<u8>, text: Option<&str>) {
    let text = text.unwrap_or_default();
    let is_number = |rest: &str| rest.bytes().all(|byte| b"0123456789 .,-()/".contains(&byte));
    let is_formula = match text.bytes().next() {
        Some(b'=' | b'@' | b'\t' | b'\r') => true,
        Some(b'+' | b'-') => !is_number(&text[1..]),
        _ => false,
    };
    if is_formula { write_cell(out, &format!("'{text}")) } else { write_cell(out, text) }
}

/// Quoted where it must be.
pub fn write_cell(out: &mut Vec<u8>, cell: &str) {
    if !cell.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n')) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3+cmd", "'-2+3+cmd"),
            ("\t=1", "'\t=1"),
            ("+6591234567", "+6591234567"),
            ("-12.5", "-12.5"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("", ""),
        ] {
            let mut out = Vec::new();
            write_text(&mut out, Some(text));
            assert_eq!(String::from_utf8_lossy(&out), cell);
        }
    }
}
