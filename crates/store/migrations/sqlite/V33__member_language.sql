-- The language in which a member reads the console, on every browser.

ALTER TABLE project_members ADD COLUMN language TEXT;
