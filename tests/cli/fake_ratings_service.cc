#include "tests/cli/fake_ratings_service.h"

#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/server_builder.h>

#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace rapport::cli {

using google::protobuf::util::MessageDifferencer;
using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;
using ratings::v1::ItemResult;
using ratings::v1::Rating;
using ratings::v1::Survey;

std::map<std::string, Rating> FakeRatingsService::stored() const {
  absl::MutexLock lock(&mutex_);
  return stored_;
}

std::map<std::string, Survey> FakeRatingsService::surveys() const {
  absl::MutexLock lock(&mutex_);
  return surveys_;
}

std::multimap<std::string, std::string> FakeRatingsService::last_metadata() const {
  absl::MutexLock lock(&mutex_);
  return last_metadata_;
}

ratings::v1::QueryRatingsRequest FakeRatingsService::last_query() const {
  absl::MutexLock lock(&mutex_);
  return last_query_;
}

ratings::v1::ListRatingsRequest FakeRatingsService::first_list() const {
  absl::MutexLock lock(&mutex_);
  return lists_.front();
}

ratings::v1::WatchRatingsRequest FakeRatingsService::last_watch() const {
  absl::MutexLock lock(&mutex_);
  return last_watch_;
}

std::string FakeRatingsService::erased_customer() const {
  absl::MutexLock lock(&mutex_);
  return erased_customer_;
}

int FakeRatingsService::streams() const {
  absl::MutexLock lock(&mutex_);
  return streams_;
}

void FakeRatingsService::EndWatches() {
  if (!watches_end_.HasBeenNotified()) watches_end_.Notify();
}

