-- Every notification wakes each listening session, whatever it listens to: under load that cost more than the numbering. While a relay publishes
-- what it numbers, the notification is only a safety net under the broker, and twenty a second are enough of it. What nobody is about to publish
-- is told at once.
ALTER TABLE stream_head ADD COLUMN notified_at timestamptz(3) NOT NULL DEFAULT '-infinity';
GRANT UPDATE (notified_at) ON stream_head TO stam_app;

CREATE OR REPLACE FUNCTION number_outbox(most integer, lease interval) RETURNS SETOF outbox LANGUAGE plpgsql AS $$
DECLARE
  head bigint;
  given bigint;
  notified timestamptz;
BEGIN
  IF NOT EXISTS (SELECT FROM outbox WHERE stream_seq IS NULL) THEN
    RETURN;
  END IF;
  SELECT last_seq, notified_at INTO STRICT head, notified FROM stream_head WHERE id = 1 FOR UPDATE;
  RETURN QUERY
    WITH picked AS (
      SELECT o.id, row_number() OVER (ORDER BY o.id) AS place FROM outbox o WHERE o.stream_seq IS NULL ORDER BY o.id LIMIT most
    )
    UPDATE outbox o SET stream_seq = head + picked.place, next_attempt_at = clock_timestamp() + lease
    FROM picked WHERE o.id = picked.id RETURNING o.*;
  GET DIAGNOSTICS given = ROW_COUNT;
  IF given > 0 THEN
    -- A clock that went back must not silence it.
    IF lease <= interval '0' OR notified NOT BETWEEN clock_timestamp() - interval '50 milliseconds' AND clock_timestamp() THEN
      notified := clock_timestamp();
      PERFORM pg_notify('stam_stream', (head + given)::text);
    END IF;
    UPDATE stream_head SET last_seq = head + given, numbered_at = clock_timestamp(), notified_at = notified WHERE id = 1;
  END IF;
END
$$;
