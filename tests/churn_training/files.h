#ifndef RAPPORT_TESTS_CHURN_TRAINING_FILES_H_
#define RAPPORT_TESTS_CHURN_TRAINING_FILES_H_

#include <cstddef>
#include <string>

#include "rapport/churn/v1/training.pb.h"

namespace rapport::churn {

// A request to train on synthetic customers in a file, in moments.
v1::TrainModelRequest FileRequest(const std::string& training_id, size_t rows = 300);

}  // namespace rapport::churn

#endif  // RAPPORT_TESTS_CHURN_TRAINING_FILES_H_
