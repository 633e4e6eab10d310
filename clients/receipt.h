// What a receipt of one event says.
#ifndef REDVEST_CLIENTS_RECEIPT_H_
#define REDVEST_CLIENTS_RECEIPT_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "clients/context.h"
#include "clients/narrator.h"
#include "ledger/accounting/account.h"
#include "redvest/event/v1/event.pb.h"

namespace redvest::client {

// A label and what stands behind it.
using ReceiptRow = std::pair<std::string, std::string>;

// What happened, for whom and how much, one thing a row. Moments in `zone`.
std::vector<ReceiptRow> ReceiptRows(Context& context, Narrator& narrator, absl::TimeZone zone,
                                    const event::v1::Event& event);

// The account whose balance after the event concerns whoever gets the receipt; nothing where there is none.
std::optional<Account> AccountOnReceipt(const event::v1::Event& event);

// Whether the person who was paid in cash signs the receipt.
bool IsSigned(const event::v1::Event& event);

// "T3-92/17": the number of a certificate, and how people name any event's command.
std::string CertificateNumber(uint64_t terminal_id, uint64_t serial);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_RECEIPT_H_
