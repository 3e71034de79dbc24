//! The pages of `docs/reference` and the names of the clients are made from tables of the source.

use crate::binary::Folder;

#[test]
fn every_page_of_the_reference_and_each_clients_names_are_what_would_be_written() {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference");
    let clients = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sdk");
    let folder = Folder::new();
    let mut command = folder.command(&["reference", "--check", pages, "--sdk", clients]);
    // The pages show what the environment sets as well.
    command.env_remove("VERAX_DATA");
    let checked = command.output().expect("the binary starts");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}
