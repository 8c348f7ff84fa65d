#ifndef RAPPORT_COMMON_SERVER_ADDRESS_H_
#define RAPPORT_COMMON_SERVER_ADDRESS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace rapport::server {

struct Address {
  std::string host;  // without brackets
  int port = 0;
};

// HOST:PORT or [IPV6]:PORT.
std::optional<Address> ParseAddress(absl::string_view text);

// Whether the address can be reached from this machine only.
bool IsLoopback(absl::string_view address);

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_ADDRESS_H_
