//! The `verax` command.

fn main() {}
