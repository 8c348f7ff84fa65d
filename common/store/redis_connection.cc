#include "common/store/redis_connection.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace rapport::store {
namespace {

constexpr absl::Duration kFirstBackOff = absl::Milliseconds(20);
constexpr absl::Duration kLastBackOff = absl::Seconds(1);

absl::Status BadUrl(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("the Redis URL has ", what, ": give redis://[user:password@]host[:port][/db]"));
}

std::optional<std::string> PercentDecode(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size() || !absl::ascii_isxdigit(text[i + 1]) || !absl::ascii_isxdigit(text[i + 2])) {
      return std::nullopt;
    }
    decoded += absl::HexStringToBytes(text.substr(i + 1, 2));
    i += 2;
  }
  return decoded;
}

// Whether the server has closed the connection, or sent what nobody asked for, since it was last used.
bool IsStale(const redisContext& context) {
  pollfd descriptor{context.fd, POLLIN | POLLRDHUP, 0};
  return poll(&descriptor, 1, 0) != 0;
}

}  // namespace

std::string RedisAddress::HostPort() const {
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

absl::StatusOr<RedisAddress> ParseRedisUrl(absl::string_view url) {
  RedisAddress address;
  if (!absl::ConsumePrefix(&url, "redis://")) return BadUrl("another scheme");
  if (const size_t at = url.rfind('@'); at != absl::string_view::npos) {
    const absl::string_view credentials = url.substr(0, at);
    url.remove_prefix(at + 1);
    const size_t colon = credentials.find(':');
    if (colon == absl::string_view::npos) return BadUrl("a user without a password");
    const std::optional<std::string> user = PercentDecode(credentials.substr(0, colon));
    const std::optional<std::string> password = PercentDecode(credentials.substr(colon + 1));
    if (!user || !password) return BadUrl("a user or password that is not percent-encoded");
    address.user = *user;
    address.password = *password;
  }
  if (const size_t slash = url.find('/'); slash != absl::string_view::npos) {
    const absl::string_view database = url.substr(slash + 1);
    if (!database.empty() && (!absl::SimpleAtoi(database, &address.database) || address.database < 0)) {
      return BadUrl(absl::StrCat("the database '", database, "', which is no number"));
    }
    url = url.substr(0, slash);
  }
  absl::string_view port;
  if (absl::ConsumePrefix(&url, "[")) {
    const size_t bracket = url.find(']');
    if (bracket == absl::string_view::npos) return BadUrl("a '[' without ']'");
    port = url.substr(bracket + 1);
    url = url.substr(0, bracket);
  } else if (const size_t colon = url.rfind(':'); colon != absl::string_view::npos) {
    port = url.substr(colon);
    url = url.substr(0, colon);
  }
  if (!port.empty() && (!absl::ConsumePrefix(&port, ":") || !absl::SimpleAtoi(port, &address.port) ||
                        address.port < 1 || address.port > 65535)) {
    return BadUrl(absl::StrCat("the port '", port, "', which is not 1 to 65535"));
  }
  if (url.empty()) return BadUrl("no host");
  address.host = std::string(url);
  return address;
}

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

RedisPool::RedisPool(RedisAddress address, int connections, absl::Duration timeout)
    : address_(std::move(address)), timeout_(timeout), available_(connections) {}

RedisPool::~RedisPool() = default;

absl::Status RedisPool::Broken(const redisContext& context) const {
  if (context.err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETIMEDOUT)) {
    return absl::UnavailableError(absl::StrCat("Redis at ", address_.HostPort(), " gave no answer within ",
                                               absl::FormatDuration(timeout_), ": check its load and the network"));
  }
  return absl::UnavailableError(absl::StrCat("Redis at ", address_.HostPort(), " cannot be reached (", context.errstr,
                                             "): check that it runs and the network"));
}

absl::Status RedisPool::ErrorOf(const redisReply& reply) const {
  if (reply.type != REDIS_REPLY_ERROR) return absl::OkStatus();
  const absl::string_view text = ReplyBytes(reply);
  const std::string redis = absl::StrCat("Redis at ", address_.HostPort());
  const auto begins = [text](std::initializer_list<absl::string_view> codes) {
    return std::any_of(codes.begin(), codes.end(),
                       [text](absl::string_view code) { return absl::StartsWith(text, code); });
  };
  // Errors inside a script may come wrapped, with the code further on.
  if (begins({"OOM"}) || absl::StrContains(text, "OOM command not allowed")) {
    return absl::ResourceExhaustedError(
        absl::StrCat(redis, " is out of memory: raise its maxmemory or keep less (", text, ")"));
  }
  if (begins({"MISCONF"}) || absl::StrContains(text, "MISCONF")) {
    return absl::UnavailableError(absl::StrCat(
        redis, " takes no writes because it cannot persist them: make room on its disk and see its log (", text, ")"));
  }
  if (begins({"NOSCRIPT"})) return absl::NotFoundError(absl::StrCat(redis, " does not know a script"));
  if (begins({"LOADING"})) {
    return absl::UnavailableError(absl::StrCat(redis, " is still loading its data: try again in a moment"));
  }
  if (begins({"NOAUTH", "WRONGPASS", "ERR AUTH", "ERR invalid password", "NOPERM"})) {
    return absl::FailedPreconditionError(absl::StrCat(
        redis,
        " refuses this user: give redis://user:password@host with a user that may run the commands listed in "
        "common/store/README.md (",
        text, ")"));
  }
  if (begins({"READONLY", "MASTERDOWN", "NOREPLICAS", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MOVED", "ASK",
              "ERR max number of clients"})) {
    return absl::UnavailableError(absl::StrCat(redis, " cannot serve this now: ", text));
  }
  return absl::InternalError(absl::StrCat(redis, " answered: ", text));
}

