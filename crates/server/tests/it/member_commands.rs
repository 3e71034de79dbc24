//! `verax member …` on the binary.

use serde_json::json;

use crate::binary::Folder;

#[test]
fn members_are_invited_changed_and_removed_by_commands() {
    let folder = Folder::new();
    folder
        .run(&["client", "create", "--name", "Acme", "--email", "a@acme.example", "--id", "acme"])
        .ok();
    let link = folder.run(&["member", "invite", "ana@example.com", "--role", "owner"]).ok();
    assert!(link.starts_with("/console/join/"), "{link}");
    let invite =
        ["member", "invite", "ana@example.com", "--role", "viewer", "--client", "acme", "--json"];
    let invited = folder.run(&invite).json();
    assert_ne!(invited["url"], json!(link.trim()));
    assert!(folder.run(&invite).failed().contains("has a member with this address"));
    let listed = folder.run(&["member", "list", "--json"]).json();
    let of = |name: &str| -> Vec<_> {
        listed.as_array().into_iter().flatten().map(|it| it[name].clone()).collect()
    };
    assert_eq!(of("client"), [json!(null), json!("acme")]);
    assert_eq!(of("role"), [json!("owner"), json!("viewer")]);
    let unclear = folder.run(&["member", "role", "ana@example.com", "admin"]).failed();
    assert!(unclear.contains("--client"), "{unclear}");
    let role = ["member", "role", "Ana@Example.com", "admin", "--client", "acme", "--json"];
    assert_eq!(folder.run(&role).json()["role"], "admin");
    let disabled =
        folder.run(&["member", "disable", "ana@example.com", "--client", "acme"]).failed();
    assert!(disabled.contains("has not joined yet"), "{disabled}");
    let id = invited["_id"].as_str().expect("an id");
    let other = folder.run(&["member", "link", id, "--remove-totp", "--json"]).json();
    assert_eq!(other["_id"], invited["_id"]);
    assert_ne!(other["url"], invited["url"]);
    folder.run(&["member", "remove", id]).ok();
    let left = folder.run(&["member", "list"]).ok();
    assert!(left.contains("all clients") && left.lines().count() == 1, "{left}");
    let taken = ["client", "create", "--name", "x", "--email", "x@x.example", "--id", "_server"];
    assert!(folder.run(&taken).failed().contains("stands for the members of the whole server"));
}
