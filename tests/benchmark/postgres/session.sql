-- For each connection that records in bulk.
CREATE TEMPORARY TABLE stage (
  terminal_id integer NOT NULL,
  serial      bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  member_id   integer NOT NULL,
  portions    smallint NOT NULL,
  payment     smallint NOT NULL
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE priced (
  sequence    bigint NOT NULL,
  serial      bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  price_fen   bigint NOT NULL,
  subsidy_fen bigint NOT NULL,
  terminal_id integer NOT NULL,
  member_id   integer NOT NULL,
  portions    smallint NOT NULL,
  payment     smallint NOT NULL
) ON COMMIT DELETE ROWS;
-- Temporary tables are in memory.
SET temp_buffers = '128MB';