absl::Status RedisPool::Greet(redisContext& context) const {
  std::vector<RedisCommand> commands;
  if (!address_.password.empty()) {
    commands.push_back(address_.user.empty() ? RedisCommand{"AUTH", address_.password}
                                             : RedisCommand{"AUTH", address_.user, address_.password});
  }
  if (address_.database != 0) commands.push_back(RedisCommand{"SELECT", absl::StrCat(address_.database)});
  commands.push_back(RedisCommand{"PING"});
  for (const RedisCommand& command : commands) {
    const RedisReply reply(static_cast<redisReply*>(
        redisCommandArgv(&context, static_cast<int>(command.size()), command.pointers(), command.sizes())));
    if (reply == nullptr) return Broken(context);
    if (absl::Status status = ErrorOf(*reply); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<RedisPool::Context> RedisPool::Connect() {
  const timeval timeout = absl::ToTimeval(timeout_);
  Context context(redisConnectWithTimeout(address_.host.c_str(), address_.port, timeout));
  if (context == nullptr) return absl::ResourceExhaustedError("no memory for a connection to Redis");
  if (context->err != 0) return Broken(*context);
  redisSetTimeout(context.get(), timeout);
  redisEnableKeepAlive(context.get());
  if (absl::Status status = Greet(*context); !status.ok()) return status;
  return context;
}

absl::StatusOr<RedisPool::Context> RedisPool::CheckOut() {
  {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [this] { return available_ > 0; });
    while (!idle_.empty()) {
      Context context = std::move(idle_.back());
      idle_.pop_back();
      if (IsStale(*context)) continue;
      --available_;
      return context;
    }
    if (absl::Now() < next_attempt_) return last_failure_;
    --available_;
  }
  absl::StatusOr<Context> context = Connect();
  const std::lock_guard lock(mutex_);
  if (context.ok()) {
    back_off_ = absl::ZeroDuration();
    return context;
  }
  back_off_ = std::clamp(2 * back_off_, kFirstBackOff, kLastBackOff);
  next_attempt_ = absl::Now() + back_off_;
  last_failure_ = context.status();
  ++available_;
  returned_.notify_one();
  return context;
}

void RedisPool::Return(Context context) {
  const std::lock_guard lock(mutex_);
  if (context->err == 0) idle_.push_back(std::move(context));
  ++available_;
  returned_.notify_one();
}

RedisPool::Outcome RedisPool::Run(absl::Span<const RedisCommand> commands) {
  Outcome outcome;
  absl::StatusOr<Context> checked_out = CheckOut();
  if (!checked_out.ok()) {
    outcome.status = checked_out.status();
    return outcome;
  }
  redisContext& context = **checked_out;
  const absl::Cleanup give_back = [&] { Return(*std::move(checked_out)); };
  for (const RedisCommand& command : commands) {
    redisAppendCommandArgv(&context, static_cast<int>(command.size()), command.pointers(), command.sizes());
  }
  outcome.replies.reserve(commands.size());
  for (size_t i = 0; i < commands.size(); ++i) {
    void* reply = nullptr;
    outcome.sent = true;
    if (redisGetReply(&context, &reply) != REDIS_OK) {
      outcome.status = Broken(context);
      return outcome;
    }
    outcome.replies.emplace_back(static_cast<redisReply*>(reply));
  }
  return outcome;
}

absl::StatusOr<std::vector<RedisReply>> RedisPool::Read(absl::Span<const RedisCommand> commands) {
  Outcome outcome = Run(commands);
  if (!outcome.status.ok() && outcome.sent) outcome = Run(commands);
  if (!outcome.status.ok()) return outcome.status;
  for (const RedisReply& reply : outcome.replies) {
    if (absl::Status status = ErrorOf(*reply); !status.ok()) return status;
  }
  return std::move(outcome.replies);
}

}  // namespace rapport::store
