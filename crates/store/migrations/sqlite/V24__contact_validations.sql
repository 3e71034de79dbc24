-- Checks of email addresses and phone numbers by a code, and how often a code was asked for.

CREATE TABLE email_validations (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    project TEXT,
    project_flow TEXT,
    app_registration TEXT,
    status TEXT NOT NULL,
    email TEXT,
    email_folded TEXT,
    type TEXT,
    validation_method TEXT,
    expires_at INTEGER,
    redirect_url TEXT,
    requires_2fa INTEGER,
    ip_address TEXT,
    language TEXT,
    attempts INTEGER,
    attempts_max INTEGER,
    reason TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER,
    validated_at INTEGER,
    -- What contacts are compared by. The code follows from a key that is not in the database, and this salt.
    contact_key TEXT,
    code_salt TEXT,
    code_key TEXT
) STRICT;

CREATE INDEX email_validations_client_created ON email_validations (client, created_at, id);
CREATE INDEX email_validations_contact ON email_validations (client, project_flow, contact_key, created_at);
CREATE INDEX email_validations_registration ON email_validations (client, app_registration) WHERE app_registration IS NOT NULL;
CREATE INDEX email_validations_open ON email_validations (expires_at) WHERE status IN ('new', 'sent');

CREATE TABLE phone_validations (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    project TEXT,
    project_flow TEXT,
    app_registration TEXT,
    status TEXT NOT NULL,
    country_code TEXT,
    phone TEXT,
    phone_folded TEXT,
    phone_gateway TEXT,
    type TEXT,
    validation_method TEXT,
    expires_at INTEGER,
    redirect_url TEXT,
    requires_2fa INTEGER,
    ip_address TEXT,
    language TEXT,
    attempts INTEGER,
    attempts_max INTEGER,
    reason TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER,
    validated_at INTEGER,
    -- What contacts are compared by. The code follows from a key that is not in the database, and this salt.
    contact_key TEXT,
    code_salt TEXT,
    code_key TEXT
) STRICT;

CREATE INDEX phone_validations_client_created ON phone_validations (client, created_at, id);
CREATE INDEX phone_validations_contact ON phone_validations (client, project_flow, contact_key, created_at);
CREATE INDEX phone_validations_registration ON phone_validations (client, app_registration) WHERE app_registration IS NOT NULL;
CREATE INDEX phone_validations_open ON phone_validations (expires_at) WHERE status IN ('new', 'sent');

-- What was used of a limit since the beginning of its window, under a digest of what is limited.

CREATE TABLE rate_counters (
    client TEXT NOT NULL,
    id TEXT NOT NULL,
    used INTEGER NOT NULL,
    began_at INTEGER NOT NULL,
    PRIMARY KEY (client, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX rate_counters_began ON rate_counters (began_at);

CREATE INDEX app_logins_email_validation ON app_logins (client, email_validation) WHERE email_validation IS NOT NULL;
CREATE INDEX app_logins_phone_validation ON app_logins (client, phone_validation) WHERE phone_validation IS NOT NULL;
