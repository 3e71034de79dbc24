-- Lists that members have saved under a name. `client` is that of the member, `query` a query string of the
-- resource's list as the server prints it.

CREATE TABLE views (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL,
    resource text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    query text COLLATE "C" NOT NULL,
    shared boolean NOT NULL DEFAULT FALSE,
    created_at bigint NOT NULL,
    PRIMARY KEY (client, id)
);

CREATE UNIQUE INDEX views_member_name ON views (client, member, resource, name);
CREATE INDEX views_shared ON views (client, resource) WHERE shared;
