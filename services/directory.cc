// Who and what the ledger knows.
#include "redvest/v1/directory_service.grpc.pb.h"
#include "services/calls.h"
#include "services/services.h"

namespace redvest {
namespace {

constexpr int32_t kPageSizeDefault = 100;
constexpr int32_t kPageSizeMax = 1'000;

v1::Terminal Describe(TerminalId id, const Terminal& terminal) {
  v1::Terminal described;
  described.set_terminal_id(id.value());
  described.set_role(terminal.role);
  described.set_label(terminal.label);
  described.set_retired(terminal.retired);
  described.set_last_serial(terminal.last_serial.value());
  described.set_member_in_charge_id(terminal.in_charge.value());
  return described;
}

v1::Member Describe(MemberId id, const Member& member) {
  v1::Member described;
  described.set_member_id(id.value());
  v1::MemberProfile* profile = described.mutable_profile();
  profile->set_resident(member.resident);
  profile->set_volunteer(member.volunteer);
  profile->set_elder(member.elder);
  profile->set_age_band(member.age_band);
  profile->set_lives_alone(member.lives_alone);
  profile->set_inactive(member.inactive);
  profile->set_team_id(member.team.value());
  if (member.grid != 0 || member.building != 0 || member.unit != 0) {
    profile->mutable_home()->set_grid(member.grid);
    profile->mutable_home()->set_building(member.building);
    profile->mutable_home()->set_unit(member.unit);
  }
  return described;
}

v1::Entry Describe(v1::EntryKind kind, EntryId id, const Entry& entry) {
  v1::Entry described;
  described.set_kind(kind);
  described.set_entry_id(id.value());
  described.set_label(entry.label);
  described.set_retired(entry.retired);
  return described;
}

// What an id names, in words, and whether it exists.
std::pair<std::string_view, bool> LookUp(const State& state, const TaggedId& tagged) {
  const uint64_t id = tagged.id;
  const auto entry = [&](v1::EntryKind kind) { return state.FindEntry(kind, EntryId(id)) != nullptr; };
  switch (tagged.kind) {
    case IdKind::kMember:
      return {"member", state.FindMember(MemberId(id)) != nullptr};
    case IdKind::kTerminal:
      return {"terminal", state.FindTerminal(TerminalId(id)) != nullptr};
    case IdKind::kTeam:
      return {"team", entry(v1::ENTRY_KIND_TEAM)};
    case IdKind::kGood:
      return {"good", entry(v1::ENTRY_KIND_GOOD)};
    case IdKind::kBiller:
      return {"biller", entry(v1::ENTRY_KIND_BILLER)};
    case IdKind::kFunder:
      return {"funder", entry(v1::ENTRY_KIND_FUNDER)};
    case IdKind::kServiceKind:
      return {"service kind", entry(v1::ENTRY_KIND_SERVICE_KIND)};
    case IdKind::kBankAccount:
      return {"bank account", state.FindBankAccount(BankAccountId(id)) != nullptr};
    case IdKind::kCertificate:
      return {"certificate", state.FindCertificate(CertificateId(id)) != nullptr};
  }
  return {"id", false};
}

class DirectoryEdge final : public v1::DirectoryService::CallbackService {
 public:
  explicit DirectoryEdge(const Edge& edge) : edge_(edge) {}

