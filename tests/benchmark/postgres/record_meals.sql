-- Sales in bulk. The batch comes by COPY into a temporary table, which is not logged; everything else is done by a
-- few statements over the whole batch, in the one transaction that the COPY began.
--
-- Several connections may do so at once, each for terminals of its own: events and postings first, which nobody
-- else waits for, then the members in order of their ids, so that nobody waits in a circle.
CREATE FUNCTION record_meals() RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  v_staged bigint;
  v_priced bigint;
BEGIN
  SELECT count(*) INTO v_staged FROM stage;

  UPDATE terminals t SET last_serial = s.high
    FROM (SELECT terminal_id, min(serial) AS low, max(serial) AS high, count(*) AS number
            FROM stage GROUP BY terminal_id) s
   WHERE t.terminal_id = s.terminal_id AND t.last_serial = s.low - 1 AND s.high - s.low + 1 = s.number;
  IF (SELECT count(DISTINCT terminal_id) FROM stage) <>
     (SELECT count(*) FROM terminals t
        JOIN (SELECT terminal_id, max(serial) AS high FROM stage GROUP BY terminal_id) s USING (terminal_id)
       WHERE t.last_serial = s.high) THEN
    RAISE EXCEPTION 'serials do not follow those of their terminals';
  END IF;

  INSERT INTO priced
    SELECT nextval('event_sequence'), s.serial, s.occurred_at, s.portions * p.price_fen, s.portions * p.subsidy_fen,
           s.terminal_id, s.member_id, s.portions, s.payment
      FROM stage s JOIN members m USING (member_id) JOIN meal_prices p USING (age_band);
  GET DIAGNOSTICS v_priced = ROW_COUNT;
  IF v_priced <> v_staged THEN
    RAISE EXCEPTION 'a member is not known';
  END IF;

  INSERT INTO events (sequence, serial, occurred_at, recorded_at, price_fen, subsidy_fen, terminal_id, member_id,
                      portions, payment)
    SELECT sequence, serial, occurred_at, clock_timestamp(), price_fen, subsidy_fen, terminal_id, member_id,
           portions, payment
      FROM priced;
  -- In the order of the index.
  INSERT INTO postings (kind, account_id, sequence, amount)
    SELECT payment, CASE payment WHEN 1 THEN terminal_id ELSE member_id END, sequence, price_fen
      FROM priced ORDER BY 1, 2, 3;
  INSERT INTO postings (kind, account_id, sequence, amount)
    SELECT 3, 0, sequence, -(price_fen + subsidy_fen) FROM priced;
  INSERT INTO postings (kind, account_id, sequence, amount)
    SELECT 4, 1, sequence, subsidy_fen FROM priced WHERE subsidy_fen > 0;

  UPDATE terminals t SET drawer_fen = drawer_fen + s.cash
    FROM (SELECT terminal_id, sum(price_fen) AS cash FROM priced WHERE payment = 1 GROUP BY terminal_id) s
   WHERE t.terminal_id = s.terminal_id;

  PERFORM FROM members WHERE member_id IN (SELECT member_id FROM priced) ORDER BY member_id FOR NO KEY UPDATE;
  -- The bounds are those of the table. Of a batch that goes on past midnight all counts for the later day.
  UPDATE members m
     SET card_fen = m.card_fen - s.card_fen,
         portions = s.portions + CASE m.ate_on WHEN s.day THEN m.portions ELSE 0 END,
         ate_on = s.day
    FROM (SELECT member_id, max((occurred_at AT TIME ZONE 'Asia/Shanghai')::date) AS day, sum(portions) AS portions,
                 coalesce(sum(price_fen) FILTER (WHERE payment = 2), 0) AS card_fen
            FROM priced GROUP BY member_id) s
   WHERE m.member_id = s.member_id;
  RETURN v_priced;
END $$;
