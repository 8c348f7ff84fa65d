#include "common/store/redis_connection.h"

#include <poll.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/retry_after.h"

namespace rapport::store {
namespace {

constexpr absl::Duration kFirstBackOff = absl::Milliseconds(20);
constexpr absl::Duration kLastBackOff = absl::Seconds(1);

// Whether the server has closed the connection, or sent what nobody asked for, since it was last used.
bool IsStale(const redisContext& context) {
  pollfd descriptor{context.fd, POLLIN | POLLRDHUP, 0};
  return poll(&descriptor, 1, 0) != 0;
}

}  // namespace

RedisCommand::RedisCommand(std::initializer_list<absl::string_view> arguments) {
  for (const absl::string_view argument : arguments) Own(std::string(argument));
}

void RedisCommand::Refer(absl::string_view argument) {
  // Null pointers, even of empty arguments, are not to be handed to hiredis.
  pointers_.push_back(argument.data() == nullptr ? "" : argument.data());
  sizes_.push_back(argument.size());
}

absl::string_view ReplyBytes(const redisReply& reply) {
  return reply.str == nullptr ? absl::string_view() : absl::string_view(reply.str, reply.len);
}

absl::Span<redisReply* const> ReplyElements(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY) return {};
  return {reply.element, reply.elements};
}

RedisNode::RedisNode(RedisEndpoint endpoint, RedisLogin login, int connections, absl::Duration timeout)
    : endpoint_(std::move(endpoint)), login_(std::move(login)), timeout_(timeout), available_(connections) {}

std::vector<RedisCommand> RedisNode::Greeting() const {
  std::vector<RedisCommand> commands;
  if (!login_.password.empty()) {
    commands.push_back(login_.user.empty() ? RedisCommand{"AUTH", login_.password}
                                           : RedisCommand{"AUTH", login_.user, login_.password});
  }
  if (login_.database != 0) commands.push_back(RedisCommand{"SELECT", absl::StrCat(login_.database)});
  commands.push_back(RedisCommand{"PING"});
  return commands;
}

// What those get who are not to try at the moment; OK for the others.
absl::Status RedisNode::Refusal(absl::Time now) const {
  if (!down_.ok() && (probing_ || now < next_attempt_)) {
    return WithRetryAfter(down_, std::max(next_attempt_ - now, back_off_));
  }
  if (available_ == 0 && now >= std::max(heard_, all_in_use_) + kLongestSilence) {
    return WithRetryAfter(
        absl::UnavailableError(absl::StrCat("Redis at ", endpoint_.HostPort(), " was silent for ",
                                            absl::FormatDuration(kLongestSilence),
                                            " on all connections to it: check its load and the network")),
        kLongestSilence);
  }
  return absl::OkStatus();
}

absl::StatusOr<RedisConnection> RedisNode::CheckOut(absl::Duration patience) {
  std::unique_lock lock(mutex_);
  for (const absl::Time limit = absl::Now() + patience;;) {
    const absl::Time now = absl::Now();
    if (absl::Status refusal = Refusal(now); !refusal.ok()) return refusal;
    if (available_ > 0) break;
    if (patience == absl::ZeroDuration()) return RedisConnection();
    if (now >= limit) {
      return absl::UnavailableError(absl::StrCat("all connections to Redis at ", endpoint_.HostPort(),
                                                 " were busy for ", absl::FormatDuration(patience),
                                                 ": check its load"));
    }
    const absl::Time silent = std::max(heard_, all_in_use_) + kLongestSilence;
    returned_.wait_for(lock,
                       absl::ToChronoMilliseconds(absl::Ceil(std::min(limit, silent) - now, absl::Milliseconds(1))));
  }
  RedisConnection fresh;
  fresh.probe = probing_ = !down_.ok();
  if (--available_ == 0) all_in_use_ = absl::Now();
  while (!idle_.empty()) {
    RedisConnection connection = std::move(idle_.back());
    idle_.pop_back();
    if (!IsStale(*connection.context)) return connection;
  }
  lock.unlock();
  fresh.context.reset(redisConnectNonBlock(endpoint_.host.c_str(), endpoint_.port));
  if (fresh.context != nullptr && fresh.context->err == 0) {
    redisEnableKeepAlive(fresh.context.get());
    return fresh;
  }
  const absl::Status status = absl::UnavailableError(absl::StrCat(
      "Redis at ", endpoint_.HostPort(), " cannot be reached (",
      fresh.context == nullptr ? "no memory" : fresh.context->errstr, "): check that it runs and the network"));
  CheckInBroken(status, /*down=*/true);
  return status;
}

void RedisNode::Heard() {
  const std::lock_guard lock(mutex_);
  heard_ = absl::Now();
}

void RedisNode::CheckInWorking(RedisConnection connection) {
  connection.probe = false;
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(connection));
  down_ = absl::OkStatus();
  probing_ = false;
  back_off_ = absl::ZeroDuration();
  ++available_;
  returned_.notify_one();
}

void RedisNode::CheckInBroken(const absl::Status& status, bool down) {
  const std::lock_guard lock(mutex_);
  probing_ = false;
  ++available_;
  if (!down) return returned_.notify_one();
  back_off_ = std::clamp(2 * back_off_, kFirstBackOff, kLastBackOff);
  next_attempt_ = absl::Now() + back_off_;
  down_ = status;
  // The next one begins with a greeting, which tells whether the server is back before anything depends on it.
  idle_.clear();
  returned_.notify_all();
}

}  // namespace rapport::store
