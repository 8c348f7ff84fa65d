#include "common/server/address.h"

#include <arpa/inet.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace rapport::server {

std::optional<Address> ParseAddress(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  absl::string_view host = text.substr(0, colon);
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) {
    host = host.substr(1, host.size() - 2);
  } else if (absl::StrContains(host, ":")) {
    return std::nullopt;
  }
  int port = 0;
  if (host.empty() || !absl::SimpleAtoi(text.substr(colon + 1), &port) || port < 0 || port > 65535) return std::nullopt;
  return Address{std::string(host), port};
}

bool IsLoopback(absl::string_view address) {
  const std::optional<Address> parsed = ParseAddress(address);
  if (!parsed.has_value()) return false;
  in_addr v4 = {};
  if (inet_pton(AF_INET, parsed->host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  return parsed->host == "localhost" || parsed->host == "::1";
}

}  // namespace rapport::server
