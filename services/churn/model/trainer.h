#ifndef RAPPORT_SERVICES_CHURN_MODEL_TRAINER_H_
#define RAPPORT_SERVICES_CHURN_MODEL_TRAINER_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rapport/churn/v1/models.pb.h"
#include "services/churn/model/booster.h"
#include "services/churn/model/dataset.h"

namespace rapport::churn {

// A model of all rows, calibrated on what models of the other folds say of each row, with its evaluation card. Features
// that no row lacks get their typical values. On one thread. The same data, options and moment give the same model.
// INVALID_ARGUMENT names what is wrong with the options or the labels, CANCELLED means that `go_on` said no.
absl::StatusOr<v1::Model> TrainModel(const LabelledData& data, const v1::TrainingOptions& options, absl::Time now,
                                     GoOn go_on);

// The evaluation card alone, of models as TrainModel makes them. Each fold is judged by a model whose trees and
// calibration come from the other folds.
absl::StatusOr<v1::EvaluationCard> CrossValidate(const LabelledData& data, const v1::TrainingOptions& options,
                                                 GoOn go_on);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_MODEL_TRAINER_H_
