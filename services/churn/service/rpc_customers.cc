// The RPCs about activities and customers.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/request/fields.h"
#include "common/server/stream.h"
#include "common/time/interval.h"
#include "services/churn/core/customer_row.h"
#include "services/churn/core/record.h"
#include "services/churn/service/churn_service.h"
#include "services/churn/service/reader.h"
#include "services/churn/service/recorder.h"
#include "services/churn/service/score_store.h"

namespace rapport::churn {
namespace {

using access::v1::ROLE_ADMIN;
using access::v1::ROLE_AGENT;
using access::v1::ROLE_INGEST;
using access::v1::ROLE_READ;
using server::Call;
using server::RpcSpec;

constexpr int kMostItems = 1000;
constexpr int kMostShown = 200;

constexpr RpcSpec kRecordActivities{"RecordActivities", {ROLE_INGEST}};
constexpr RpcSpec kIngestActivities{"IngestActivities", {ROLE_INGEST}};
constexpr RpcSpec kGetCustomer{"GetCustomer", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kEraseCustomer{"EraseCustomer", {ROLE_ADMIN}};

absl::Status CheckActivities(int count) {
  if (count >= 1 && count <= kMostItems) return absl::OkStatus();
  return Invalid("activities", absl::StrCat(count, " items;"), absl::StrCat("send 1 to ", kMostItems, " at a time"));
}

// One result per activity of a request, for the recorder to fill in.
std::vector<v1::ActivityResult*> AddResults(int count,
                                            google::protobuf::RepeatedPtrField<v1::ActivityResult>& results) {
  std::vector<v1::ActivityResult*> pointers;
  pointers.reserve(count);
  for (int i = 0; i < count; ++i) pointers.push_back(results.Add());
  return pointers;
}

std::vector<const v1::Activity*> PointersTo(const google::protobuf::RepeatedPtrField<v1::Activity>& activities) {
  return {activities.pointer_begin(), activities.pointer_end()};
}

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

absl::Status DescribeCustomer(Reader& reader, absl::string_view tenant, const v1::GetCustomerRequest& request,
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

}  // namespace

grpc::ServerUnaryReactor* ChurnService::RecordActivities(grpc::CallbackServerContext* context,
                                                         const v1::RecordActivitiesRequest* request,
                                                         v1::RecordActivitiesResponse* response) {
  return runtime_.Async(context, kRecordActivities, [=, this](const Call& call, server::RpcRuntime::Done done) {
    absl::Status checked = CheckActivities(request->activities_size());
    if (checked.ok()) checked = runtime_.ChargeEvents(call, request->activities_size());
    if (!checked.ok()) return done(std::move(checked));
    parts_.recorder.Record(call.principal.tenant, call.deadline, PointersTo(request->activities()),
                           AddResults(request->activities_size(), *response->mutable_results()), done);
  });
}

grpc::ServerBidiReactor<v1::IngestActivitiesRequest, v1::IngestActivitiesResponse>* ChurnService::IngestActivities(
    grpc::CallbackServerContext* context) {
  using Answer = std::function<void(absl::StatusOr<v1::IngestActivitiesResponse>)>;
  return server::ServeIngest<v1::IngestActivitiesRequest, v1::IngestActivitiesResponse>(
      runtime_, context, kIngestActivities, options_.ingest_window,
      [this](const Call& call, v1::IngestActivitiesRequest request, Answer answer) {
        absl::Status checked = CheckActivities(request.activities_size());
        if (checked.ok()) checked = runtime_.ChargeEvents(call, request.activities_size());
        if (!checked.ok()) return answer(std::move(checked));
        struct Batch {
          v1::IngestActivitiesRequest request;
          v1::IngestActivitiesResponse response;
        };
        auto batch = std::make_shared<Batch>();
        batch->request = std::move(request);
        batch->response.set_sequence(batch->request.sequence());
        parts_.recorder.Record(call.principal.tenant, absl::InfiniteFuture(), PointersTo(batch->request.activities()),
                               AddResults(batch->request.activities_size(), *batch->response.mutable_results()),
                               [batch, answer = std::move(answer)](absl::Status status) {
                                 if (!status.ok()) return answer(std::move(status));
                                 answer(std::move(batch->response));
                               });
      });
}

grpc::ServerUnaryReactor* ChurnService::GetCustomer(grpc::CallbackServerContext* context,
                                                    const v1::GetCustomerRequest* request,
                                                    v1::GetCustomerResponse* response) {
  return runtime_.Blocking(context, kGetCustomer, [=, this](const Call& call) {
    return DescribeCustomer(parts_.reader, call.principal.tenant, *request, *response);
  });
}

grpc::ServerUnaryReactor* ChurnService::EraseCustomer(grpc::CallbackServerContext* context,
                                                      const v1::EraseCustomerRequest* request,
                                                      v1::EraseCustomerResponse* response) {
  return runtime_.Async(context, kEraseCustomer, [=, this](const Call& call, const server::RpcRuntime::Done& done) {
    const absl::Status valid = ValidateId("customer_id", request->customer_id());
    if (!valid.ok()) return done(valid);
    parts_.recorder.Erase(call.principal.tenant, request->customer_id(),
                          [response, done](const absl::StatusOr<int64_t>& erased) {
                            if (erased.ok()) response->set_erased_count(*erased);
                            done(erased.status());
                          });
  });
}

}  // namespace rapport::churn
