#ifndef RAPPORT_COMMON_STORE_REDIS_URL_H_
#define RAPPORT_COMMON_STORE_REDIS_URL_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace rapport::store {

struct RedisEndpoint {
  std::string host;
  int port = 6379;

  std::string HostPort() const;

  friend auto operator<=>(const RedisEndpoint&, const RedisEndpoint&) = default;  // NOLINT(modernize-use-nullptr)
};

struct RedisLogin {
  std::string user;
  std::string password;
  int database = 0;
};

enum class RedisTopologyKind { kStandalone, kSentinel, kCluster };

struct RedisUrl {
  RedisTopologyKind kind = RedisTopologyKind::kStandalone;
  std::vector<RedisEndpoint> endpoints;  // the server, the Sentinels, or some nodes of the cluster
  std::string master;                    // what the Sentinels call the server
  RedisLogin login;                      // for servers
  RedisLogin sentinel_login;             // for Sentinels
  int wait_replicas = 0;                 // how many replicas must have a change before it is acknowledged
};

// Of redis://, redis+sentinel:// or redis+cluster://. Users and passwords may be percent-encoded. Errors never repeat
// the password.
absl::StatusOr<RedisUrl> ParseRedisUrl(absl::string_view url);

bool IsRedisUrl(absl::string_view url);

// The forms that ParseRedisUrl takes, for messages.
extern const char kRedisUrlForms[];

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_URL_H_
