#ifndef RAPPORT_TESTS_CHURN_ACTIVITIES_LIFE_MODEL_H_
#define RAPPORT_TESTS_CHURN_ACTIVITIES_LIFE_MODEL_H_

#include <cstdint>
#include <vector>

#include "rapport/churn/v1/activities.pb.h"

namespace rapport::churn {

// The rules of lives, asked for each moment anew, without any state that goes along: slow, and not written like the
// service.
class LifeModel {
 public:
  // Of one customer, each activity once.
  explicit LifeModel(std::vector<v1::Activity> activities);

  bool ActiveAt(int64_t moment_ms) const { return Active(activities_.size(), moment_ms); }
  int64_t RevenueAt(int64_t moment_ms) const;

 private:
  // Whether the customer is active at a moment as far as the first `known` activities tell.
  bool Active(size_t known, int64_t moment_ms) const;
  // Whether the notice at this position leads to a loss as far as the first `known` activities tell.
  bool Holds(size_t notice, size_t known) const;
  int64_t At(size_t position) const;
  int64_t LossOf(size_t notice) const;

  std::vector<v1::Activity> activities_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_TESTS_CHURN_ACTIVITIES_LIFE_MODEL_H_
