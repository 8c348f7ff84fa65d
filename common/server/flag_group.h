#ifndef RAPPORT_COMMON_SERVER_FLAG_GROUP_H_
#define RAPPORT_COMMON_SERVER_FLAG_GROUP_H_

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// How flags are added to a server's command line. Heavy to compile: for the .cc files that define flags.
namespace rapport::server {

// The flags of one group of --help. Each can also be given in the environment: --drain-delay as RAPPORT_DRAIN_DELAY.
class FlagGroup {
 public:
  // `app` must outlive this.
  FlagGroup(CLI::App& app, std::string name) : app_(app), name_(std::move(name)) {}

  template <class T>
  FlagGroup& Add(const std::string& flag, T& value, const std::string& help) {
    return Finish(app_.add_option(flag, value, help)->capture_default_str(), flag);
  }

  template <class T>
  FlagGroup& Add(const std::string& flag, T& value, const std::string& help, const CLI::Validator& check) {
    return Finish(app_.add_option(flag, value, help)->check(check)->capture_default_str(), flag);
  }

  FlagGroup& Add(const std::string& flag, bool& value, const std::string& help) {
    return Finish(app_.add_flag(flag, value, help), flag);
  }

  FlagGroup& Add(const std::string& flag, absl::Duration& value, const std::string& help) {
    const auto parse = [flag, &value](const std::string& text) {
      if (!absl::ParseDuration(text, &value)) {
        throw CLI::ValidationError(flag, absl::StrCat("'", text, "' is no time: give a number and a unit, such as 5s"));
      }
    };
    return Finish(app_.add_option_function<std::string>(flag, parse, help)
                      ->type_name("TIME")
                      ->default_str(absl::FormatDuration(value)),
                  flag);
  }

 private:
  FlagGroup& Finish(CLI::Option* option, absl::string_view flag) {
    flag.remove_prefix(2);
    option->group(name_)->envname(
        absl::StrCat("RAPPORT_", absl::AsciiStrToUpper(absl::StrReplaceAll(flag, {{"-", "_"}}))));
    return *this;
  }

  CLI::App& app_;
  const std::string name_;
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_FLAG_GROUP_H_
