#ifndef RAPPORT_SERVICES_CHURN_SERVICE_RECORDED_OUTCOMES_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_RECORDED_OUTCOMES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/time/interval.h"
#include "rapport/churn/v1/features.pb.h"
#include "services/churn/service/directory.h"
#include "services/churn/service/feature_reader.h"
#include "services/churn/service/reader.h"

namespace rapport::churn {

// From the cut-off to the end of the horizon: a loss within it is an outcome. INVALID_ARGUMENT names the field;
// FAILED_PRECONDITION when the horizon has not passed at `now`.
absl::StatusOr<Interval> ParseOutcomes(const v1::RecordedOutcomes& outcomes, absl::Time now);

// Customers with known outcome.
struct LabelledCustomers {
  std::vector<v1::CustomerFeatures> customers;  // as of the cut-off
  std::vector<bool> lost;                       // within the horizon, in the order of `customers`
};

// What there is to learn from: of the customers who were active at the cut-off and, as far as was known then, were to
// stay so, the features as of it and whether they were lost within the horizon. Who had given notice by the cut-off is
// no row: nothing is to be foretold there. Reads chunk by chunk. Not thread-safe; blocks on the store and on the other
// services.
class RecordedOutcomes {
 public:
  // The first three must outlive the result. See ParseOutcomes.
  static absl::StatusOr<RecordedOutcomes> Open(Reader& reader, Directory& directory, FeatureReader& features,
                                               absl::string_view tenant, const v1::RecordedOutcomes& outcomes);

  // The next customers, perhaps none of a chunk; nothing is left when `done()`. UNAVAILABLE when the store or another
  // service that is to be asked does not answer, since features must not be missing by accident: call again.
  absl::StatusOr<LabelledCustomers> Next(absl::Time deadline);

  bool done() const { return next_ == candidates_.size(); }
  // How much of the work is done, 0 to 1.
  double progress() const;
  const Interval& window() const { return window_; }

 private:
  struct Candidate {
    std::string customer_id;
    bool lost = false;
  };

  RecordedOutcomes(Reader& reader, FeatureReader& features, absl::string_view tenant, const Interval& window)
      : reader_(&reader), features_(&features), tenant_(tenant), window_(window) {}

  Reader* reader_;
  FeatureReader* features_;
  std::string tenant_;
  Interval window_;
  std::vector<Candidate> candidates_;
  size_t next_ = 0;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_RECORDED_OUTCOMES_H_
