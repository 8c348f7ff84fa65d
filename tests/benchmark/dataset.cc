#include "tests/benchmark/dataset.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "tests/benchmark/random.h"

namespace rapport::benchmark {
namespace {

constexpr std::array kChannels = {"EMAIL", "CHAT", "PHONE", "WEB", "IN_APP"};
constexpr std::array kPlans = {"free", "pro", "enterprise"};
constexpr std::array kScores = {5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 3, 2, 1};

}  // namespace

Row MakeRow(const std::string& prefix, int64_t index, int64_t count) {
  const auto i = static_cast<uint64_t>(index);
  Row row;
  row.rating_id = absl::StrCat(prefix, "-", absl::Hex(i, absl::kZeroPad8));
  row.customer_id = absl::StrCat("cust-", Random(i, 0) % 20'000);
  row.agent_id = absl::StrCat("agent-", Random(i, 1) % 50);
  row.channel = kChannels[Random(i, 2) % kChannels.size()];
  row.plan = kPlans[Random(i, 3) % kPlans.size()];
  row.conversation_id = absl::StrCat("conv-", absl::Hex(i, absl::kZeroPad8));
  row.score = kScores[Random(i, 4) % kScores.size()];
  row.occurred_ms =
      (kFirstSecond + index * (kDays * 86400 - 1) / count) * 1000 + static_cast<int64_t>(Random(i, 5) % 1000);
  return row;
}

ratings::v1::Rating ToRating(const Row& row) {
  ratings::v1::Rating rating;
  rating.set_rating_id(row.rating_id);
  rating.set_customer_id(row.customer_id);
  rating.set_scale(ratings::v1::SCALE_CSAT_5);
  rating.set_points(row.score);
  rating.set_agent_id(row.agent_id);
  common::v1::Channel channel = common::v1::CHANNEL_UNSPECIFIED;
  common::v1::Channel_Parse(absl::StrCat("CHANNEL_", row.channel), &channel);
  rating.set_channel(channel);
  (*rating.mutable_labels())["plan"] = row.plan;
  rating.set_conversation_id(row.conversation_id);
  rating.mutable_occurred_at()->set_seconds(row.occurred_ms / 1000);
  rating.mutable_occurred_at()->set_nanos(static_cast<int32_t>(row.occurred_ms % 1000) * 1'000'000);
  return rating;
}

}  // namespace rapport::benchmark
