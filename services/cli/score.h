#ifndef RAPPORT_SERVICES_CLI_SCORE_H_
#define RAPPORT_SERVICES_CLI_SCORE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rapport/ratings/v1/ratings.pb.h"

namespace rapport::cli {

// Sets the score of `rating` from a text such as `4`, `4.0`, `happy` or `DOWN`, as the rating's scale asks. Whether a
// number lies within its scale is for the service to say.
absl::Status SetScore(absl::string_view text, ratings::v1::Rating* rating);

// The score as people write it: `4`, `HAPPY`, `UP`.
std::string ScoreText(const ratings::v1::Rating& rating);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_SCORE_H_
