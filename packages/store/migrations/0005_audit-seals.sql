-- The audit record as a chain (spec 06 "Audit"): every entry is sealed within seconds by a hash over itself and the seal before it. Sealing comes
-- after the commit and in one place, so that no alarm ever waits for the chain. Rows may be sealed out of the order of their ids (a slow
-- commit); `seq` is the order of the chain.
CREATE TABLE audit_seals (
  seq bigint PRIMARY KEY CHECK (seq >= 1),
  -- The UTC day of the entry's sealing; a day's last hash is what one keeps elsewhere.
  day date NOT NULL,
  audit_id bigint NOT NULL UNIQUE,
  hash bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE INDEX audit_seals_day_idx ON audit_seals (day, seq);
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_never_truncated BEFORE TRUNCATE ON audit_seals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON audit_seals TO stam_app;
