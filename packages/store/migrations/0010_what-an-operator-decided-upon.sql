-- Version after the last change of an alarm that a decision about it could rest on (domain's AlarmState, docs/adr/0024). What the panel's memory
-- merely adds to a known event, and a source that is over, leave it. NULL = not told apart: every change counts.
ALTER TABLE alarms ADD COLUMN decision_version integer
  CONSTRAINT alarms_decision_version CHECK (decision_version BETWEEN 1 AND version);
