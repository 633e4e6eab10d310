#include "clients/certificate_pdf.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "ledger/base/check.h"

namespace redvest::client {
namespace {

// Points, 1/72 inch, from the upper left corner.
constexpr double kPageWidth = 595.28;
constexpr double kPageHeight = 841.89;
constexpr double kInnerLeft = 76;
constexpr double kInnerRight = kPageWidth - kInnerLeft;
constexpr double kInnerWidth = kInnerRight - kInnerLeft;
constexpr double kTableHeightMax = 268;
constexpr double kFieldsTop = 612;
constexpr size_t kKindsMax = 20;

struct Colour {
  double red, green, blue;
};
constexpr Colour kVestRed = {0.66, 0.10, 0.11};
constexpr Colour kInk = {0.13, 0.12, 0.12};
constexpr Colour kFaint = {0.45, 0.42, 0.41};
constexpr Colour kLine = {0.84, 0.76, 0.74};
constexpr Colour kShade = {0.98, 0.95, 0.94};

enum class Align { kLeft, kCentre, kRight };

struct Style {
  double size = 12;
  Colour colour = kInk;
  Align align = Align::kLeft;
  bool bold = false;
  double line_spacing = 1.0;
  double letter_spacing = 0;  // points
};

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Surface = std::unique_ptr<cairo_surface_t, Deleter<cairo_surface_destroy>>;
using Cairo = std::unique_ptr<cairo_t, Deleter<cairo_destroy>>;
using Layout = std::unique_ptr<PangoLayout, Deleter<g_object_unref>>;
using Font = std::unique_ptr<PangoFontDescription, Deleter<pango_font_description_free>>;

cairo_status_t AppendTo(void* out, const unsigned char* bytes, unsigned int count) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), count);
  return CAIRO_STATUS_SUCCESS;
}

// `text` for a place where Pango reads markup.
std::string Escaped(const std::string& text) {
  const std::unique_ptr<char, Deleter<g_free>> escaped(
      g_markup_escape_text(text.data(), static_cast<gssize>(text.size())));
  return escaped.get();
}

std::string Bold(const std::string& text) { return "<b>" + Escaped(text) + "</b>"; }

// A page to draw on; remembers whether the fonts had every character.
class Page {
 public:
  Page(Lang lang, std::string& pdf)
      : lang_(lang),
        surface_(cairo_pdf_surface_create_for_stream(AppendTo, &pdf, kPageWidth, kPageHeight)),
        cairo_(cairo_create(surface_.get())) {
    // Later versions may hold cross-references in streams, behind which no update of ours can be put.
    cairo_pdf_surface_restrict_to_version(surface_.get(), CAIRO_PDF_VERSION_1_4);
  }

  void Describe(cairo_pdf_metadata_t what, const std::string& text) {
    cairo_pdf_surface_set_metadata(surface_.get(), what, text.c_str());
  }

  // Writes text within [left, left + width), top at `top`, and returns its height. `text` is Pango's markup.
  double Markup(double left, double top, double width, const std::string& markup, const Style& style) {
    const Layout layout = LayOut(markup, width, style);
    return Show(left, top, layout.get(), style);
  }
  double Text(double left, double top, double width, const std::string& text, const Style& style) {
    return Markup(left, top, width, Escaped(text), style);
  }
  // One line, in smaller type where it would be longer than `width`.
  void Line(double left, double top, double width, const std::string& text, Style style) {
    const double wanted = style.size;
    Layout layout = LayOut(Escaped(text), -1, style);
    for (; WidthOf(layout.get()) > width && style.size > 4; style.size -= 0.25) {
      layout = LayOut(Escaped(text), -1, style);
    }
    const double used = WidthOf(layout.get());
    if (style.align == Align::kRight) left += width - used;
    if (style.align == Align::kCentre) left += (width - used) / 2;
    // Smaller type stands on the same line.
    Show(left, top + (wanted - style.size), layout.get(), style);
  }

