-- $members and $terminals are put in by the program. Members have the age bands that the town gives them.
INSERT INTO meal_prices VALUES (1, 1000, 0), (2, 700, 300), (3, 700, 300), (4, 700, 300), (5, 700, 300);
INSERT INTO members (member_id, age_band, card_fen)
  SELECT id, 1 + id % 5, 100000 FROM generate_series(1, $members) AS id;
INSERT INTO terminals (terminal_id) SELECT generate_series(1, $terminals);
