-- By which version of the folding of text all rows were folded, and how far a walk that folds them again
-- has come.

CREATE TABLE text_folding (
    id TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    place TEXT NOT NULL
) STRICT;
INSERT INTO text_folding (id, version, place) VALUES ('all', 1, '');
