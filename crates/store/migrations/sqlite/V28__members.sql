-- The people who sign in. `client` is `_server` for members of the whole server.

CREATE TABLE project_members (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    name TEXT,
    name_folded TEXT,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    has_totp INTEGER NOT NULL DEFAULT 0,
    last_sign_in_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER,
    -- No fields: nobody is shown them. Of the password what Argon2id made of it; the secret of the codes
    -- follows from a key in the vault and this salt, the one after it from a salt that is not confirmed yet;
    -- the time step of the last code, so that each is taken once; digests of the recovery codes that are left.
    password_hash TEXT,
    totp_salt TEXT,
    new_totp_salt TEXT,
    totp_step INTEGER NOT NULL DEFAULT 0,
    recovery_codes TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE UNIQUE INDEX project_members_client_email ON project_members (client, email_folded);
CREATE INDEX project_members_email ON project_members (email_folded, created_at, id);
CREATE INDEX project_members_client_created ON project_members (client, created_at, id);

-- Links that set a password, as the SHA-256 of their secret. Without a member: the link that makes the first
-- owner.

CREATE TABLE member_invitations (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    member TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX member_invitations_member ON member_invitations (client, member);

-- The session of a member is a token that no header carries: its id is the SHA-256 of a cookie's value.

ALTER TABLE tokens ADD COLUMN member TEXT;
ALTER TABLE tokens ADD COLUMN signed_in_at INTEGER;
ALTER TABLE tokens ADD COLUMN last_used_at INTEGER;
CREATE INDEX tokens_member ON tokens (client, member, expires_at) WHERE member IS NOT NULL;
CREATE INDEX tokens_member_expires ON tokens (expires_at) WHERE member IS NOT NULL;
