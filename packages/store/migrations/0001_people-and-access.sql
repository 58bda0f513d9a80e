-- People, sessions and what protects them. Source: spec 05 (auth), 06.
-- Conventions of every migration: forward only, never edited after release; times are timestamptz(3), because the API speaks
-- milliseconds and a keyset cursor must come back as it went out; words are text with a CHECK, so that a new word is a new migration.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The application connects as a member of stam_app: it reads and writes rows but owns nothing and cannot change the schema
-- (spec 06 "Audit"). Roles are shared by all databases of a cluster, hence the guard; a hosted database may not let us create one.
DO $$
BEGIN
  CREATE ROLE stam_app NOLOGIN;
EXCEPTION
  WHEN duplicate_object OR unique_violation THEN NULL;
  WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'the migrating role may not create roles: create a NOLOGIN role "stam_app" first';
END
$$;
GRANT USAGE ON SCHEMA public TO stam_app;

-- Search text without case and Polish (and neighbouring) diacritics. Immutable, unlike unaccent(), so it can feed generated columns.
CREATE FUNCTION fold_text(value text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN translate(
    lower(value),
    'ąćęłńóśźżáàâäãåāăčçďđéèêëěēėíìîïīįķľĺļňñņöôòõøőōŕřšşșťţțúùûüůűūųýÿž',
    'acelnoszzaaaaaaaaccddeeeeeeeiiiiiiklllnnnooooooorrsssttttuuuuuuuuyyz'
  );

-- Rows of these tables are the record of what happened: nobody changes them afterwards, the owner neither.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text NOT NULL CHECK (email <> ''),
  name text NOT NULL CHECK (name <> ''),
  role text NOT NULL CHECK (role IN ('MASTER', 'ADMIN', 'OPERATOR', 'TECHNICIAN', 'FIELD_WORKER')),
  language text NOT NULL DEFAULT 'pl' CHECK (language IN ('pl', 'en')),
  password_hash text,
  must_change_password boolean NOT NULL DEFAULT false,
  active boolean NOT NULL DEFAULT true,
  failed_logins integer NOT NULL DEFAULT 0 CHECK (failed_logins >= 0),
  locked_until timestamptz(3),
  last_login_at timestamptz(3),
  version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

-- One family per device and login (the family id is the session id of access tokens); reuse of a spent token ends the family.
CREATE TABLE refresh_tokens (
  id uuid PRIMARY KEY,
  family_id uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES users,
  token_hash bytea NOT NULL UNIQUE,
  device text NOT NULL DEFAULT '',
  ip inet,
  issued_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  used_at timestamptz(3),
  replaced_by uuid REFERENCES refresh_tokens DEFERRABLE INITIALLY DEFERRED,
  revoked_at timestamptz(3),
  revoked_reason text,
  CHECK (expires_at > issued_at),
  CHECK (replaced_by IS NULL OR used_at IS NOT NULL),
  CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
-- At most one token of a family is alive, whatever two racing refreshes do.
CREATE UNIQUE INDEX refresh_tokens_alive_key ON refresh_tokens (family_id) WHERE used_at IS NULL AND revoked_at IS NULL;
CREATE INDEX refresh_tokens_family_idx ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_user_idx ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_replaced_idx ON refresh_tokens (replaced_by) WHERE replaced_by IS NOT NULL;
CREATE INDEX refresh_tokens_expiry_idx ON refresh_tokens (expires_at);

-- WebSocket tickets when the live store is away: 10 s, taken once (spec 04).
CREATE TABLE ws_tickets (
  ticket_hash bytea PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users,
  data jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL
);
CREATE INDEX ws_tickets_expiry_idx ON ws_tickets (expires_at);

-- Rate limits when the live store is away: fixed windows shared by all backends.
CREATE TABLE rate_limits (
  key text PRIMARY KEY,
  window_start timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  hits integer NOT NULL CHECK (hits >= 0)
) WITH (fillfactor = 50);
CREATE INDEX rate_limits_expiry_idx ON rate_limits (expires_at);

-- A repeated mutation gets the first answer again (spec 05 "Idempotency-Key"). NULL response = still being worked on.
CREATE TABLE idempotency_keys (
  user_id uuid NOT NULL REFERENCES users,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
  request_hash bytea NOT NULL,
  response_status integer,
  response_body jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_expiry_idx ON idempotency_keys (expires_at);

-- Who did what, for ever. Actor and site carry no foreign key: the record outlives what it speaks of.
CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz(3) NOT NULL DEFAULT now(),
  actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'system')),
  actor_id uuid,
  actor_name text NOT NULL,
  actor_role text,
  action text NOT NULL CHECK (action <> ''),
  entity_type text NOT NULL CHECK (entity_type <> ''),
  entity_id text,
  site_id uuid,
  before jsonb,
  after jsonb,
  reason text,
  ip inet,
  request_id text,
  service_instance text,
  CHECK (actor_kind = 'system' OR actor_id IS NOT NULL)
);
CREATE INDEX audit_log_at_idx ON audit_log (at DESC, id DESC);
CREATE INDEX audit_log_entity_idx ON audit_log (entity_type, entity_id, id DESC);
CREATE INDEX audit_log_actor_idx ON audit_log (actor_id, id DESC) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_log_site_idx ON audit_log (site_id, id DESC) WHERE site_id IS NOT NULL;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_never_truncated BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE ON users TO stam_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_tokens, ws_tickets, rate_limits, idempotency_keys TO stam_app;
GRANT SELECT, INSERT ON audit_log TO stam_app;
