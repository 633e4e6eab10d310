#include "clients/cli.h"

#include <algorithm>
#include <charconv>

#include "ledger/base/text.h"

namespace redvest::client {
namespace {

using Set = std::function<void(const std::string&)>;

[[noreturn]] void Refuse(const std::string& option, const std::string& sentence) {
  throw CLI::ValidationError(option, sentence);
}

// An option whose text goes to `read`, which refuses what cannot be meant.
CLI::Option* AddRead(CLI::App& app, Context& context, const std::string& name, const std::string& type,
                     Bilingual description, Set read) {
  auto callback = [read = std::move(read)](const CLI::results_t& texts) {
    for (const std::string& text : texts) read(text);
    return true;
  };
  return app.add_option(name, std::move(callback), context.Say(description))->type_name(type);
}

CLI::Option* AddAmount(CLI::App& app, Context& context, const std::string& name, int64_t min_fen,
                       std::function<void(int64_t)> set, Bilingual description) {
  const Lang lang = context.lang();
  return AddRead(app, context, name, context.Say({"YUAN", "元"}), description, [=](const std::string& text) {
    const std::optional<int64_t> fen = ParseYuan(text);
    if (fen.has_value() && *fen >= min_fen) return set(*fen);
    const Bilingual pattern =
                       min_fen > 0
                           ? Bilingual{"\"{text}\" is not an amount: type yuan above 0 with at most 2 decimals, such as "
                                       "7 or 7.50, at most {max}",
                                       "“{text}”不是有效金额：请填大于 0 的元数，最多两位小数，例如 7 或 7.50，最多 {max}"}
                           : Bilingual{"\"{text}\" is not an amount: type yuan with at most 2 decimals, such as 0 or "
                                       "380.50, at most {max}",
                                       "“{text}”不是有效金额：请填元数，最多两位小数，例如 0 或 380.50，最多 {max}"};
    Refuse(name, Fill(pattern.In(lang), {{"text", text}, {"max", FormatYuan(kAmountMax)}}));
  });
}

std::string ExitCodeHelp(const Context& context) {
  return context.Say(
      {"Exit codes: 0 done, 1 declined by the ledger, 2 usage or bad input, 3 server not reached or not "
       "usable.",
       "退出码：0 完成；1 账本拒绝；2 用法或输入有误；3 连接不上或无法使用服务器。"});
}

std::string SubcommandsOf(const CLI::App& app) {
  std::string names;
  for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : ", ") + subcommand->get_name();
  }
  return names;
}

}  // namespace

CLI::App* AddLeaf(CLI::App& parent, Context& context, const std::string& name, const CommandHelp& help,
                  std::function<int()> run) {
  CLI::App* leaf = parent.add_subcommand(name, context.Say(help.description));
  leaf->fallthrough();
  leaf->group(context.Say({"Subcommands", "子命令"}));
  leaf->footer(context.Say({"Example:\n  redvest ", "示例：\n  redvest "}) + std::string(help.example) +
               "\n\n" + ExitCodeHelp(context) + "\n" +
               context.Say({"Flags for every command: redvest --help", "通用选项见：redvest --help"}));
  leaf->callback([&context, run = std::move(run)] { context.action = run; });
  return leaf;
}

CLI::App* AddFamily(CLI::App& parent, Context& context, const std::string& name, Bilingual description) {
  CLI::App* family = parent.add_subcommand(name, context.Say(description));
  family->fallthrough();
  family->group(context.Say({"Subcommands", "子命令"}));
  family->require_subcommand(1);
  family->footer(
      context.Say({"Each of these explains itself with --help.", "各子命令可用 --help 查看说明和示例。"}));
  return family;
}

CLI::Option* AddId(CLI::App& app, Context& context, const std::string& name, IdKind kind,
                   std::function<void(uint64_t)> set, Bilingual description) {
  const Lang lang = context.lang();
  return AddRead(app, context, name, FormatId(kind, 57), description, [=](const std::string& text) {
    const std::optional<TaggedId> id = ParseId(text);
    if (!id.has_value() || id->kind != kind) Refuse(name, IdFault(lang, kind, text));
    set(id->id);
  });
}

CLI::Option* AddId(CLI::App& app, Context& context, const std::string& name, IdKind kind, uint64_t& id,
                   Bilingual description) {
  return AddId(
      app, context, name, kind, [&id](uint64_t value) { id = value; }, description);
}

CLI::Option* AddYuan(CLI::App& app, Context& context, const std::string& name,
                     std::function<void(int64_t)> set, Bilingual description) {
  return AddAmount(app, context, name, 1, std::move(set), description);
}

CLI::Option* AddYuan(CLI::App& app, Context& context, const std::string& name, int64_t& fen,
                     Bilingual description) {
  return AddYuan(
      app, context, name, [&fen](int64_t value) { fen = value; }, description);
}

CLI::Option* AddYuanOrZero(CLI::App& app, Context& context, const std::string& name,
                           std::function<void(int64_t)> set, Bilingual description) {
  return AddAmount(app, context, name, 0, std::move(set), description);
}

