-- Lists that members have saved under a name. `client` is that of the member, `query` a query string of the
-- resource's list as the server prints it.

CREATE TABLE views (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    member TEXT NOT NULL,
    resource TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    shared INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX views_member_name ON views (client, member, resource, name);
CREATE INDEX views_shared ON views (client, resource) WHERE shared;
