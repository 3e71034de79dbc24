//! The pages of `docs/reference` are made from tables of the source.

use crate::binary::Folder;

#[test]
fn every_page_of_the_reference_is_what_would_be_written() {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference");
    let folder = Folder::new();
    let mut command = folder.command(&["reference", "--check", pages]);
    // The pages show what the environment sets as well.
    command.env_remove("VERAX_DATA");
    let checked = command.output().expect("the binary starts");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
