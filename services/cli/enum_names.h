#ifndef RAPPORT_SERVICES_CLI_ENUM_NAMES_H_
#define RAPPORT_SERVICES_CLI_ENUM_NAMES_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/generated_enum_reflection.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::cli {

// Names without the enum's prefix: `EMAIL` for CHANNEL_EMAIL.
std::string ShortName(const google::protobuf::EnumDescriptor& type, int number);

// All names but the unspecified one, such as `UP, DOWN`.
std::string ShortNames(const google::protobuf::EnumDescriptor& type);

// The number of a short name in any letter case, `-` or a space for `_` allowed. The error names `what` and the names
// allowed.
absl::StatusOr<int> NumberOfShortName(const google::protobuf::EnumDescriptor& type, absl::string_view what,
                                      absl::string_view name);

template <class Enum>
std::string ShortName(Enum value) {
  return ShortName(*google::protobuf::GetEnumDescriptor<Enum>(), static_cast<int>(value));
}

template <class Enum>
absl::StatusOr<Enum> ParseShortName(absl::string_view what, absl::string_view name) {
  const absl::StatusOr<int> number = NumberOfShortName(*google::protobuf::GetEnumDescriptor<Enum>(), what, name);
  if (!number.ok()) return number.status();
  return static_cast<Enum>(*number);
}

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_ENUM_NAMES_H_
