#include "common/store/redis_error.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/store/redis_connection.h"

namespace rapport::store {
namespace {

bool Begins(absl::string_view text, std::initializer_list<absl::string_view> codes) {
  return std::any_of(codes.begin(), codes.end(),
                     [text](absl::string_view code) { return absl::StartsWith(text, code); });
}

}  // namespace

absl::Status RedisErrorOf(const redisReply& reply, const RedisEndpoint& server) {
  if (reply.type != REDIS_REPLY_ERROR) return absl::OkStatus();
  const absl::string_view text = ReplyBytes(reply);
  const std::string redis = absl::StrCat("Redis at ", server.HostPort());
  // Errors inside a script may come wrapped, with the code further on.
  if (Begins(text, {"OOM"}) || absl::StrContains(text, "OOM command not allowed")) {
    return absl::ResourceExhaustedError(
        absl::StrCat(redis, " is out of memory: raise its maxmemory or keep less (", text, ")"));
  }
  if (Begins(text, {"MISCONF"}) || absl::StrContains(text, "MISCONF")) {
    return absl::UnavailableError(absl::StrCat(
        redis, " takes no writes because it cannot persist them: make room on its disk and see its log (", text, ")"));
  }
  if (absl::StrContains(text, "NOREPLICAS")) {
    return absl::UnavailableError(
        absl::StrCat(redis, " has fewer replicas than its min-replicas-to-write: check that they run and the network"));
  }
  if (Begins(text, {"LOADING"})) {
    return absl::UnavailableError(absl::StrCat(redis, " is still loading its data: try again in a moment"));
  }
  if (Begins(text, {"NOAUTH", "WRONGPASS", "ERR AUTH", "ERR invalid password", "NOPERM"})) {
    return absl::FailedPreconditionError(absl::StrCat(
        redis,
        " refuses this user: give user:password@ in the store URL, or ?sentinel_user= and sentinel_password= where it "
        "is a Sentinel, of a user that may run the commands listed in common/store/README.md (",
        text, ")"));
  }
  if (absl::StrContains(text, "cluster support disabled")) {
    return absl::FailedPreconditionError(
        absl::StrCat(redis, " is no node of a cluster: give redis://", server.HostPort()));
  }
  if (Begins(text, {"MASTERDOWN", "BUSY", "UNBLOCKED", "NOSCRIPT", "ERR max number of clients"}) ||
      RefusalOf(reply) != RedisRefusal::kNone) {
    return absl::UnavailableError(absl::StrCat(redis, " cannot serve this now: ", text));
  }
  return absl::InternalError(absl::StrCat(redis, " answered: ", text));
}

RedisRefusal RefusalOf(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ERROR) return RedisRefusal::kNone;
  const absl::string_view text = ReplyBytes(reply);
  if (Begins(text, {"MOVED "})) return RedisRefusal::kMoved;
  if (Begins(text, {"ASK "})) return RedisRefusal::kAsk;
  if (Begins(text, {"NOSCRIPT"})) return RedisRefusal::kNoScript;
  if (Begins(text, {"TRYAGAIN", "CLUSTERDOWN", "LOADING", "READONLY"}) ||
      absl::StrContains(text, "READONLY You can't write against a read only replica")) {
    return RedisRefusal::kWait;
  }
  return RedisRefusal::kNone;
}

std::optional<RedisEndpoint> RedirectionOf(const redisReply& reply, const RedisEndpoint& server) {
  const std::vector<absl::string_view> words = absl::StrSplit(ReplyBytes(reply), ' ');  // MOVED slot host:port
  const size_t colon = words.size() == 3 ? words[2].rfind(':') : absl::string_view::npos;
  RedisEndpoint endpoint;
  if (colon == absl::string_view::npos || !absl::SimpleAtoi(words[2].substr(colon + 1), &endpoint.port) ||
      endpoint.port < 1 || endpoint.port > 65'535) {
    return std::nullopt;
  }
  // A node that does not know its own address leaves it out.
  endpoint.host = colon == 0 ? server.host : std::string(words[2].substr(0, colon));
  return endpoint;
}

}  // namespace rapport::store
