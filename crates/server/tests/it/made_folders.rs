//! Who may make a data folder: a slip of the pen in `--data` must not look like an empty database.

use crate::binary::Folder;

const MADE: &str = "verax: made a new database in ";

#[test]
fn only_the_commands_that_somebody_begins_with_make_a_database() {
    let folder = Folder::new();
    for arguments in [
        &["client", "list"][..],
        &["client", "delete", "acme"],
        &["token", "list", "--client", "acme"],
        &["token", "create", "--client", "acme"],
        &["export", "projects"],
        &["settings", "list"],
        &["settings", "set", "signature.issuer", "Acme"],
        &["vault", "status"],
        &["doctor"],
        &["doctor", "--check-tallies"],
        &["backup", "copy.db"],
        &["worker"],
    ] {
        let outcome = folder.run(arguments);
        assert!(matches!(outcome.code, Some(1 | 2)), "{arguments:?}: {}", outcome.stderr);
        let text = [outcome.stdout, outcome.stderr].concat();
        assert!(!text.contains(MADE), "{arguments:?}: {text}");
        assert!(!folder.data().exists(), "{arguments:?} made a folder");
    }
    for arguments in
        [&["client", "list"][..], &["export", "projects"], &["token", "create", "--client", "a"]]
    {
        let text = folder.run(arguments).failed();
        let named = format!("there is no database in {}", folder.data().display());
        assert!(text.contains(&named) && text.contains("--data"), "{text}");
    }
}

#[test]
fn who_makes_a_database_says_so_once() {
    for arguments in [
        &["client", "create", "--name", "Acme", "--email", "a@acme.example", "--id", "acme"][..],
        &["import", "projects", "-"],
        &["migrate"],
    ] {
        let folder = Folder::new();
        let first = folder.run(arguments);
        assert_eq!(first.code, Some(0), "{}", first.stderr);
        assert_eq!(first.stderr, format!("{MADE}{}\n", folder.data().display()));
        let second = folder.run(&["migrate"]);
        assert_eq!((second.code, second.stderr.as_str()), (Some(0), ""));
        folder.run(&["client", "list"]).ok();
    }
    let folder = Folder::new();
    let served = folder.serve(&[]);
    drop(served);
    let log = std::fs::read_to_string(folder.file("serve.log")).expect("its log");
    assert!(log.contains(MADE), "{log}");
}

#[test]
fn without_its_keys_a_database_is_not_opened_with_new_ones() {
    for file in ["signing-keys.json", "master-keys.json"] {
        let folder = Folder::new();
        folder.token("acme");
        std::fs::remove_file(folder.data().join(file)).expect("a file of keys");
        let text = folder.run(&["export", "projects"]).failed();
        assert!(text.contains(file), "{text}");
        assert!(!folder.data().join(file).exists(), "{file}");
    }
}

#[test]
fn an_empty_file_is_no_database() {
    let folder = Folder::new();
    folder.token("acme");
    std::fs::write(folder.data().join("verax.db"), "").expect("an empty file");
    let _ = std::fs::remove_file(folder.data().join("verax.db-wal"));
    let text = folder.run(&["client", "list"]).failed();
    assert!(text.contains("there is no database"), "{text}");
}
