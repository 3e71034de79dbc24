-- The people who sign in. `client` is `_server` for members of the whole server.

CREATE TABLE project_members (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    name text COLLATE "C",
    name_folded text COLLATE "C",
    email text COLLATE "C" NOT NULL,
    email_folded text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    has_totp boolean NOT NULL DEFAULT FALSE,
    last_sign_in_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint,
    -- No fields: nobody is shown them. Of the password what Argon2id made of it; the secret of the codes
    -- follows from a key in the vault and this salt, the one after it from a salt that is not confirmed yet;
    -- the time step of the last code, so that each is taken once; digests of the recovery codes that are left.
    password_hash text COLLATE "C",
    totp_salt text COLLATE "C",
    new_totp_salt text COLLATE "C",
    totp_step bigint NOT NULL DEFAULT 0,
    recovery_codes text COLLATE "C" NOT NULL DEFAULT ''
);

CREATE UNIQUE INDEX project_members_id ON project_members (id);
CREATE UNIQUE INDEX project_members_client_email ON project_members (client, email_folded);
CREATE INDEX project_members_email ON project_members (email_folded, created_at, id);
CREATE INDEX project_members_client_created ON project_members (client, created_at, id);
ALTER TABLE project_members ADD PRIMARY KEY (client, id);

-- Links that set a password, as the SHA-256 of their secret. Without a member: the link that makes the first
-- owner.

CREATE TABLE member_invitations (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    member text COLLATE "C",
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (client, id)
);

CREATE INDEX member_invitations_member ON member_invitations (client, member);

-- The session of a member is a token that no header carries: its id is the SHA-256 of a cookie's value.

ALTER TABLE tokens ADD COLUMN member text COLLATE "C";
ALTER TABLE tokens ADD COLUMN signed_in_at bigint;
ALTER TABLE tokens ADD COLUMN last_used_at bigint;
CREATE INDEX tokens_member ON tokens (client, member, expires_at) WHERE member IS NOT NULL;
CREATE INDEX tokens_member_expires ON tokens (expires_at) WHERE member IS NOT NULL;
