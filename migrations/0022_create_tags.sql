-- How many to-dos of a user have a tag, kept by the writes that change todo_tags, so that the page of tags counts none.
-- name is the tag as it was first written; a row without to-dos is deleted.
CREATE TABLE tags (
    user_id BIGINT UNSIGNED NOT NULL,
    tag VARCHAR(100) NOT NULL,
    name VARCHAR(50) NOT NULL,
    open_count INT NOT NULL,
    all_count INT NOT NULL,
    PRIMARY KEY (user_id, tag),
    CONSTRAINT tags_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
