-- One row: whether the books are right, and how many sales they hold.
SELECT (SELECT coalesce(sum(amount), 0) FROM postings) = 0
   AND (SELECT sum(amount) FROM postings WHERE kind = 2) =
       (SELECT count(*) * 100000 - sum(card_fen) FROM members)
   AND coalesce((SELECT sum(amount) FROM postings WHERE kind = 1), 0) = (SELECT sum(drawer_fen) FROM terminals)
   AND -(SELECT sum(amount) FROM postings WHERE kind = 3) = (SELECT sum(price_fen + subsidy_fen) FROM events)
   AND (SELECT sum(last_serial) FROM terminals) = (SELECT count(*) FROM events),
       (SELECT count(*) FROM events);
