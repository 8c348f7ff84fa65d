#include "services/response_times/service/promise_watch.h"

#include <optional>
#include <tuple>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/request/fields.h"
#include "common/time/interval.h"
#include "services/response_times/service/change_reader.h"

namespace rapport::response_times {
namespace {

constexpr absl::Duration kDefaultWarning = absl::Minutes(15);
constexpr absl::Duration kLongestWarning = absl::Hours(24 * 31);
// The past that a token can be of.
constexpr absl::Duration kLongestPause = absl::Hours(24 * 31);
// How often a token alone is sent.
constexpr absl::Duration kTokenInterval = absl::Minutes(1);
constexpr size_t kIdsPerRead = 500;
constexpr size_t kMostRemembered = 100'000;

absl::StatusOr<absl::Duration> ParseWarning(const v1::WatchPromisesRequest& request) {
  if (!request.has_about_to_break()) return kDefaultWarning;
  const absl::Duration warning = FromProto(request.about_to_break());
  if (warning >= absl::ZeroDuration() && warning <= kLongestWarning) return warning;
  return Invalid("about_to_break", absl::FormatDuration(warning), "is no time ahead; use 0 to 31 days");
}

// Behind everything due up to `t`.
DuePromise Behind(absl::Time t) {
  return {ToMillis(t) + 1, ""};
}

// Up to when it was told what is about to break and what broke, and the place in the stream.
using TokenParts = std::tuple<int64_t, int64_t, std::string>;

absl::StatusOr<TokenParts> ParseToken(absl::string_view token) {
  std::string plain;
  if (!absl::WebSafeBase64Unescape(token, &plain)) return service::StrangeToken();
  const std::vector<absl::string_view> parts = absl::StrSplit(plain, '/');
  int64_t warned_ms = 0;
  int64_t broken_ms = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &warned_ms) || !absl::SimpleAtoi(parts[1], &broken_ms)) {
    return service::StrangeToken();
  }
  return TokenParts(warned_ms, broken_ms, parts[2]);
}

}  // namespace

absl::StatusOr<PromiseWatch> PromiseWatch::Open(Reader& reader, absl::string_view tenant, absl::string_view only_agent,
                                                const v1::WatchPromisesRequest& request) {
  const absl::Status valid = ValidateText("agent_id", request.agent_id());
  if (!valid.ok()) return valid;
  const absl::StatusOr<absl::Duration> warning = ParseWarning(request);
  if (!warning.ok()) return warning.status();
  const absl::Time now = reader.Now();
  DuePromise warned = Behind(now);
  DuePromise broken = Behind(now);
  absl::StatusOr<service::StreamCursor> stream = absl::UnknownError("");
  if (request.resume_token().empty()) {
    stream = service::StreamCursor::AtEnd(reader.store(), tenant, kChangeStream);
  } else {
    const absl::StatusOr<TokenParts> parts = ParseToken(request.resume_token());
    if (!parts.ok()) return parts.status();
    warned.due_ms = std::get<0>(*parts);
    broken.due_ms = std::get<1>(*parts);
    if (absl::FromUnixMillis(broken.due_ms) < now - kLongestPause) {
      return absl::OutOfRangeError(
          "resume_token: is older than 31 days; list what was missed, then watch without a token");
    }
    stream = service::StreamCursor::At(reader.store(), tenant, kChangeStream, std::get<2>(*parts));
  }
  if (!stream.ok()) return stream.status();
  PromiseWatch watch(reader, tenant, *std::move(stream));
  watch.agent_id_ = request.agent_id();
  watch.only_agent_ = std::string(only_agent);
  watch.about_to_break_ = *warning;
  watch.warned_ = std::move(warned);
  watch.broken_ = std::move(broken);
  watch.token_ = watch.Token();
  watch.token_moved_ = true;
  return watch;
}

std::string PromiseWatch::Token() const {
  return absl::WebSafeBase64Escape(absl::StrCat(warned_.due_ms, "/", broken_.due_ms, "/", stream_.Text()));
}

bool PromiseWatch::IsWatched(const v1::Promise& promise) const {
  return (agent_id_.empty() || agent_id_ == promise.agent_id()) &&
         (only_agent_.empty() || only_agent_ == promise.agent_id());
}

