-- An event has one number because it leaves the queue when it gets that; nothing looks for a number by its event.
DROP INDEX journal_leaves_id;
