#include "clients/qr_code.h"

#include <cairo.h>
#include <errno.h>
#include <qrencode.h>

#include <cstring>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"

namespace redvest::client {
namespace {

constexpr int kQuietZone = 4;
constexpr int kPixelsPerModule = 6;
// Version 20: what a telephone reads off a slip without much care.
constexpr int kComfortableSize = 97;

using Drawn = std::unique_ptr<QRcode, void (*)(QRcode*)>;

// Null, with errno, where the text cannot be drawn.
Drawn Draw(std::string_view text, QRecLevel level) {
  Drawn drawn(nullptr, QRcode_free);
  const std::unique_ptr<QRinput, void (*)(QRinput*)> input(QRinput_new2(0, level), QRinput_free);
  REDVEST_CHECK(input != nullptr);
  if (QRinput_append(input.get(), QR_MODE_AN, static_cast<int>(text.size()),
                     reinterpret_cast<const unsigned char*>(text.data())) != 0) {
    return drawn;
  }
  drawn.reset(QRcode_encodeInput(input.get()));
  return drawn;
}

cairo_status_t AppendTo(void* out, const unsigned char* bytes, unsigned int count) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), count);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

absl::StatusOr<QrCode> QrCode::Encode(std::string_view text) {
  // More than the largest code holds; keeps the length within an int.
  if (text.empty() || text.size() > 8'000)
    return absl::InvalidArgumentError("no QR code holds a text of that length");
  Drawn drawn = Draw(text, QR_ECLEVEL_M);
  if (drawn == nullptr || drawn->width > kComfortableSize) drawn = Draw(text, QR_ECLEVEL_L);
  if (drawn == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("the text cannot be a QR code: ", std::strerror(errno)));
  }
  const int size = drawn->width;
  std::vector<bool> modules;
  for (int i = 0; i < size * size; ++i) modules.push_back((drawn->data[i] & 1) != 0);
  return QrCode(size, std::move(modules));
}

bool QrCode::dark(int column, int row) const {
  if (column < 0 || row < 0 || column >= size_ || row >= size_) return false;
  return modules_[static_cast<size_t>(row) * static_cast<size_t>(size_) + static_cast<size_t>(column)];
}

std::string QrCode::ToTerminal() const {
  std::string out;
  for (int row = -kQuietZone; row < size_ + kQuietZone; row += 2) {
    out += "\033[30;107m";
    for (int column = -kQuietZone; column < size_ + kQuietZone; ++column) {
      const bool above = dark(column, row);
      const bool below = dark(column, row + 1);
      out += above ? (below ? "█" : "▀") : (below ? "▄" : " ");
    }
    out += "\033[0m\n";
  }
  return out;
}

std::string QrCode::ToSvg() const {
  const int side = size_ + 2 * kQuietZone;
  std::string out = absl::StrCat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", side, " ", side,
                                 "\" width=\"", side, "mm\" height=\"", side,
                                 "mm\" shape-rendering=\"crispEdges\">\n<rect width=\"100%\" height=\"100%\" "
                                 "fill=\"#fff\"/>\n<path d=\"");
  for (int row = 0; row < size_; ++row) {
    for (int column = 0; column < size_; ++column) {
      if (!dark(column, row)) continue;
      int end = column + 1;
      while (dark(end, row)) ++end;
      absl::StrAppend(&out, "M", column + kQuietZone, " ", row + kQuietZone, "h", end - column, "v1h-",
                      end - column, "z");
      column = end;
    }
  }
  return out + "\"/>\n</svg>\n";
}

std::string QrCode::ToPng() const {
  const int side = (size_ + 2 * kQuietZone) * kPixelsPerModule;
  const std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)> surface(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, side, side), cairo_surface_destroy);
  const std::unique_ptr<cairo_t, void (*)(cairo_t*)> cairo(cairo_create(surface.get()), cairo_destroy);
  cairo_set_antialias(cairo.get(), CAIRO_ANTIALIAS_NONE);
  cairo_set_source_rgb(cairo.get(), 1, 1, 1);
  cairo_paint(cairo.get());
  cairo_set_source_rgb(cairo.get(), 0, 0, 0);
  cairo_scale(cairo.get(), kPixelsPerModule, kPixelsPerModule);
  for (int row = 0; row < size_; ++row) {
    for (int column = 0; column < size_; ++column) {
      if (dark(column, row)) cairo_rectangle(cairo.get(), column + kQuietZone, row + kQuietZone, 1, 1);
    }
  }
  cairo_fill(cairo.get());
  std::string png;
  REDVEST_CHECK(cairo_surface_write_to_png_stream(surface.get(), AppendTo, &png) == CAIRO_STATUS_SUCCESS);
  return png;
}

}  // namespace redvest::client
