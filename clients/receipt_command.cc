#include "absl/strings/match.h"
#include "clients/as_of.h"
#include "clients/cli.h"
#include "clients/commands.h"
#include "clients/evidence.h"
#include "clients/json.h"
#include "clients/narrator.h"
#include "clients/qr_code.h"
#include "clients/receipt.h"
#include "clients/table.h"
#include "clients/whole_file.h"
#include "clients/words.h"
#include "ledger/accounting/posting.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

constexpr size_t kWidth = 48;

struct Wanted {
  uint64_t sequence = 0;
  std::string proof;  // file; empty = none
  std::string qr;     // file, or "-" for the terminal; empty = none
};

// What stands on a receipt beside the event itself.
struct Receipt {
  uint64_t sequence = 0;
  event::v1::Event event;
  // The root over the first `tree_size` events.
  merkle::Hash root{};
  uint64_t tree_size = 0;
  std::optional<v1::AccountBalance> balance;
  // Set where a proof is asked for.
  std::optional<Evidence> evidence;
};

std::optional<CallError> FetchProved(Context& context, Receipt& receipt) {
  auto evidence = FetchEvidence(context.connection(), receipt.sequence);
  if (!evidence.ok()) return evidence.error();
  receipt.event = evidence->event;
  receipt.root = evidence->checkpoint.root;
  receipt.tree_size = evidence->checkpoint.size;
  receipt.evidence = *std::move(evidence);
  return std::nullopt;
}

std::optional<CallError> FetchPlain(Context& context, const v1::GetLedgerResponse& ledger, Receipt& receipt) {
  auto event = ReadEvent(context.connection(), receipt.sequence);
  if (!event.ok()) return event.error();
  receipt.event = *std::move(event);
  if (ledger.root_hash().size() != receipt.root.size()) {
    return CallError{grpc::StatusCode::DATA_LOSS, {}, "the root of the ledger is not 32 bytes"};
  }
  std::copy(ledger.root_hash().begin(), ledger.root_hash().end(), receipt.root.begin());
  receipt.tree_size = ledger.sequence();
  return std::nullopt;
}

// The balance right after the event, of the account that the receipt is about.
std::optional<CallError> FetchBalance(Context& context, Receipt& receipt) {
  const std::optional<Account> account = AccountOnReceipt(receipt.event);
  if (!account.has_value()) return std::nullopt;
  v1::GetBalanceRequest request;
  request.set_account(FormatAccount(*account));
  request.mutable_as_of()->set_sequence(receipt.sequence);
  auto response = context.connection().Call(&v1::LedgerService::Stub::GetBalance, request);
  if (!response.ok()) return response.error();
  receipt.balance = response->balance();
  return std::nullopt;
}

// The first 64 bits in groups, to compare by eye.
std::string ShortForm(const merkle::Hash& root) {
  const std::string hex = merkle::ToHex(root);
  return hex.substr(0, 4) + " " + hex.substr(4, 4) + " " + hex.substr(8, 4) + " " + hex.substr(12, 4);
}

class ReceiptPrinter {
 public:
  ReceiptPrinter(Context& context, const v1::GetLedgerResponse& ledger)
      : context_(context), ledger_(ledger), zone_(context.Zone()), narrator_(context) {}

  void Print(const Receipt& receipt) {
    Centre(ledger_.name());
    Centre(context_.Say({"Receipt: ", "凭条："}) + EventText(context_.lang(), EventKindName(receipt.event)));
    Rule();
    for (const auto& [label, value] : ReceiptRows(context_, narrator_, zone_, receipt.event))
      PrintRow(label, value);
    Balance(receipt);
    Rule();
    Envelope(receipt);
    Rule();
    if (!IsSigned(receipt.event)) return;
    context_.out() << '\n'
                   << context_.Say({"Received (signature): ", "收款人签名："}) << "____________________\n";
  }

