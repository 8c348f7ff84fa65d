#include "services/ratings/core/record.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/request/stable_bytes.h"
#include "common/time/interval.h"
#include "common/write/partition.h"

namespace rapport::ratings {
namespace {

using storage::v1::RatingRecord;
using storage::v1::Revision;
using storage::v1::SurveyEvent;

// A rating as its sender stated it: without what the service adds.
v1::Rating Stated(v1::Rating rating) {
  *rating.mutable_occurred_at() = ToMillisecond(rating.occurred_at());
  rating.clear_received_at();
  rating.clear_comment_withheld();
  return rating;
}

// Orders revisions: the greatest counts. Two that differ in content only are ordered by it, so that the outcome does
// not depend on which came first. `b` and `a` are as stated.
int Order(const v1::Rating& a, const v1::Rating& b) {
  const auto key = [](const v1::Rating& r) { return std::tuple(ToMillis(r.occurred_at()), r.revision()); };
  if (key(a) != key(b)) return key(a) < key(b) ? -1 : 1;
  return StableBytes(a).compare(StableBytes(b));
}

template <typename Stored>
void SetCodes(const rollup::Codes& codes, Stored& stored) {
  stored.mutable_dimension_codes()->Assign(codes.begin(), codes.end());
}

bool IsErased(const RatingRecord& record, absl::string_view customer_id) {
  const auto& erased = record.erased_customers();
  return record.erased() || std::find(erased.begin(), erased.end(), write::StableHash(customer_id)) != erased.end();
}

void MarkErased(absl::string_view customer_id, RatingRecord& record) {
  if (record.revisions_size() == 0 && record.surveys_size() == 0) {
    record.set_erased(true);
    record.clear_erased_customers();
  } else {
    record.add_erased_customers(write::StableHash(customer_id));
  }
}

}  // namespace

v1::Outcome AddRating(const v1::Rating& rating, const rollup::Codes& codes, absl::Time received_at,
                      RatingRecord& record) {
  if (IsErased(record, rating.customer_id())) return v1::OUTCOME_ERASED;
  v1::Rating stated = Stated(rating);
  auto& revisions = *record.mutable_revisions();
  int position = revisions.size();
  for (; position > 0; --position) {
    const int order = Order(Stated(revisions[position - 1].rating()), stated);
    if (order == 0) return v1::OUTCOME_DUPLICATE;
    if (order < 0) break;
  }
  if (position == 0 && revisions.size() >= kMostRevisions) return v1::OUTCOME_SUPERSEDED;

  const v1::Outcome outcome = revisions.empty()              ? v1::OUTCOME_CREATED
                              : position == revisions.size() ? v1::OUTCOME_REPLACED
                                                             : v1::OUTCOME_SUPERSEDED;
  Revision& added = *revisions.Add();
  *added.mutable_rating() = std::move(stated);
  *added.mutable_rating()->mutable_received_at() = ToMillisecond(ToProto(received_at));
  SetCodes(codes, added);
  std::rotate(revisions.pointer_begin() + position, revisions.pointer_end() - 1, revisions.pointer_end());
  if (revisions.size() > kMostRevisions) revisions.DeleteSubrange(0, 1);
  return outcome;
}

v1::Outcome AddSurvey(const v1::Survey& survey, const rollup::Codes& codes, RatingRecord& record) {
  if (IsErased(record, survey.customer_id())) return v1::OUTCOME_ERASED;
  SurveyEvent event;
  *event.mutable_survey() = survey;
  *event.mutable_survey()->mutable_occurred_at() = ToMillisecond(survey.occurred_at());
  SetCodes(codes, event);

  auto& surveys = *record.mutable_surveys();
  const auto place = std::find_if(surveys.begin(), surveys.end(),
                                  [&](const SurveyEvent& known) { return known.survey().status() >= survey.status(); });
  if (place == surveys.end() || place->survey().status() != survey.status()) {
    const auto position = place - surveys.begin();
    *surveys.Add() = std::move(event);
    std::rotate(surveys.pointer_begin() + position, surveys.pointer_end() - 1, surveys.pointer_end());
    return v1::OUTCOME_CREATED;
  }
  const auto key = [](const v1::Survey& s) { return std::tuple(ToMillis(s.occurred_at()), StableBytes(s)); };
  if (key(event.survey()) == key(place->survey())) return v1::OUTCOME_DUPLICATE;
  if (key(place->survey()) < key(event.survey())) return v1::OUTCOME_SUPERSEDED;
  *place = std::move(event);
  return v1::OUTCOME_REPLACED;
}

bool EraseCustomer(absl::string_view customer_id, RatingRecord& record) {
  auto& revisions = *record.mutable_revisions();
  auto& surveys = *record.mutable_surveys();
  const int before = revisions.size() + surveys.size();
  revisions.erase(std::remove_if(revisions.begin(), revisions.end(),
                                 [&](const Revision& r) { return r.rating().customer_id() == customer_id; }),
                  revisions.end());
  surveys.erase(std::remove_if(surveys.begin(), surveys.end(),
                               [&](const SurveyEvent& s) { return s.survey().customer_id() == customer_id; }),
                surveys.end());
  if (revisions.size() + surveys.size() == before) return false;
  MarkErased(customer_id, record);
  return true;
}

const Revision* Counted(const RatingRecord& record) {
  return record.revisions_size() == 0 ? nullptr : &record.revisions(record.revisions_size() - 1);
}

const SurveyEvent* FindSurvey(const RatingRecord& record, v1::SurveyStatus status) {
  for (const SurveyEvent& event : record.surveys()) {
    if (event.survey().status() == status) return &event;
  }
  return nullptr;
}

namespace {

// The survey event that names the credited agent: the delivery, else the offer; null when neither does.
const SurveyEvent* CreditingSurvey(const RatingRecord& record) {
  for (const v1::SurveyStatus status : {v1::SURVEY_STATUS_DELIVERED, v1::SURVEY_STATUS_OFFERED}) {
    const SurveyEvent* event = FindSurvey(record, status);
    if (event != nullptr && !event->survey().agent_id().empty()) return event;
  }
  return nullptr;
}

}  // namespace

const std::string& CreditedAgent(const RatingRecord& record) {
  if (const SurveyEvent* survey = CreditingSurvey(record)) return survey->survey().agent_id();
  const Revision* counted = Counted(record);
  return counted != nullptr ? counted->rating().agent_id() : v1::Rating::default_instance().agent_id();
}

rollup::Codes CountedCodes(const RatingRecord& record) {
  rollup::Codes codes = CodesOf(Counted(record)->dimension_codes());
  if (const SurveyEvent* survey = CreditingSurvey(record)) {
    const int agent = rollup::IndexOf(common::v1::DIMENSION_AGENT);
    codes[agent] = CodesOf(survey->dimension_codes())[agent];
  }
  return codes;
}

std::string Pack(RatingRecord record) {
  for (Revision& revision : *record.mutable_revisions()) {
    v1::Rating& rating = *revision.mutable_rating();
    const int64_t occurred_ms = ToMillis(rating.occurred_at());
    revision.set_occurred_ms(occurred_ms);
    revision.set_received_after_ms(ToMillis(rating.received_at()) - occurred_ms);
    rating.clear_rating_id();
    rating.clear_occurred_at();
    rating.clear_received_at();
  }
  return record.SerializeAsString();
}

absl::StatusOr<RatingRecord> Unpack(absl::string_view rating_id, const std::string& bytes) {
  RatingRecord record;
  if (!record.ParseFromString(bytes)) {
    return absl::DataLossError(
        absl::StrCat("the record of rating \"", rating_id, "\" does not parse; restore the store from a backup"));
  }
  for (Revision& revision : *record.mutable_revisions()) {
    v1::Rating& rating = *revision.mutable_rating();
    rating.set_rating_id(std::string(rating_id));
    *rating.mutable_occurred_at() = ToProto(absl::FromUnixMillis(revision.occurred_ms()));
    *rating.mutable_received_at() =
        ToProto(absl::FromUnixMillis(revision.occurred_ms() + revision.received_after_ms()));
    revision.clear_occurred_ms();
    revision.clear_received_after_ms();
  }
  return record;
}

rollup::Codes CodesOf(const google::protobuf::RepeatedField<uint32_t>& stored) {
  rollup::Codes codes{};
  for (int i = 0; i < std::min(stored.size(), rollup::kDimensionCount); ++i) {
    codes[i] = static_cast<rollup::Code>(stored[i]);
  }
  return codes;
}

}  // namespace rapport::ratings
