#ifndef RAPPORT_TESTS_RESPONSE_TIMES_TOLD_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_TOLD_H_

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/rollup/dimensions.h"
#include "rapport/response_times/storage/v1/storage.pb.h"
#include "services/response_times/core/policies.h"
#include "tests/response_times/reference.h"

// What the service and the reference tell of a conversation, in one form, as of one moment.
namespace rapport::response_times {

using reference::Ms;

// Codes of values, given in the order in which they are met.
class CodeBook {
 public:
  rollup::Codes Encode(const rollup::Values& values);
  rollup::Values Decode(const google::protobuf::RepeatedField<uint32_t>& codes) const;

 private:
  std::array<std::vector<std::string>, rollup::kDimensionCount> values_;
};

struct ToldStretch {
  storage::v1::StretchKind kind;
  Ms start = 0;
  Ms calendar = 0;
  std::optional<Ms> business = {};
  bool open = false;
  rollup::Values values = {};
};

struct ToldPromise {
  std::string policy_id;
  v1::Metric metric;
  int number = 0;
  Ms made = 0;
  Ms due = 0;
  std::optional<Ms> remaining = {};
  std::optional<Ms> kept = {};
  std::optional<Ms> cancelled = {};
  std::string agent_id = {};
  rollup::Values values = {};
};

struct ToldWait {
  Ms since = 0;
  Ms waited = 0;
  common::v1::Channel channel = common::v1::CHANNEL_UNSPECIFIED;
  std::string agent_id = {};
  v1::Priority priority = v1::PRIORITY_UNSPECIFIED;
  std::optional<Ms> due = {};
};

struct Told {
  std::vector<ToldStretch> stretches;
  std::vector<ToldPromise> promises;
  std::vector<reference::Escalation> escalations;
  std::optional<ToldWait> waiting;  // while its clock runs
  std::string customer_id;
  std::optional<Ms> begun;
  common::v1::Channel begun_channel = common::v1::CHANNEL_UNSPECIFIED;
  rollup::Values values = {};
  int reopens = 0;
  int replies = 0;
  std::map<std::pair<int64_t, common::v1::Channel>, int64_t> messages;
  std::set<int64_t> event_days;
  std::set<v1::SelfService> tried;
  int self_service = 0;
  std::set<std::string> followers;
  std::set<std::string> mentioned;
};

Told TellAt(Ms now, const reference::Conversation& conversation, const reference::Rules& rules);
Told TellAt(Ms now, const storage::v1::Analysis& analysis, const Policies& policies, const CodeBook& codes);

// One line for each thing, for comparison.
std::string TextOf(const Told& told);

}  // namespace rapport::response_times

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_TOLD_H_
