#include "services/ratings/core/customers.h"

#include <algorithm>
#include <utility>

#include "common/estimates/figure.h"
#include "common/stats/mean.h"
#include "common/stats/normal.h"
#include "common/stats/proportion.h"

namespace rapport::ratings {
namespace {

double Divide(int64_t a, int64_t b) {
  return static_cast<double>(a) / static_cast<double>(b);
}

// A customer in a ranking that is being made.
struct Candidate {
  double bound;
  absl::string_view customer_id;
  size_t index;
};

// Whether place `a` comes before place `b`.
bool ComesBefore(v1::CustomerOrder order, double bound_a, absl::string_view id_a, double bound_b,
                 absl::string_view id_b) {
  if (bound_a != bound_b) return order == v1::CUSTOMER_ORDER_HAPPIEST ? bound_a > bound_b : bound_a < bound_b;
  return id_a < id_b;
}

}  // namespace

v1::CustomerScale MakeCustomerScale(v1::Scale scale, const RatingTotals& ratings, double confidence) {
  v1::CustomerScale customer;
  customer.set_scale(scale);
  customer.set_rating_count(ratings.count);
  estimates::SetProportion("ratings.customer.positive.v1", {ratings.positive, ratings.count}, confidence,
                           customer.mutable_positive());
  estimates::SetProportion("ratings.customer.negative.v1", {ratings.negative, ratings.count}, confidence,
                           customer.mutable_negative());
  estimates::SetMean("ratings.customer.mean.v1", PointsOf(ratings), PointRange(scale), confidence,
                     customer.mutable_mean());
  return customer;
}

std::vector<v1::CustomerScale> MakeCustomerScales(const ScoreCounts& counts, v1::Scale scale, double confidence) {
  std::vector<v1::CustomerScale> scales;
  for (v1::Scale each : kScales) {
    if (scale != v1::SCALE_UNSPECIFIED && scale != each) continue;
    const RatingTotals ratings = SumUp(each, counts).ratings;
    if (ratings.count > 0) scales.push_back(MakeCustomerScale(each, ratings, confidence));
  }
  return scales;
}

void CustomerTally::Add(absl::string_view customer_id, ScoreCode code, int64_t count) {
  const ScoreInfo* info = Describe(code);
  if (info == nullptr || info->is_survey) return;
  const size_t index = index_.try_emplace(customer_id, index_.size()).first->second;
  std::vector<RatingTotals>& all = totals_[static_cast<size_t>(info->scale)];
  if (all.size() <= index) all.resize(index + 1);
  all[index].Add(*info, count);
}

void CustomerTally::SetCustomerFigures(int top_customers, double confidence, v1::RatingFigures* figures) const {
  std::vector<double> positive_shares;
  std::vector<double> means;
  std::vector<int64_t> negatives;
  for (const RatingTotals& own : OnScale(figures->scale())) {
    if (own.count <= 0) continue;
    positive_shares.push_back(Divide(own.positive, own.count));
    means.push_back(Divide(own.points, own.count));
    negatives.push_back(own.negative);
  }
  estimates::SetMean("ratings.customer_weighted.positive.v1", stats::SampleOfValues(std::move(positive_shares)), {0, 1},
                     confidence, figures->mutable_customer_weighted_positive());
  estimates::SetMean("ratings.customer_weighted.mean.v1", stats::SampleOfValues(std::move(means)),
                     PointRange(figures->scale()), confidence, figures->mutable_customer_weighted_mean());
  estimates::SetTopShare("ratings.top_customer_share.v1", std::move(negatives), top_customers,
                         figures->mutable_top_customer_share());
}

std::vector<RankedCustomer> CustomerTally::Rank(const RankRequest& request) const {
  const std::vector<RatingTotals>& all = OnScale(request.scale);
  const double z = stats::TwoSidedZ(request.confidence);
  std::vector<Candidate> candidates;
  for (const auto& [id, index] : index_) {
    if (index >= all.size() || all[index].count < std::max<int64_t>(1, request.min_ratings)) continue;
    const stats::Interval interval = stats::WilsonInterval({all[index].positive, all[index].count}, z);
    const double bound = request.order == v1::CUSTOMER_ORDER_HAPPIEST ? interval.low : interval.high;
    if (!request.after.has_value() ||
        ComesBefore(request.order, request.after->bound, request.after->customer_id, bound, id)) {
      candidates.push_back({bound, id, index});
    }
  }
  const auto end = candidates.begin() + static_cast<int64_t>(std::min(request.limit, candidates.size()));
  std::partial_sort(candidates.begin(), end, candidates.end(), [&](const Candidate& a, const Candidate& b) {
    return ComesBefore(request.order, a.bound, a.customer_id, b.bound, b.customer_id);
  });
  std::vector<RankedCustomer> ranked;
  for (auto candidate = candidates.begin(); candidate != end; ++candidate) {
    ranked.push_back({{candidate->bound, std::string(candidate->customer_id)},
                      MakeCustomerScale(request.scale, all[candidate->index], request.confidence)});
  }
  return ranked;
}

}  // namespace rapport::ratings