  Json ToJsonObject(const Receipt& receipt) {
    Json json = Json{{"ledger", ledger_.name()},
                     {"sequence", receipt.sequence},
                     {"event", std::string(EventKindName(receipt.event))}};
    Json rows = Json::array();
    for (const auto& [label, value] : ReceiptRows(context_, narrator_, zone_, receipt.event)) {
      rows.push_back(Json{{"label", label}, {"value", value}});
    }
    json["rows"] = std::move(rows);
    if (receipt.balance.has_value()) json["balance_after"] = BalanceJson(*receipt.balance, std::nullopt);
    json["recorded"] = ToJson(receipt.event, zone_);
    json["tree_size"] = receipt.tree_size;
    json["root_hash"] = merkle::ToHex(receipt.root);
    return json;
  }

 private:
  void Rule() { context_.out() << std::string(kWidth, '-') << '\n'; }
  void Centre(const std::string& text) {
    const size_t width = DisplayWidth(text);
    context_.out() << (width < kWidth ? std::string((kWidth - width) / 2, ' ') : "") << text << '\n';
  }
  void PrintRow(const std::string& label, const std::string& value) {
    context_.out() << PadTo(14, label) << "  " << value << '\n';
  }
  void Row(const Bilingual& label, const std::string& value) { PrintRow(context_.Say(label), value); }

  void Balance(const Receipt& receipt) {
    if (!receipt.balance.has_value()) return;
    const std::optional<Account> account = ParseAccount(receipt.balance->account());
    if (!account.has_value()) return;
    const Unit unit = RuleOf(account->kind).unit;
    const int64_t balance = receipt.balance->balance();
    Row(TextOf(account->kind).text,
        FormatAmount(unit, TextOf(account->kind).credit_normal ? -balance : balance) + " " +
            context_.Say(UnitText(unit)) + context_.Say({" after this", "（办理后）"}));
  }

  void Envelope(const Receipt& receipt) {
    const event::v1::Event& event = receipt.event;
    Row({"happened", "发生时间"}, FormatMoment(event.occurred_at_unix_ms(), zone_));
    Row({"recorded", "记账时间"}, FormatMoment(event.recorded_at_unix_ms(), zone_) +
                                      (event.late() ? context_.Say({" (recorded late)", "（补录）"}) : ""));
    Row({"terminal", "终端"}, narrator_.Terminal(event.terminal_id()));
    Row({"serial", "流水号"}, std::to_string(event.serial()));
    Row({"event", "事件号"}, std::to_string(receipt.sequence));
    Row({"root", "账本根"},
        ShortForm(receipt.root) + Fill(context_.Say({" (events 1-{size})", "（第 1-{size} 号事件）"}),
                                       {{"size", std::to_string(receipt.tree_size)}}));
  }

  Context& context_;
  const v1::GetLedgerResponse& ledger_;
  const absl::TimeZone zone_;
  Narrator narrator_;
};

int FailFile(Context& context, const std::string& path, const absl::Status& status) {
  return context.FailInput(
      Fill(context.Say({"{path} cannot be written: {detail}", "无法写入 {path}：{detail}"}),
           {{"path", path}, {"detail", std::string(status.message())}}));
}

