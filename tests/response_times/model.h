#ifndef RAPPORT_TESTS_RESPONSE_TIMES_MODEL_H_
#define RAPPORT_TESTS_RESPONSE_TIMES_MODEL_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/time/interval.h"
#include "rapport/response_times/v1/conversations.pb.h"
#include "rapport/response_times/v1/promises.pb.h"
#include "rapport/response_times/v1/response_times.pb.h"
#include "tests/response_times/reference.h"

// What the service should answer, by a plain look at all conversations that the reference tells of.
namespace rapport::response_times {

using reference::Ms;

struct Selection {
  Interval range;
  std::map<common::v1::Dimension, std::string> values;

  bool Has(Ms moment, const rollup::Values& with) const;
};

// Milliseconds, ascending.
struct ExpectedTimes {
  std::vector<Ms> answered;
  std::vector<Ms> open;
};

struct ExpectedConversations {
  int64_t begun = 0;
  int64_t resolved = 0;
  int64_t reopenings = 0;
  int64_t resolved_reopened = 0;
  int64_t one_touch = 0;
};

class Model {
 public:
  // `now` is when it is asked.
  Model(const std::vector<v1::ConversationEvent>& events, const reference::Rules& rules, Ms now);

  ExpectedTimes TimesOf(v1::Metric metric, v1::Clock clock, const Selection& selection) const;
  ExpectedConversations ConversationsOf(const Selection& selection) const;
  // The values of a dimension for which either says anything.
  std::set<std::string> GroupsOf(const v1::QueryResponseTimesRequest& request, common::v1::Dimension dimension,
                                 const Selection& selection) const;

  // How many promises are in which state, by when they are due, or would be.
  std::map<v1::PromiseState, int64_t> PromisesOf(const Selection& selection) const;
  std::set<std::string> PromiseGroupsOf(common::v1::Dimension dimension, const Selection& selection) const;

  // By id. Merged ones are there.
  const std::map<std::string, reference::Conversation>& conversations() const { return conversations_; }
  const reference::Rules& rules() const { return rules_; }
  Ms now() const { return now_; }

 private:
  // A stretch as of now.
  struct Shown {
    storage::v1::StretchKind kind;
    Ms start;
    Ms calendar;
    std::optional<Ms> business;
    bool open;
    rollup::Values values;
  };
  struct Promise {
    Ms due;
    v1::PromiseState state;
    rollup::Values values;
  };

  const reference::Rules& rules_;
  const Ms now_;
  std::map<std::string, reference::Conversation> conversations_;
  std::vector<Shown> shown_;
  std::vector<Promise> promises_;
};

}  // namespace rapport::response_times

#endif  // RAPPORT_TESTS_RESPONSE_TIMES_MODEL_H_
