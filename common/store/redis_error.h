#ifndef RAPPORT_COMMON_STORE_REDIS_ERROR_H_
#define RAPPORT_COMMON_STORE_REDIS_ERROR_H_

#include <hiredis/hiredis.h>

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/store/redis_url.h"

namespace rapport::store {

// What an error reply of a server means for the caller, with the remedy; OK for any other reply.
absl::Status RedisErrorOf(const redisReply& reply, const RedisEndpoint& server);

// Why a server did not carry out a command that may therefore be sent again, also when it is a write.
enum class RedisRefusal {
  kNone,
  kMoved,     // the slot belongs to another node
  kAsk,       // the slot is on its way to another node, which is to be asked for this command
  kNoScript,  // the server does not have the script
  kWait,      // it will be possible in a moment, here or elsewhere
};
RedisRefusal RefusalOf(const redisReply& reply);

// Where MOVED or ASK points to; `server` said so.
std::optional<RedisEndpoint> RedirectionOf(const redisReply& reply, const RedisEndpoint& server);

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_ERROR_H_
