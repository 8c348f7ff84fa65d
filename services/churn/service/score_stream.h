#ifndef RAPPORT_SERVICES_CHURN_SERVICE_SCORE_STREAM_H_
#define RAPPORT_SERVICES_CHURN_SERVICE_SCORE_STREAM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rapport/churn/v1/scores.pb.h"
#include "services/churn/service/directory.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/scoring.h"

namespace rapport::churn {

// Goes through the scores of all active customers, by partition and customer. Holds the ids of one partition at a time.
// Not thread-safe; blocks on the store and, scoring anew, on all that Scoring does.
class ScoreStream {
 public:
  // All but the request must outlive this. INVALID_ARGUMENT names the field.
  static absl::StatusOr<ScoreStream> Open(Reader& reader, Directory& directory, Scoring& scoring,
                                          absl::string_view tenant, const v1::StreamScoresRequest& request);

  // Fills in the next chunk; false when there is none.
  absl::StatusOr<bool> Next(v1::StreamScoresResponse& response);

 private:
  ScoreStream(Reader& reader, Directory& directory, Scoring& scoring, absl::string_view tenant,
              const v1::StreamScoresRequest& request)
      : reader_(&reader), directory_(&directory), scoring_(&scoring), tenant_(tenant), request_(request) {}

  absl::Status ListPartition();
  absl::Status AddStored(const std::vector<std::string>& ids, v1::StreamScoresResponse& response);
  absl::Status AddNew(const std::vector<std::string>& ids, v1::StreamScoresResponse& response);

  Reader* reader_;
  Directory* directory_;
  Scoring* scoring_;
  std::string tenant_;
  v1::StreamScoresRequest request_;
  uint32_t partition_ = 0;        // the next one to list
  std::vector<std::string> ids_;  // of the partition before it
  size_t done_ = 0;               // of ids_
};

}  // namespace rapport::churn

#endif  // RAPPORT_SERVICES_CHURN_SERVICE_SCORE_STREAM_H_
