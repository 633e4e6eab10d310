// Events as people tell them: one line each, with labels next to ids and money in yuan.
#ifndef REDVEST_CLIENTS_NARRATOR_H_
#define REDVEST_CLIENTS_NARRATOR_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "clients/context.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest::client {

// Knows the labels of terminals and entries: asks the directory when one is first needed, and again for ids
// that are newer. Without a server, ids stand alone. Not thread-safe.
class Narrator {
 public:
  explicit Narrator(Context& context) : context_(context) {}
  // Tells without asking any server, for events that came with their proof: ids stand alone, moments in
  // `zone`.
  Narrator(Context& context, absl::TimeZone zone) : context_(context), offline_zone_(zone) {}

  // "M12-58"; "guest" for 0.
  std::string Member(uint64_t id) const;
  // "T2-95 First till".
  std::string Terminal(uint64_t id);
  // "F1-33 Civil affairs".
  std::string Entry(v1::EntryKind kind, uint64_t id);
  // The label alone; empty where it is not known.
  std::string TerminalLabel(uint64_t id);
  std::string EntryLabel(v1::EntryKind kind, uint64_t id);

  // What happened, without the kind of event and its envelope: "1 portion, M12-58 (70-79), cash 7.00 yuan".
  std::string Tell(const event::v1::Event& event);

 private:
  using Labels = std::map<uint64_t, std::string>;

  // The label of `id` in `labels`, loaded again at most once a second where it is not there.
  std::string LabelOf(int directory, uint64_t id);
  Labels Load(int directory);

  std::string Tell(const event::v1::MealSold& sold);
  std::string Tell(const event::v1::ServiceRecorded& recorded);
  std::string Tell(const event::v1::TimeDepositOpened& opened);
  std::string Tell(const event::v1::TimeDepositWithdrawn& withdrawn);
  std::string Tell(const event::v1::BillPaid& paid);
  std::string Tell(const event::v1::BankHistoryRecorded& recorded);
  std::string Tell(const event::v1::DrawerCounted& counted);
  std::string Tell(const event::v1::CommandDeclined& declined);
  std::string Tell(const event::v1::EventReversed& reversed);
  std::string Tell(const event::v1::ServiceCertificateIssued& issued);
  std::string Tell(const event::v1::PolicyAdopted& adopted) const;
  std::string Tell(const event::v1::ApprovalRequested& requested) const;
  std::string Tell(const event::v1::RequestApproved& approved);
  std::string Tell(const v1::MemberProfile& profile);
  std::string TellRest(const event::v1::Event& event);
  std::string TellBank(const event::v1::Event& event);
  std::string TellDirectory(const event::v1::Event& event);
  std::string AccountAndYuan(uint64_t account_id, int64_t fen, const std::string& bank_reference = "") const;
  std::string Yuan(int64_t fen) const;
  // "event 12", "第 12 号事件".
  std::string EventNumber(uint64_t sequence) const;
  std::string Because(const std::string& reason) const;
  absl::TimeZone Zone();
  std::string Say(const Bilingual& text) const { return context_.Say(text); }

  struct Directory {
    Labels labels;
    absl::Time loaded = absl::InfinitePast();
  };

  Context& context_;
  // Set: no server is asked.
  const std::optional<absl::TimeZone> offline_zone_;
  // By EntryKind; 0 holds the terminals.
  std::map<int, Directory> directories_;
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_NARRATOR_H_
