-- Keys that change while everything runs (spec 06, docs/adr/0022): what signs access tokens, and what encrypts secrets once somebody has asked for
-- a key besides the configured one. Every process reads them here, so none has to be restarted and no file has to be carried around.
CREATE TABLE keys (
  -- signing: `kid` of the tokens; encryption: a random name.
  id text PRIMARY KEY CHECK (id <> ''),
  purpose text NOT NULL CHECK (purpose IN ('signing', 'encryption')),
  -- Fernet token under a key that is only in the configuration. NULL = wiped: the public half still verifies.
  sealed text,
  public_jwk jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  -- Published before it is used: nobody meets a token made with a key they could not have read.
  active_at timestamptz(3) NOT NULL,
  -- When its successor takes over.
  replaced_at timestamptz(3),
  -- Encryption: since when everything stored has been found to be under this key.
  settled_at timestamptz(3),
  CHECK ((purpose = 'signing') = (public_jwk IS NOT NULL)),
  CHECK (purpose = 'signing' OR sealed IS NOT NULL),
  CHECK (replaced_at >= active_at)
);
-- One key of each purpose has no successor.
CREATE UNIQUE INDEX keys_last_key ON keys (purpose) WHERE replaced_at IS NULL;

-- Somebody wants a new key; the first backend to see it makes one. The command that asks needs no key itself.
CREATE TABLE key_requests (
  purpose text PRIMARY KEY CHECK (purpose IN ('signing', 'encryption')),
  requested_at timestamptz(3) NOT NULL DEFAULT now(),
  requested_by text NOT NULL
);

-- Grows when people change the key, and not when it is encrypted anew: a link that is up need not be closed for that.
ALTER TABLE panels ADD COLUMN integration_key_no integer NOT NULL DEFAULT 0;

GRANT SELECT, INSERT, UPDATE, DELETE ON keys, key_requests TO stam_app;
