-- A row that readiness probes change: whoever can change it can store records.

CREATE TABLE heartbeats (
    id TEXT PRIMARY KEY NOT NULL,
    beat_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
