-- What a to-do says of itself besides its text. due_date and due_time are those of the user's own calendar and clock;
-- priority is 0 for none, 1 low, 2 medium, 3 high; repeat_rule has the form of `Recurrence`. A version that does not
-- know these columns leaves them as they are.
ALTER TABLE todos
    ADD COLUMN notes VARCHAR(5000) NULL,
    ADD COLUMN due_date DATE NULL,
    ADD COLUMN due_time TIME NULL,
    ADD COLUMN priority TINYINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN repeat_rule VARCHAR(100) NULL,
    ADD COLUMN last_done_date DATETIME(6) NULL,
    ALGORITHM = INSTANT;
