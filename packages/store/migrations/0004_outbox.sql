-- What was committed and must be told. Source: spec 04 "Outbox", "Sequence"; docs/adr/0011.

CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Given by a relay after the commit, under the lock of stream_head, so that numbers follow the order of commits.
  stream_seq bigint,
  aggregate_type text NOT NULL,
  aggregate_id uuid NOT NULL,
  event_type text NOT NULL,
  routing_key text NOT NULL,
  -- NULL = not bound to a site: everybody may see it.
  site_id uuid,
  -- Written and read whole, never searched, hence json and not jsonb.
  payload json NOT NULL,
  -- {aggregate}:{id}:{event}:{version}
  idempotency_key text NOT NULL UNIQUE,
  status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'PUBLISHED')),
  retry_count integer NOT NULL DEFAULT 0 CHECK (retry_count >= 0),
  last_error text,
  -- Until then the relay that numbered the row, or tried it last, is at it; afterwards any relay may.
  next_attempt_at timestamptz(3),
  request_id text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  published_at timestamptz(3),
  CONSTRAINT outbox_published_is_numbered CHECK (status = 'PENDING' OR (stream_seq IS NOT NULL AND published_at IS NOT NULL))
) WITH (
  fillfactor = 80,
  -- A queue: most of it changes twice within a second and is then read for two hours at most.
  autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02
);
CREATE UNIQUE INDEX outbox_stream_key ON outbox (stream_seq) WHERE stream_seq IS NOT NULL;
CREATE INDEX outbox_unnumbered_idx ON outbox (id) WHERE stream_seq IS NULL;
CREATE INDEX outbox_pending_idx ON outbox (stream_seq) INCLUDE (next_attempt_at) WHERE status = 'PENDING';

-- One row: the last number given. Whoever numbers holds it until commit, therefore a visible number implies that all lower ones are visible.
CREATE TABLE stream_head (
  id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  last_seq bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
  numbered_at timestamptz(3)
) WITH (fillfactor = 10);
INSERT INTO stream_head DEFAULT VALUES;

-- Numbers are given once; an unpublished row stays.
CREATE FUNCTION check_outbox_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.status <> 'PUBLISHED' THEN
      RAISE EXCEPTION 'outbox row % is not published', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
  END IF;
  IF OLD.stream_seq IS NOT NULL AND NEW.stream_seq IS DISTINCT FROM OLD.stream_seq THEN
    RAISE EXCEPTION 'outbox row % already has its number', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER outbox_change BEFORE UPDATE OR DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION check_outbox_change();

-- Wakes the relays at the commit; one notification per transaction, whatever it writes. A hint only: relays poll as well.
CREATE FUNCTION wake_relays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('stam_outbox', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER outbox_wake AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION wake_relays();

-- The only place numbers come from: one statement, so that no paused or slow client ever holds the lock of the head row. Inside a function
-- each statement has a snapshot of its own; therefore the rows are looked for after the lock is held, and everything an earlier holder
-- numbered is seen. The caller has `lease` to publish what it gets.
CREATE FUNCTION number_outbox(most integer, lease interval) RETURNS SETOF outbox LANGUAGE plpgsql AS $$
DECLARE
  head bigint;
  given bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM outbox WHERE stream_seq IS NULL) THEN
    RETURN;
  END IF;
  SELECT last_seq INTO STRICT head FROM stream_head WHERE id = 1 FOR UPDATE;
  RETURN QUERY
    WITH picked AS (
      SELECT o.id, row_number() OVER (ORDER BY o.id) AS place FROM outbox o WHERE o.stream_seq IS NULL ORDER BY o.id LIMIT most
    )
    UPDATE outbox o SET stream_seq = head + picked.place, next_attempt_at = clock_timestamp() + lease
    FROM picked WHERE o.id = picked.id RETURNING o.*;
  GET DIAGNOSTICS given = ROW_COUNT;
  IF given > 0 THEN
    UPDATE stream_head SET last_seq = head + given, numbered_at = clock_timestamp() WHERE id = 1;
    PERFORM pg_notify('stam_stream', (head + given)::text);
  END IF;
END
$$;

GRANT SELECT, INSERT, DELETE ON outbox TO stam_app;
GRANT UPDATE (stream_seq, status, retry_count, last_error, next_attempt_at, published_at) ON outbox TO stam_app;
GRANT SELECT ON stream_head TO stam_app;
GRANT UPDATE (last_seq, numbered_at) ON stream_head TO stam_app;