  void Rule(double left, double right, double y, double thickness, const Colour& colour) {
    Use(colour);
    cairo_set_line_width(cairo_.get(), thickness);
    cairo_move_to(cairo_.get(), left, y);
    cairo_line_to(cairo_.get(), right, y);
    cairo_stroke(cairo_.get());
  }
  void Frame(double inset, double thickness, const Colour& colour) {
    Use(colour);
    cairo_set_line_width(cairo_.get(), thickness);
    cairo_rectangle(cairo_.get(), inset, inset, kPageWidth - 2 * inset, kPageHeight - 2 * inset);
    cairo_stroke(cairo_.get());
  }
  void Fill(double left, double top, double width, double height, const Colour& colour) {
    Use(colour);
    cairo_rectangle(cairo_.get(), left, top, width, height);
    cairo_fill(cairo_.get());
  }
  void Diamond(double x, double y, double radius, const Colour& colour) {
    Use(colour);
    cairo_move_to(cairo_.get(), x - radius, y);
    cairo_line_to(cairo_.get(), x, y - radius);
    cairo_line_to(cairo_.get(), x + radius, y);
    cairo_line_to(cairo_.get(), x, y + radius);
    cairo_close_path(cairo_.get());
    cairo_fill(cairo_.get());
  }
  void DashedCircle(double x, double y, double radius, const Colour& colour) {
    static constexpr double kDashes[] = {3, 3};
    Use(colour);
    cairo_set_line_width(cairo_.get(), 0.8);
    cairo_set_dash(cairo_.get(), kDashes, 2, 0);
    cairo_new_path(cairo_.get());
    cairo_arc(cairo_.get(), x, y, radius, 0, 2 * G_PI);
    cairo_stroke(cairo_.get());
    cairo_set_dash(cairo_.get(), nullptr, 0, 0);
  }

  // Ends the document; its bytes are whole afterwards.
  absl::Status Finish() {
    cairo_show_page(cairo_.get());
    cairo_surface_finish(surface_.get());
    const cairo_status_t status = cairo_surface_status(surface_.get());
    if (status != CAIRO_STATUS_SUCCESS) return absl::InternalError(cairo_status_to_string(status));
    if (missing_.empty()) return absl::OkStatus();
    return absl::FailedPreconditionError(missing_);
  }

 private:
  void Use(const Colour& colour) {
    cairo_set_source_rgb(cairo_.get(), colour.red, colour.green, colour.blue);
  }

