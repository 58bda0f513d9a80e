-- Signals, the alarms they make, and what people did about them. Source: spec 02; data life: spec 10.

-- Identity of events (docs/adr/0010). A partitioned table can only have unique keys that contain the partition key, and a signal
-- read again after a failover may carry another receive time; so ids are claimed here, once for ever.
CREATE TABLE event_ids (
  event_id uuid PRIMARY KEY,
  -- Together with the id, the place of the row in `events`.
  received_at timestamptz(3) NOT NULL
);

-- No foreign keys on purpose: rows are written by the thousand in the transaction that has just read site, panel and alarm, those are
-- archived but never deleted, and old months are detached as a whole.
CREATE TABLE events (
  event_id uuid NOT NULL,
  -- When the worker decoded it; decides the month (docs/adr/0012).
  received_at timestamptz(3) NOT NULL,
  -- Panel time as UTC where the panel told, else the time of detection.
  occurred_at timestamptz(3) NOT NULL,
  -- Start of the transaction that wrote it, by the database's clock.
  recorded_at timestamptz(3) NOT NULL DEFAULT now(),
  site_id uuid NOT NULL,
  panel_id uuid,
  alarm_id uuid,
  epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0),
  panel_seq bigint NOT NULL DEFAULT 0 CHECK (panel_seq >= 0),
  source text NOT NULL CHECK (source IN ('STATE', 'MEMORY', 'WORKER', 'BACKEND', 'SMS_EFENTO', 'SMS_BLUELOG', 'OPERATOR')),
  event_type text NOT NULL CHECK (event_type IN ('ALARM', 'TAMPER', 'TROUBLE', 'RESTORE', 'ARM', 'DISARM', 'BYPASS', 'ACCESS', 'TEST',
    'INFO', 'UNAUTHORIZED_ACCESS', 'TEMP_ALARM', 'TEMP_NORMAL', 'COMM_LOSS', 'COMM_RESTORED', 'AUTO_ARM_FAILED', 'MANUAL', 'SYNTHETIC')),
  event_code smallint CHECK (event_code BETWEEN 0 AND 1023),
  restore boolean NOT NULL DEFAULT false,
  zone_no smallint CHECK (zone_no BETWEEN 1 AND 256),
  partition_no smallint CHECK (partition_no BETWEEN 1 AND 32),
  user_no smallint CHECK (user_no BETWEEN 0 AND 255),
  output_no smallint CHECK (output_no BETWEEN 1 AND 256),
  description_pl text NOT NULL,
  description_en text NOT NULL,
  object_name text,
  default_priority text NOT NULL CHECK (default_priority IN ('CRITICAL', 'WARNING', 'INFO')),
  priority text NOT NULL CHECK (priority IN ('CRITICAL', 'WARNING', 'INFO')),
  late boolean NOT NULL DEFAULT false,
  service_mode boolean NOT NULL DEFAULT false,
  test_mode boolean NOT NULL DEFAULT false,
  -- The original within the duplicate window; on the original, how many there were (spec 02 "Repeats").
  repeat_of uuid,
  repeat_count integer NOT NULL DEFAULT 0 CHECK (repeat_count >= 0),
  last_repeat_at timestamptz(3),
  signal text,
  ordinal bigint,
  memory_index integer,
  raw_payload bytea NOT NULL DEFAULT '',
  -- What only some sources have (temperatures, sensors, …); never an SMS text.
  details jsonb,
  service_instance_id text NOT NULL DEFAULT '',
  request_id text,
  -- Time first: rows of a batch land side by side instead of all over the index.
  PRIMARY KEY (received_at, event_id),
  CHECK (repeat_of IS NULL OR repeat_count = 0)
) PARTITION BY RANGE (received_at);

-- Nothing is ever refused for want of a partition; ensure_event_partitions() moves such rows to their month.
CREATE TABLE events_default PARTITION OF events DEFAULT;

CREATE INDEX events_alarm_idx ON events (alarm_id, received_at DESC, event_id DESC) WHERE alarm_id IS NOT NULL;
CREATE INDEX events_site_idx ON events (site_id, received_at DESC, event_id DESC);
CREATE INDEX events_recorded_idx ON events (recorded_at, event_id);

-- Makes the months [from - 1, from + ahead] exist; returns how many it made. Runs with the owner's rights, so that the application may
-- call it without the right to change the schema. A new month attaches without stopping writers; only when the default partition
-- already holds rows of it are they moved first, under the lock that the attach needs anyway.
CREATE FUNCTION ensure_event_partitions(from_time timestamptz, months_ahead integer DEFAULT 3) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '5s' SET timezone = 'UTC' AS $$
DECLARE
  month_start timestamptz;
  month_end timestamptz;
  partition_name text;
  made integer := 0;