// Writes what was asked for beside the receipt, and says where it is.
std::optional<int> WriteProof(Context& context, const Wanted& wanted, const Evidence& evidence) {
  if (!wanted.proof.empty()) {
    const absl::Status written = WriteWholeFile(wanted.proof, evidence.proof.Encode());
    if (!written.ok()) return FailFile(context, wanted.proof, written);
    if (!context.json()) {
      context.out() << Fill(
          context.Say({"Proof written to {path}; \"redvest audit verify-proof {path} --key KEY\" checks it "
                       "without a server. Key now: {key}\n",
                       "证明已写入 {path}；可用 redvest audit verify-proof {path} --key 公钥 "
                       "离线核验。当前公钥：{key}\n"}),
          {{"path", wanted.proof}, {"key", evidence.key.Encode()}});
    }
  }
  if (wanted.qr.empty()) return std::nullopt;
  const auto compact = evidence.proof.EncodeCompact();
  const auto code = compact.ok() ? QrCode::Encode(*compact) : absl::StatusOr<QrCode>(compact.status());
  if (!code.ok()) {
    return context.FailInput(Fill(context.Say({"the proof does not fit a QR code: {detail}; use --proof",
                                               "证明放不进二维码（{detail}）；请用 --proof"}),
                                  {{"detail", std::string(code.status().message())}}));
  }
  if (wanted.qr == "-") {
    context.out() << code->ToTerminal();
    return std::nullopt;
  }
  const absl::Status written =
      WriteWholeFile(wanted.qr, absl::EndsWithIgnoreCase(wanted.qr, ".svg") ? code->ToSvg() : code->ToPng());
  if (!written.ok()) return FailFile(context, wanted.qr, written);
  if (!context.json()) {
    context.out() << Fill(
        context.Say({"QR code of the proof written to {path}\n", "证明的二维码已写入 {path}\n"}),
        {{"path", wanted.qr}});
  }
  return std::nullopt;
}

int Show(Context& context, const Wanted& wanted) {
  const bool picture =
      absl::EndsWithIgnoreCase(wanted.qr, ".png") || absl::EndsWithIgnoreCase(wanted.qr, ".svg");
  if (!wanted.qr.empty() && wanted.qr != "-" && !picture) {
    return context.FailInput(
        context.Say({"--qr takes a file that ends in .png or .svg, or - for the terminal",
                     "--qr 须为 .png 或 .svg 文件，或 - 表示显示在终端上"}));
  }
  if (wanted.qr == "-" && context.json()) {
    return context.FailInput(context.Say(
        {"--qr - is for people: leave --json out, or name a file", "--qr - 不能与 --json 同用；请指定文件"}));
  }
  const auto ledger = context.Ledger();
  if (!ledger.ok()) return context.Fail(ledger.error());
  Receipt receipt;
  receipt.sequence = wanted.sequence;
  const bool proved = !wanted.proof.empty() || !wanted.qr.empty();
  auto error = proved ? FetchProved(context, receipt) : FetchPlain(context, *ledger, receipt);
  if (!error.has_value()) error = FetchBalance(context, receipt);
  if (error.has_value()) return context.Fail(*error);

  ReceiptPrinter printer(context, *ledger);
  if (context.json()) {
    context.out() << Dump(printer.ToJsonObject(receipt), true) << '\n';
  } else {
    printer.Print(receipt);
  }
  if (!proved) return kDone;
  return WriteProof(context, wanted, *receipt.evidence).value_or(kDone);
}

}  // namespace

void AddReceiptCommand(CLI::App& app, Context& context) {
  auto wanted = std::make_shared<Wanted>();
  CLI::App& leaf = *AddLeaf(
      app, context, "receipt",
      {{"A receipt of one event to print; with --proof or --qr also what proves for good, without this "
        "server, that "
        "it is in the ledger. It holds ids and amounts, no names.",
        "打印某事件的凭条；--proof 或 --qr 另附长期有效、可离线核验的入账证明（只有编号和金额，没有姓名）"},
       "receipt 1234 --proof 1234.tlog-proof --qr 1234.png"},
      [&context, wanted] { return Show(context, *wanted); });
  AddNumber(leaf, context, "sequence", 1, INT64_MAX,
            [wanted](int64_t sequence) { wanted->sequence = static_cast<uint64_t>(sequence); },
            {"Sequence of the event", "事件号"})
      ->required();
  AddPath(leaf, context, "--proof", [wanted](const std::string& path) { wanted->proof = path; },
          {"Write the proof (C2SP tlog-proof) to this file", "把证明（C2SP tlog-proof）写入此文件"});
  AddPath(leaf, context, "--qr", [wanted](const std::string& path) { wanted->qr = path; },
          {"The proof as a QR code: a .png or .svg file, or - for the terminal",
           "证明的二维码：.png 或 .svg 文件，或 - 显示在终端上"});
}

}  // namespace redvest::client
