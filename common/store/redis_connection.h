#ifndef RAPPORT_COMMON_STORE_REDIS_CONNECTION_H_
#define RAPPORT_COMMON_STORE_REDIS_CONNECTION_H_

#include <hiredis/hiredis.h>

#include <condition_variable>
#include <deque>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/store/redis_url.h"

namespace rapport::store {

// A command as its arguments, which are bytes of any kind.
class RedisCommand {
 public:
  RedisCommand() = default;
  RedisCommand(std::initializer_list<absl::string_view> arguments);
  RedisCommand(RedisCommand&&) = default;
  RedisCommand& operator=(RedisCommand&&) = default;

  // Adds an argument whose bytes outlive the command.
  void Refer(absl::string_view argument);
  void Own(std::string argument) { Refer(Keep(std::move(argument))); }
  // Keeps bytes, for an argument that is added later, as long as the command.
  absl::string_view Keep(std::string bytes) { return owned_.emplace_back(std::move(bytes)); }

  size_t size() const { return pointers_.size(); }
  const char** pointers() const { return const_cast<const char**>(pointers_.data()); }
  const size_t* sizes() const { return sizes_.data(); }

 private:
  std::vector<const char*> pointers_;
  std::vector<size_t> sizes_;
  std::deque<std::string> owned_;
};

struct FreeRedisReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using RedisReply = std::unique_ptr<redisReply, FreeRedisReply>;

absl::string_view ReplyBytes(const redisReply& reply);
// Array elements, none when the reply is not an array.
absl::Span<redisReply* const> ReplyElements(const redisReply& reply);

struct FreeRedisContext {
  void operator()(redisContext* context) const { redisFree(context); }
};

// A connection that does not block; null when there is none.
struct RedisConnection {
  std::unique_ptr<redisContext, FreeRedisContext> context;
  bool greeted = false;  // connected and logged in
  bool probe = false;    // finds out whether a server that was down is back: its greeting is not waited for as long
};

// The connections to one server, opened when needed and again after they broke. Thread-safe.
//
// A server that is down or hangs takes few threads with it, and those not for long: after a failed attempt to connect
// or a time-out one caller at a time finds out whether it is back, and has kLongestProbe for that; all connections
// being in use while nothing came over any of them for kLongestSilence, nobody waits for one. All others fail at once,
// with UNAVAILABLE and the advice when to retry (common/status/retry_after.h). The first answer ends it.
class RedisNode {
 public:
  static constexpr absl::Duration kLongestProbe = absl::Seconds(1);
  static constexpr absl::Duration kLongestSilence = absl::Seconds(1);

  RedisNode(RedisEndpoint endpoint, RedisLogin login, int connections, absl::Duration timeout);

  const RedisEndpoint& endpoint() const { return endpoint_; }
  absl::Duration timeout() const { return timeout_; }

  // What a new connection begins with.
  std::vector<RedisCommand> Greeting() const;

  // A connection that must be given back. When all are in use it waits for one; none without patience. Errors were not
  // sent anything.
  absl::StatusOr<RedisConnection> CheckOut(absl::Duration patience);
  // Something came from the server.
  void Heard();
  void CheckInWorking(RedisConnection connection);
  // `down`: others are not to try for a while, but to fail at once with this status.
  void CheckInBroken(const absl::Status& status, bool down);

 private:
  absl::Status Refusal(absl::Time now) const;

  const RedisEndpoint endpoint_;
  const RedisLogin login_;
  const absl::Duration timeout_;

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<RedisConnection> idle_;
  int available_;                                   // connections that may still be checked out
  absl::Time heard_ = absl::InfinitePast();         // when something came
  absl::Time all_in_use_ = absl::InfiniteFuture();  // since when, while none is available
  // While the server is down, one caller at a time finds out whether it is back, no sooner than next_attempt_.
  absl::Status down_;
  bool probing_ = false;
  absl::Time next_attempt_ = absl::InfinitePast();
  absl::Duration back_off_ = absl::ZeroDuration();
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_CONNECTION_H_
