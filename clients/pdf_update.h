// A proof put behind a finished PDF document without changing a byte of it: an incremental update (ISO
// 32000-1, section 7.5.6) that attaches the proof as a file.
#ifndef REDVEST_CLIENTS_PDF_UPDATE_H_
#define REDVEST_CLIENTS_PDF_UPDATE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace redvest::client {

// What readers call the attached file.
inline constexpr std::string_view kProofFileName = "certificate.tlog-proof";

struct PdfWithProof {
  std::string document;  // as it was before the proof came
  std::string proof;
};

// `document` followed by an update that attaches `proof` to its catalog. The same two always make the same
// bytes. INVALID_ARGUMENT where `document` is not a PDF of one classic cross-reference section (as cairo
// writes them) or holds attachments already, or where `proof` is longer than 1 MiB or has a line that starts
// with '%'.
absl::StatusOr<std::string> AppendProof(std::string_view document, std::string_view proof);

// Takes apart what AppendProof made. INVALID_ARGUMENT, with the reason, for all other bytes: it is the
// inverse, so that a file with one edited byte in the update, or one byte more, is none of ours. The bytes of
// document and proof themselves are for the caller to check.
absl::StatusOr<PdfWithProof> SplitProof(std::string_view file);

}  // namespace redvest::client

#endif  // REDVEST_CLIENTS_PDF_UPDATE_H_