BEGIN
  IF months_ahead NOT BETWEEN 0 AND 24 THEN
    RAISE EXCEPTION 'months_ahead must be 0..24' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('stam:event-partitions', 0));
  FOR step IN -1..months_ahead LOOP
    month_start := date_trunc('month', from_time) + make_interval(months => step);
    month_end := month_start + interval '1 month';
    partition_name := 'events_' || to_char(month_start, 'YYYY_MM');
    CONTINUE WHEN to_regclass('public.' || partition_name) IS NOT NULL;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
    -- Autovacuum sees to it that index-only scans stay index-only while a month fills.
    EXECUTE format('ALTER TABLE public.%I SET (autovacuum_vacuum_insert_scale_factor = 0.05, fillfactor = 90)', partition_name);
    IF EXISTS (SELECT FROM public.events_default WHERE received_at >= month_start AND received_at < month_end) THEN
      LOCK TABLE public.events_default IN ACCESS EXCLUSIVE MODE;
      EXECUTE format(
        'WITH moved AS (DELETE FROM public.events_default WHERE received_at >= %L AND received_at < %L RETURNING *)
         INSERT INTO public.%I SELECT * FROM moved', month_start, month_end, partition_name);
    END IF;
    EXECUTE format('ALTER TABLE public.events ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
      partition_name, month_start, month_end);
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;
REVOKE ALL ON FUNCTION ensure_event_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_event_partitions TO stam_app;
SELECT ensure_event_partitions(now());

-- The newest original of each dedup key (domain's RecentEvent), so that repeats are recognised without an index over all events ever.
CREATE TABLE duplicate_windows (
  dedup_key text PRIMARY KEY,
  event_id uuid NOT NULL,
  -- Together with the id, the place of the original in `events`.
  received_at timestamptz(3) NOT NULL,
  occurred_at timestamptz(3) NOT NULL,
  priority text NOT NULL,
  test_mode boolean NOT NULL,
  alarm_id uuid
) WITH (fillfactor = 60);

-- Repeats per site and hour: more than 50 raise a WARNING (spec 02).
CREATE TABLE site_repeats (
  site_id uuid NOT NULL REFERENCES sites,
  hour timestamptz(3) NOT NULL,
  repeats integer NOT NULL CHECK (repeats >= 0),
  PRIMARY KEY (site_id, hour)
) WITH (fillfactor = 60);

CREATE SEQUENCE alarm_number_seq;

CREATE TABLE alarms (
  id uuid PRIMARY KEY,
  number bigint NOT NULL UNIQUE DEFAULT nextval('alarm_number_seq'),
  version integer NOT NULL DEFAULT 1 CHECK (version >= 1),
  -- Version after the last change that was not a mere joining event (domain's AlarmState).
  transition_version integer NOT NULL DEFAULT 1,
  site_id uuid NOT NULL REFERENCES sites,
  panel_id uuid REFERENCES panels,
  stream text NOT NULL CHECK (stream IN ('panel', 'temperature', 'unauthorized', 'system', 'manual')),
  priority text NOT NULL CHECK (priority IN ('CRITICAL', 'WARNING', 'INFO')),
  status text NOT NULL DEFAULT 'NEW' CHECK (status IN ('NEW', 'IN_PROGRESS', 'ACK', 'RESOLVED', 'CLOSED')),
  -- The newest alarm of its (site, stream, priority, test mode).
  is_current boolean NOT NULL DEFAULT true,
  headline_pl text NOT NULL,
  headline_en text NOT NULL,
  object_name text,
  event_types text[] NOT NULL DEFAULT '{}',
  event_count integer NOT NULL DEFAULT 0 CHECK (event_count >= 0),
  repeat_count integer NOT NULL DEFAULT 0 CHECK (repeat_count >= 0),
  first_seen timestamptz(3) NOT NULL,
  last_seen timestamptz(3) NOT NULL,
  -- Newest receipt of one of its events: bundle window and auto-close count from it.
  last_active timestamptz(3) NOT NULL DEFAULT now(),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  handler_id uuid REFERENCES users,
  claimed_at timestamptz(3),
  acked_at timestamptz(3),
  resolved_at timestamptz(3),
  closed_at timestamptz(3),
  -- NULL on a closed alarm = the system closed it.
  closed_by uuid REFERENCES users,
  disposition text CHECK (disposition IN ('REAL', 'FALSE', 'TEST', 'TECHNICAL', 'USER_ERROR', 'OTHER')),
  requires_note boolean NOT NULL DEFAULT false,
  -- What takes part in it and whether it is over (domain's AlarmSource).
  sources jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(sources) = 'array'),
  normal_since timestamptz(3),
  service_mode boolean NOT NULL DEFAULT false,
  test_mode boolean NOT NULL DEFAULT false,
  late boolean NOT NULL DEFAULT false,
  search_text text NOT NULL GENERATED ALWAYS AS
    (fold_text(number::text || ' ' || headline_pl || ' ' || headline_en || ' ' || coalesce(object_name, ''))) STORED,
  CONSTRAINT alarms_transition_version CHECK (transition_version BETWEEN 1 AND version),
  CONSTRAINT alarms_seen_in_order CHECK (last_seen >= first_seen),
  CONSTRAINT alarms_new_has_no_handler CHECK (status <> 'NEW' OR (handler_id IS NULL AND claimed_at IS NULL)),
  CONSTRAINT alarms_in_progress_has_handler CHECK (status <> 'IN_PROGRESS' OR (handler_id IS NOT NULL AND claimed_at IS NOT NULL)),
  CONSTRAINT alarms_handler_since CHECK (handler_id IS NULL OR claimed_at IS NOT NULL),
  CONSTRAINT alarms_ack_has_time CHECK (status <> 'ACK' OR acked_at IS NOT NULL),
  CONSTRAINT alarms_resolved_has_time CHECK (status <> 'RESOLVED' OR resolved_at IS NOT NULL),
  CONSTRAINT alarms_closed_is_complete CHECK ((status = 'CLOSED') = (closed_at IS NOT NULL) AND (status = 'CLOSED') = (disposition IS NOT NULL)),
  CONSTRAINT alarms_closer_only_on_closed CHECK (closed_by IS NULL OR status = 'CLOSED'),
  -- "CRITICAL is never closed automatically"; test mode alone closes by itself (spec 02).
  CONSTRAINT alarms_critical_closed_by_person CHECK (status <> 'CLOSED' OR priority <> 'CRITICAL' OR test_mode OR closed_by IS NOT NULL),
  CONSTRAINT alarms_current_is_joinable CHECK (NOT is_current OR status IN ('NEW', 'IN_PROGRESS', 'ACK'))
) WITH (fillfactor = 75, autovacuum_vacuum_scale_factor = 0.02);

-- Two backends can never make two alarms of one key that are both joinable (spec 02 "Bundling").
CREATE UNIQUE INDEX alarms_current_key ON alarms (site_id, stream, priority, test_mode) WHERE is_current;

-- Lists page by (created_at, id), which never changes. None of these indexes contains a column that joining events move, so that counting
-- an event on an alarm stays a heap-only update.
CREATE INDEX alarms_newest_idx ON alarms (created_at DESC, id DESC);
CREATE INDEX alarms_site_idx ON alarms (site_id, created_at DESC, id DESC);
-- One slice per (status, priority, stream): any combination of filters is a merge of slices, each read in order.
CREATE INDEX alarms_slice_idx ON alarms (status, priority, stream, created_at DESC, id DESC);
CREATE INDEX alarms_handler_idx ON alarms (handler_id, created_at DESC, id DESC) WHERE handler_id IS NOT NULL;
CREATE INDEX alarms_test_idx ON alarms (created_at DESC, id DESC) WHERE test_mode;
CREATE INDEX alarms_open_idx ON alarms (created_at DESC, id DESC) INCLUDE (priority, status, site_id, test_mode) WHERE status <> 'CLOSED';
CREATE INDEX alarms_open_site_idx ON alarms (site_id, created_at DESC, id DESC) INCLUDE (priority, status, test_mode) WHERE status <> 'CLOSED';
CREATE INDEX alarms_search_idx ON alarms USING gin (search_text gin_trgm_ops);
CREATE INDEX alarms_panel_idx ON alarms (panel_id) WHERE panel_id IS NOT NULL AND status <> 'CLOSED';

-- The second refusal (the first is domain's state machine): legal moves only, CLOSED is final, every visible change is the next version.
CREATE FUNCTION check_alarm_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.status = 'CLOSED' THEN
    RAISE EXCEPTION 'alarm % is closed', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'alarms_closed_is_final';
  END IF;
  IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
    ('NEW', 'IN_PROGRESS'), ('NEW', 'ACK'), ('NEW', 'CLOSED'),
    ('IN_PROGRESS', 'NEW'), ('IN_PROGRESS', 'ACK'), ('IN_PROGRESS', 'CLOSED'),
    ('ACK', 'RESOLVED'), ('ACK', 'CLOSED'), ('ACK', 'NEW'),
    ('RESOLVED', 'CLOSED')
  ) THEN
    RAISE EXCEPTION 'alarm % cannot go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'check_violation', CONSTRAINT = 'alarms_legal_move';
  END IF;
  IF OLD.status = 'NEW' AND NEW.status = 'ACK' AND OLD.priority <> 'INFO' THEN
    RAISE EXCEPTION 'alarm %: only INFO is acknowledged without a handler', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'alarms_legal_move';
  END IF;
  IF OLD.status = 'RESOLVED' AND NEW.event_count <> OLD.event_count THEN
    RAISE EXCEPTION 'alarm % is resolved and cannot be joined', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'alarms_never_joined_when_done';
  END IF;
  IF (NEW.id, NEW.number, NEW.site_id, NEW.stream, NEW.priority, NEW.test_mode, NEW.created_at)
     IS DISTINCT FROM (OLD.id, OLD.number, OLD.site_id, OLD.stream, OLD.priority, OLD.test_mode, OLD.created_at) THEN
    RAISE EXCEPTION 'alarm %: identity and key never change', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'alarms_identity_fixed';
  END IF;
  -- Events that join in one transaction count one version each, everything else is the next version. Losing its place to a newer alarm is
  -- visible to nobody and the only change without one.
  IF NEW.version <= OLD.version AND NOT (NEW.version = OLD.version AND NEW.status = OLD.status AND OLD.is_current AND NOT NEW.is_current) THEN
    RAISE EXCEPTION 'alarm %: version % does not follow %', OLD.id, NEW.version, OLD.version USING ERRCODE = 'check_violation', CONSTRAINT = 'alarms_version_follows';
  END IF;
  IF NEW.version > OLD.version + 1 AND NEW.event_count + NEW.repeat_count = OLD.event_count + OLD.repeat_count AND NEW.sources = OLD.sources THEN
    RAISE EXCEPTION 'alarm %: version % does not follow %', OLD.id, NEW.version, OLD.version USING ERRCODE = 'check_violation', CONSTRAINT = 'alarms_version_follows';
  END IF;
  -- What cannot be joined gives its place up by itself.
  NEW.is_current := NEW.is_current AND NEW.status IN ('NEW', 'IN_PROGRESS', 'ACK');
  RETURN NEW;
END
$$;
CREATE TRIGGER alarms_move BEFORE UPDATE ON alarms FOR EACH ROW EXECUTE FUNCTION check_alarm_move();

CREATE TABLE alarm_transitions (
  id uuid PRIMARY KEY,
  alarm_id uuid NOT NULL REFERENCES alarms,
  at timestamptz(3) NOT NULL DEFAULT now(),
  action text NOT NULL CHECK (action IN ('open', 'join', 'claim', 'release', 'take_over', 'ack', 'resolve', 'close', 'note', 'retrigger',
    'auto_ack', 'auto_close', 'normal', 'mode')),
  from_status text CHECK (from_status IN ('NEW', 'IN_PROGRESS', 'ACK', 'RESOLVED', 'CLOSED')),
  to_status text NOT NULL CHECK (to_status IN ('NEW', 'IN_PROGRESS', 'ACK', 'RESOLVED', 'CLOSED')),
  actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'system')),
  actor_id uuid,
  actor_name text NOT NULL,
  note text,
  disposition text CHECK (disposition IN ('REAL', 'FALSE', 'TEST', 'TECHNICAL', 'USER_ERROR', 'OTHER')),
  version_before integer,
  version_after integer NOT NULL,
  event_id uuid,
  request_id text,
  CHECK (actor_kind = 'system' OR actor_id IS NOT NULL),
  CHECK ((action = 'open') = (from_status IS NULL)),
  CHECK (from_status IS DISTINCT FROM 'CLOSED' OR to_status = 'CLOSED'),
  CHECK (version_before IS NULL OR version_after = version_before + 1)
);
CREATE INDEX alarm_transitions_alarm_idx ON alarm_transitions (alarm_id, at, version_after);
CREATE TRIGGER alarm_transitions_append_only BEFORE UPDATE OR DELETE ON alarm_transitions
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Which operator's screen has shown the alarm; nobody within N s → escalation (spec 08, design flow 1 step 6).
CREATE TABLE alarm_presentations (
  alarm_id uuid NOT NULL REFERENCES alarms,
  user_id uuid NOT NULL REFERENCES users,
  presented_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (alarm_id, user_id)
);

GRANT SELECT, INSERT ON event_ids, alarm_transitions TO stam_app;
GRANT SELECT, INSERT ON events TO stam_app;
-- An event may learn more (enrichment from the panel's memory, repeats, its alarm); what it was cannot be rewritten.
GRANT UPDATE (occurred_at, alarm_id, source, event_code, zone_no, partition_no, user_no, output_no, description_pl, description_en,
  object_name, repeat_count, last_repeat_at, memory_index, raw_payload, details) ON events TO stam_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON duplicate_windows, site_repeats TO stam_app;
GRANT SELECT, INSERT, UPDATE ON alarms, alarm_presentations TO stam_app;
GRANT USAGE ON SEQUENCE alarm_number_seq TO stam_app;
