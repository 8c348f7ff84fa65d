#include "services/churn/service/feature_reader.h"

#include <cstddef>
#include <utility>

#include "common/time/interval.h"
#include "services/churn/core/features.h"
#include "services/churn/core/record.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRecord;

// What is done on a day counts from its end on, but makes a customer known at once.
bool IsKnown(const CustomerRecord& record, std::optional<absl::Time> as_of) {
  return !record.erased() && !IsEmpty(as_of ? RecordAsOf(record, *as_of) : record);
}

v1::SourceState OwnState(absl::Time now) {
  v1::SourceState state;
  state.set_source(v1::FEATURE_SOURCE_ACTIVITIES);
  state.set_freshness(v1::FRESHNESS_FRESH);
  *state.mutable_fetched_at() = ToProto(now);
  return state;
}

void SetFeatures(const CustomerRecord& record, const PeerValue<ratings::v1::CustomerSatisfaction>& satisfaction,
                 const PeerValue<response_times::v1::CustomerResponsiveness>& responsiveness, absl::Time moment,
                 absl::Time now, v1::CustomerFeatures& features) {
  SetActivityFeatures(record, moment, features);
  if (satisfaction.answer) SetSatisfactionFeatures(*satisfaction.answer, moment, features);
  if (responsiveness.answer) SetResponsivenessFeatures(*responsiveness.answer, moment, features);
  *features.add_sources() = OwnState(now);
  *features.add_sources() = satisfaction.state;
  *features.add_sources() = responsiveness.state;
}

}  // namespace

absl::StatusOr<std::vector<v1::CustomerFeatures>> FeatureReader::Load(absl::string_view tenant,
                                                                      const std::vector<std::string>& ids,
                                                                      std::optional<absl::Time> as_of,
                                                                      absl::Time deadline) {
  const absl::StatusOr<std::vector<CustomerRecord>> records = reader_.LoadRecords(tenant, ids);
  if (!records.ok()) return records.status();
  return Join(tenant, ids, *records, as_of, deadline);
}

std::vector<v1::CustomerFeatures> FeatureReader::Join(absl::string_view tenant, const std::vector<std::string>& ids,
                                                      const std::vector<CustomerRecord>& records,
                                                      std::optional<absl::Time> as_of, absl::Time deadline) {
  const absl::Time now = reader_.Now();
  const absl::Time moment = as_of.value_or(now);
  std::vector<v1::CustomerFeatures> all(ids.size());
  std::vector<size_t> known;
  std::vector<std::string> known_ids;
  for (size_t i = 0; i < ids.size(); ++i) {
    all[i].set_customer_id(ids[i]);
    *all[i].mutable_as_of() = ToProto(moment);
    if (!IsKnown(records[i], as_of)) continue;
    known.push_back(i);
    known_ids.push_back(ids[i]);
  }
  if (known.empty()) return all;
  const PeerAnswers answers = peers_.Ask(tenant, known_ids, as_of, deadline);
  for (size_t k = 0; k < known.size(); ++k) {
    SetFeatures(records[known[k]], answers.satisfaction[k], answers.responsiveness[k], moment, now, all[known[k]]);
  }
  return all;
}

absl::StatusOr<std::vector<FeatureInputs>> FeatureReader::LoadInputs(absl::string_view tenant,
                                                                     const std::vector<std::string>& ids,
                                                                     absl::Time deadline) {
  absl::StatusOr<std::vector<store::Entity>> records = reader_.LoadRecordEntities(tenant, ids);
  if (!records.ok()) return records.status();
  std::vector<FeatureInputs> inputs(ids.size());
  std::vector<size_t> known;
  std::vector<std::string> known_ids;
  for (size_t i = 0; i < ids.size(); ++i) {
    inputs[i].record = std::move((*records)[i]);
    if (inputs[i].record.version == 0) continue;
    known.push_back(i);
    known_ids.push_back(ids[i]);
  }
  if (known.empty()) return inputs;
  PeerAnswers answers = peers_.Ask(tenant, known_ids, std::nullopt, deadline);
  for (size_t k = 0; k < known.size(); ++k) {
    inputs[known[k]].satisfaction = std::move(answers.satisfaction[k]);
    inputs[known[k]].responsiveness = std::move(answers.responsiveness[k]);
  }
  return inputs;
}

absl::StatusOr<v1::CustomerFeatures> FeatureReader::MakeFeatures(const std::string& customer_id,
                                                                 const FeatureInputs& inputs) const {
  const absl::Time now = reader_.Now();
  v1::CustomerFeatures features;
  features.set_customer_id(customer_id);
  *features.mutable_as_of() = ToProto(now);
  const absl::StatusOr<CustomerRecord> record = ReadRecord(customer_id, inputs.record);
  if (!record.ok()) return record.status();
  if (!IsKnown(*record, std::nullopt)) return features;
  SetFeatures(*record, inputs.satisfaction, inputs.responsiveness, now, now, features);
  return features;
}

}  // namespace rapport::churn
