#ifndef RAPPORT_DEPLOY_LOCAL_EXAMPLE_EXAMPLE_MONTH_H_
#define RAPPORT_DEPLOY_LOCAL_EXAMPLE_EXAMPLE_MONTH_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "rapport/common/v1/common.pb.h"
#include "rapport/ratings/v1/ratings.pb.h"

// A made-up help desk whose figures follow what Buffer published for December 2013: 94-96 % happy, 55 % of first
// replies within an hour, 78 % within six. Everything here is a pure function of its arguments and the same on every
// machine. Ids carry the day, so that months that overlap share the events of the days in both.
namespace rapport::example {

// The customers are customer-0000 and so on.
inline constexpr int kCustomers = 2000;
std::string CustomerId(int number);

// What a customer is like, whatever they do.
struct Traits {
  std::string plan;
  std::string locale;
};
Traits TraitsOf(uint64_t seed, absl::string_view customer_id);

// One customer's request for help, up to the first reply.
struct Conversation {
  std::string conversation_id;
  std::string customer_id;
  std::string agent_id;  // who replied
  common::v1::Channel channel = common::v1::CHANNEL_UNSPECIFIED;
  std::map<std::string, std::string> labels;  // team, product, plan and locale
  absl::Time opened_at;
  absl::Time first_reply_at;
};

// What came of the surveys that were sent with first replies.
struct Feedback {
  std::vector<ratings::v1::Survey> surveys;
  std::vector<ratings::v1::Rating> ratings;  // revisions follow what they revise
};

// How long the share `quantile` of all customers waits at most for the first reply. `quantile` is in [0, 1].
absl::Duration FirstReplyTime(double quantile);

// The conversations opened on a UTC day, in no particular order.
std::vector<Conversation> ConversationsOfDay(uint64_t seed, absl::CivilDay day);

// What came of one conversation, whenever.
Feedback FeedbackOf(uint64_t seed, const Conversation& conversation);

// What came of the conversations of the `days` UTC days before `end`, as known at the start of the day `end`.
Feedback FeedbackOfDays(uint64_t seed, absl::CivilDay end, int days);

}  // namespace rapport::example

#endif  // RAPPORT_DEPLOY_LOCAL_EXAMPLE_EXAMPLE_MONTH_H_
