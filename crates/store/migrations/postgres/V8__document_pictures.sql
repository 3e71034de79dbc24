-- What whoever takes up a job needs to know, and how often it was taken up.

ALTER TABLE jobs ADD COLUMN detail text COLLATE "C";
ALTER TABLE jobs ADD COLUMN attempts bigint NOT NULL DEFAULT 0;
