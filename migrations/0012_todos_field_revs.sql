-- The revisions at which the fields of a to-do last changed, and the sessions that changed them, in the form
-- of `FieldRevs`; NULL while all of it is as it was added. A version that does not know the column leaves it
-- behind `rev`, which tells that it says nothing any more.
ALTER TABLE todos ADD COLUMN field_revs VARBINARY(255) NULL, ALGORITHM = INSTANT;
