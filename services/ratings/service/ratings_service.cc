#include "services/ratings/service/ratings_service.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/request/fields.h"
#include "common/server/recording.h"
#include "common/server/stream.h"
#include "services/ratings/core/filter.h"
#include "services/ratings/core/visibility.h"
#include "services/ratings/service/customers_query.h"
#include "services/ratings/service/listing.h"
#include "services/ratings/service/query.h"
#include "services/ratings/service/watch.h"

namespace rapport::ratings {
namespace {

using access::v1::ROLE_ADMIN;
using access::v1::ROLE_AGENT;
using access::v1::ROLE_INGEST;
using access::v1::ROLE_READ;
using server::Call;
using server::RpcSpec;

constexpr server::ItemsField kRatings{"ratings", &v1::RecordRatingsRequest::ratings};
constexpr server::ItemsField kSurveys{"surveys", &v1::RecordSurveysRequest::surveys};
constexpr server::ItemsField kIngestedRatings{"ratings", &v1::IngestRatingsRequest::ratings};

constexpr size_t kExportChunk = 1000;
constexpr size_t kErasuresPerRound = 1000;
constexpr int kMostIdleRounds = 3;

constexpr RpcSpec kRecordRating{"RecordRating", {ROLE_INGEST}};
constexpr RpcSpec kRecordRatings{"RecordRatings", {ROLE_INGEST}, /*bulky=*/true};
constexpr RpcSpec kIngestRatings{"IngestRatings", {ROLE_INGEST}};
constexpr RpcSpec kRecordSurveys{"RecordSurveys", {ROLE_INGEST}, /*bulky=*/true};
constexpr RpcSpec kGetRating{"GetRating", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kListRatings{"ListRatings", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kQueryRatings{"QueryRatings", {ROLE_READ}};
constexpr RpcSpec kBatchGetCustomerSatisfaction{"BatchGetCustomerSatisfaction", {ROLE_READ}};
constexpr RpcSpec kListCustomersBySatisfaction{"ListCustomersBySatisfaction", {ROLE_READ}};
constexpr RpcSpec kWatchRatings{"WatchRatings", {ROLE_READ, ROLE_AGENT}};
constexpr RpcSpec kExportRatings{"ExportRatings", {ROLE_READ}};
constexpr RpcSpec kEraseCustomer{"EraseCustomer", {ROLE_ADMIN}};

Viewer ViewerOf(const server::Principal& principal) {
  return {principal.agent_id, principal.lead_of_teams, !principal.Has(ROLE_READ)};
}

}  // namespace

RatingsService::RatingsService(server::RpcRuntime& runtime, Recorder& recorder, Reader& reader,
                               rollup::Dictionary& dictionary, RatingsOptions options)
    : runtime_(runtime), recorder_(recorder), reader_(reader), dictionary_(dictionary), options_(options) {}

grpc::ServerUnaryReactor* RatingsService::RecordRating(grpc::CallbackServerContext* context,
                                                       const v1::RecordRatingRequest* request,
                                                       v1::RecordRatingResponse* response) {
  return runtime_.Async(context, kRecordRating, [=, this](const Call& call, server::RpcRuntime::Done done) {
    absl::Status charged = runtime_.ChargeEvents(call, 1);
    if (!charged.ok()) return done(std::move(charged));
    auto result = std::make_shared<v1::ItemResult>();
    v1::ItemResult* const filled = result.get();
    recorder_.Record(call.principal.tenant, call.deadline, {&request->rating()}, {filled},
                     [response, done = std::move(done), result = std::move(result)](absl::Status status) {
                       response->set_outcome(result->outcome());
                       const auto code = static_cast<absl::StatusCode>(result->status().code());
                       status.Update(absl::Status(code, result->status().message()));
                       done(std::move(status));
                     });
  });
}

grpc::ServerUnaryReactor* RatingsService::RecordRatings(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  return server::ServeItems<v1::RecordRatingsResponse>(runtime_, context, kRecordRatings, recorder_, kRatings, request,
                                                       response);
}

grpc::ServerBidiReactor<v1::IngestRatingsRequest, v1::IngestRatingsResponse>* RatingsService::IngestRatings(
    grpc::CallbackServerContext* context) {
  return server::ServeIngestItems<v1::IngestRatingsResponse>(runtime_, context, kIngestRatings, options_.ingest_window,
                                                             recorder_, kIngestedRatings);
}

grpc::ServerUnaryReactor* RatingsService::RecordSurveys(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  return server::ServeItems<v1::RecordSurveysResponse>(runtime_, context, kRecordSurveys, recorder_, kSurveys, request,
                                                       response);
}

grpc::ServerUnaryReactor* RatingsService::GetRating(grpc::CallbackServerContext* context,
                                                    const v1::GetRatingRequest* request,
                                                    v1::GetRatingResponse* response) {
  return runtime_.Blocking(context, kGetRating, [=, this](const Call& call) -> absl::Status {
    absl::Status valid = ValidateId("rating_id", request->rating_id());
    if (!valid.ok()) return valid;
    const auto records = reader_.LoadRecords(call.principal.tenant, {request->rating_id()});
    if (!records.ok()) return records.status();
    const storage::v1::RatingRecord& record = records->front();
    const Viewer viewer = ViewerOf(call.principal);
    const bool known = record.revisions_size() > 0 || record.surveys_size() > 0;
    if (!known || !MayRead(record, viewer)) {
      return absl::NotFoundError(absl::StrCat("rating_id: \"", request->rating_id(),
                                              "\" is not known here; check the id and the tenant of the credential"));
    }
    *response = PresentHistory(record, viewer);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* RatingsService::ListRatings(grpc::CallbackServerContext* context,
                                                      const v1::ListRatingsRequest* request,
                                                      v1::ListRatingsResponse* response) {
  return runtime_.Blocking(context, kListRatings, [=, this](const Call& call) -> absl::Status {
    absl::Status valid = Validate(request->filter());
    if (!valid.ok()) return valid;
    const auto range = ParseRange(request->range(), "range");
    if (!range.ok()) return range.status();
    const auto after = DecodeToken(request->page().page_token(), "page.page_token");
    if (!after.ok()) return after.status();
    auto page = ListPageOf(reader_, dictionary_, call.principal.tenant, *range, request->filter(),
                           ViewerOf(call.principal), Direction::kNewestFirst, *after, PageSize(request->page()));
    if (!page.ok()) return page.status();
    for (v1::Rating& rating : page->ratings) *response->add_ratings() = std::move(rating);
    if (page->next) response->set_next_page_token(EncodeToken(*page->next));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* RatingsService::QueryRatings(grpc::CallbackServerContext* context,
                                                       const v1::QueryRatingsRequest* request,
                                                       v1::QueryRatingsResponse* response) {
  return runtime_.Blocking(context, kQueryRatings, [=, this](const Call& call) {
    return Query(reader_, dictionary_, call.principal.tenant, options_.min_group_size, *request, *response);
  });
}

grpc::ServerUnaryReactor* RatingsService::BatchGetCustomerSatisfaction(
    grpc::CallbackServerContext* context, const v1::BatchGetCustomerSatisfactionRequest* request,
    v1::BatchGetCustomerSatisfactionResponse* response) {
  return runtime_.Blocking(context, kBatchGetCustomerSatisfaction, [=, this](const Call& call) {
    return GetSatisfaction(reader_, call.principal.tenant, *request, *response);
  });
}

grpc::ServerUnaryReactor* RatingsService::ListCustomersBySatisfaction(
    grpc::CallbackServerContext* context, const v1::ListCustomersBySatisfactionRequest* request,
    v1::ListCustomersBySatisfactionResponse* response) {
  return runtime_.Blocking(context, kListCustomersBySatisfaction, [=, this](const Call& call) {
    return RankCustomers(reader_, dictionary_, call.principal.tenant, *request, *response);
  });
}

grpc::ServerWriteReactor<v1::WatchRatingsResponse>* RatingsService::WatchRatings(
    grpc::CallbackServerContext* context, const v1::WatchRatingsRequest* request) {
  using Producer = server::Producer<v1::WatchRatingsResponse>;
  return server::ServeStream<v1::WatchRatingsResponse>(
      runtime_, context, kWatchRatings, [this, request](const Call& call) -> absl::StatusOr<Producer> {
        absl::StatusOr<Watch> watch = Watch::Open(reader_, call.principal.tenant, *request, ViewerOf(call.principal));
        if (!watch.ok()) return watch.status();
        return [watch = std::make_shared<Watch>(*std::move(watch))](
                   v1::WatchRatingsResponse* response) -> absl::StatusOr<server::Step> {
          const absl::StatusOr<bool> told = watch->Next(*response);
          if (!told.ok()) return told.status();
          return *told ? server::Step::kMessage : server::Step::kWait;
        };
      });
}

grpc::ServerWriteReactor<v1::ExportRatingsResponse>* RatingsService::ExportRatings(
    grpc::CallbackServerContext* context, const v1::ExportRatingsRequest* request) {
  using Producer = server::Producer<v1::ExportRatingsResponse>;
  return server::ServeStream<v1::ExportRatingsResponse>(
      runtime_, context, kExportRatings, [this, request](const Call& call) -> absl::StatusOr<Producer> {
        absl::Status valid = Validate(request->filter());
        if (!valid.ok()) return valid;
        const auto range = ParseRange(request->range(), "range");
        if (!range.ok()) return range.status();
        auto start = DecodeToken(request->resume_token(), "resume_token");
        if (!start.ok()) return start.status();
        const ListPosition end{StartOfUtcDay(UtcDay(range->end - absl::Milliseconds(1)) + 1), ""};
        return [this, request, call, range = *range, end, after = *std::move(start),
                ended = false](v1::ExportRatingsResponse* response) mutable -> absl::StatusOr<server::Step> {
          if (ended) return server::Step::kEnd;
          auto page = ListPageOf(reader_, dictionary_, call.principal.tenant, range, request->filter(),
                                 ViewerOf(call.principal), Direction::kOldestFirst, after, kExportChunk);
          if (!page.ok()) return page.status();
          for (v1::Rating& rating : page->ratings) *response->add_ratings() = std::move(rating);
          ended = !page->next;
          after = std::move(page->next);
          response->set_resume_token(EncodeToken(after.value_or(end)));
          return server::Step::kMessage;
        };
      });
}

grpc::ServerUnaryReactor* RatingsService::EraseCustomer(grpc::CallbackServerContext* context,
                                                        const v1::EraseCustomerRequest* request,
                                                        v1::EraseCustomerResponse* response) {
  return runtime_.Blocking(context, kEraseCustomer, [=, this](const Call& call) -> absl::Status {
    absl::Status valid = ValidateId("customer_id", request->customer_id());
    if (!valid.ok()) return valid;
    Reader lasting = reader_.Lasting();
    // Until nothing is left: events can come in meanwhile, and one round takes a bounded number.
    for (int idle_rounds = 0; idle_rounds < kMostIdleRounds;) {
      auto ids = RecordsOfCustomer(lasting, call.principal.tenant, request->customer_id());
      if (!ids.ok()) return ids.status();
      if (ids->empty()) return absl::OkStatus();
      if (ids->size() > kErasuresPerRound) ids->resize(kErasuresPerRound);
      absl::Notification finished;
      absl::StatusOr<int64_t> erased = 0;
      recorder_.Erase(call.principal.tenant, request->customer_id(), *ids, [&](absl::StatusOr<int64_t> result) {
        erased = std::move(result);
        finished.Notify();
      });
      finished.WaitForNotification();
      if (!erased.ok()) return erased.status();
      response->set_erased_count(response->erased_count() + *erased);
      if (*erased == 0) ++idle_rounds;
    }
    return absl::UnavailableError("others are changing the customer's ratings at this moment; repeat the call");
  });
}

}  // namespace rapport::ratings
