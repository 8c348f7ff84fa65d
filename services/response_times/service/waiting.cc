#include "services/response_times/service/waiting.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/request/fields.h"
#include "common/time/interval.h"
#include "services/response_times/core/facts.h"
#include "services/response_times/core/promise_counting.h"
#include "services/response_times/service/intervals.h"

namespace rapport::response_times {
namespace {

constexpr absl::Duration kAboutToBreak = absl::Minutes(15);
constexpr absl::Duration kBrokenLately = absl::Hours(24);

// A wait as of some moment, in the order of lists: the longest first.
struct Wait {
  int64_t effective_since_ms = 0;  // as if it had never been paused
  std::string conversation_id;
  std::string customer_id;
  storage::v1::Waiting waiting;

  auto Order() const { return std::tie(effective_since_ms, conversation_id); }
};

// Those who wait at `now`: not who is snoozed until later.
absl::StatusOr<std::vector<Wait>> WaitsAt(Reader& reader, absl::string_view tenant, absl::Time now) {
  const int64_t now_ms = absl::ToUnixMillis(now);
  std::vector<Wait> waits;
  const absl::Status read =
      reader.ForEach<DecodeWaiting>(tenant, {std::string(kWaitingTable)}, [&](const WaitingFact& fact, int64_t) {
        if (fact.waiting.running_since_ms() > now_ms) return;
        waits.push_back({fact.waiting.running_since_ms() - fact.waiting.waited_ms(), std::string(fact.conversation_id),
                         std::string(fact.customer_id), fact.waiting});
      });
  if (!read.ok()) return read;
  std::sort(waits.begin(), waits.end(), [](const Wait& a, const Wait& b) { return a.Order() < b.Order(); });
  return waits;
}

google::protobuf::Duration WaitedUntil(int64_t now_ms, const Wait& wait) {
  return ToProto(absl::Milliseconds(std::max<int64_t>(0, now_ms - wait.effective_since_ms)));
}

google::protobuf::Timestamp Moment(int64_t ms) {
  return ToProto(absl::FromUnixMillis(ms));
}

bool Matches(const Wait& wait, const v1::ListWaitingRequest& request) {
  if (request.channel() != common::v1::CHANNEL_UNSPECIFIED && wait.waiting.channel() != request.channel()) return false;
  if (request.agent_id().empty()) return true;
  return wait.waiting.agent_id() == (request.agent_id() == "-" ? "" : request.agent_id());
}

std::string Token(const Wait& wait) {
  return absl::WebSafeBase64Escape(absl::StrCat(wait.effective_since_ms, " ", wait.conversation_id));
}

// The wait that a token points behind. Only what orders it is set.
absl::StatusOr<std::optional<Wait>> ParseToken(absl::string_view token) {
  if (token.empty()) return std::nullopt;
  std::string plain;
  Wait wait;
  if (absl::WebSafeBase64Unescape(token, &plain)) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(plain, absl::MaxSplits(' ', 1));
    wait.conversation_id = std::string(parts.second);
    if (absl::SimpleAtoi(parts.first, &wait.effective_since_ms)) return wait;
  }
  return Invalid("page.page_token", Shown(token), "is no token of this list; leave it out for the first page");
}

}  // namespace

