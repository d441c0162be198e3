-- The tags of to-dos that are not removed, folded, with the columns by which the views of the list are ordered, so that
-- a page of a tag reads no more entries than it shows. Made of the row of todos by each write of it. No foreign key to
-- todos, which would cost the purge a look for each tombstone: these have no tags.
CREATE TABLE todo_tags (
    user_id BIGINT UNSIGNED NOT NULL,
    todo_id BINARY(16) NOT NULL,
    tag VARCHAR(100) NOT NULL,
    isdone BOOLEAN NOT NULL,
    list_date DATETIME(6) NOT NULL,
    moved_fraction BIGINT UNSIGNED NOT NULL,
    due_date DATE NULL,
    due_minute SMALLINT UNSIGNED NOT NULL,
    done_date DATETIME(6) NULL,
    PRIMARY KEY (user_id, todo_id, tag),
    KEY todo_tags_order (user_id, tag, isdone, list_date DESC, moved_fraction DESC, todo_id DESC),
    KEY todo_tags_due (user_id, tag, isdone, due_date, due_minute, list_date DESC, moved_fraction DESC, todo_id DESC),
    KEY todo_tags_done (user_id, tag, isdone, done_date DESC, todo_id DESC),
    CONSTRAINT todo_tags_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
