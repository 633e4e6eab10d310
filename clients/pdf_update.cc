#include "clients/pdf_update.h"

#include <charconv>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ledger/base/check.h"
#include "ledger/base/text.h"

namespace redvest::client {
namespace {

constexpr size_t kProofBytesMax = 1 << 20;
// Stands before the update; PDF readers skip it. No line of a proof can look like it.
constexpr std::string_view kMark = "% The rest proves that the document above was recorded.\n";
constexpr std::string_view kDocumentEnd = "%%EOF\n";
constexpr std::string_view kStream = "\nstream\n";

absl::Status Fault(std::string_view what) { return absl::InvalidArgumentError(ToAbsl(what)); }

// The whole number that `text` starts with, at most 10 digits, as offsets have.
std::optional<uint64_t> NumberAt(std::string_view text) {
  uint64_t number = 0;
  const char* end = text.data() + std::min<size_t>(text.size(), 10);
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  if (fault != std::errc() || stop == text.data()) return std::nullopt;
  return number;
}

// The text behind `name` and blanks in a dictionary.
std::optional<std::string_view> ValueOf(std::string_view dictionary, std::string_view name) {
  const size_t at = dictionary.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  const size_t value = dictionary.find_first_not_of(" \r\n", at + name.size());
  if (value == std::string_view::npos) return std::nullopt;
  return dictionary.substr(value);
}

// What an update of a document has to know of it.
struct Outline {
  uint64_t cross_references = 0;  // where its section starts
  uint64_t size = 0;              // number of objects; the next one gets this number
  uint64_t catalog = 0;           // number of the catalog's object
  uint64_t info = 0;              // of the information dictionary; 0 = none
  std::string_view catalog_body;  // what stands between the catalog's brackets
};

// The body of object `number`, of generation 0: what stands between the outer brackets of its dictionary.
absl::StatusOr<std::string_view> DictionaryOf(std::string_view document, uint64_t number) {
  const std::string head = absl::StrCat("\n", number, " 0 obj\n<<");
  const size_t at = document.rfind(head);
  if (at == std::string_view::npos) return Fault("the PDF's catalog cannot be found");
  const size_t begin = at + head.size();
  const size_t end = document.find("endobj", begin);
  if (end == std::string_view::npos) return Fault("the PDF's catalog does not end");
  const std::string_view object = document.substr(begin, end - begin);
  const size_t close = object.rfind(">>");
  if (close == std::string_view::npos) return Fault("the PDF's catalog is no dictionary");
  return object.substr(0, close);
}

absl::StatusOr<Outline> OutlineOf(std::string_view document) {
  if (!document.starts_with("%PDF-")) return Fault("it is not a PDF");
  if (!document.ends_with(kDocumentEnd)) return Fault("the PDF does not end as a document does");
  const size_t start = document.rfind("startxref\n");
  const size_t trailer = document.rfind("trailer\n");
  if (start == std::string_view::npos || trailer == std::string_view::npos || trailer > start) {
    return Fault("the PDF has no classic trailer");
  }
  Outline outline;
  const std::optional<uint64_t> offset = NumberAt(document.substr(start + 10));
  if (!offset.has_value() || *offset >= trailer || !document.substr(*offset).starts_with("xref\n")) {
    return Fault("the PDF's cross-references are not where it says");
  }
  outline.cross_references = *offset;
  const std::string_view dictionary = document.substr(trailer, start - trailer);
  if (ValueOf(dictionary, "/Prev").has_value()) return Fault("the PDF was updated before");
  const auto number = [&dictionary](std::string_view name) {
    const auto value = ValueOf(dictionary, name);
    return value.has_value() ? NumberAt(*value) : std::nullopt;
  };
  const auto size = number("/Size");
  const auto root = number("/Root");
  if (!size.has_value() || !root.has_value() || *root >= *size)
    return Fault("the PDF's trailer is not whole");
  outline.size = *size;
  outline.catalog = *root;
  outline.info = number("/Info").value_or(0);
  REDVEST_ASSIGN_OR_RETURN(outline.catalog_body, DictionaryOf(document, outline.catalog));
  if (outline.catalog_body.find("/Names") != std::string_view::npos) return Fault("the PDF has attachments");
  return outline;
}

// One line of a cross-reference section: 20 bytes.
std::string Reference(size_t offset) { return absl::StrFormat("%010d 00000 n \n", offset); }

}  // namespace

absl::StatusOr<std::string> AppendProof(std::string_view document, std::string_view proof) {
  if (proof.size() > kProofBytesMax) return Fault("the proof is too long");
  if (proof.starts_with('%') || proof.find("\n%") != std::string_view::npos) {
    return Fault("a line of the proof starts with a percent sign");
  }
  REDVEST_ASSIGN_OR_RETURN(const Outline outline, OutlineOf(document));
  const uint64_t stream = outline.size;
  const uint64_t file = outline.size + 1;
  std::string out = absl::StrCat(ToAbsl(document), ToAbsl(kMark));

  const size_t catalog_at = out.size();
  absl::StrAppend(&out, outline.catalog, " 0 obj\n<<", ToAbsl(outline.catalog_body),
                  "/Names << /EmbeddedFiles << /Names [(", ToAbsl(kProofFileName), ") ", file,
                  " 0 R] >> >>\n>>\nendobj\n");
  const size_t file_at = out.size();
  absl::StrAppend(&out, file, " 0 obj\n<< /Type /Filespec /F (", ToAbsl(kProofFileName), ") /UF (",
                  ToAbsl(kProofFileName), ") /EF << /F ", stream, " 0 R >> >>\nendobj\n");
  const size_t stream_at = out.size();
  absl::StrAppend(&out, stream, " 0 obj\n<< /Type /EmbeddedFile /Subtype /text#2Fplain /Length ",
                  proof.size(), " >>", ToAbsl(kStream), ToAbsl(proof), "\nendstream\nendobj\n");

  const size_t references_at = out.size();
  absl::StrAppend(&out, "xref\n0 1\n0000000000 65535 f \n", outline.catalog, " 1\n", Reference(catalog_at),
                  stream, " 2\n", Reference(stream_at), Reference(file_at), "trailer\n<< /Size ",
                  outline.size + 2, " /Root ", outline.catalog, " 0 R");
  if (outline.info != 0) absl::StrAppend(&out, " /Info ", outline.info, " 0 R");
  absl::StrAppend(&out, " /Prev ", outline.cross_references, " >>\nstartxref\n", references_at, "\n",
                  ToAbsl(kDocumentEnd));
  return out;
}

absl::StatusOr<PdfWithProof> SplitProof(std::string_view file) {
  if (!file.starts_with("%PDF-")) return Fault("it is not a PDF");
  const size_t mark = file.rfind(kMark);
  if (mark == std::string_view::npos) return Fault("the PDF carries no proof");
  const std::string_view update = file.substr(mark);
  const size_t stream = update.find(kStream);
  const size_t end = update.rfind("\nendstream\n");
  if (stream == std::string_view::npos || end == std::string_view::npos || end < stream + kStream.size()) {
    return Fault("the PDF's proof is not whole");
  }
  const size_t begin = stream + kStream.size();
  PdfWithProof parts{std::string(file.substr(0, mark)), std::string(update.substr(begin, end - begin))};
  // Every byte around document and proof must be the one that we write.
  REDVEST_ASSIGN_OR_RETURN(const std::string again, AppendProof(parts.document, parts.proof));
  if (again != file) return Fault("what stands around the PDF's proof was edited");
  return parts;
}

}  // namespace redvest::client