  UnaryReactor* EnrolTerminal(CallContext* context, const v1::EnrolTerminalRequest* request,
                              v1::EnrolTerminalResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* RetireTerminal(CallContext* context, const v1::RetireTerminalRequest* request,
                               v1::RetireTerminalResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* AssignTerminal(CallContext* context, const v1::AssignTerminalRequest* request,
                               v1::AssignTerminalResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* RegisterMember(CallContext* context, const v1::RegisterMemberRequest* request,
                               v1::RegisterMemberResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* UpdateMember(CallContext* context, const v1::UpdateMemberRequest* request,
                             v1::UpdateMemberResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* RegisterEntry(CallContext* context, const v1::RegisterEntryRequest* request,
                              v1::RegisterEntryResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }
  UnaryReactor* UpdateEntry(CallContext* context, const v1::UpdateEntryRequest* request,
                            v1::UpdateEntryResponse* response) override {
    return RunCommand(edge_, context, *request, response);
  }

  UnaryReactor* GetTerminal(CallContext* context, const v1::GetTerminalRequest* request,
                            v1::GetTerminalResponse* response) override {
    return ReadState(edge_, context, request->options(), response, [=](const State& state) {
      const TerminalId id(request->terminal_id());
      const Terminal* terminal = state.FindTerminal(id);
      if (terminal == nullptr) return NotFound("terminal", id.value());
      *response->mutable_terminal() = Describe(id, *terminal);
      return absl::OkStatus();
    });
  }

  UnaryReactor* ListTerminals(CallContext* context, const v1::ListTerminalsRequest* request,
                              v1::ListTerminalsResponse* response) override {
    return ReadState(edge_, context, request->options(), response, [=](const State& state) {
      for (TerminalId id(1); id < state.next_terminal(); id = id.Next()) {
        const Terminal* terminal = state.FindTerminal(id);
        if (terminal != nullptr) *response->add_terminals() = Describe(id, *terminal);
      }
      return absl::OkStatus();
    });
  }

  UnaryReactor* GetMember(CallContext* context, const v1::GetMemberRequest* request,
                          v1::GetMemberResponse* response) override {
    return ReadState(edge_, context, request->options(), response, [=](const State& state) {
      const MemberId id(request->member_id());
      const Member* member = state.FindMember(id);
      if (member == nullptr) return NotFound("member", id.value());
      *response->mutable_member() = Describe(id, *member);
      return absl::OkStatus();
    });
  }

  UnaryReactor* ListMembers(CallContext* context, const v1::ListMembersRequest* request,
                            v1::ListMembersResponse* response) override {
    const int32_t page_size = request->page_size() == 0 ? kPageSizeDefault : request->page_size();
    if (page_size < 1 || page_size > kPageSizeMax) {
      return Refuse(context, InvalidField("page_size", "from 1 to 1,000, or 0 for 100"));
    }
    return ReadState(edge_, context, request->options(), response, [=](const State& state) {
      // Ids are gapless, so a page is found without a look at the members before it.
      for (MemberId id = MemberId(request->after_member_id()).Next();
           id < state.next_member() && response->members_size() < page_size && id; id = id.Next()) {
        const Member* member = state.FindMember(id);
        if (member != nullptr) *response->add_members() = Describe(id, *member);
      }
      return absl::OkStatus();
    });
  }

  UnaryReactor* ListEntries(CallContext* context, const v1::ListEntriesRequest* request,
                            v1::ListEntriesResponse* response) override {
    const v1::EntryKind kind = request->kind();
    if (kind == v1::ENTRY_KIND_UNSPECIFIED || !v1::EntryKind_IsValid(kind)) {
      return Refuse(context, InvalidField("kind", "one of the kinds of entries"));
    }
    return ReadState(edge_, context, request->options(), response, [=](const State& state) {
      for (EntryId id(1); id < state.next_entry(kind); id = id.Next()) {
        const Entry* entry = state.FindEntry(kind, id);
        if (entry != nullptr) *response->add_entries() = Describe(kind, id, *entry);
      }
      return absl::OkStatus();
    });
  }

  UnaryReactor* ResolveId(CallContext* context, const v1::ResolveIdRequest* request,
                          v1::ResolveIdResponse* response) override {
    const std::optional<TaggedId> id = ParseId(request->text());
    if (!id) {
      return Refuse(context, MakeError(v1::ERROR_REASON_ID_CHECK_FAILED, {{"id", Echo(request->text())}}));
    }
    return ReadState(edge_, context, v1::ReadOptions(), response, [=](const State& state) {
      const auto [what, exists] = LookUp(state, *id);
      if (!exists) return NotFound(what, id->id);
      response->set_letter(std::string(1, static_cast<char>(id->kind)));
      response->set_id(id->id);
      return absl::OkStatus();
    });
  }

 private:
  const Edge edge_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewDirectoryService(const Edge& edge) {
  return std::make_unique<DirectoryEdge>(edge);
}

}  // namespace redvest