Status FakeRatingsService::Begin(const ServerContext& context) {
  absl::MutexLock lock(&mutex_);
  last_metadata_.clear();
  for (const auto& [key, value] : context.client_metadata()) {
    last_metadata_.emplace(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
  }
  return unary_status;
}

ItemResult FakeRatingsService::Take(const Rating& rating) {
  ItemResult result;
  if (refused_once.erase(rating.rating_id()) > 0) {
    result.mutable_status()->set_code(StatusCode::UNAVAILABLE);
    result.mutable_status()->set_message("the store is away");
    return result;
  }
  if (rating.scale() == ratings::v1::SCALE_CSAT_5 && (rating.points() < 1 || rating.points() > 5)) {
    result.mutable_status()->set_code(StatusCode::INVALID_ARGUMENT);
    result.mutable_status()->set_message(absl::StrCat("points: ", rating.points(), " is not within 1 to 5"));
    return result;
  }
  const auto [found, inserted] = stored_.try_emplace(rating.rating_id(), rating);
  if (inserted) {
    result.set_outcome(ratings::v1::OUTCOME_CREATED);
  } else if (MessageDifferencer::Equals(found->second, rating)) {
    result.set_outcome(ratings::v1::OUTCOME_DUPLICATE);
  } else if (rating.occurred_at().seconds() < found->second.occurred_at().seconds()) {
    result.set_outcome(ratings::v1::OUTCOME_SUPERSEDED);
  } else {
    found->second = rating;
    result.set_outcome(ratings::v1::OUTCOME_REPLACED);
  }
  return result;
}

Status FakeRatingsService::RecordRating(ServerContext* context, const ratings::v1::RecordRatingRequest* request,
                                        ratings::v1::RecordRatingResponse* response) {
  if (Status status = Begin(*context); !status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  const ItemResult result = Take(request->rating());
  response->set_outcome(result.outcome());
  return Status(static_cast<StatusCode>(result.status().code()), result.status().message());
}

Status FakeRatingsService::IngestRatings(
    ServerContext*,
    grpc::ServerReaderWriter<ratings::v1::IngestRatingsResponse, ratings::v1::IngestRatingsRequest>* stream) {
  std::optional<Cut> cut;
  {
    absl::MutexLock lock(&mutex_);
    ++streams_;
    if (!ingest_cuts.empty()) {
      cut = ingest_cuts.front();
      ingest_cuts.pop_front();
    }
  }
  int acknowledged = 0;
  ratings::v1::IngestRatingsRequest request;
  while (stream->Read(&request)) {
    ratings::v1::IngestRatingsResponse response;
    response.set_sequence(request.sequence());
    {
      absl::MutexLock lock(&mutex_);
      for (const Rating& rating : request.ratings()) *response.add_results() = Take(rating);
    }
    if (cut.has_value() && acknowledged == cut->acknowledged) return cut->status;
    stream->Write(response);
    ++acknowledged;
  }
  return Status::OK;
}

Status FakeRatingsService::RecordSurveys(ServerContext* context, const ratings::v1::RecordSurveysRequest* request,
                                         ratings::v1::RecordSurveysResponse* response) {
  if (Status status = Begin(*context); !status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  for (const Survey& survey : request->surveys()) {
    ItemResult& result = *response->add_results();
    if (refused_once.erase(survey.survey_id()) > 0) {
      result.mutable_status()->set_code(StatusCode::UNAVAILABLE);
    } else {
      const bool inserted = surveys_.try_emplace(survey.survey_id(), survey).second;
      result.set_outcome(inserted ? ratings::v1::OUTCOME_CREATED : ratings::v1::OUTCOME_DUPLICATE);
    }
  }
  return Status::OK;
}

Status FakeRatingsService::GetRating(ServerContext* context, const ratings::v1::GetRatingRequest* request,
                                     ratings::v1::GetRatingResponse* response) {
  if (Status status = Begin(*context); !status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  const auto found = stored_.find(request->rating_id());
  if (found == stored_.end()) return Status(StatusCode::NOT_FOUND, absl::StrCat("no rating ", request->rating_id()));
  *response->mutable_rating() = found->second;
  *response->add_history() = found->second;
  return Status::OK;
}

Status FakeRatingsService::ListRatings(ServerContext* context, const ratings::v1::ListRatingsRequest* request,
                                       ratings::v1::ListRatingsResponse* response) {
  if (Status status = Begin(*context); !status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  lists_.push_back(*request);
  const int page_size = std::min(request->page().page_size(), 2);
  for (auto next = stored_.upper_bound(request->page().page_token()); next != stored_.end(); ++next) {
    if (response->ratings_size() == page_size) {
      response->set_next_page_token(response->ratings().rbegin()->rating_id());
      break;
    }
    *response->add_ratings() = next->second;
  }
  return Status::OK;
}

Status FakeRatingsService::QueryRatings(ServerContext* context, const ratings::v1::QueryRatingsRequest* request,
                                        ratings::v1::QueryRatingsResponse* response) {
  if (Status status = Begin(*context); !status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  last_query_ = *request;
  *response = query_response;
  return Status::OK;
}

Status FakeRatingsService::BatchGetCustomerSatisfaction(ServerContext* context,
                                                        const ratings::v1::BatchGetCustomerSatisfactionRequest* request,
                                                        ratings::v1::BatchGetCustomerSatisfactionResponse* response) {
  if (Status status = Begin(*context); !status.ok()) return status;
  for (const std::string& id : request->customer_ids()) response->add_customers()->set_customer_id(id);
  return Status::OK;
}

Status FakeRatingsService::ListCustomersBySatisfaction(ServerContext* context,
                                                       const ratings::v1::ListCustomersBySatisfactionRequest* request,
                                                       ratings::v1::ListCustomersBySatisfactionResponse* response) {
  if (Status status = Begin(*context); !status.ok()) return status;
  auto& customer = *response->add_customers();
  customer.set_customer_id(request->order() == ratings::v1::CUSTOMER_ORDER_HAPPIEST ? "glad" : "sad");
  auto& scale = *customer.add_scales();
  scale.set_scale(request->scale());
  scale.set_rating_count(3);
  return Status::OK;
}

Status FakeRatingsService::WatchRatings(ServerContext*, const ratings::v1::WatchRatingsRequest* request,
                                        grpc::ServerWriter<ratings::v1::WatchRatingsResponse>* writer) {
  {
    absl::MutexLock lock(&mutex_);
    last_watch_ = *request;
  }
  for (const auto& message : watch_messages) writer->Write(message);
  watches_end_.WaitForNotification();
  return Status::OK;
}

Status FakeRatingsService::ExportRatings(ServerContext*, const ratings::v1::ExportRatingsRequest* request,
                                         grpc::ServerWriter<ratings::v1::ExportRatingsResponse>* writer) {
  int next = 0;
  if (!request->resume_token().empty() && !absl::SimpleAtoi(request->resume_token(), &next)) {
    return Status(StatusCode::INVALID_ARGUMENT, "resume_token");
  }
  for (; next < static_cast<int>(export_chunks.size()); ++next) {
    {
      absl::MutexLock lock(&mutex_);
      if (next == export_break) {
        export_break = -1;
        return Status(StatusCode::UNAVAILABLE, "cut by the test");
      }
    }
    ratings::v1::ExportRatingsResponse chunk = export_chunks[static_cast<size_t>(next)];
    chunk.set_resume_token(absl::StrCat(next + 1));
    writer->Write(chunk);
  }
  return Status::OK;
}

Status FakeRatingsService::EraseCustomer(ServerContext* context, const ratings::v1::EraseCustomerRequest* request,
                                         ratings::v1::EraseCustomerResponse* response) {
  if (Status status = Begin(*context); !status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  erased_customer_ = request->customer_id();
  response->set_erased_count(2);
  return Status::OK;
}

FakeServer::FakeServer() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(&service_);
  server_ = builder.BuildAndStart();
}

FakeServer::~FakeServer() {
  service_.EndWatches();
  server_->Shutdown();
}

std::string FakeServer::address() const {
  return absl::StrCat("127.0.0.1:", port_);
}

}  // namespace rapport::cli