CLI::Option* AddMoment(CLI::App& app, Context& context, const std::string& name,
                       std::optional<MomentArgument>& moment, Bilingual description) {
  const Lang lang = context.lang();
  return AddRead(
      app, context, name, context.Say({"TIME", "时间"}), description,
      [lang, name, &moment](const std::string& text) {
        moment = ParseMoment(text);
        if (moment.has_value()) return;
        Refuse(name, Fill(Bilingual{"\"{text}\" is not a time that exists: type 2026-11-21, 2026-11-21T12:30 "
                                    "or 2026-11-21T12:30:05",
                                    "“{text}”不是存在的时间：请写成 2026-11-21、2026-11-21T12:30 或 "
                                    "2026-11-21T12:30:05"}
                              .In(lang),
                          {{"text", text}}));
      });
}

CLI::Option* AddDay(CLI::App& app, Context& context, const std::string& name, std::optional<Day>& day,
                    Bilingual description) {
  const Lang lang = context.lang();
  return AddRead(app, context, name, context.Say({"DATE", "日期"}), description,
                 [lang, name, &day](const std::string& text) {
                   day = ParseDay(text);
                   if (day.has_value()) return;
                   Refuse(name, Fill(Bilingual{"\"{text}\" is not a day that exists: type it as 2026-11-21",
                                               "“{text}”不是存在的日期：请写成 2026-11-21"}
                                         .In(lang),
                                     {{"text", text}}));
                 });
}

CLI::Option* AddNumber(CLI::App& app, Context& context, const std::string& name, int64_t min, int64_t max,
                       std::function<void(int64_t)> set, Bilingual description) {
  const Lang lang = context.lang();
  return AddRead(
      app, context, name, context.Say({"NUMBER", "数字"}), description, [=](const std::string& text) {
        int64_t number = 0;
        const char* end = text.data() + text.size();
        const auto [stop, fault] = std::from_chars(text.data(), end, number);
        if (fault == std::errc() && stop == end && number >= min && number <= max) return set(number);
        Refuse(name, Fill(Bilingual{"\"{text}\" is not a whole number from {min} to {max}",
                                    "“{text}”不是 {min} 到 {max} 之间的整数"}
                              .In(lang),
                          {{"text", text}, {"min", std::to_string(min)}, {"max", std::to_string(max)}}));
      });
}

CLI::Option* AddNumber(CLI::App& app, Context& context, const std::string& name, int64_t& number, int64_t min,
                       int64_t max, Bilingual description) {
  return AddNumber(
      app, context, name, min, max, [&number](int64_t value) { number = value; }, description);
}

CLI::Option* AddChoice(CLI::App& app, Context& context, const std::string& name,
                       const google::protobuf::EnumDescriptor* type, std::function<void(int)> set,
                       Bilingual description) {
  const Lang lang = context.lang();
  std::string choices;
  for (const Word& word : WordsOf(type)) {
    if (!choices.empty()) choices += '|';
    choices += word.word;
  }
  return AddRead(app, context, name, choices, description, [=](const std::string& text) {
    for (const Word& word : WordsOf(type)) {
      if (word.word == text) return set(word.number);
    }
    Refuse(name,
           Fill(Bilingual{"\"{text}\" is not one of {choices}", "“{text}”不在可选项之内：{choices}"}.In(lang),
                {{"text", text}, {"choices", choices}}));
  });
}

CLI::Option* AddText(CLI::App& app, Context& context, const std::string& name,
                     std::function<void(const std::string&)> set, Bilingual description) {
  const Lang lang = context.lang();
  return AddRead(app, context, name, context.Say({"TEXT", "文字"}), description,
                 [=](const std::string& text) {
                   if (IsPlainText(text)) return set(text);
                   Refuse(name, std::string(Bilingual{"the text holds control characters or is not UTF-8",
                                                      "文字含有控制字符，或不是 UTF-8 编码"}
                                                .In(lang)));
                 });
}

CLI::Option* AddPath(CLI::App& app, Context& context, const std::string& name,
                     std::function<void(const std::string&)> set, Bilingual description) {
  return AddRead(app, context, name, context.Say({"FILE", "文件"}), description, std::move(set));
}

CLI::Option* AddFlag(CLI::App& app, Context& context, const std::string& name, std::function<void(bool)> set,
                     Bilingual description) {
  return app.add_flag_function(
      name, [set = std::move(set)](int64_t count) { set(count > 0); }, context.Say(description));
}

std::string ParseErrorText(Lang lang, const CLI::ParseError& error, const CLI::App& named,
                           const std::vector<std::string>& rest) {
  const auto fill = [lang](const Bilingual& pattern, const std::string& text) {
    return Fill(pattern.In(lang), {{"text", text}});
  };
  const std::string text = error.what();
  // CLI11 names the option first; the rest of its sentence is English.
  const size_t colon = text.find(": ");
  const std::string subject = text.substr(0, std::min(text.find(' '), colon));
  if (!rest.empty()) return fill({"\"{text}\" is not understood here", "无法识别“{text}”"}, rest.front());
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    if (!named.get_require_subcommand_min()) return fill({"{text} is missing", "缺少 {text}"}, subject);
    return fill({"name one of: {text}", "请指定子命令：{text}"}, SubcommandsOf(named));
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    return fill({"{text} takes exactly one value", "{text} 须带且只带一个值"}, subject);
  }
  if (dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr) {
    return fill({"{text}: give only one of the two", "不能同时使用：{text}"}, text);
  }
  // Our own sentence after the option's name; the name of a positional says nothing to people.
  return text.starts_with('-') || colon == std::string::npos ? text : text.substr(colon + 2);
}

}  // namespace redvest::client
