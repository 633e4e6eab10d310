-- The canteen's books in PostgreSQL: double entry, one outcome for each (terminal, serial), balances that must not
-- go below zero.
--
-- What keeps it fast, and what a ledger may do as well: rows that are updated with every sale are updated in place
-- (fillfactor, no index on what changes), bounded balances stand beside what is locked anyway, and accounts without
-- a bound (sales, subsidy) have postings and no balance row, so that no two sales wait for each other's commit.

CREATE TABLE meal_prices (
  age_band    smallint PRIMARY KEY,
  price_fen   bigint NOT NULL,
  subsidy_fen bigint NOT NULL
);

CREATE TABLE members (
  member_id integer PRIMARY KEY,
  age_band  smallint NOT NULL REFERENCES meal_prices,
  card_fen  bigint NOT NULL CHECK (card_fen >= 0),
  ate_on    date NOT NULL DEFAULT '-infinity',
  portions  bigint NOT NULL DEFAULT 0 CHECK (portions <= 100)  -- on that day
) WITH (fillfactor = 70);

CREATE TABLE terminals (
  terminal_id integer PRIMARY KEY,
  last_serial bigint NOT NULL DEFAULT 0,
  drawer_fen  bigint NOT NULL DEFAULT 0 CHECK (drawer_fen >= 0)
) WITH (fillfactor = 10);

CREATE SEQUENCE event_sequence;

CREATE TABLE events (
  sequence    bigint PRIMARY KEY,
  serial      bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  price_fen   bigint NOT NULL,
  subsidy_fen bigint NOT NULL,
  terminal_id integer NOT NULL,
  member_id   integer NOT NULL,
  portions    smallint NOT NULL,
  payment     smallint NOT NULL,  -- 1 cash, 2 meal card
  UNIQUE (terminal_id, serial)
);

-- Debits above zero. Account kinds: 1 drawer of a terminal, 2 meal card of a member, 3 sales, 4 subsidy.
-- The primary key is the index that statements are read by.
CREATE TABLE postings (
  sequence   bigint NOT NULL,
  amount     bigint NOT NULL,
  account_id integer NOT NULL,
  kind       smallint NOT NULL,
  PRIMARY KEY (kind, account_id, sequence)
);
