#ifndef RAPPORT_SERVICES_RATINGS_CORE_CUSTOMERS_H_
#define RAPPORT_SERVICES_RATINGS_CORE_CUSTOMERS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "services/ratings/core/figures.h"
#include "services/ratings/core/score_codes.h"

// Figures that tell customers apart.
namespace rapport::ratings {

// One customer on one scale.
v1::CustomerScale MakeCustomerScale(v1::Scale scale, const RatingTotals& ratings, double confidence);

// One customer on `scale`, or on every scale when it is unspecified; in the order of v1::Scale, without the scales that
// the customer never rated on.
std::vector<v1::CustomerScale> MakeCustomerScales(const ScoreCounts& counts, v1::Scale scale, double confidence);

// A place in a ranking. To go on from it, `bound` is needed to the last bit.
struct RankPosition {
  double bound = 0;  // the end of the Wilson interval that decided
  std::string customer_id;
};

// Part of a ranking of customers. By the proportion of positive ratings, so that two lucky ratings do not beat forty
// good ones: the happiest by the lower end of its interval, highest first; the least happy by the upper end, lowest
// first; ties by customer id, ascending.
struct RankRequest {
  v1::Scale scale = v1::SCALE_UNSPECIFIED;  // specified
  v1::CustomerOrder order = v1::CUSTOMER_ORDER_HAPPIEST;
  int64_t min_ratings = 1;
  double confidence = 0.95;
  std::optional<RankPosition> after = std::nullopt;  // the last place of the page before
  size_t limit = 100;
};

struct RankedCustomer {
  RankPosition position;
  v1::CustomerScale scale;
};

// What customers said in a period. The order of additions does not matter, to the last bit of every figure.
class CustomerTally {
 public:
  // Adds ratings, or takes them back when `count` is negative. Codes of surveys and unknown codes are ignored.
  void Add(absl::string_view customer_id, ScoreCode code, int64_t count);

  // Sets the customer-weighted figures and `top_customer_share` of `figures`, which has a scale, from the customers who
  // rated on it. `top_customers` is above 0.
  void SetCustomerFigures(int top_customers, double confidence, v1::RatingFigures* figures) const;

  std::vector<RankedCustomer> Rank(const RankRequest& request) const;

 private:
  const std::vector<RatingTotals>& OnScale(v1::Scale scale) const { return totals_[static_cast<size_t>(scale)]; }

  absl::flat_hash_map<std::string, size_t> index_;
  // By scale, then by the customer's index; as long as the last customer who rated on the scale needs.
  std::array<std::vector<RatingTotals>, kScales.size() + 1> totals_;
};

}  // namespace rapport::ratings

#endif  // RAPPORT_SERVICES_RATINGS_CORE_CUSTOMERS_H_
