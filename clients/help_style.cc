#include "clients/help_style.h"

#include <memory>
#include <string>
#include <vector>

#include "clients/table.h"

namespace redvest::client {
namespace {

class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(Lang lang) {
    column_width(32);
    if (lang == Lang::kEn) return;
    label("Usage", "用法");
    label("OPTIONS", "选项");
    label("Options", "选项");
    label("Positionals", "参数");
    label("SUBCOMMAND", "子命令");
    label("REQUIRED", "（必填）");
    label("Env", "环境变量");
    label("Excludes", "不可同用");
  }

  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    return CLI::Formatter::make_group(get_label(group), is_positional, options);
  }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    return Row(make_option_name(option, is_positional) + make_option_opts(option), make_option_desc(option));
  }

  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    std::string name = CLI::Formatter::make_option_name(option, is_positional);
    // CLI11 marks the form of a flag that switches it off; its name says so already.
    for (size_t mark = name.find("{false}"); mark != std::string::npos; mark = name.find("{false}")) {
      name.erase(mark, 7);
    }
    return name;
  }

  std::string make_subcommand(const CLI::App* subcommand) const override {
    return Row(subcommand->get_name(), subcommand->get_description());
  }

 private:
  std::string Row(std::string name, const std::string& description) const {
    name.insert(0, "  ");
    const size_t width = get_column_width();
    if (DisplayWidth(name) + 1 < width) return PadTo(width, std::move(name)) + description + "\n";
    return name + "\n" + std::string(width, ' ') + description + "\n";
  }
};

}  // namespace

void SetHelpStyle(CLI::App& app, Lang lang) { app.formatter(std::make_shared<HelpFormatter>(lang)); }

}  // namespace redvest::client
