#include "tests/ratings/service_harness.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/server/access.h"
#include "common/store/open_store.h"

namespace rapport::ratings {
namespace {

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    ADD_FAILURE() << value.status();
    std::abort();
  }
  return *std::move(value);
}

template <typename Results>
std::vector<v1::Outcome> OutcomesOf(const Results& results, size_t expected) {
  EXPECT_EQ(static_cast<size_t>(results.size()), expected);
  std::vector<v1::Outcome> outcomes;
  for (int i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].status().code(), 0) << results[i].status().message();
    EXPECT_EQ(results[i].status().index(), i);
    outcomes.push_back(results[i].outcome());
  }
  return outcomes;
}

}  // namespace

Service::Service(const ServiceOptions& options) {
  server::ServerConfig config;
  config.listen = "127.0.0.1:0";
  config.metrics_listen = "127.0.0.1:0";
  config.executor_threads = 4;
  config.stream_poll_interval = absl::Milliseconds(5);
  config.log_level = "error";
  if (!options.credentials.empty()) {
    config.credentials = dir_.path() + "/credentials.json";
    std::ofstream(config.credentials) << options.credentials;
  }
  store::StoreOptions store_options;
  store_options.url = "rocksdb:" + dir_.path() + "/data";
  if (options.engine == "redis") {
    redis_ = std::make_unique<test_support::RedisServer>();
    store_options.url = redis_->url();
  }
  store_options.service = "ratings";
  store_options.partitions = 4;
  store_options.stream_retention = options.stream_retention;
  store_ = Must(store::OpenStore(store_options));
  path_ = std::make_unique<write::WritePath>(*store_, write::WriteOptions(), nullptr);
  const auto dimensions = Must(rollup::ParseDimensions("agent,team,channel,product,plan,locale"));
  dictionary_ = std::make_unique<rollup::Dictionary>(
      *store_, rollup::DictionaryOptions{dimensions, options.max_dimension_values});
  metrics_ = std::make_unique<RatingsMetrics>(registry_);
  recorder_ = std::make_unique<Recorder>(*path_, *dictionary_, store_->partition_count(), *metrics_, absl::Now);
  reader_ = std::make_unique<Reader>(*store_);
  server_ = Must(server::Server::Create(config, "ratings", registry_, [](absl::string_view) {}));
  RatingsOptions ratings_options;
  ratings_options.min_group_size = options.min_group_size;
  ratings_ = std::make_unique<RatingsService>(server_->rpc(), *recorder_, *reader_, *dictionary_, ratings_options);
  server_->AddService(ratings_.get(), v1::RatingsService::service_full_name());
  server_->OnDrained([this] { path_->Close(); });
  const absl::Status started = server_->Start();
  EXPECT_TRUE(started.ok()) << started;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);
  stub_ = v1::RatingsService::NewStub(grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                                                grpc::InsecureChannelCredentials(), arguments));
}

Service::~Service() {
  stub_ = nullptr;
  server_ = nullptr;
}

void Client::Prepare(grpc::ClientContext& context) const {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  if (!caller_.tenant.empty()) context.AddMetadata("x-rapport-tenant", caller_.tenant);
  if (!caller_.token.empty()) context.AddMetadata("authorization", "Bearer " + caller_.token);
}

std::vector<v1::ExportRatingsResponse> Client::Export(const v1::ExportRatingsRequest& request) {
  grpc::ClientContext context;
  Prepare(context);
  const auto reader = stub_.ExportRatings(&context, request);
  std::vector<v1::ExportRatingsResponse> responses;
  for (v1::ExportRatingsResponse response; reader->Read(&response);) responses.push_back(response);
  const grpc::Status status = reader->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return responses;
}

std::vector<v1::Outcome> Client::RecordUnary(const std::vector<v1::Rating>& ratings) {
  std::vector<v1::Outcome> outcomes;
  for (const v1::Rating& rating : ratings) {
    v1::RecordRatingRequest request;
    *request.mutable_rating() = rating;
    outcomes.push_back(Call(&v1::RatingsService::Stub::RecordRating, request).outcome());
  }
  return outcomes;
}

std::vector<v1::Outcome> Client::RecordBatch(const std::vector<v1::Rating>& ratings) {
  v1::RecordRatingsRequest request;
  for (const v1::Rating& rating : ratings) *request.add_ratings() = rating;
  return OutcomesOf(Call(&v1::RatingsService::Stub::RecordRatings, request).results(), ratings.size());
}

std::vector<v1::Outcome> Client::RecordStream(const std::vector<v1::Rating>& ratings) {
  constexpr size_t kBatch = 7;
  grpc::ClientContext context;
  Prepare(context);
  const auto stream = stub_.IngestRatings(&context);
  std::vector<v1::Outcome> outcomes;
  int64_t sequence = 0;
  for (size_t begin = 0; begin < ratings.size(); begin += kBatch) {
    v1::IngestRatingsRequest request;
    request.set_sequence(++sequence);
    for (size_t i = begin; i < std::min(begin + kBatch, ratings.size()); ++i) *request.add_ratings() = ratings[i];
    EXPECT_TRUE(stream->Write(request));
    v1::IngestRatingsResponse response;
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.sequence(), sequence);
    for (const v1::Outcome outcome : OutcomesOf(response.results(), request.ratings_size())) {
      outcomes.push_back(outcome);
    }
  }
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return outcomes;
}

std::vector<v1::Outcome> Client::RecordSurveys(const std::vector<v1::Survey>& surveys) {
  v1::RecordSurveysRequest request;
  for (const v1::Survey& survey : surveys) *request.add_surveys() = survey;
  return OutcomesOf(Call(&v1::RatingsService::Stub::RecordSurveys, request).results(), surveys.size());
}

// Runs of the same kind go out together.
std::vector<v1::Outcome> Client::Record(absl::Span<const Event> events) {
  std::vector<v1::Outcome> outcomes;
  int turn = 0;
  for (size_t i = 0; i < events.size();) {
    std::vector<v1::Rating> ratings;
    std::vector<v1::Survey> surveys;
    constexpr size_t kMost = 50;
    for (; i < events.size() && surveys.empty() && ratings.size() < kMost; ++i) {
      const auto* rating = std::get_if<v1::Rating>(&events[i]);
      if (rating == nullptr) break;
      ratings.push_back(*rating);
    }
    for (; i < events.size() && ratings.empty() && surveys.size() < kMost; ++i) {
      const auto* survey = std::get_if<v1::Survey>(&events[i]);
      if (survey == nullptr) break;
      surveys.push_back(*survey);
    }
    std::vector<v1::Outcome> some;
    if (!surveys.empty()) {
      some = RecordSurveys(surveys);
    } else if (ratings.size() == 1) {
      some = RecordUnary(ratings);
    } else {
      some = ++turn % 2 == 0 ? RecordBatch(ratings) : RecordStream(ratings);
    }
    outcomes.insert(outcomes.end(), some.begin(), some.end());
  }
  return outcomes;
}

v1::Rating WithoutReceipt(v1::Rating rating) {
  rating.clear_received_at();
  return rating;
}

std::string Credential(const std::string& token, const std::string& tenant, const std::string& roles,
                       const std::string& more) {
  return absl::StrCat(R"({"name":")", token, R"(","token_sha256":")", server::TokenSha256(token), R"(","tenant":")",
                      tenant, R"(","roles":[)", roles, "]", more, "}");
}

std::string CredentialsFile(const std::vector<std::string>& entries) {
  return absl::StrCat(R"({"credentials":[)", absl::StrJoin(entries, ","), "]}");
}

}  // namespace rapport::ratings
