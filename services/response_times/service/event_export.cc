#include "services/response_times/service/event_export.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/request/fields.h"
#include "common/rollup/tables.h"
#include "services/response_times/core/facts.h"
#include "services/response_times/core/walk.h"

namespace rapport::response_times {
namespace {

constexpr size_t kConversationsPerRead = 64;
constexpr int64_t kMostDaysAhead = 256;
constexpr int kEventsPerChunk = 1000;
// gRPC clients take 4 MiB unless told otherwise.
constexpr size_t kBytesPerChunk = size_t{2} << 20;

}  // namespace

absl::StatusOr<EventExport> EventExport::Open(Reader& reader, absl::string_view tenant,
                                              const v1::ExportEventsRequest& request) {
  const auto range = ParseRange(request.range(), "range");
  if (!range.ok()) return range.status();
  const absl::Status valid = ValidateText("customer_id", request.customer_id());
  if (!valid.ok()) return valid;
  EventExport events(reader, tenant, reader.Bounded(*range), request.customer_id());
  // Nothing is recorded before 1970.
  events.day_ = std::max<int64_t>(0, UtcDay(range->start));
  events.last_day_ = UtcDay(events.range_.end - absl::Milliseconds(1));
  if (request.resume_token().empty()) return events;

  std::string plain;
  int64_t day = 0;
  if (absl::WebSafeBase64Unescape(request.resume_token(), &plain)) {
    const std::vector<std::string> parts = absl::StrSplit(plain, absl::MaxSplits(' ', 2));
    if (parts.size() == 3 && absl::SimpleAtoi(parts[0], &day) && absl::SimpleAtoi(parts[1], &events.skip_) &&
        day >= events.day_) {
      events.day_ = day;
      events.after_ = parts[2];
      return events;
    }
  }
  return Invalid("resume_token", Shown(request.resume_token()),
                 "is no token of this export; leave it out to start from the beginning");
}

absl::StatusOr<bool> EventExport::Next(v1::ExportEventsResponse& response) {
  while (response.events_size() == 0) {
    if (conversations_.empty()) {
      const absl::Status started = StartDay();
      if (!started.ok()) return started;
      if (conversations_.empty()) return false;
    }
    const absl::Status taken = TakeConversations(response);
    if (!taken.ok()) return taken;
    if (conversations_.empty()) NextDay();
  }
  response.set_resume_token(Token());
  return true;
}

absl::Status EventExport::StartDay() {
  // Further and further ahead while nothing happened: a period may begin long before the first event.
  for (int64_t ahead = 1; day_ <= last_day_; ahead = std::min(2 * ahead, kMostDaysAhead)) {
    std::vector<std::string> tables;
    for (int64_t day = day_; day <= std::min(last_day_, day_ + ahead - 1); ++day) tables.push_back(ActivityTable(day));
    std::vector<std::vector<std::string>> found(tables.size());
    absl::Status read =
        rollup::ReadTables(reader_->store(), tenant_, tables, [&](size_t table, const store::CounterLog& log) {
          for (const auto& [row, count] : log.Sum()) {
            if (count > 0) found[table].push_back(row);
          }
          return absl::OkStatus();
        });
    if (!read.ok()) return read;
    for (std::vector<std::string>& conversations : found) {
      std::erase_if(conversations, [this](const std::string& id) { return id <= after_; });
      if (!conversations.empty()) {
        std::sort(conversations.begin(), conversations.end());
        conversations_.assign(conversations.begin(), conversations.end());
        return absl::OkStatus();
      }
      NextDay();
    }
  }
  return absl::OkStatus();
}

void EventExport::NextDay() {
  ++day_;
  after_.clear();
  skip_ = 0;
}

absl::Status EventExport::TakeConversations(v1::ExportEventsResponse& response) {
  const size_t count = std::min(kConversationsPerRead, conversations_.size());
  const std::vector<std::string> ids(conversations_.begin(), conversations_.begin() + static_cast<int64_t>(count));
  const auto records = reader_->LoadConversations(tenant_, ids);
  if (!records.ok()) return records.status();
  const Interval day{StartOfUtcDay(day_), StartOfUtcDay(day_ + 1)};
  size_t bytes = 0;
  for (const storage::v1::ConversationRecord& record : *records) {
    const Walk walk = WalkThrough(record);
    const bool wanted = customer_id_.empty() || walk.customer_id == customer_id_;
    int64_t position = 0;  // among the events of the conversation that are exported of this day
    for (const Step& step : walk.steps) {
      const v1::ConversationEvent& event = step.event->event();
      const absl::Time at = FromProto(event.occurred_at());
      if (!wanted || !day.Contains(at) || !range_.Contains(at) || position++ < skip_) continue;
      if (response.events_size() >= kEventsPerChunk || bytes >= kBytesPerChunk) return absl::OkStatus();
      *response.add_events() = event;
      bytes += event.ByteSizeLong();
      skip_ = position;
    }
    after_ = std::move(conversations_.front());
    conversations_.pop_front();
    skip_ = 0;
  }
  return absl::OkStatus();
}

std::string EventExport::Token() const {
  return absl::WebSafeBase64Escape(absl::StrCat(day_, " ", skip_, " ", after_));
}

}  // namespace rapport::response_times
