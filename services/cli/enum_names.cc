#include "services/cli/enum_names.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace rapport::cli {
namespace {

// Each enum's value 0 is named PREFIX_UNSPECIFIED.
absl::string_view Prefix(const google::protobuf::EnumDescriptor& type) {
  absl::string_view zero = type.FindValueByNumber(0)->name();
  absl::ConsumeSuffix(&zero, "UNSPECIFIED");
  return zero;
}

}  // namespace

std::string ShortName(const google::protobuf::EnumDescriptor& type, int number) {
  const google::protobuf::EnumValueDescriptor* value = type.FindValueByNumber(number);
  if (value == nullptr) return absl::StrCat(number);
  return std::string(absl::StripPrefix(value->name(), Prefix(type)));
}

std::string ShortNames(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) names.push_back(ShortName(type, type.value(i)->number()));
  }
  return absl::StrJoin(names, ", ");
}

absl::StatusOr<int> NumberOfShortName(const google::protobuf::EnumDescriptor& type, absl::string_view what,
                                      absl::string_view name) {
  const std::string full = absl::StrCat(Prefix(type), absl::AsciiStrToUpper(absl::StrReplaceAll(
                                                          absl::StripAsciiWhitespace(name), {{"-", "_"}, {" ", "_"}})));
  const google::protobuf::EnumValueDescriptor* value = type.FindValueByName(full);
  if (value == nullptr || value->number() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(what, " '", name, "' is not one of ", ShortNames(type)));
  }
  return value->number();
}

}  // namespace rapport::cli
