-- Persons, their collections, and their sealed templates: nothing of a face is in a column that a
-- list could show.

CREATE TABLE collections (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT,
    name_folded TEXT,
    description TEXT,
    description_folded TEXT,
    project TEXT,
    deleted INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER
) STRICT;

CREATE INDEX collections_client_created ON collections (client, created_at, id);
CREATE INDEX collections_code ON collections (client, code);

CREATE TABLE persons (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    name TEXT,
    name_folded TEXT,
    gender TEXT,
    date_of_birth TEXT,
    nationality TEXT,
    collections TEXT,
    notes TEXT,
    email TEXT,
    email_folded TEXT,
    phone TEXT,
    phone_folded TEXT,
    status TEXT,
    deleted INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER
) STRICT;

CREATE INDEX persons_client_created ON persons (client, created_at, id);
CREATE INDEX persons_client_name ON persons (client, name_folded);
CREATE INDEX persons_created ON persons (created_at, id);

CREATE TABLE person_templates (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    person TEXT NOT NULL,
    model TEXT NOT NULL,
    thumbnail INTEGER NOT NULL,
    sealed TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX person_templates_person ON person_templates (client, person, id);

-- How often the faces of a client have changed, and at which of these changes each person did: a
-- server that holds the faces in memory reads the one number before a search, and then what is new.
CREATE TABLE galleries (
    client TEXT PRIMARY KEY NOT NULL,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE gallery_changes (
    client TEXT NOT NULL,
    person TEXT NOT NULL,
    number INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (client, person)
) STRICT, WITHOUT ROWID;

CREATE INDEX gallery_changes_number ON gallery_changes (client, number);
