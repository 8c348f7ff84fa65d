#ifndef RAPPORT_SERVICES_RATINGS_CORE_FACTS_H_
#define RAPPORT_SERVICES_RATINGS_CORE_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/rollup/dimensions.h"
#include "services/ratings/core/score_codes.h"

// Two kinds of tables beside the roll-ups. They too are counters: a row that is there has the count 1.
//
// Facts: a row per counted event of a UTC day, in the order of time. Lists, exports, edges of a query that cut a slot,
// and what weighs customers are made from them.
//
// Customer days: how often a customer gave each score on each UTC day, spread by customer over 64 tables. They say
// what one customer's satisfaction is, and on which days to look for a customer's facts.
namespace rapport::ratings {

// In place of a score: the customer is named in a record on that day, but not as the one who counts.
inline constexpr ScoreCode kMention = 127;

struct Fact {
  uint32_t millis = 0;  // of the UTC day
  ScoreCode code = 0;   // of a rating, of a survey's measure, or kMention
  bool has_comment = false;
  rollup::Codes codes{};
  absl::string_view customer_id;
  absl::string_view rating_id;
};

// The table of a day, counted from 1970-01-01.
std::string FactTable(int64_t day);
std::string EncodeFact(const Fact& fact);
// Points into `bytes`. Nothing when they are not a fact.
std::optional<Fact> DecodeFact(absl::string_view bytes);

struct CustomerDay {
  absl::string_view customer_id;
  int64_t day = 0;  // from 1970-01-01
  ScoreCode code = 0;
};

std::string CustomerDayTable(absl::string_view customer_id);
std::string EncodeCustomerDay(const CustomerDay& day);
// Points into `bytes`. Nothing when they are none.
std::optional<CustomerDay> DecodeCustomerDay(absl::string_view bytes);

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_CORE_FACTS_H_
