-- The panel's memory knows of which kind an alarm was that a state bit told first (docs/machines/panel-story.md): completing an event may correct
-- its type, and with it the priority.
GRANT UPDATE (event_type, default_priority, priority) ON events TO stam_app;
