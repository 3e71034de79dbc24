-- Persons, their collections, and their sealed templates: nothing of a face is in a column that a
-- list could show.

CREATE TABLE collections (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    client text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    name text COLLATE "C",
    name_folded text COLLATE "C",
    description text COLLATE "C",
    description_folded text COLLATE "C",
    project text COLLATE "C",
    deleted boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint
);

CREATE INDEX collections_client_created ON collections (client, created_at, id);
CREATE INDEX collections_code ON collections (client, code);

CREATE TABLE persons (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    client text COLLATE "C" NOT NULL,
    name text COLLATE "C",
    name_folded text COLLATE "C",
    gender text COLLATE "C",
    date_of_birth text COLLATE "C",
    nationality text COLLATE "C",
    collections text COLLATE "C",
    notes text COLLATE "C",
    email text COLLATE "C",
    email_folded text COLLATE "C",
    phone text COLLATE "C",
    phone_folded text COLLATE "C",
    status text COLLATE "C",
    deleted boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint
);

CREATE INDEX persons_client_created ON persons (client, created_at, id);
CREATE INDEX persons_client_name ON persons (client, name_folded);
CREATE INDEX persons_created ON persons (created_at, id);

CREATE TABLE person_templates (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    client text COLLATE "C" NOT NULL,
    person text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    thumbnail boolean NOT NULL,
    sealed text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL
);

CREATE INDEX person_templates_person ON person_templates (client, person, id);

-- How often the faces of a client have changed, and at which of these changes each person did: a
-- server that holds the faces in memory reads the one number before a search, and then what is new.
CREATE TABLE galleries (
    client text COLLATE "C" PRIMARY KEY NOT NULL,
    number bigint NOT NULL
);

CREATE TABLE gallery_changes (
    client text COLLATE "C" NOT NULL,
    person text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    changed_at bigint NOT NULL,
    PRIMARY KEY (client, person)
);

CREATE INDEX gallery_changes_number ON gallery_changes (client, number);
