-- Identity documents that were read: their values, where each comes from, and whether they agree.

CREATE TABLE document_validations (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    project TEXT,
    project_flow TEXT,
    app_registration TEXT,
    status TEXT NOT NULL,
    type TEXT,
    validation_method TEXT,
    input_method TEXT,
    document_type TEXT,
    document_category TEXT,
    country TEXT,
    document_number TEXT,
    image_saved INTEGER NOT NULL,
    url TEXT,
    back_url TEXT,
    image_validated INTEGER,
    requires_back_side INTEGER,
    names_match INTEGER,
    full_name_match REAL,
    first_name_match REAL,
    last_name_match REAL,
    age TEXT,
    risk_score REAL,
    ocr_extraction TEXT,
    ocr_extraction_full TEXT,
    document_data TEXT,
    validation_results TEXT,
    validation_results_full TEXT,
    ocr_results TEXT,
    failure_reason TEXT,
    manual_verification TEXT,
    manual_name_review TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER,
    completed_at INTEGER,
    -- All that it was judged by, as JSON, to judge it again. No field: nobody lists it.
    reading TEXT,
    -- The number under a key of the client that is not in the database: for the same number of somebody else.
    number_digest TEXT,
    -- What the template of the portrait was made by, if one is in the vault.
    portrait_model TEXT
) STRICT;

CREATE INDEX document_validations_client_created ON document_validations (client, created_at, id);
CREATE INDEX document_validations_client_status_created ON document_validations (client, status, created_at, id);
CREATE INDEX document_validations_created ON document_validations (created_at, id);
CREATE INDEX document_validations_registration ON document_validations (client, app_registration, created_at, id) WHERE app_registration IS NOT NULL;
CREATE INDEX document_validations_number ON document_validations (client, number_digest) WHERE number_digest IS NOT NULL;

-- What clients look for on documents besides.

CREATE TABLE prompt_templates (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT,
    document_types TEXT,
    country TEXT,
    labels TEXT,
    active INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER
) STRICT;

CREATE INDEX prompt_templates_client_created ON prompt_templates (client, created_at, id);

-- What was named the document of a registration was a check of its image: both have a column now.

ALTER TABLE app_registrations ADD COLUMN document_liveness TEXT;
ALTER TABLE app_registrations ADD COLUMN failed_document_validations TEXT;
-- How often its device has begun to have a document read.
ALTER TABLE app_registrations ADD COLUMN document_readings INTEGER NOT NULL DEFAULT 0;

UPDATE app_registrations SET document_liveness = document_validation, document_validation = NULL
WHERE document_validation IN (
    SELECT id FROM document_liveness WHERE document_liveness.client = app_registrations.client
);
