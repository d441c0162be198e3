-- The text that an edited to-do was added with, NULL while it is unedited: an add that is sent again
-- after an edit is known by it, and is not mistaken for another to-do with the same id.
ALTER TABLE todos ADD COLUMN original_description VARCHAR(200) NULL;
