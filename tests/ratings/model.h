#ifndef RAPPORT_TESTS_RATINGS_MODEL_H_
#define RAPPORT_TESTS_RATINGS_MODEL_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/rollup/dimensions.h"
#include "common/time/interval.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "tests/ratings/events.h"

// What the service should answer, computed from the events themselves in the plainest way.
namespace rapport::ratings {

// A rating that counts, with the agent whom it is credited to.
struct CountedRating {
  v1::Rating rating;
  absl::Time at;
  rollup::Values values;
  double points = 0;
  v1::Sentiment sentiment = v1::SENTIMENT_UNSPECIFIED;
  std::string score;  // as in ScoreCount
};

struct Delivery {
  v1::Survey survey;
  absl::Time at;
  rollup::Values values;
  bool answered = false;
};

// What was told of surveys, of any status.
struct SurveyFact {
  v1::Scale scale = v1::SCALE_UNSPECIFIED;
  absl::Time at;
  rollup::Values values;
};

// One row of figures.
struct ExpectedFigures {
  int64_t ratings = 0;
  int64_t positive = 0;
  int64_t negative = 0;
  int64_t wow = 0;
  double points = 0;
  std::map<std::string, int64_t> distribution;  // scores that were given
  int64_t delivered = 0;
  int64_t answered = 0;
  int64_t surveys = 0;  // events of any status
  struct Customer {
    int64_t ratings = 0;
    int64_t positive = 0;
    int64_t negative = 0;
    double points = 0;
  };
  std::map<std::string, Customer> customers;

  bool Any() const { return ratings > 0 || surveys > 0; }
  double TopCustomerShare(int top) const;
};

// Which events count.
struct Selection {
  Interval range;
  std::map<common::v1::Dimension, std::string> values;
};

class Model {
 public:
  // In any order.
  explicit Model(absl::Span<const Event> events);

  // Newest first, then by id descending.
  const std::vector<CountedRating>& ratings() const { return ratings_; }

  ExpectedFigures FiguresOf(v1::Scale scale, const Selection& selection) const;
  // The values of a dimension that occur in selected events.
  std::vector<std::string> ValuesIn(common::v1::Dimension dimension, const Selection& selection) const;

 private:
  std::vector<CountedRating> ratings_;
  std::vector<Delivery> deliveries_;
  std::vector<SurveyFact> surveys_;
};

bool Matches(const CountedRating& counted, const v1::RatingFilter& filter);

}  // namespace rapport::ratings

#endif  // RAPPORT_TESTS_RATINGS_MODEL_H_
