#include "services/churn/service/customer_query.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/time/interval.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/record.h"
#include "services/churn/service/score_store.h"

namespace rapport::churn {
namespace {

constexpr int kMostShown = 200;

// The moment that a request asks for; nothing when it asks for now.
absl::StatusOr<std::optional<absl::Time>> ParseAsOf(const v1::GetCustomerRequest& request, absl::Time now) {
  if (!request.has_as_of()) return std::nullopt;
  const absl::Status valid = ValidateMoment("as_of", request.as_of());
  if (!valid.ok()) return valid;
  const absl::Time as_of = absl::FromUnixMillis(ToMillis(request.as_of()));
  return as_of < now ? std::optional(as_of) : std::nullopt;
}

// The latest of the timeline, the latest first, as they are stored. One that was replaced this instant is left as the
// record has it.
absl::Status AddTimeline(Reader& reader, absl::string_view tenant, const std::string& customer_id,
                         const storage::v1::CustomerRecord& record, v1::GetCustomerResponse& response) {
  std::vector<std::string> ids;
  for (int i = record.timeline_size() - 1; i >= 0 && response.timeline_size() < kMostShown; --i) {
    v1::Activity& shown = *response.add_timeline() = record.timeline(i);
    shown.set_customer_id(customer_id);
    ids.push_back(shown.activity_id());
  }
  absl::StatusOr<std::vector<v1::Activity>> stored = reader.LoadActivities(tenant, customer_id, ids);
  if (!stored.ok()) return stored.status();
  for (int i = 0; i < response.timeline_size(); ++i) {
    v1::Activity& shown = *response.mutable_timeline(i);
    const v1::Activity& each = (*stored)[i];
    if (each.revision() == shown.revision() && each.has_received_at()) {
      *shown.mutable_received_at() = each.received_at();
    }
  }
  return absl::OkStatus();
}

absl::Status AddScore(Reader& reader, absl::string_view tenant, const std::string& customer_id,
                      v1::GetCustomerResponse& response) {
  auto scores = LoadScores(reader, tenant, {customer_id});
  if (!scores.ok()) return scores.status();
  if (scores->front()) *response.mutable_score() = std::move(*scores->front()->mutable_score());
  return absl::OkStatus();
}

}  // namespace

absl::Status QueryCustomer(Reader& reader, absl::string_view tenant, const v1::GetCustomerRequest& request,
                           v1::GetCustomerResponse& response) {
  const std::string& id = request.customer_id();
  absl::Status status = ValidateId("customer_id", id);
  if (!status.ok()) return status;
  const absl::Time now = reader.Now();
  const auto as_of = ParseAsOf(request, now);
  if (!as_of.ok()) return as_of.status();
  auto records = reader.LoadRecords(tenant, {id});
  if (!records.ok()) return records.status();
  const storage::v1::CustomerRecord record =
      *as_of ? RecordAsOf(records->front(), **as_of) : std::move(records->front());
  if (IsEmpty(record)) {
    return absl::NotFoundError(absl::StrCat("customer_id: ", Shown(id), " is not known",
                                            *as_of ? " at that moment; ask for a later one, or " : "; ",
                                            "check the id, or record their activities"));
  }
  *response.mutable_customer() = MakeCustomer(RowOf(id, record), record, as_of->value_or(now));
  status = AddTimeline(reader, tenant, id, record, response);
  if (!status.ok() || *as_of) return status;
  return AddScore(reader, tenant, id, response);
}

}  // namespace rapport::churn
