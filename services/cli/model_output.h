#ifndef RAPPORT_SERVICES_CLI_MODEL_OUTPUT_H_
#define RAPPORT_SERVICES_CLI_MODEL_OUTPUT_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/churn/v1/models.pb.h"
#include "rapport/churn/v1/training.pb.h"

namespace rapport::cli {

// As many digits of a version as tell models apart.
std::string ShortVersion(absl::string_view version);

// How well a model does, each figure beside the base rate's.
std::string EvaluationText(const churn::v1::EvaluationCard& card);

// One model with its card.
std::string ModelText(const churn::v1::ModelSummary& model, absl::TimeZone zone);
std::string ModelsText(const google::protobuf::RepeatedPtrField<churn::v1::ModelSummary>& models, absl::TimeZone zone);
std::string TrainingsText(const google::protobuf::RepeatedPtrField<churn::v1::Training>& trainings,
                          absl::TimeZone zone);
std::string DriftText(const churn::v1::GetDriftResponse& drift, absl::TimeZone zone);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_MODEL_OUTPUT_H_
