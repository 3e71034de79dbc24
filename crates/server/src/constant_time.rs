//! Comparing what is secret.

/// Whether both are the same, in a time that does not depend on where they differ.
pub fn same_code(one: &str, other: &str) -> bool {
    let pairs = one.bytes().zip(other.bytes());
    let difference = pairs.fold(0, |sum, (one, other)| sum | (one ^ other));
    std::hint::black_box(difference) == 0 && one.len() == other.len()
}

#[cfg(test)]
mod tests {
    use super::same_code;

    #[test]
    fn codes_are_the_same_only_whole() {
        assert!(same_code("012345", "012345"));
        for other in ["", "0", "01234", "0123456", "012346", "112345"] {
            assert!(!same_code("012345", other) && !same_code(other, "012345"), "{other}");
        }
    }
}
