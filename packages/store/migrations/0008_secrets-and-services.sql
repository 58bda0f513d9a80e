-- A spent refresh token may be shown once more within seconds (identity/sessions.ts, backend): the answer was lost, or a page was loaded twice. Its
-- successor is a keyed hash of the token itself, so both answers carry the same one, and no token is stored.
ALTER TABLE refresh_tokens
  ADD COLUMN successor_seed bytea,
  -- SHA-256 of the client's own name for itself at the time it was spent.
  ADD COLUMN spent_agent bytea;

-- Secrets of a site or of one of its panels and recorders (spec 06): user codes, passwords, gate codes. The integration key of a panel is in `panels`.
CREATE TABLE secrets (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  site_id uuid NOT NULL REFERENCES sites,
  panel_id uuid REFERENCES panels,
  kind text NOT NULL CHECK (kind IN ('PANEL_SERVICE_CODE', 'PANEL_USER_CODE', 'RECORDER_PASSWORD', 'SITE_ACCESS_CODE', 'OTHER')),
  label text NOT NULL CHECK (label <> ''),
  -- Fernet token; never the value itself.
  value_encrypted text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_by text NOT NULL
);
CREATE INDEX secrets_site_idx ON secrets (site_id, kind, label);
CREATE INDEX secrets_panel_idx ON secrets (panel_id) WHERE panel_id IS NOT NULL;

-- Tokens of services (spec 06): named, for one role, for a time. Only the hash is stored.
CREATE TABLE service_tokens (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  role text NOT NULL CHECK (role IN ('SYSTEM_WORKER', 'SYSTEM_SMS', 'SYSTEM_RELAY')),
  token_hash bytea NOT NULL UNIQUE,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL CHECK (expires_at > created_at),
  last_used_at timestamptz(3),
  revoked_at timestamptz(3)
);
-- A name stands for one token at a time.
CREATE UNIQUE INDEX service_tokens_name_key ON service_tokens (lower(name)) WHERE revoked_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON secrets TO stam_app;
GRANT SELECT, INSERT, UPDATE ON service_tokens TO stam_app;
