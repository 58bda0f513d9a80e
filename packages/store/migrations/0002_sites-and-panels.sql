-- Sites, their panels, and what the system has read from them. Source: spec 02 (site settings, modes), 03.

CREATE TABLE sites (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  code text NOT NULL CHECK (code <> ''),
  name text NOT NULL CHECK (name <> ''),
  type text NOT NULL CHECK (type IN ('SHOP', 'WAREHOUSE', 'CLINIC', 'OFFICE', 'COLD_STORE', 'HOME', 'INDUSTRY', 'OTHER')),
  address_line text NOT NULL DEFAULT '',
  postal_code text NOT NULL DEFAULT '',
  city text NOT NULL DEFAULT '',
  latitude double precision CHECK (latitude BETWEEN -90 AND 90),
  longitude double precision CHECK (longitude BETWEEN -180 AND 180),
  time_zone text NOT NULL DEFAULT 'Europe/Warsaw',
  notes text NOT NULL DEFAULT '',
  status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'ARCHIVED')),
  -- Only what differs from the defaults of contracts' SiteSettings.
  settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
  service_mode boolean NOT NULL DEFAULT false,
  service_since timestamptz(3),
  service_until timestamptz(3),
  service_reason text,
  service_by text,
  test_mode boolean NOT NULL DEFAULT false,
  test_since timestamptz(3),
  test_until timestamptz(3),
  test_reason text,
  test_by text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  search_text text NOT NULL GENERATED ALWAYS AS
    (fold_text(code || ' ' || name || ' ' || city || ' ' || address_line || ' ' || postal_code)) STORED,
  CHECK (CASE WHEN service_mode THEN service_since IS NOT NULL AND service_reason IS NOT NULL
              ELSE service_since IS NULL AND service_until IS NULL AND service_reason IS NULL AND service_by IS NULL END),
  CHECK (CASE WHEN test_mode THEN test_since IS NOT NULL AND test_reason IS NOT NULL
              ELSE test_since IS NULL AND test_until IS NULL AND test_reason IS NULL AND test_by IS NULL END)
);
CREATE UNIQUE INDEX sites_code_key ON sites (lower(code));
CREATE INDEX sites_search_idx ON sites USING gin (search_text gin_trgm_ops);
CREATE INDEX sites_name_idx ON sites (fold_text(name), id);
CREATE INDEX sites_mode_expiry_idx ON sites (least(service_until, test_until)) WHERE service_until IS NOT NULL OR test_until IS NOT NULL;

CREATE TABLE user_site_assignments (
  user_id uuid NOT NULL REFERENCES users,
  site_id uuid NOT NULL REFERENCES sites,
  assigned_at timestamptz(3) NOT NULL DEFAULT now(),
  assigned_by uuid REFERENCES users,
  PRIMARY KEY (user_id, site_id)
);
CREATE INDEX user_site_assignments_site_idx ON user_site_assignments (site_id);

CREATE TABLE site_contacts (
  id uuid PRIMARY KEY,
  site_id uuid NOT NULL REFERENCES sites,
  -- Call order, 1 first.
  position integer NOT NULL CHECK (position >= 1),
  name text NOT NULL CHECK (name <> ''),
  role text NOT NULL DEFAULT '',
  phone text NOT NULL DEFAULT '',
  email text NOT NULL DEFAULT '',
  note text NOT NULL DEFAULT '',
  -- Deferred, so that a list can be put in a new order within one transaction.
  CONSTRAINT site_contacts_position_key UNIQUE (site_id, position) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE site_procedures (
  id uuid PRIMARY KEY,
  site_id uuid NOT NULL REFERENCES sites,
  position integer NOT NULL DEFAULT 1 CHECK (position >= 1),
  title text NOT NULL CHECK (title <> ''),
  stream text CHECK (stream IN ('panel', 'temperature', 'unauthorized', 'system', 'manual')),
  body text NOT NULL DEFAULT ''
);
CREATE INDEX site_procedures_site_idx ON site_procedures (site_id, position);

CREATE TABLE panels (
  id uuid PRIMARY KEY,
  version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  site_id uuid NOT NULL REFERENCES sites,
  name text NOT NULL CHECK (name <> ''),
  host text NOT NULL CHECK (host <> ''),
  port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
  enabled boolean NOT NULL DEFAULT true,
  time_zone text NOT NULL DEFAULT 'Europe/Warsaw',
  -- Fernet token; never the key itself (spec 06 "Secrets").
  integration_key_encrypted text,
  -- What the panel said about itself at the last connection (contracts PanelIdentity); NULL = never connected.
  model text,
  firmware text,
  identity jsonb,
  identified_at timestamptz(3),
  names_read_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  archived_at timestamptz(3)
);
CREATE INDEX panels_site_idx ON panels (site_id);
-- The module takes one client (spec 03): two panels of ours on one address would throw each other out.
CREATE UNIQUE INDEX panels_address_key ON panels (lower(host), port) WHERE archived_at IS NULL;

-- Zones, partitions, outputs, users as the panel names them, and what people set per zone.
CREATE TABLE panel_objects (
  panel_id uuid NOT NULL REFERENCES panels,
  kind text NOT NULL CHECK (kind IN ('zone', 'partition', 'output', 'user', 'expander', 'object')),
  number integer NOT NULL CHECK (number BETWEEN 0 AND 1023),
  name text NOT NULL DEFAULT '',
  -- zone: reaction type; output: function.
  function integer,
  -- zone: its partition.
  partition_no integer CHECK (partition_no BETWEEN 1 AND 32),
  -- partition: its object.
  object_no integer,
  -- {"TAMPER":"CRITICAL"}: priority per event type where it differs from the default (spec 02).
  priority_overrides jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(priority_overrides) = 'object'),
  read_at timestamptz(3),
  PRIMARY KEY (panel_id, kind, number)
);
CREATE INDEX panel_objects_overrides_idx ON panel_objects (panel_id) WHERE priority_overrides <> '{}';

