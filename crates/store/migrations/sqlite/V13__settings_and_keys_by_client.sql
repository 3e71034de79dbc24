-- What the operator has set for all nodes: a setting's name, and its value as TOML.

CREATE TABLE settings (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys stay as they are: a file is not distributed.
