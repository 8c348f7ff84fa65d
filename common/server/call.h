#ifndef RAPPORT_COMMON_SERVER_CALL_H_
#define RAPPORT_COMMON_SERVER_CALL_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/access/v1/credentials.pb.h"

namespace rapport::server {

// A set of roles.
class RoleSet {
 public:
  constexpr RoleSet() = default;
  constexpr RoleSet(std::initializer_list<access::v1::Role> roles) {
    for (const access::v1::Role role : roles) Add(role);
  }

  constexpr void Add(access::v1::Role role) { bits_ |= 1u << static_cast<uint32_t>(role); }
  constexpr bool Contains(access::v1::Role role) const { return (bits_ >> static_cast<uint32_t>(role) & 1u) != 0; }
  constexpr bool Intersects(RoleSet other) const { return (bits_ & other.bits_) != 0; }
  bool operator==(const RoleSet&) const = default;

 private:
  uint32_t bits_ = 0;
};

// Who calls, by a verified credential.
struct Principal {
  std::string name;
  std::string tenant;
  RoleSet roles;
  std::string agent_id;                    // empty without ROLE_AGENT
  std::vector<std::string> lead_of_teams;  // `*`: all teams

  bool Has(access::v1::Role role) const { return roles.Contains(role); }
  bool operator==(const Principal&) const = default;
};

// An RPC as the runtime sees it. A constant: `name` must live as long as the process.
struct RpcSpec {
  absl::string_view name;  // "RecordRating": the label in metrics and logs
  RoleSet any_of;          // the call is allowed with any of these
  bool bulky = false;      // requests carry many events
};

// What work knows of the call that it answers. A value: copies stay valid beyond the RPC.
struct Call {
  Principal principal;
  absl::Time deadline;      // InfiniteFuture for streams without one
  std::string traceparent;  // W3C trace context with this server's own span, to hand on (see trace.h)
  std::string trace_id;     // 32 hexadecimal digits
};

}  // namespace rapport::server

#endif  // RAPPORT_COMMON_SERVER_CALL_H_