-- Who drives the panel. The epoch grows with every change of owner and fences late writers off (spec 03, design flow 1).
-- The lease columns are the fallback for when the live store is away.
CREATE TABLE panel_assignments (
  panel_id uuid PRIMARY KEY REFERENCES panels,
  epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0),
  owner_id text,
  owner_since timestamptz(3),
  lease_expires_at timestamptz(3),
  preferred_worker text,
  -- DLOAD release: the link is closed until then and comes back by itself (spec 03).
  released_until timestamptz(3),
  released_by uuid REFERENCES users,
  released_reason text
) WITH (fillfactor = 70);
CREATE INDEX panel_assignments_owner_idx ON panel_assignments (owner_id);

-- Every panel has its row from the start, so that taking it over is one UPDATE.
CREATE FUNCTION add_panel_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO panel_assignments (panel_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
  RETURN NEW;
END
$$;
CREATE TRIGGER panels_assignment AFTER INSERT ON panels FOR EACH ROW EXECUTE FUNCTION add_panel_assignment();

-- How far each panel is known. Moves in the transaction of the event that carries it, only forward by (epoch, panel_seq).
CREATE TABLE panel_cursors (
  panel_id uuid PRIMARY KEY REFERENCES panels,
  epoch bigint NOT NULL,
  panel_seq bigint NOT NULL,
  -- Position in the panel's event memory (contracts MemoryCursor); moves on its own pair, since not every event carries one.
  memory_epoch bigint,
  memory_seq bigint,
  memory_index integer,
  memory_record text CHECK (memory_record ~ '^[0-9a-f]{16}$'),
  memory_recent jsonb NOT NULL DEFAULT '[]',
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CHECK ((memory_index IS NULL) = (memory_record IS NULL))
) WITH (fillfactor = 50);

-- Per panel and signal, the count of occurrences ever; makes event ids repeatable (docs/adr/ on event identity).
CREATE TABLE panel_signals (
  panel_id uuid NOT NULL REFERENCES panels,
  signal text NOT NULL,
  ordinal bigint NOT NULL CHECK (ordinal >= 1),
  seen_by_state bigint NOT NULL CHECK (seen_by_state >= 0),
  seen_by_memory bigint NOT NULL CHECK (seen_by_memory >= 0),
  active boolean NOT NULL,
  epoch bigint NOT NULL,
  panel_seq bigint NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (panel_id, signal)
) WITH (fillfactor = 70);

-- The full state of every panel each minute, for recovery only, never shown as history (spec 03).
CREATE TABLE panel_state_snapshots (
  panel_id uuid NOT NULL REFERENCES panels,
  snapshot_sequence_id bigint GENERATED ALWAYS AS IDENTITY,
  epoch bigint NOT NULL,
  panel_seq bigint NOT NULL,
  taken_at timestamptz(3) NOT NULL,
  state jsonb NOT NULL,
  PRIMARY KEY (panel_id, snapshot_sequence_id)
);
CREATE INDEX panel_state_snapshots_age_idx ON panel_state_snapshots USING brin (taken_at);

-- Changes of partitions and links for people: timeline and reports, 12 months, never used to recover state (spec 03).
CREATE TABLE panel_state_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  panel_id uuid NOT NULL REFERENCES panels,
  -- NULL = the link itself.
  partition_no integer CHECK (partition_no BETWEEN 1 AND 32),
  -- NULL = not known before.
  old_state text,
  new_state text NOT NULL,
  changed_at timestamptz(3) NOT NULL,
  -- Who or what: panel user number, command id, …; never a user code.
  triggered_by text,
  CHECK (old_state IS DISTINCT FROM new_state)
);
CREATE INDEX panel_state_history_panel_idx ON panel_state_history (panel_id, changed_at DESC, id DESC);
CREATE INDEX panel_state_history_age_idx ON panel_state_history USING brin (changed_at);

GRANT SELECT, INSERT, UPDATE ON sites, panels, panel_assignments, panel_cursors, panel_signals TO stam_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON user_site_assignments, site_contacts, site_procedures, panel_objects TO stam_app;
GRANT SELECT, INSERT, DELETE ON panel_state_snapshots, panel_state_history TO stam_app;