// That a promise was kept is told when it changes, not when its due time comes up.
v1::PromiseNews PromiseWatch::NewsOf(const v1::Promise& promise, bool changed) const {
  switch (promise.state()) {
    case v1::PROMISE_STATE_PENDING: {
      const bool soon = promise.has_due_at() && FromProto(promise.due_at()) <= reader_->Now() + about_to_break_;
      return soon ? v1::PROMISE_NEWS_ABOUT_TO_BREAK : v1::PROMISE_NEWS_UNSPECIFIED;
    }
    case v1::PROMISE_STATE_BROKEN:
      return v1::PROMISE_NEWS_BROKEN;
    case v1::PROMISE_STATE_KEPT:
    case v1::PROMISE_STATE_KEPT_LATE:
      return changed ? v1::PROMISE_NEWS_KEPT : v1::PROMISE_NEWS_UNSPECIFIED;
    default:
      return v1::PROMISE_NEWS_UNSPECIFIED;
  }
}

absl::Status PromiseWatch::Tell(const std::vector<std::string>& ids, bool changed) {
  if (ids.empty()) return absl::OkStatus();
  auto promises = LoadPromises(*reader_, tenant_, ids);
  if (!promises.ok()) return promises.status();
  if (told_.size() > kMostRemembered) told_.clear();
  for (std::optional<v1::Promise>& promise : *promises) {
    if (!promise || !IsWatched(*promise)) continue;
    const v1::PromiseNews news = NewsOf(*promise, changed);
    if (news == v1::PROMISE_NEWS_UNSPECIFIED) {
      told_.erase(promise->promise_id());
      continue;
    }
    const int64_t moment = ToMillis(news == v1::PROMISE_NEWS_KEPT ? promise->kept_at() : promise->due_at());
    auto& last = told_[promise->promise_id()];
    if (last == std::pair(news, moment)) continue;
    last = {news, moment};
    v1::WatchPromisesResponse& message = pending_.emplace_back();
    message.set_news(news);
    *message.mutable_promise() = *std::move(promise);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> PromiseWatch::ReadDue(DuePromise& told, absl::Time until, bool& more) {
  std::vector<std::string> ids;
  const DuePromise end = Behind(until);
  if (told >= end) return ids;
  auto list = ListDue(*reader_, tenant_, {absl::FromUnixMillis(told.due_ms), absl::FromUnixMillis(end.due_ms)}, told,
                      kIdsPerRead);
  if (!list.ok()) return list.status();
  if (list->size() == kIdsPerRead) {
    more = true;
    told = list->back();
  } else {
    told = end;
  }
  for (DuePromise& each : *list) ids.push_back(std::move(each.id));
  return ids;
}

absl::Status PromiseWatch::ReadOn() {
  const absl::Time now = reader_->Now();
  bool more = false;
  const auto changed = ReadChanges(ChangeTag::kPromise, stream_);
  if (!changed.ok()) return changed.status();
  const auto warned = ReadDue(warned_, now + about_to_break_, more);
  if (!warned.ok()) return warned.status();
  const auto broken = ReadDue(broken_, now, more);
  if (!broken.ok()) return broken.status();
  absl::Status told = Tell(*changed, true);
  told.Update(Tell(*warned, false));
  told.Update(Tell(*broken, false));
  // Between two promises that are due at the same moment a token cannot stand.
  told_since_ = told_since_ || !pending_.empty();
  token_moved_ = told.ok() && !more && (told_since_ || now - token_told_at_ >= kTokenInterval);
  return told;
}

// The token moves on only behind the last promise of a read, so that a watcher that stops in between is told all of
// them again, and misses none.
absl::StatusOr<bool> PromiseWatch::Next(v1::WatchPromisesResponse& response) {
  if (pending_.empty() && !token_moved_) {
    const absl::Status read = ReadOn();
    if (!read.ok()) return read;
  }
  if (!pending_.empty()) {
    response = std::move(pending_.front());
    pending_.pop_front();
  } else if (!token_moved_) {
    return false;
  }
  if (pending_.empty() && token_moved_) {
    token_ = Token();
    token_moved_ = false;
    told_since_ = false;
    token_told_at_ = reader_->Now();
  }
  response.set_resume_token(token_);
  return true;
}

}  // namespace rapport::response_times
