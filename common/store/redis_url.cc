#include "common/store/redis_url.h"

#include <array>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace rapport::store {

const char kRedisUrlForms[] =
    "redis://[user:password@]host[:port][/db], redis+sentinel://[user:password@]host[:port],.../master[/db] or "
    "redis+cluster://[user:password@]host[:port],..., with ?wait_replicas=N where there are replicas and "
    "?sentinel_user=USER&sentinel_password=PASSWORD where Sentinels ask for them";

namespace {

constexpr std::array<std::pair<absl::string_view, RedisTopologyKind>, 3> kSchemes = {{
    {"redis://", RedisTopologyKind::kStandalone},
    {"redis+sentinel://", RedisTopologyKind::kSentinel},
    {"redis+cluster://", RedisTopologyKind::kCluster},
}};
constexpr int kSentinelPort = 26379;

absl::Status BadUrl(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the Redis URL has ", what, ": give ", kRedisUrlForms));
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

// Each of these takes its part off the URL.

absl::Status TakeScheme(absl::string_view& url, RedisUrl& parsed) {
  for (const auto& [scheme, kind] : kSchemes) {
    if (!absl::ConsumePrefix(&url, scheme)) continue;
    parsed.kind = kind;
    return absl::OkStatus();
  }
  return BadUrl("another scheme");
}

absl::Status TakeLogin(absl::string_view& url, RedisLogin& login) {
  const size_t at = url.rfind('@');
  if (at == absl::string_view::npos) return absl::OkStatus();
  const absl::string_view credentials = url.substr(0, at);
  url.remove_prefix(at + 1);
  const size_t colon = credentials.find(':');
  if (colon == absl::string_view::npos) return BadUrl("a user without a password");
  const std::optional<std::string> user = PercentDecode(credentials.substr(0, colon));
  const std::optional<std::string> password = PercentDecode(credentials.substr(colon + 1));
  if (!user || !password) return BadUrl("a user or password that is not percent-encoded");
  login.user = *user;
  login.password = *password;
  return absl::OkStatus();
}

absl::Status ReadWaitReplicas(absl::string_view value, RedisUrl& parsed) {
  if (!absl::SimpleAtoi(value, &parsed.wait_replicas) || parsed.wait_replicas < 0) {
    return BadUrl("wait_replicas that is no number");
  }
  return absl::OkStatus();
}

absl::Status ReadSentinelLogin(absl::string_view name, absl::string_view value, RedisUrl& parsed) {
  if (parsed.kind != RedisTopologyKind::kSentinel) return BadUrl(absl::StrCat(name, " without Sentinels"));
  std::optional<std::string> decoded = PercentDecode(value);
  if (!decoded) return BadUrl(absl::StrCat(name, " that is not percent-encoded"));
  (name == "sentinel_user" ? parsed.sentinel_login.user : parsed.sentinel_login.password) = *std::move(decoded);
  return absl::OkStatus();
}

absl::Status TakeQuery(absl::string_view& url, RedisUrl& parsed) {
  const size_t mark = url.find('?');
  if (mark == absl::string_view::npos) return absl::OkStatus();
  const absl::string_view query = url.substr(mark + 1);
  url = url.substr(0, mark);
  for (const absl::string_view part : absl::StrSplit(query, '&')) {
    const std::pair<absl::string_view, absl::string_view> setting = absl::StrSplit(part, absl::MaxSplits('=', 1));
    absl::Status status = BadUrl("something unknown after '?'");
    if (setting.first == "wait_replicas") status = ReadWaitReplicas(setting.second, parsed);
    if (setting.first == "sentinel_user" || setting.first == "sentinel_password") {
      status = ReadSentinelLogin(setting.first, setting.second, parsed);
    }
    if (!status.ok()) return status;
  }
  if (!parsed.sentinel_login.user.empty() && parsed.sentinel_login.password.empty()) {
    return BadUrl("a sentinel_user without a sentinel_password");
  }
  return absl::OkStatus();
}

absl::Status TakePath(absl::string_view& url, RedisUrl& parsed) {
  const size_t slash = url.find('/');
  absl::string_view path = slash == absl::string_view::npos ? absl::string_view() : url.substr(slash + 1);
  url = url.substr(0, slash);
  if (parsed.kind == RedisTopologyKind::kSentinel) {
    const size_t end = path.find('/');
    parsed.master = std::string(path.substr(0, end));
    path = end == absl::string_view::npos ? absl::string_view() : path.substr(end + 1);
    if (parsed.master.empty()) return BadUrl("no name of the master that the Sentinels watch");
  }
  if (path.empty()) return absl::OkStatus();
  if (parsed.kind == RedisTopologyKind::kCluster) return BadUrl("a database, of which a cluster has only one");
  if (!absl::SimpleAtoi(path, &parsed.login.database) || parsed.login.database < 0) {
    return BadUrl(absl::StrCat("the database '", path, "', which is no number"));
  }
  return absl::OkStatus();
}

absl::Status ParseEndpoint(absl::string_view text, RedisEndpoint& endpoint) {
  absl::string_view port;
  if (absl::ConsumePrefix(&text, "[")) {
    const size_t bracket = text.find(']');
    if (bracket == absl::string_view::npos) return BadUrl("a '[' without ']'");
    port = text.substr(bracket + 1);
    text = text.substr(0, bracket);
  } else if (const size_t colon = text.rfind(':'); colon != absl::string_view::npos) {
    port = text.substr(colon);
    text = text.substr(0, colon);
  }
  if (!port.empty() && (!absl::ConsumePrefix(&port, ":") || !absl::SimpleAtoi(port, &endpoint.port) ||
                        endpoint.port < 1 || endpoint.port > 65535)) {
    return BadUrl(absl::StrCat("the port '", port, "', which is not 1 to 65535"));
  }
  if (text.empty()) return BadUrl("no host");
  endpoint.host = std::string(text);
  return absl::OkStatus();
}

}  // namespace

std::string RedisEndpoint::HostPort() const {
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

bool IsRedisUrl(absl::string_view url) {
  for (const auto& [scheme, kind] : kSchemes) {
    if (absl::StartsWith(url, scheme)) return true;
  }
  return false;
}

absl::StatusOr<RedisUrl> ParseRedisUrl(absl::string_view url) {
  RedisUrl parsed;
  absl::Status status = TakeScheme(url, parsed);
  if (status.ok()) status = TakeLogin(url, parsed.login);
  if (status.ok()) status = TakeQuery(url, parsed);
  if (status.ok()) status = TakePath(url, parsed);
  if (!status.ok()) return status;
  for (const absl::string_view text : absl::StrSplit(url, ',')) {
    RedisEndpoint& endpoint = parsed.endpoints.emplace_back();
    if (parsed.kind == RedisTopologyKind::kSentinel) endpoint.port = kSentinelPort;
    if (status = ParseEndpoint(text, endpoint); !status.ok()) return status;
  }
  if (parsed.kind == RedisTopologyKind::kStandalone && parsed.endpoints.size() > 1) {
    return BadUrl("several servers that are neither a cluster nor Sentinels");
  }
  return parsed;
}

}  // namespace rapport::store
