// The demo's own books: a fold of the events it caused, by the chart of accounts and nothing of the server.
// It plans the next day on them, and at the end compares them with the server's.
#ifndef REDVEST_CLIENTS_DEMO_BOOKS_H_
#define REDVEST_CLIENTS_DEMO_BOOKS_H_

#include <cstdint>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "ledger/accounting/account.h"
#include "redvest/event/v1/event.pb.h"
#include "redvest/v1/error.pb.h"

namespace redvest::client {

// Balances of all accounts, from whatever the ledger held when the demo came. Not thread-safe.
class DemoBooks {
 public:
  // Takes over a balance from before the demo, debit above zero.
  void Open(const Account& account, int64_t balance) { balances_[account] = balance; }
  void Apply(const event::v1::Event& event);

  // Debit above zero; 0 where nothing was posted.
  int64_t Balance(const Account& account) const;
  // What can be taken out of an account that may not leave its side: above zero on that side.
  int64_t Held(const Account& account) const;
  // Whether undoing `event` leaves every account on its side.
  bool MayReverse(const event::v1::Event& event) const;

  const absl::flat_hash_map<Account, int64_t>& balances() const { return balances_; }

 private:
  absl::flat_hash_map<Account, int64_t> balances_;
};

// What the report counts; reversals are taken off. Not thread-safe.
struct DemoTally {
  struct Meals {
    int64_t portions = 0;
    int64_t price_fen = 0;
    int64_t subsidy_fen = 0;
    int64_t points = 0;
  };
  struct Service {
    int64_t services = 0;
    int64_t minutes = 0;
    int64_t points = 0;
  };
  struct Good {
    int64_t pieces = 0;
    int64_t points = 0;
  };
  struct Money {
    int64_t count = 0;
    int64_t fen = 0;
  };
  struct Drawer {
    int64_t counts = 0;
    int64_t exact = 0;
    int64_t over_fen = 0;
    int64_t short_fen = 0;  // below zero
    int64_t days_closed = 0;
  };

  std::map<std::pair<v1::AgeBand, v1::Payment>, Meals> meals;
  std::map<uint64_t, Service> services_by_kind;
  std::map<uint64_t, Service> services_by_team;
  std::map<uint64_t, Good> goods;
  // Meal cards and bank by kind of event; of time deposits the principal.
  std::map<event::v1::Event::BodyCase, Money> money;
  Money float_brought;
  Money float_taken;
  int64_t interest_fen = 0;            // paid on time deposits
  std::map<uint64_t, Drawer> drawers;  // by terminal
  std::map<v1::ErrorReason, int64_t> declines;
  int64_t events = 0;
  int64_t reversals = 0;

  void Add(const event::v1::Event& event);

 private:
  // `sign` -1 takes it off.
  void AddMoved(const event::v1::Event& event, int64_t sign);
  void AddMoney(const event::v1::Event& event, int64_t sign);
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_DEMO_BOOKS_H_
