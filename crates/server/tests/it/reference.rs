//! The pages of `docs/reference` are made from tables of the source.

use crate::binary::Folder;

#[test]
fn every_page_of_the_reference_is_what_would_be_written() {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference");
    Folder::new().run(&["reference", "--check", pages]).ok();
}
