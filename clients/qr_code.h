// QR codes (ISO/IEC 18004) of text in the alphanumeric alphabet, as pictures and in the terminal.
#ifndef REDVEST_CLIENTS_QR_CODE_H_
#define REDVEST_CLIENTS_QR_CODE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace redvest::client {

class QrCode {
 public:
  // The smallest code for `text`: with error correction level M (15% may be unreadable) where that stays
  // within 97 modules a side, else L (7%). INVALID_ARGUMENT: characters other than 0-9 A-Z space $%*+-./: or
  // more than a code holds (4,296).
  static absl::StatusOr<QrCode> Encode(std::string_view text);

  // Modules a side, without the quiet zone.
  int size() const { return size_; }
  // Whether the module is dark; the quiet zone around is light. Any column and row.
  bool dark(int column, int row) const;

  // All forms include the quiet zone of four modules that scanners need.
  // Half blocks, two rows of modules a line, black on white whatever the terminal's colours.
  std::string ToTerminal() const;
  std::string ToSvg() const;
  // Black and white, 6 pixels a module.
  std::string ToPng() const;

 private:
  QrCode(int size, std::vector<bool> modules) : size_(size), modules_(std::move(modules)) {}

  int size_;
  std::vector<bool> modules_;  // rows from the top
};

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_QR_CODE_H_
