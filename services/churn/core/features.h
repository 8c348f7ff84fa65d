#ifndef RAPPORT_SERVICES_CHURN_CORE_FEATURES_H_
#define RAPPORT_SERVICES_CHURN_CORE_FEATURES_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/features.pb.h"
#include "rapport/ratings/v1/ratings.pb.h"
#include "rapport/response_times/v1/response_times.pb.h"

// The standard features. README.md lists them.
namespace rapport::churn {

// In the order of the schema. Lives as long as the program.
absl::Span<const v1::FeatureDefinition> StandardFeatures();

// Null when the name is none of them.
const v1::FeatureDefinition* FindStandardFeature(absl::string_view name);

// The values of one source, set in `features.values`. Nothing later than `as_of` has any influence.
void SetActivityFeatures(const storage::v1::CustomerRecord& record, absl::Time as_of, v1::CustomerFeatures& features);
void SetSatisfactionFeatures(const ratings::v1::CustomerSatisfaction& satisfaction, absl::Time as_of,
                             v1::CustomerFeatures& features);
void SetResponsivenessFeatures(const response_times::v1::CustomerResponsiveness& responsiveness, absl::Time as_of,
                               v1::CustomerFeatures& features);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_CORE_FEATURES_H_
