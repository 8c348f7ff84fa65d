#ifndef RAPPORT_COMMON_STORE_REDIS_CONNECTION_H_
#define RAPPORT_COMMON_STORE_REDIS_CONNECTION_H_

#include <hiredis/hiredis.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
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

namespace rapport::store {

struct RedisAddress {
  std::string host;
  int port = 6379;
  std::string user;
  std::string password;
  int database = 0;

  std::string HostPort() const;
};

// Of redis://[user:password@]host[:port][/db]; user and password may be percent-encoded. Errors never repeat the
// password.
absl::StatusOr<RedisAddress> ParseRedisUrl(absl::string_view url);

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

// Connections to one server, opened when needed and again after they broke. Thread-safe.
class RedisPool {
 public:
  RedisPool(RedisAddress address, int connections, absl::Duration timeout);
  ~RedisPool();

  // Sends all commands as one pipeline over one connection. When it breaks, `replies` holds what was answered before
  // and `status` says why; whether the rest was carried out is unknown when `sent`.
  struct Outcome {
    std::vector<RedisReply> replies;
    absl::Status status;
    bool sent = false;
  };
  Outcome Run(absl::Span<const RedisCommand> commands);

  // Run() for commands that change nothing: once more on a fresh connection after a break, and any error among the
  // replies is an error.
  absl::StatusOr<std::vector<RedisReply>> Read(absl::Span<const RedisCommand> commands);

  // What an error reply means for the caller, with the remedy. NOT_FOUND: the server does not know the script.
  absl::Status ErrorOf(const redisReply& reply) const;

  const RedisAddress& address() const { return address_; }

 private:
  struct FreeContext {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  using Context = std::unique_ptr<redisContext, FreeContext>;

  absl::StatusOr<Context> CheckOut();
  void Return(Context context);
  absl::StatusOr<Context> Connect();
  absl::Status Greet(redisContext& context) const;
  absl::Status Broken(const redisContext& context) const;

  const RedisAddress address_;
  const absl::Duration timeout_;

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<Context> idle_;
  int available_;  // connections that may still be checked out
  // After a failed attempt none is made until then: callers fail at once instead of queueing up for a dead server.
  absl::Time next_attempt_ = absl::InfinitePast();
  absl::Duration back_off_ = absl::ZeroDuration();
  absl::Status last_failure_;
};

}  // namespace rapport::store

#endif  // RAPPORT_COMMON_STORE_REDIS_CONNECTION_H_