  Layout LayOut(const std::string& markup, double width, const Style& style) const {
    Layout layout(pango_cairo_create_layout(cairo_.get()));
    // Paper has no pixels to round to.
    pango_context_set_round_glyph_positions(pango_layout_get_context(layout.get()), FALSE);
    // The first that is there; fontconfig finds another for characters that it does not have.
    const Font font(pango_font_description_from_string(
        lang_ == Lang::kZh
            ? "Noto Serif CJK SC,Source Han Serif SC,WenQuanYi Micro Hei,sans-serif"
            : "Noto Serif,Liberation Serif,DejaVu Serif,Noto Serif CJK SC,WenQuanYi Micro Hei,serif"));
    pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
    if (style.bold) pango_font_description_set_weight(font.get(), PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(layout.get(), font.get());
    pango_layout_set_width(layout.get(), width < 0 ? -1 : static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_line_spacing(layout.get(), static_cast<float>(style.line_spacing));
    if (style.align == Align::kCentre) pango_layout_set_alignment(layout.get(), PANGO_ALIGN_CENTER);
    if (style.align == Align::kRight) pango_layout_set_alignment(layout.get(), PANGO_ALIGN_RIGHT);
    // Without ligatures, so that text can be searched and copied.
    const std::string whole =
        absl::StrCat("<span font_features=\"liga=0\" letter_spacing=\"",
                     static_cast<int>(style.letter_spacing * PANGO_SCALE), "\">", markup, "</span>");
    pango_layout_set_markup(layout.get(), whole.data(), static_cast<int>(whole.size()));
    return layout;
  }

  static double WidthOf(PangoLayout* layout) {
    int width = 0;
    pango_layout_get_size(layout, &width, nullptr);
    return static_cast<double>(width) / PANGO_SCALE;
  }

  double Show(double left, double top, PangoLayout* layout, const Style& style) {
    if (pango_layout_get_unknown_glyphs_count(layout) > 0 && missing_.empty()) {
      missing_ = pango_layout_get_text(layout);
    }
    Use(style.colour);
    cairo_move_to(cairo_.get(), left, top);
    pango_cairo_show_layout(cairo_.get(), layout);
    int height = 0;
    pango_layout_get_size(layout, nullptr, &height);
    return static_cast<double>(height) / PANGO_SCALE;
  }

  const Lang lang_;
  const Surface surface_;
  const Cairo cairo_;
  // The first text that the fonts could not write whole.
  std::string missing_;
};

class Certificate {
 public:
  Certificate(Lang lang, const CertificateContent& content, std::string& pdf)
      : lang_(lang), content_(content), page_(lang, pdf) {}

  absl::Status Draw() {
    page_.Describe(CAIRO_PDF_METADATA_TITLE, Title() + " " + content_.number);
    page_.Describe(CAIRO_PDF_METADATA_SUBJECT, content_.ledger_name);
    page_.Frame(30, 2.2, kVestRed);
    page_.Frame(36, 0.6, kVestRed);
    Head();
    Table(Statement(248));
    Fields();
    Foot();
    return page_.Finish();
  }

 private:
  bool zh() const { return lang_ == Lang::kZh; }
  std::string Say(const Bilingual& text) const { return std::string(text.In(lang_)); }
  std::string Title() const { return Say({"Certificate of Voluntary Service", "志愿服务证明"}); }

  std::string DateText() const {
    const Day day = content_.date;
    if (zh()) return absl::StrCat(day.year(), " 年 ", day.month(), " 月 ", day.day(), " 日");
    return absl::StrCat(
        day.day(), " ",
        absl::FormatTime("%B %Y", absl::FromCivil(day, absl::UTCTimeZone()), absl::UTCTimeZone()));
  }

  void Head() {
    page_.Line(kInnerLeft, 84, kInnerWidth, content_.ledger_name,
               {.size = 13, .colour = kFaint, .align = Align::kCentre, .letter_spacing = zh() ? 3.0 : 0.8});
    page_.Line(kInnerLeft, zh() ? 116 : 120, kInnerWidth, Title(),
               {.size = zh() ? 38.0 : 27.0,
                .colour = kVestRed,
                .align = Align::kCentre,
                .bold = true,
                .letter_spacing = zh() ? 7.0 : 0.4});
    const double y = 190;
    page_.Rule(kPageWidth / 2 - 92, kPageWidth / 2 - 10, y, 0.8, kVestRed);
    page_.Rule(kPageWidth / 2 + 10, kPageWidth / 2 + 92, y, 0.8, kVestRed);
    page_.Diamond(kPageWidth / 2, y, 4, kVestRed);
    page_.Line(kInnerLeft, 204, kInnerWidth, Say({"No. ", "编号 "}) + content_.number,
               {.size = 11, .colour = kFaint, .align = Align::kCentre});
  }

  int64_t Services() const {
    int64_t services = 0;
    for (const CertificateContent::Kind& kind : content_.kinds) services += kind.services;
    return services;
  }

  // Returns where it ends.
  double Statement(double top) {
    const std::string markup = Fill(Say({"This certifies that {name} (volunteer {id}) had given, by {date}, "
                                         "a total of {time} of voluntary "
                                         "service on {services} occasions, as follows:",
                                         "　　兹证明 {name}（志愿者编号 {id}）截至 {date}，累计志愿服务时长 "
                                         "{time}，共 {services} 次，内容如下："}),
                                    {{"name", Bold(content_.volunteer_name)},
                                     {"id", Escaped(content_.volunteer_id)},
                                     {"date", Escaped(DateText())},
                                     {"time", Bold(FormatMinutes(lang_, content_.minutes))},
                                     {"services", Bold(FormatCount(Services()))}});
    return top + page_.Markup(kInnerLeft, top, kInnerWidth, markup,
                              {.size = 14.5, .line_spacing = zh() ? 1.7 : 1.5});
  }

  // The kinds by time, longest first; those for which there is no room are one row.
  std::vector<CertificateContent::Kind> Rows() const {
    std::vector<CertificateContent::Kind> kinds = content_.kinds;
    std::stable_sort(kinds.begin(), kinds.end(),
                     [](const auto& a, const auto& b) { return a.minutes > b.minutes; });
    if (kinds.size() <= kKindsMax) return kinds;
    CertificateContent::Kind rest;
    rest.text = Fill(Say({"{count} other kinds", "其他 {count} 类"}),
                     {{"count", std::to_string(kinds.size() - (kKindsMax - 1))}});
    for (size_t i = kKindsMax - 1; i < kinds.size(); ++i) {
      rest.services += kinds[i].services;
      rest.minutes += kinds[i].minutes;
    }
    kinds.resize(kKindsMax - 1);
    kinds.push_back(rest);
    return kinds;
  }

  void Table(double end_of_statement) {
    const std::vector<CertificateContent::Kind> rows = Rows();
    const double top = end_of_statement + 16;
    const double room = std::min(kTableHeightMax, kFieldsTop - 22 - top);
    row_height_ = std::min(25.0, room / static_cast<double>(rows.size() + 2));
    page_.Fill(kInnerLeft, top, kInnerWidth, row_height_, kShade);
    page_.Rule(kInnerLeft, kInnerRight, top, 1.0, kVestRed);
    Row(top, {Say({"Kind of service", "服务内容"}), Say({"Occasions", "次数"}), Say({"Time", "时长"})}, true);
    double y = top + row_height_;
    for (const CertificateContent::Kind& kind : rows) {
      page_.Rule(kInnerLeft, kInnerRight, y, 0.5, kLine);
      Row(y, {kind.text, FormatCount(kind.services), FormatMinutes(lang_, kind.minutes)}, false);
      y += row_height_;
    }
    page_.Rule(kInnerLeft, kInnerRight, y, 0.8, kVestRed);
    Row(y, {Say({"In all", "合计"}), FormatCount(Services()), FormatMinutes(lang_, content_.minutes)}, true);
    page_.Rule(kInnerLeft, kInnerRight, y + row_height_, 1.0, kVestRed);
  }

  struct Cells {
    std::string kind, services, time;
  };
  void Row(double top, const Cells& cells, bool heading) {
    Style style{
        .size = std::min(12.0, row_height_ * 0.56), .colour = heading ? kVestRed : kInk, .bold = heading};
    const double y = top + (row_height_ - style.size * 1.35) / 2;
    page_.Line(kInnerLeft + 10, y, 250, cells.kind, style);
    style.align = Align::kRight;
    page_.Line(kInnerLeft + 262, y, 74, cells.services, style);
    page_.Line(kInnerLeft + 344, y, kInnerWidth - 354, cells.time, style);
  }

  void Fields() {
    struct Field {
      Bilingual label;
      const std::string& value;
    };
    const std::string date = DateText();
    const Field fields[] = {{{"Issued by", "出具单位"}, content_.issuer},
                            {{"Person in charge", "负责人"}, content_.person_in_charge},
                            {{"Handled by", "经办人"}, content_.handler},
                            {{"Contact", "联系方式"}, content_.contact},
                            {{"Date", "出具日期"}, date}};
    double y = kFieldsTop;
    const double label = zh() ? 74 : 104;
    for (const Field& field : fields) {
      page_.Line(kInnerLeft, y, label - 8, Say(field.label), {.size = 11, .colour = kFaint});
      page_.Line(kInnerLeft + label, y - 1, kInnerWidth - label - 118, field.value, {.size = 12.5});
      y += 25;
    }
    const double x = kInnerRight - 52;
    const double centre = kFieldsTop + 56;
    page_.DashedCircle(x, centre, 50, kLine);
    page_.Line(x - 40, centre - 7, 80, Say({"seal", "（盖章）"}),
               {.size = 10, .colour = kLine, .align = Align::kCentre});
  }

  void Foot() {
    page_.Rule(kInnerLeft, kInnerRight, 746, 0.5, kLine);
    const double used = page_.Text(
        kInnerLeft, 753, kInnerWidth,
        Fill(
            Say({"The issue of this certificate is recorded in the ledger \"{ledger}\", which nobody can "
                 "change, and "
                 "its electronic file (PDF) carries the proof. Anyone can check it offline with the ledger's "
                 "published key: redvest audit verify-proof FILE --key KEY. A file with one edited byte is "
                 "refused.",
                 "本证明的出具已载入“{ledger}"
                 "”账本，不可更改；其电子文件（PDF）附有入账证明，任何人均可用账本公布的公钥"
                 "离线核验：redvest audit verify-proof 文件 --key 公钥。改动一字即核验不通过。"}),
            {{"ledger", content_.ledger_name}}),
        {.size = 7.5, .colour = kFaint, .line_spacing = 1.25});
    page_.Line(kInnerLeft, 753 + used + 2, kInnerWidth, Say({"Check code ", "校验码 "}) + content_.check_code,
               {.size = 7.5, .colour = kFaint});
  }

  const Lang lang_;
  const CertificateContent& content_;
  Page page_;
  double row_height_ = 0;
};

}  // namespace

absl::StatusOr<std::string> RenderCertificate(Lang lang, const CertificateContent& content) {
  REDVEST_CHECK(!content.kinds.empty());
  std::string pdf;
  {
    Certificate certificate(lang, content, pdf);
    REDVEST_RETURN_IF_ERROR(certificate.Draw());
  }
  return pdf;
}

}  // namespace redvest::client
