#ifndef RAPPORT_COMMON_STORE_REDIS_PIPELINE_H_
#define RAPPORT_COMMON_STORE_REDIS_PIPELINE_H_

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/store/redis_connection.h"

namespace rapport::store {

// Commands for one server, to be sent one behind the other over one connection, and how that went.
struct RedisPipeline {
  std::shared_ptr<RedisNode> node;
  std::vector<const RedisCommand*> commands;
  absl::Duration most_time = absl::InfiniteDuration();  // without progress, when less than the node's time-out

  absl::Duration Patience() const { return std::min(node->timeout(), most_time); }

  std::vector<RedisReply> replies;  // to the first commands; to all of them when `status` is OK
  absl::Status status;
  bool sent = false;  // whether the commands without reply may have been carried out
};

// Runs all pipelines at the same time. Each server has its own time-out, after which it fails alone, and each
// connection is given back as soon as its replies are there: a slow server holds up the caller, but no connection to
// another one.
void RunPipelines(absl::Span<RedisPipeline> pipelines);

// The replies of one server; any error among them is an error.
absl::StatusOr<std::vector<RedisReply>> AskRedis(const std::shared_ptr<RedisNode>& node,
                                                 absl::Span<const RedisCommand> commands,
                                                 absl::Duration most_time = absl::InfiniteDuration());

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_PIPELINE_H_
