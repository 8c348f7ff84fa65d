#include "services/ratings/core/filter.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/rollup/dimensions.h"
#include "services/ratings/core/record.h"
#include "services/ratings/core/score_codes.h"

namespace rapport::ratings {
namespace {

// What facts and records both know.
bool ScoreMatches(ScoreCode code, const v1::RatingFilter& filter) {
  const ScoreInfo* info = Describe(code);
  if (info == nullptr || info->is_survey) return false;
  if (filter.scale() != v1::SCALE_UNSPECIFIED && info->scale != filter.scale()) return false;
  return filter.sentiment() == v1::SENTIMENT_UNSPECIFIED || info->sentiment == filter.sentiment();
}

}  // namespace

absl::Status Validate(const v1::RatingFilter& filter) {
  for (const common::v1::DimensionValue& each : filter.dimensions()) {
    if (each.dimension() == common::v1::DIMENSION_UNSPECIFIED || !common::v1::Dimension_IsValid(each.dimension())) {
      return absl::InvalidArgumentError(
          absl::StrCat("filter.dimensions.dimension: ", static_cast<int>(each.dimension()),
                       " is no dimension; name one, such as DIMENSION_AGENT"));
    }
  }
  if (!v1::Scale_IsValid(filter.scale())) {
    return absl::InvalidArgumentError(
        absl::StrCat("filter.scale: ", static_cast<int>(filter.scale()), " is no scale; leave it out for all"));
  }
  if (!v1::Sentiment_IsValid(filter.sentiment())) {
    return absl::InvalidArgumentError(absl::StrCat("filter.sentiment: ", static_cast<int>(filter.sentiment()),
                                                   " is no sentiment; leave it out for all"));
  }
  return absl::OkStatus();
}

bool CouldMatch(const Fact& fact, const v1::RatingFilter& filter) {
  if (!ScoreMatches(fact.code, filter)) return false;
  if (!filter.customer_id().empty() && fact.customer_id != filter.customer_id()) return false;
  return !filter.with_comment() || fact.has_comment;
}

bool Matches(const storage::v1::RatingRecord& record, const v1::RatingFilter& filter) {
  const storage::v1::Revision* counted = Counted(record);
  if (counted == nullptr) return false;
  const v1::Rating& rating = counted->rating();
  const std::optional<ScoreCode> code = CodeOf(rating);
  if (!code || !ScoreMatches(*code, filter)) return false;
  if (!filter.customer_id().empty() && rating.customer_id() != filter.customer_id()) return false;
  if (!filter.conversation_id().empty() && rating.conversation_id() != filter.conversation_id()) return false;
  if (filter.with_comment() && rating.comment().empty()) return false;
  const rollup::Values values = rollup::ValuesOf(CreditedAgent(record), rating.channel(), rating.labels());
  return std::all_of(filter.dimensions().begin(), filter.dimensions().end(),
                     [&](const auto& each) { return values[rollup::IndexOf(each.dimension())] == each.value(); });
}

}  // namespace rapport::ratings
