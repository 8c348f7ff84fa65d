#include "services/ratings/core/measurement.h"

#include <set>
#include <utility>

#include "common/rollup/cells.h"
#include "common/time/interval.h"
#include "services/ratings/core/facts.h"
#include "services/ratings/core/record.h"
#include "services/ratings/core/score_codes.h"

namespace rapport::ratings {
namespace {

// Adds one counted event of the record, or one mention of a customer.
class Adder {
 public:
  Adder(absl::string_view rating_id, int sign, write::Changes& changes)
      : rating_id_(rating_id), sign_(sign), changes_(changes) {}

  void Event(const google::protobuf::Timestamp& at, absl::string_view customer_id, ScoreCode code,
             const rollup::Codes& codes, bool has_comment) {
    rollup::Count(rapport::FromProto(at), codes, code, sign_, changes_);
    Row(at, customer_id, code, codes, has_comment);
  }

  void Row(const google::protobuf::Timestamp& at, absl::string_view customer_id, ScoreCode code,
           const rollup::Codes& codes, bool has_comment) {
    constexpr int64_t kDayMillis = 86'400'000;
    const int64_t millis = ToMillis(at);
    const int64_t day = millis / kDayMillis;
    const Fact fact{static_cast<uint32_t>(millis % kDayMillis), code, has_comment, codes, customer_id, rating_id_};
    changes_.Add(FactTable(day), EncodeFact(fact), sign_);
    changes_.Add(CustomerDayTable(customer_id), EncodeCustomerDay({customer_id, day, code}), sign_);
  }

 private:
  const absl::string_view rating_id_;
  const int sign_;
  write::Changes& changes_;
};

SurveyMeasure MeasureOf(v1::SurveyStatus status) {
  switch (status) {
    case v1::SURVEY_STATUS_DELIVERED:
      return SurveyMeasure::kDelivered;
    case v1::SURVEY_STATUS_DISMISSED:
      return SurveyMeasure::kDismissed;
    default:
      return SurveyMeasure::kOffered;
  }
}

// An answer counts in the bucket and group of the delivery, so that both sides of a response rate are the same surveys.
void AddSurveys(const storage::v1::RatingRecord& record, Adder& adder) {
  const bool answered = Counted(record) != nullptr;
  for (const storage::v1::SurveyEvent& event : record.surveys()) {
    const v1::Survey& survey = event.survey();
    const rollup::Codes codes = CodesOf(event.dimension_codes());
    const auto add = [&](SurveyMeasure measure) {
      adder.Event(survey.occurred_at(), survey.customer_id(), SurveyCode(survey.scale(), measure), codes, false);
    };
    add(MeasureOf(survey.status()));
    if (answered && survey.status() == v1::SURVEY_STATUS_DELIVERED) add(SurveyMeasure::kAnswered);
  }
}

// Customers of revisions that do not count, so that erasing them finds the record.
void AddMentions(const storage::v1::RatingRecord& record, Adder& adder) {
  const v1::Rating& counted = Counted(record)->rating();
  std::set<std::pair<absl::string_view, int64_t>> mentioned;
  for (const storage::v1::Revision& revision : record.revisions()) {
    const v1::Rating& rating = revision.rating();
    if (rating.customer_id() == counted.customer_id()) continue;
    if (!mentioned.emplace(rating.customer_id(), ToMillis(rating.occurred_at())).second) continue;
    adder.Row(rating.occurred_at(), rating.customer_id(), kMention, rollup::Codes{}, false);
  }
}

}  // namespace

void Measure(absl::string_view rating_id, const storage::v1::RatingRecord& record, int sign, write::Changes& changes) {
  Adder adder(rating_id, sign, changes);
  AddSurveys(record, adder);
  const storage::v1::Revision* counted = Counted(record);
  if (counted == nullptr) return;
  const v1::Rating& rating = counted->rating();
  if (const std::optional<ScoreCode> code = CodeOf(rating)) {
    adder.Event(rating.occurred_at(), rating.customer_id(), *code, CountedCodes(record), !rating.comment().empty());
  }
  AddMentions(record, adder);
}

}  // namespace rapport::ratings
