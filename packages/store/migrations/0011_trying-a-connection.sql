-- Somebody at a panel's form wants to know whether a module answers (docs/adr/0025). A row lives for seconds: asked by a backend, taken by one worker,
-- answered, read and removed. The key goes with the answer.
CREATE TABLE connection_tries (
  id uuid PRIMARY KEY,
  host text NOT NULL CHECK (host <> ''),
  port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
  integration_key_encrypted text,
  asked_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  taken_by text,
  answer jsonb,
  CHECK (answer IS NULL OR (taken_by IS NOT NULL AND integration_key_encrypted IS NULL))
);
GRANT SELECT, INSERT, UPDATE, DELETE ON connection_tries TO stam_app;
