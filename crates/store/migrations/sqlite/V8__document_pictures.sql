-- What whoever takes up a job needs to know, and how often it was taken up.

ALTER TABLE jobs ADD COLUMN detail TEXT;
ALTER TABLE jobs ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
