/**
 * A commit of a few small rows costs what the pages it touches cost. The times of rows follow their positions,
 * so that one index serves both, and `partitions` is brought up to date now and then instead of every time:
 * rows from `next_position` on are not yet counted in it. The index tells all that is to be counted, also of
 * rows that are damaged.
 */
export const fewerPagesACommit = `
CREATE INDEX batches_in_order
  ON batches (partition_id, first_position, last_time_ms, count, length(bytes));
DROP INDEX batches_by_position;
DROP INDEX batches_by_time;
`;
