// Random commands of every family: mostly such as a neighbourhood sends, and every kind of wrong one among
// them.
#ifndef REDVEST_TESTS_PROPERTY_GENERATOR_H_
#define REDVEST_TESTS_PROPERTY_GENERATOR_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "redvest/v1/command.pb.h"
#include "tests/property/model.h"

namespace redvest {

// Deterministic in its seed and in what the model knows.
class Generator {
 public:
  Generator(uint64_t seed, const Model& model) : random_(seed), model_(model) {}

  // What a neighbourhood starts with, by the office terminal `office`: terminals, entries, policies of today.
  std::vector<v1::Command> SetUp(int64_t now_ms);
  // Any command, without terminal and serial; mostly with a terminal that may issue it.
  v1::Command Any(int64_t now_ms);
  // The same for `terminal`: mostly one that it may issue.
  v1::Command AnyOf(uint64_t terminal, int64_t now_ms);

  // True once in `n` times, on average.
  bool OneIn(uint64_t n) { return random_() % n == 0; }
  // From `low` to `high`, both included.
  int64_t Between(int64_t low, int64_t high);

 private:
  using BodyCase = v1::Command::BodyCase;

  BodyCase AnyBody();
  void Fill(BodyCase body, int64_t now_ms, v1::Command& command);
  void FillDirectory(BodyCase body, int64_t now_ms, v1::Command& command);
  void FillBank(BodyCase body, v1::Command& command);
  void FillService(int64_t now_ms, v1::Command& command);
  void FillCertificate(v1::Command& command);
  v1::Role RoleFor(BodyCase body);
  uint64_t Terminal(v1::Role role);
  int64_t Moment(int64_t now_ms);
  int64_t Amount(const std::string& account);
  std::string Text();
  uint64_t Member();
  uint64_t Entry(v1::EntryKind kind);
  uint64_t BankAccount();
  uint64_t SomeEvent();
  uint64_t SomeRequest();
  v1::MemberProfile Profile();
  v1::Policy Policy(int64_t now_ms);
  // Spoils one figure.
  void Spoil(v1::Policy& policy);
  // An id of [1, count], now and then another.
  uint64_t Id(uint64_t count);
  template <typename Enum>
  Enum Pick(std::initializer_list<Enum> values) {
    return *(values.begin() + random_() % values.size());
  }

  std::mt19937_64 random_;
  const Model& model_;
};

}  // namespace redvest

#endif  // REDVEST_TESTS_PROPERTY_GENERATOR_H_
