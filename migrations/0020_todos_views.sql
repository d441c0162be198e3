-- The orders of the views, each behind removed_date, so that a page reads no removed rows: the user's own, by due date,
-- by when they were done. todos_list stays for the removed ones, and for older versions, which name it.
ALTER TABLE todos
    ADD KEY todos_order (user_id, removed_date, isdone, list_date DESC, moved_fraction DESC, id DESC),
    ADD KEY todos_due (user_id, removed_date, isdone, due_date, due_minute, list_date DESC, moved_fraction DESC,
                       id DESC),
    ADD KEY todos_done (user_id, removed_date, isdone, done_date DESC, id DESC),
    ALGORITHM = INPLACE, LOCK = NONE;
