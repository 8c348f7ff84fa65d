#ifndef RAPPORT_SERVICES_CHURN_MODEL_PROFILE_H_
#define RAPPORT_SERVICES_CHURN_MODEL_PROFILE_H_

#include <vector>

#include "google/protobuf/repeated_field.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/models.pb.h"
#include "rapport/churn/v1/training.pb.h"
#include "services/churn/model/dataset.h"

// What a model met in training and what it meets at work, as histograms of its features.
namespace rapport::churn {

// One per feature, in the order of the schema.
using FeatureHistograms = google::protobuf::RepeatedPtrField<storage::v1::FeatureHistogram>;

// Of the matrix that a model was trained on: numbers in ten bins of about the same size, everything else by value.
storage::v1::TrainingProfile ProfileOf(const v1::FeatureSchema& schema, const FeatureMatrix& features);

// The bins of a profile, empty.
FeatureHistograms EmptyHistograms(const storage::v1::TrainingProfile& profile);

// Counts rows in the bins that are there. The rows have the features of the schema and the histograms, in their order;
// what is missing is still missing there.
void CountInto(const v1::FeatureSchema& schema, const FeatureMatrix& features, FeatureHistograms& histograms);

// Adds counts in the same bins, such as those of another part of the customers.
void AddHistograms(const FeatureHistograms& from, FeatureHistograms& into);

// How far each feature has moved, the largest index first. `by_chance` holds with 99 %. Nothing of a feature that
// either side has no counts of.
std::vector<v1::FeatureDrift> CompareProfiles(const FeatureHistograms& before, const FeatureHistograms& now);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_MODEL_PROFILE_H_
