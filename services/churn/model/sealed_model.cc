#include "services/churn/model/sealed_model.h"

#include <openssl/evp.h>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace rapport::churn {

std::string Sha256(absl::string_view bytes) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(), nullptr);
  digest.resize(size);
  return digest;
}

std::string VersionOf(const v1::Model& model) {
  v1::Model judged;
  *judged.mutable_schema() = model.schema();
  *judged.mutable_calibration() = model.calibration();
  judged.set_booster(model.booster());
  return absl::BytesToHexString(Sha256(judged.SerializeAsString()));
}

std::string SealModel(const v1::Model& model) {
  v1::SealedModel sealed;
  sealed.set_model(model.SerializeAsString());
  sealed.set_sha256(Sha256(sealed.model()));
  return sealed.SerializeAsString();
}

absl::StatusOr<v1::Model> UnsealModel(absl::string_view bytes) {
  v1::SealedModel sealed;
  v1::Model model;
  if (!sealed.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      sealed.sha256() != Sha256(sealed.model()) || !model.ParseFromString(sealed.model())) {
    return absl::DataLossError(absl::StrCat("the ", bytes.size(), " bytes of the model are damaged: train it again"));
  }
  return model;
}

}  // namespace rapport::churn
