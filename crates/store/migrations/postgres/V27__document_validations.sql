-- Identity documents that were read: their values, where each comes from, and whether they agree.

CREATE TABLE document_validations (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    project text COLLATE "C",
    project_flow text COLLATE "C",
    app_registration text COLLATE "C",
    status text COLLATE "C" NOT NULL,
    type text COLLATE "C",
    validation_method text COLLATE "C",
    input_method text COLLATE "C",
    document_type text COLLATE "C",
    document_category text COLLATE "C",
    country text COLLATE "C",
    document_number text COLLATE "C",
    image_saved boolean NOT NULL,
    url text COLLATE "C",
    back_url text COLLATE "C",
    image_validated boolean,
    requires_back_side boolean,
    names_match boolean,
    full_name_match double precision,
    first_name_match double precision,
    last_name_match double precision,
    age text COLLATE "C",
    risk_score double precision,
    ocr_extraction text COLLATE "C",
    ocr_extraction_full text COLLATE "C",
    document_data text COLLATE "C",
    validation_results text COLLATE "C",
    validation_results_full text COLLATE "C",
    ocr_results text COLLATE "C",
    failure_reason text COLLATE "C",
    manual_verification text COLLATE "C",
    manual_name_review text COLLATE "C",
    created_at bigint NOT NULL,
    updated_at bigint,
    completed_at bigint,
    -- All that it was judged by, as JSON, to judge it again. No field: nobody lists it.
    reading text COLLATE "C",
    -- The number under a key of the client that is not in the database: for the same number of somebody else.
    number_digest text COLLATE "C",
    -- What the template of the portrait was made by, if one is in the vault.
    portrait_model text COLLATE "C"
);

CREATE UNIQUE INDEX document_validations_id ON document_validations (id);
CREATE INDEX document_validations_client_created ON document_validations (client, created_at, id);
CREATE INDEX document_validations_client_status_created ON document_validations (client, status, created_at, id);
CREATE INDEX document_validations_created ON document_validations (created_at, id);
CREATE INDEX document_validations_registration ON document_validations (client, app_registration, created_at, id) WHERE app_registration IS NOT NULL;
CREATE INDEX document_validations_number ON document_validations (client, number_digest) WHERE number_digest IS NOT NULL;
-- The newest index that fits is taken while the table was not analyzed: it has to be the key.
ALTER TABLE document_validations ADD PRIMARY KEY (client, id);

-- What clients look for on documents besides.

CREATE TABLE prompt_templates (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    name_folded text COLLATE "C",
    document_types text COLLATE "C",
    country text COLLATE "C",
    labels text COLLATE "C",
    active boolean,
    created_at bigint NOT NULL,
    updated_at bigint
);

CREATE UNIQUE INDEX prompt_templates_id ON prompt_templates (id);
CREATE INDEX prompt_templates_client_created ON prompt_templates (client, created_at, id);
ALTER TABLE prompt_templates ADD PRIMARY KEY (client, id);

-- What was named the document of a registration was a check of its image: both have a column now.

ALTER TABLE app_registrations ADD COLUMN document_liveness text COLLATE "C";
ALTER TABLE app_registrations ADD COLUMN failed_document_validations text COLLATE "C";
-- How often its device has begun to have a document read.
ALTER TABLE app_registrations ADD COLUMN document_readings bigint NOT NULL DEFAULT 0;

UPDATE app_registrations SET document_liveness = document_validation, document_validation = NULL
WHERE document_validation IN (
    SELECT id FROM document_liveness WHERE document_liveness.client = app_registrations.client
);
