-- By which version of the folding of text all rows were folded, and how far a walk that folds them again
-- has come.

CREATE TABLE text_folding (
    id text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    place text COLLATE "C" NOT NULL
);
INSERT INTO text_folding (id, version, place) VALUES ('all', 1, '');
