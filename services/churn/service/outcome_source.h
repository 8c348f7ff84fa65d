#ifndef RAPPORT_SERVICES_CHURN_SERVICE_OUTCOME_SOURCE_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_OUTCOME_SOURCE_H_

#include "services/churn/service/directory.h"
#include "services/churn/service/feature_reader.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/training_run.h"

namespace rapport::churn {

// Recorded outcomes as trainings take them, see RecordedOutcomes. While the store or another service does not answer,
// it waits some minutes for them. All must outlive the result.
OutcomeSource MakeOutcomeSource(Reader& reader, Directory& directory, FeatureReader& features);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_OUTCOME_SOURCE_H_
