#include "services/churn/service/recorded_outcomes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/record.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRecord;
using storage::v1::CustomerRow;
using storage::v1::TenureSpan;

constexpr int kDefaultHorizonDays = 90;
constexpr int kLongestHorizonDays = 730;
constexpr size_t kCustomersAtOnce = 500;

std::string Shown(absl::Time t) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", t, absl::UTCTimeZone());
}

// Whether the customer was active when a window began, with all that is known now.
bool WasActive(const CustomerRow& row, int64_t start_ms) {
  return std::any_of(row.tenures().begin(), row.tenures().end(), [&](const TenureSpan& tenure) {
    return tenure.start_ms() < start_ms && (!tenure.has_end_ms() || start_ms <= tenure.end_ms());
  });
}

bool IsLost(const CustomerRow& row, const Interval& window) {
  return std::any_of(row.tenures().begin(), row.tenures().end(), [&](const TenureSpan& tenure) {
    return tenure.has_end_ms() && window.Contains(absl::FromUnixMillis(tenure.end_ms()));
  });
}

// Whether the customer was active and, as far as was known then, was to stay so.
bool WasToStay(absl::string_view customer_id, const CustomerRecord& record, absl::Time moment) {
  if (record.erased()) return false;
  const CustomerRow row = RowOf(customer_id, RecordAsOf(record, moment));
  return ActiveAt(row, ToMillis(moment)) && !row.tenures().rbegin()->has_end_ms();
}

// Missing by accident: not since nobody is asked.
const v1::SourceState* FindUnanswered(const FeatureReader& features, const v1::CustomerFeatures& customer) {
  for (const v1::SourceState& state : customer.sources()) {
    if (state.freshness() == v1::FRESHNESS_MISSING && features.IsAsked(state.source())) return &state;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<Interval> ParseOutcomes(const v1::RecordedOutcomes& outcomes, absl::Time now) {
  if (outcomes.horizon_days() < 0 || outcomes.horizon_days() > kLongestHorizonDays) {
    return Invalid("horizon_days", absl::StrCat(outcomes.horizon_days()),
                   absl::StrCat("is out of range; use 1 to ", kLongestHorizonDays, ", or 0 for ", kDefaultHorizonDays));
  }
  const int days = outcomes.horizon_days() == 0 ? kDefaultHorizonDays : outcomes.horizon_days();
  const absl::Duration horizon = absl::Hours(24) * days;
  const absl::Time latest = StartOfUtcDay(UtcDay(now - horizon));
  if (!outcomes.has_cut_off()) return Interval{latest, latest + horizon};
  const absl::Status valid = ValidateMoment("cut_off", outcomes.cut_off());
  if (!valid.ok()) return valid;
  const absl::Time cut_off = FromProto(outcomes.cut_off());
  if (cut_off != StartOfUtcDay(UtcDay(cut_off))) {
    return Invalid("cut_off", Shown(cut_off),
                   "is within a UTC day; use the start of one, such as 2026-01-01T00:00:00Z");
  }
  if (cut_off > latest) {
    return absl::FailedPreconditionError(absl::StrCat("cut_off: the ", days, " days after ", Shown(cut_off),
                                                      " have not passed; use ", Shown(latest),
                                                      " or earlier, or fewer horizon_days"));
  }
  return Interval{cut_off, cut_off + horizon};
}

absl::StatusOr<RecordedOutcomes> RecordedOutcomes::Open(Reader& reader, Directory& directory, FeatureReader& features,
                                                        absl::string_view tenant,
                                                        const v1::RecordedOutcomes& outcomes) {
  const absl::StatusOr<Interval> window = ParseOutcomes(outcomes, reader.Now());
  if (!window.ok()) return window.status();
  RecordedOutcomes result(reader, features, tenant, *window);
  const int64_t start_ms = ToMillis(window->start);
  const absl::Status read = directory.ForEach(tenant, [&](const CustomerRow& row) {
    if (WasActive(row, start_ms)) result.candidates_.push_back({row.customer_id(), IsLost(row, *window)});
  });
  if (!read.ok()) return read;
  return result;
}

absl::StatusOr<LabelledCustomers> RecordedOutcomes::Next(absl::Time deadline) {
  const size_t end = std::min(candidates_.size(), next_ + kCustomersAtOnce);
  std::vector<std::string> ids;
  for (size_t i = next_; i < end; ++i) ids.push_back(candidates_[i].customer_id);
  absl::StatusOr<std::vector<CustomerRecord>> records = reader_->LoadRecords(tenant_, ids);
  if (!records.ok()) return records.status();

  LabelledCustomers chunk;
  std::vector<std::string> kept_ids;
  std::vector<CustomerRecord> kept_records;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!WasToStay(ids[i], (*records)[i], window_.start)) continue;
    kept_ids.push_back(ids[i]);
    kept_records.push_back(std::move((*records)[i]));
    chunk.lost.push_back(candidates_[next_ + i].lost);
  }
  chunk.customers = features_->Join(tenant_, kept_ids, kept_records, window_.start, deadline);
  for (const v1::CustomerFeatures& customer : chunk.customers) {
    const v1::SourceState* unanswered = FindUnanswered(*features_, customer);
    if (unanswered == nullptr) continue;
    return absl::UnavailableError(absl::StrCat(
        unanswered->source() == v1::FEATURE_SOURCE_RATINGS ? "the ratings service" : "the response times service",
        " does not answer, and a model must not learn from what is missing by accident; repeat the call when it runs"));
  }
  next_ = end;
  return chunk;
}

double RecordedOutcomes::progress() const {
  return candidates_.empty() ? 1 : static_cast<double>(next_) / static_cast<double>(candidates_.size());
}

}  // namespace rapport::churn
