#ifndef RAPPORT_SERVICES_CHURN_SERVICE_FEATURE_READER_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_FEATURE_READER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapport/churn/storage/v1/storage.pb.h"
#include "rapport/churn/v1/features.pb.h"
#include "services/churn/service/peers.h"
#include "services/churn/service/reader.h"

namespace rapport::churn {

// What the features of a customer are made of, as of now.
struct FeatureInputs {
  store::Entity record;
  PeerValue<ratings::v1::CustomerSatisfaction> satisfaction;
  PeerValue<response_times::v1::CustomerResponsiveness> responsiveness;
};

// Joins what the three services know of customers. Thread-safe; blocks on the store and on the other services.
class FeatureReader {
 public:
  // Both must outlive this.
  FeatureReader(Reader& reader, Peers& peers) : reader_(reader), peers_(peers) {}

  // The features of these customers, in order, as of now or of an earlier moment; without values for unknown ones (no
  // activity by then). That another service does not answer is no error. Answers as of now come from the cache while
  // they are fresh; those of the past are neither taken from it nor kept.
  absl::StatusOr<std::vector<v1::CustomerFeatures>> Load(absl::string_view tenant, const std::vector<std::string>& ids,
                                                         std::optional<absl::Time> as_of, absl::Time deadline);

  // The same of records that are at hand, in the order of the ids.
  std::vector<v1::CustomerFeatures> Join(absl::string_view tenant, const std::vector<std::string>& ids,
                                         const std::vector<storage::v1::CustomerRecord>& records,
                                         std::optional<absl::Time> as_of, absl::Time deadline);

  // The two halves of Load as of now, for who need not make features of inputs that are the same as before.
  absl::StatusOr<std::vector<FeatureInputs>> LoadInputs(absl::string_view tenant, const std::vector<std::string>& ids,
                                                        absl::Time deadline);
  absl::StatusOr<v1::CustomerFeatures> MakeFeatures(const std::string& customer_id, const FeatureInputs& inputs) const;

  // Whether the other service behind these features is asked at all.
  bool IsAsked(v1::FeatureSource source) const { return peers_.IsAsked(source); }

 private:
  Reader& reader_;
  Peers& peers_;
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_FEATURE_READER_H_
