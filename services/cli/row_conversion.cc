#include "services/cli/row_conversion.h"

#include <google/protobuf/stubs/common.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/cli/enum_names.h"

namespace rapport::cli {

Words ValueMap(const Pairs& pairs) {
  Words words;
  for (const auto& [theirs, ours] : pairs) words[absl::AsciiStrToLower(absl::StripAsciiWhitespace(theirs))] = ours;
  return words;
}

std::string Translated(const Words& words, absl::string_view value) {
  const auto found = words.find(absl::AsciiStrToLower(absl::StripAsciiWhitespace(value)));
  return found == words.end() ? std::string(value) : found->second;
}

absl::Status CheckText(absl::string_view text) {
  if (text.find('\0') != absl::string_view::npos) return absl::InvalidArgumentError("the row has a NUL byte");
  if (!google::protobuf::internal::IsStructurallyValidUTF8(text.data(), static_cast<int>(text.size()))) {
    return absl::InvalidArgumentError(
        "the row is not UTF-8; convert the file first: iconv -f WINDOWS-1252 -t UTF-8 FILE");
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> WholeNumber(absl::string_view field, absl::string_view text) {
  int64_t number = 0;
  if (!text.empty() && !absl::SimpleAtoi(text, &number)) {
    return absl::InvalidArgumentError(absl::StrCat(field, " '", text, "' is not a whole number"));
  }
  return number;
}

absl::StatusOr<bool> TrueOrFalse(absl::string_view field, absl::string_view text) {
  bool value = false;
  if (!text.empty() && !absl::SimpleAtob(text, &value)) {
    return absl::InvalidArgumentError(absl::StrCat(field, " '", text, "' is neither true nor false"));
  }
  return value;
}

absl::StatusOr<common::v1::Channel> ToChannel(const ConversionRules& rules, absl::string_view value) {
  return ParseShortName<common::v1::Channel>("channel", Translated(rules.channels, value));
}

}  // namespace rapport::cli
