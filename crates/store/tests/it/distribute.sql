-- Makes each table whose key begins with the client one of three partitions, by a hash of the client. What a
-- distributed database asks of a schema is the same: no unique key without the client.
DO $$
DECLARE
    name text;
    definition text;
    definitions text[];
BEGIN
    FOR name IN
        SELECT c.relname FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
        WHERE pg_get_constraintdef(k.oid) = 'PRIMARY KEY (client, id)'
    LOOP
        SELECT array_agg(pg_get_indexdef(i.indexrelid)) INTO definitions FROM pg_index i
        WHERE i.indrelid = name::regclass
            AND (NOT i.indisunique OR pg_get_indexdef(i.indexrelid) LIKE '%(client, id)');
        SELECT definitions || COALESCE(array_agg(pg_get_triggerdef(t.oid)), '{}') INTO definitions
        FROM pg_trigger t WHERE t.tgrelid = name::regclass AND NOT t.tgisinternal;
        EXECUTE format('CREATE TABLE whole (LIKE %I INCLUDING DEFAULTS) PARTITION BY HASH (client)', name);
        EXECUTE format('DROP TABLE %I', name);
        EXECUTE format('ALTER TABLE whole RENAME TO %I', name);
        FOR part IN 0..2 LOOP
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 3, REMAINDER %s)',
                name || '_' || part, name, part);
        END LOOP;
        FOREACH definition IN ARRAY definitions LOOP
            EXECUTE definition;
        END LOOP;
        EXECUTE format('CREATE INDEX ON %I (id)', name);
    END LOOP;
END $$;
