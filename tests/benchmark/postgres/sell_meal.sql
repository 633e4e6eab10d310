-- One sale in one round trip: the price of the member's age band, the terminal's next serial, the bounds of card and
-- day, the event, its postings. A serial that was there before gets its first outcome again. What the rules forbid
-- is an error, and nothing is recorded.
CREATE FUNCTION sell_meal(p_terminal integer, p_serial bigint, p_occurred_at timestamptz, p_member integer,
                          p_portions smallint, p_payment smallint,
                          OUT o_sequence bigint, OUT o_price bigint, OUT o_subsidy bigint)
LANGUAGE plpgsql AS $$
DECLARE
  v_day date := (p_occurred_at AT TIME ZONE 'Asia/Shanghai')::date;
  v_first events;
BEGIN
  SELECT p_portions * p.price_fen, p_portions * p.subsidy_fen INTO STRICT o_price, o_subsidy
    FROM members m JOIN meal_prices p USING (age_band) WHERE m.member_id = p_member;

  UPDATE terminals
     SET last_serial = p_serial, drawer_fen = drawer_fen + CASE p_payment WHEN 1 THEN o_price ELSE 0 END
   WHERE terminal_id = p_terminal AND last_serial = p_serial - 1;
  IF NOT FOUND THEN
    SELECT * INTO v_first FROM events WHERE terminal_id = p_terminal AND serial = p_serial;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'serial % is not the next of terminal %', p_serial, p_terminal;
    END IF;
    IF (v_first.member_id, v_first.portions, v_first.payment, v_first.occurred_at)
       IS DISTINCT FROM (p_member, p_portions, p_payment, p_occurred_at) THEN
      RAISE EXCEPTION 'serial % was used for another sale', p_serial;
    END IF;
    o_sequence := v_first.sequence; o_price := v_first.price_fen; o_subsidy := v_first.subsidy_fen;
    RETURN;
  END IF;

  -- The bounds are those of the table.
  UPDATE members
     SET card_fen = card_fen - CASE p_payment WHEN 2 THEN o_price ELSE 0 END,
         portions = p_portions + CASE ate_on WHEN v_day THEN portions ELSE 0 END,
         ate_on = v_day
   WHERE member_id = p_member;

  INSERT INTO events (sequence, serial, occurred_at, recorded_at, price_fen, subsidy_fen, terminal_id, member_id,
                      portions, payment)
    VALUES (nextval('event_sequence'), p_serial, p_occurred_at, clock_timestamp(), o_price, o_subsidy, p_terminal,
            p_member, p_portions, p_payment)
    RETURNING sequence INTO o_sequence;
  IF o_subsidy > 0 THEN
    INSERT INTO postings (kind, account_id, sequence, amount) VALUES
      (p_payment, CASE p_payment WHEN 1 THEN p_terminal ELSE p_member END, o_sequence, o_price),
      (3, 0, o_sequence, -(o_price + o_subsidy)),
      (4, 1, o_sequence, o_subsidy);
  ELSE
    INSERT INTO postings (kind, account_id, sequence, amount) VALUES
      (p_payment, CASE p_payment WHEN 1 THEN p_terminal ELSE p_member END, o_sequence, o_price),
      (3, 0, o_sequence, -o_price);
  END IF;
END $$;
