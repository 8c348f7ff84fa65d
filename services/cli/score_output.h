#ifndef RAPPORT_SERVICES_CLI_SCORE_OUTPUT_H_
#define RAPPORT_SERVICES_CLI_SCORE_OUTPUT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "rapport/churn/v1/features.pb.h"
#include "rapport/churn/v1/scores.pb.h"

namespace rapport::cli {

// A probability as `71.2 %`, a health score as `64 of 100`; `-` when there is neither.
std::string ScoreValue(const churn::v1::Score& score);

// A value as people write it; empty when it is missing.
std::string FeatureText(const churn::v1::FeatureValue& value);

// How fresh each source was: `ratings fresh, response times STALE since 2026-10-31 14:05`.
std::string SourcesText(const google::protobuf::RepeatedPtrField<churn::v1::SourceState>& sources, absl::TimeZone zone);

// A table of scores with their strongest reasons.
std::string ScoresText(const std::vector<churn::v1::Score>& scores, absl::TimeZone zone);

// One score with all of its reasons, and how they add up.
std::string ScoreDetails(const churn::v1::Score& score, absl::TimeZone zone);

// A change of band in one line, for a stream.
std::string RiskLine(const churn::v1::WatchRiskResponse& news, absl::TimeZone zone);

// The columns of scores as CSV, with the strongest reasons in words. A result that is an error has its message.
std::string ScoreCsvHeader();
std::string ScoreCsvLine(const churn::v1::ScoreResult& result, const std::string& id);

}  // namespace rapport::cli

#endif  // RAPPORT_SERVICES_CLI_SCORE_OUTPUT_H_
