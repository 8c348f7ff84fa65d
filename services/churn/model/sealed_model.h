#ifndef RAPPORT_SERVICES_CHURN_MODEL_SEALED_MODEL_H_
#define RAPPORT_SERVICES_CHURN_MODEL_SEALED_MODEL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/churn/v1/models.pb.h"

// Models as bytes.
namespace rapport::churn {

// The digest of bytes: 32 bytes.
std::string Sha256(absl::string_view bytes);

// What ModelMetadata.version says: the same trees, schema and calibration have the same version.
std::string VersionOf(const v1::Model& model);

// A serialized SealedModel.
std::string SealModel(const v1::Model& model);

// DATA_LOSS when the bytes are not those that SealModel made.
absl::StatusOr<v1::Model> UnsealModel(absl::string_view bytes);

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_MODEL_SEALED_MODEL_H_