absl::Status ListWaiting(Reader& reader, absl::string_view tenant, const v1::ListWaitingRequest& request,
                         v1::ListWaitingResponse& response) {
  absl::Status valid = ValidateChannel(request.channel());
  valid.Update(ValidateText("agent_id", request.agent_id()));
  if (!valid.ok()) return valid;
  const auto after = ParseToken(request.page().page_token());
  if (!after.ok()) return after.status();
  const absl::Time now = reader.Now();
  const absl::StatusOr<std::vector<Wait>> waits = WaitsAt(reader, tenant, now);
  if (!waits.ok()) return waits.status();

  const size_t limit = PageSize(request.page());
  const Wait* last = nullptr;
  for (const Wait& wait : *waits) {
    if ((*after && wait.Order() <= (*after)->Order()) || !Matches(wait, request)) continue;
    if (static_cast<size_t>(response.conversations_size()) == limit) {
      response.set_next_page_token(Token(*last));
      break;
    }
    v1::WaitingConversation& shown = *response.add_conversations();
    shown.set_conversation_id(wait.conversation_id);
    shown.set_customer_id(wait.customer_id);
    shown.set_channel(wait.waiting.channel());
    *shown.mutable_waiting_since() = Moment(wait.waiting.since_ms());
    *shown.mutable_waiting() = WaitedUntil(absl::ToUnixMillis(now), wait);
    shown.set_agent_id(wait.waiting.agent_id());
    shown.set_priority(wait.waiting.priority());
    if (wait.waiting.has_due_ms()) *shown.mutable_due_at() = Moment(wait.waiting.due_ms());
    last = &wait;
  }
  return absl::OkStatus();
}

absl::Status GetBacklog(Reader& reader, absl::string_view tenant, v1::GetBacklogResponse& response) {
  const absl::Time now = reader.Now();
  const absl::StatusOr<std::vector<Wait>> waits = WaitsAt(reader, tenant, now);
  if (!waits.ok()) return waits.status();
  *response.mutable_as_of() = ToProto(now);
  response.set_waiting_count(static_cast<int64_t>(waits->size()));
  std::map<common::v1::Channel, v1::ChannelBacklog> channels;
  for (const Wait& wait : *waits) {
    v1::ChannelBacklog& backlog = channels[wait.waiting.channel()];
    if (backlog.waiting_count() == 0) {
      backlog.set_channel(wait.waiting.channel());
      *backlog.mutable_oldest_since() = Moment(wait.waiting.since_ms());
      *backlog.mutable_oldest_wait() = WaitedUntil(absl::ToUnixMillis(now), wait);
    }
    backlog.set_waiting_count(backlog.waiting_count() + 1);
  }
  for (auto& [channel, backlog] : channels) *response.add_channels() = std::move(backlog);
  std::stable_sort(response.mutable_channels()->pointer_begin(), response.mutable_channels()->pointer_end(),
                   [](const auto* a, const auto* b) { return a->waiting_count() > b->waiting_count(); });
  return absl::OkStatus();
}

absl::Status AddBacklog(Reader& reader, absl::string_view tenant, BacklogSnapshot& snapshot) {
  const absl::Time now = reader.Now();
  const absl::StatusOr<std::vector<Wait>> waits = WaitsAt(reader, tenant, now);
  if (!waits.ok()) return waits.status();
  for (const Wait& wait : *waits) {
    BacklogSnapshot::Channel& channel = snapshot.channels[wait.waiting.channel()];
    ++channel.waiting;
    channel.oldest = std::max(channel.oldest, now - absl::FromUnixMillis(wait.effective_since_ms));
  }
  // Open promises stand in a table per month in which they are due: a look at those that can be broken lately or due
  // soon, and at the month to come.
  const std::vector<std::string> tables =
      TablesOfMonths({{now - kBrokenLately, now + absl::Hours(24 * 31)}}, OpenPromiseTable);
  const int64_t now_ms = absl::ToUnixMillis(now);
  return reader.ForEach<DecodeOpenPromise>(tenant, tables, [&](const OpenPromise& promise, int64_t) {
    if (StateOf(promise, now_ms) == v1::PROMISE_STATE_PENDING) {
      ++snapshot.promises_pending;
      if (!promise.paused && promise.due_ms <= absl::ToUnixMillis(now + kAboutToBreak)) {
        ++snapshot.promises_about_to_break;
      }
    } else if (promise.due_ms > absl::ToUnixMillis(now - kBrokenLately)) {
      ++snapshot.promises_broken;
    }
  });
}

}  // namespace rapport::response_times
