-- Passkeys, the PIN that unlocks a console, and the code that makes the first MASTER. Source: spec 06 "Authentication".

-- What a person has chosen about signing in. No row: nothing chosen.
CREATE TABLE user_security (
  user_id uuid PRIMARY KEY REFERENCES users,
  pin_hash text,
  -- The console locks itself after so long without a touch; NULL: only by hand.
  lock_after_minutes integer CHECK (lock_after_minutes BETWEEN 1 AND 120),
  -- The password alone is not enough; a passkey must follow.
  second_factor boolean NOT NULL DEFAULT false,
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CHECK (pin_hash IS NOT NULL OR lock_after_minutes IS NULL)
);

CREATE TABLE passkeys (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users,
  credential_id bytea NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
  -- COSE key.
  public_key bytea NOT NULL,
  -- The domain the authenticator made it for; it answers for no other.
  rp_id text NOT NULL CHECK (rp_id <> ''),
  sign_count bigint NOT NULL DEFAULT 0 CHECK (sign_count >= 0),
  transports text[] NOT NULL DEFAULT '{}',
  name text NOT NULL CHECK (name <> ''),
  -- Kept by more than one device (a password manager, a phone's account).
  synced boolean NOT NULL DEFAULT false,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  last_used_at timestamptz(3),
  -- Its counter went backwards: there may be a copy. Never used again.
  suspended_at timestamptz(3)
);
CREATE INDEX passkeys_user_idx ON passkeys (user_id);

-- Questions put to an authenticator. Always here and never in the live store: taken once by whichever backend gets the answer.
CREATE TABLE passkey_challenges (
  challenge_hash bytea PRIMARY KEY CHECK (length(challenge_hash) = 32),
  purpose text NOT NULL CHECK (purpose IN ('register', 'sign_in', 'second_factor')),
  -- Nobody is known yet when a passkey alone signs in.
  user_id uuid REFERENCES users,
  -- Registration belongs to the session that asked.
  session_id uuid,
  rp_id text NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  CHECK ((user_id IS NULL) = (purpose = 'sign_in')),
  CHECK ((session_id IS NOT NULL) = (purpose = 'register'))
);
CREATE INDEX passkey_challenges_expiry_idx ON passkey_challenges (expires_at);

-- A row: this session's console is locked. It goes when the right PIN comes, or with the session.
CREATE TABLE session_locks (
  session_id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users,
  locked_at timestamptz(3) NOT NULL DEFAULT now(),
  wrong_pins integer NOT NULL DEFAULT 0 CHECK (wrong_pins >= 0)
);

-- One row at most, while nobody can sign in yet.
CREATE TABLE setup_code (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  code_hash bytea NOT NULL CHECK (length(code_hash) = 32),
  issued_by text NOT NULL,
  issued_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  wrong_codes integer NOT NULL DEFAULT 0 CHECK (wrong_codes >= 0),
  used_at timestamptz(3)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON user_security, passkeys, passkey_challenges, session_locks, setup_code TO stam_app;
