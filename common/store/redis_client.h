#ifndef RAPPORT_COMMON_STORE_REDIS_CLIENT_H_
#define RAPPORT_COMMON_STORE_REDIS_CLIENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/store/redis_connection.h"
#include "common/store/redis_topology.h"
#include "common/store/redis_url.h"

namespace rapport::store {

// A command on keys of one slot.
struct RedisRequest {
  RedisCommand command;
  uint16_t slot = 0;
  // The place of an earlier request of the same slot, which is carried out before this one whatever comes between.
  std::optional<size_t> after;
};

struct RedisAnswer {
  absl::Status status;  // also of error replies
  RedisReply reply;     // when OK
};

// What may be done with requests, and what their answers must be worth.
struct RedisTerms {
  // They change nothing: carried out once more when a connection broke.
  bool repeatable = false;
  // Answers are only about what as many replicas have as the URL asks for, so that no failover makes them untrue.
  bool replicated = false;
};
constexpr RedisTerms kRedisWrite = {.repeatable = false, .replicated = true};
constexpr RedisTerms kRedisBestEffort = {.repeatable = false, .replicated = false};
constexpr RedisTerms kRedisRead = {.repeatable = true, .replicated = false};
constexpr RedisTerms kRedisReplicatedRead = {.repeatable = true, .replicated = true};

// Brings commands to the servers that they concern, wherever those are by now. Thread-safe.
class RedisClient {
 public:
  RedisClient(RedisUrl url, int connections, absl::Duration timeout);

  // Finds the servers and gives them the scripts, of which it returns the names. To be called once, first. OK when any
  // server answers.
  absl::StatusOr<std::vector<std::string>> Open(const std::vector<std::string>& scripts);

  // The answers, in the order of the requests. What a server refused without carrying it out (because it moved away, is
  // loading, misses a script...) is sent again, to where it belongs then, until the time-out. A request whose
  // connection broke on the way is UNAVAILABLE, and its outcome unknown.
  std::vector<RedisAnswer> Run(absl::Span<const RedisRequest> requests, RedisTerms terms);

  // The replies, or the first error.
  absl::StatusOr<std::vector<RedisReply>> Read(absl::Span<const RedisRequest> requests, RedisTerms terms);

  // OK when any server that keys are on gives a sign of life.
  absl::Status Ping();

  std::vector<std::shared_ptr<RedisNode>> Primaries() const { return topology_.Primaries(); }
  // A number of the server that has the slot at the moment.
  uint32_t GroupOf(uint16_t slot) const { return topology_.GroupOf(slot); }
  const RedisUrl& url() const { return topology_.url(); }
  // "Redis at HOST:PORT", for messages.
  std::string Name() const;

 private:
  class Call;

  absl::Status LoadScripts(const std::shared_ptr<RedisNode>& node);

  const absl::Duration timeout_;
  RedisTopology topology_;
  std::vector<RedisCommand> load_scripts_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_CLIENT_H_
