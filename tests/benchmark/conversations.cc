#include "tests/benchmark/conversations.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "tests/benchmark/random.h"

namespace rapport::benchmark {
namespace {

constexpr int64_t kMonthStart = 1748736000;  // 2025-06-01T00:00:00Z
constexpr int64_t kMonthEnd = 1751328000;    // 2025-07-01T00:00:00Z
constexpr std::array kChannels = {"EMAIL", "CHAT", "PHONE", "WEB", "IN_APP"};
constexpr std::array kPlans = {"free", "pro", "enterprise"};

// Lognormal, in milliseconds.
int64_t Wait(uint64_t index, double median_minutes) {
  constexpr double kSigma = 1.4;
  const auto uniform = [&](uint64_t stream) {
    return (static_cast<double>(Random(index, stream) >> 11) + 0.5) * 0x1p-53;
  };
  const double normal = std::sqrt(-2 * std::log(uniform(0))) * std::cos(2 * std::numbers::pi * uniform(1));
  return static_cast<int64_t>(median_minutes * 60'000 * std::exp(kSigma * normal));
}

void AddConversation(const DatasetOptions& options, int64_t index, std::vector<Event>& events) {
  const bool whole = options.shape == Shape::kWhole;
  const int64_t start = (whole ? kMonthStart : kYearStart) * 1000;
  const int64_t end = (whole ? kMonthEnd : kYearEnd) * 1000;
  const auto i = static_cast<uint64_t>(index);
  Event event;
  event.occurred_ms = start + (end - start) / (options.to - options.from) * (index - options.from);
  event.conversation = static_cast<int32_t>(index);
  event.customer = static_cast<int32_t>(Random(i, 2) % 20'000);
  event.agent = static_cast<int16_t>(Random(i, 3) % static_cast<uint64_t>(options.agents));
  event.channel = static_cast<int8_t>(Random(i, 4) % kChannels.size());
  event.plan = static_cast<int8_t>(Random(i, 5) % kPlans.size());
  const auto add = [&](Happening happening, double median_minutes) {
    if (median_minutes > 0) {
      event.occurred_ms += 1 + Wait(i * 8 + static_cast<uint64_t>(event.position), median_minutes);
    }
    event.happening = happening;
    events.push_back(event);
    ++event.position;
  };
  add(Happening::kMessage, 0);
  if (whole) {
    add(Happening::kReply, 45);
    add(Happening::kMessage, 90);
    add(Happening::kReply, 30);
    add(Happening::kResolved, 10);
  } else if (index % 1000 != 999) {
    add(Happening::kResolvingReply, 45);
  }
}

bool ByCustomer(const Event& event) {
  return event.happening == Happening::kMessage;
}
bool IsReply(const Event& event) {
  return event.happening == Happening::kReply || event.happening == Happening::kResolvingReply;
}
bool Resolves(const Event& event) {
  return event.happening == Happening::kResolved || event.happening == Happening::kResolvingReply;
}

std::string ConversationId(const Event& event) {
  return absl::StrCat("conv-", absl::Hex(event.conversation, absl::kZeroPad8));
}

}  // namespace

std::vector<Event> MakeEvents(const DatasetOptions& options) {
  std::vector<Event> events;
  for (int64_t i = options.from; i < options.to; ++i) AddConversation(options, i, events);
  if (options.shape == Shape::kWhole) {
    std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
      return std::pair(a.occurred_ms, a.conversation) < std::pair(b.occurred_ms, b.conversation);
    });
  }
  return events;
}

void SetEvent(const Event& event, response_times::v1::ConversationEvent& message) {
  message.set_event_id(absl::StrCat(event.position));
  message.set_conversation_id(ConversationId(event));
  message.set_customer_id(absl::StrCat("cust-", event.customer));
  message.mutable_occurred_at()->set_seconds(event.occurred_ms / 1000);
  message.mutable_occurred_at()->set_nanos(static_cast<int32_t>(event.occurred_ms % 1000) * 1'000'000);
  common::v1::Channel channel = common::v1::CHANNEL_UNSPECIFIED;
  common::v1::Channel_Parse(absl::StrCat("CHANNEL_", kChannels[event.channel]), &channel);
  message.set_channel(channel);
  (*message.mutable_labels())["plan"] = kPlans[event.plan];
  if (!ByCustomer(event)) message.set_agent_id(absl::StrCat("agent-", event.agent));
  if (event.happening == Happening::kResolved) {
    message.mutable_resolved();
    return;
  }
  message.mutable_message()->set_author(ByCustomer(event) ? response_times::v1::AUTHOR_CUSTOMER
                                                          : response_times::v1::AUTHOR_AGENT);
  if (Resolves(event)) message.mutable_message()->set_then(response_times::v1::STATUS_CHANGE_RESOLVED);
}

std::vector<std::string> ColumnsOf(const std::vector<Event>& events, int64_t first, int64_t last) {
  std::vector<std::string> columns(10, "{");
  for (int64_t i = first; i < last; ++i) {
    const Event& event = events[i];
    const std::string values[] = {ConversationId(event),
                                  absl::StrCat(event.position),
                                  absl::StrCat("cust-", event.customer),
                                  ByCustomer(event) ? "NULL" : absl::StrCat("agent-", event.agent),
                                  kChannels[event.channel],
                                  kPlans[event.plan],
                                  ByCustomer(event) ? "t" : "f",
                                  IsReply(event) ? "t" : "f",
                                  Resolves(event) ? "t" : "f",
                                  absl::StrCat(event.occurred_ms)};
    for (size_t c = 0; c < columns.size(); ++c) absl::StrAppend(&columns[c], i == first ? "" : ",", values[c]);
  }
  for (std::string& column : columns) column += "}";
  return columns;
}

}  // namespace rapport::benchmark
