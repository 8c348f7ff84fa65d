#include "tests/response_times/service_harness.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/store/open_store.h"

namespace rapport::response_times {
namespace {

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    ADD_FAILURE() << value.status();
    std::abort();
  }
  return *std::move(value);
}

// Counts what is committed.
class CountingStore : public store::Store {
 public:
  CountingStore(std::unique_ptr<store::Store> inner, Committed& committed)
      : inner_(std::move(inner)), committed_(committed) {}

  std::vector<absl::Status> Commit(absl::Span<const store::Mutation> mutations) override {
    for (const store::Mutation& mutation : mutations) {
      for (const store::Put& put : mutation.puts) committed_.entities += static_cast<int64_t>(put.value.size());
      for (const store::Add& add : mutation.adds)
        committed_.counters += static_cast<int64_t>(add.deltas.bytes().size());
      for (const store::Append& append : mutation.appends) {
        committed_.counters += static_cast<int64_t>(append.value.size());
      }
    }
    return inner_->Commit(mutations);
  }
  absl::StatusOr<std::vector<store::Loaded>> Load(absl::Span<const store::LoadRequest> requests) override {
    return inner_->Load(requests);
  }
  absl::StatusOr<std::vector<store::CounterLog>> ReadCounters(absl::Span<const store::TableRef> tables) override {
    return inner_->ReadCounters(tables);
  }
  absl::StatusOr<store::IndexPage> RangeIndex(const store::IndexRange& range) override {
    return inner_->RangeIndex(range);
  }
  absl::StatusOr<std::vector<store::StreamPage>> ReadStreams(absl::Span<const store::StreamRange> ranges) override {
    return inner_->ReadStreams(ranges);
  }
  uint32_t partition_count() const override { return inner_->partition_count(); }
  const store::StoreInfo& info() const override { return inner_->info(); }
  absl::Status Ping() override { return inner_->Ping(); }

 private:
  const std::unique_ptr<store::Store> inner_;
  Committed& committed_;
};

template <typename Results>
void ExpectRecorded(const Results& results, absl::Span<const v1::ConversationEvent> events) {
  ASSERT_EQ(static_cast<size_t>(results.size()), events.size());
  for (int i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].status().code(), 0) << results[i].status().message() << "\n"
                                             << events[static_cast<size_t>(i)].DebugString();
    EXPECT_NE(results[i].outcome(), v1::OUTCOME_UNSPECIFIED);
  }
}

}  // namespace

Service::Service(absl::Time now, const ServiceOptions& options) : now_ms_(absl::ToUnixMillis(now)) {
  server::ServerConfig config;
  config.listen = "127.0.0.1:0";
  config.metrics_listen = "127.0.0.1:0";
  config.executor_threads = 4;
  config.stream_poll_interval = absl::Milliseconds(5);
  config.log_level = "error";
  store::StoreOptions store_options;
  store_options.url = "rocksdb:" + dir_.path() + "/data";
  if (options.engine == "redis") {
    redis_ = std::make_unique<test_support::RedisServer>();
    store_options.url = redis_->url();
  }
  store_options.service = "response_times";
  store_options.partitions = 4;
  store_ = std::make_unique<CountingStore>(Must(store::OpenStore(store_options)), committed_);
  path_ = std::make_unique<write::WritePath>(*store_, write::WriteOptions(), nullptr);
  const auto dimensions = Must(rollup::ParseDimensions("agent,team,channel,product,plan,locale"));
  dictionary_ = std::make_unique<rollup::Dictionary>(*store_, rollup::DictionaryOptions{dimensions, 1000});
  metrics_ = std::make_unique<ResponseTimesMetrics>(registry_);
  const auto clock = [this] { return absl::FromUnixMillis(now_ms_); };
  const uint32_t partitions = store_->partition_count();
  resources_ = std::make_unique<ResourceStore>(*store_, clock);
  tenants_ = std::make_unique<service::Tenants>(*store_);
  recorder_ = std::make_unique<Recorder>(*path_, *dictionary_, *resources_, *tenants_, partitions, *metrics_, clock);
  promises_ = std::make_unique<PromiseRecorder>(*path_, *dictionary_, *tenants_, partitions, *metrics_, clock);
  reader_ = std::make_unique<Reader>(*store_, clock);
  issues_ = std::make_unique<IssueRecorder>(*path_, *reader_, clock);
  server_ = Must(server::Server::Create(config, "response_times", registry_, [](absl::string_view) {}));
  ResponseTimesOptions service_options;
  service_options.min_group_size = options.min_group_size;
  service_ = std::make_unique<ResponseTimesService>(
      server_->rpc(), ResponseTimesParts{*recorder_, *promises_, *issues_, *resources_, *reader_, *dictionary_},
      service_options);
  server_->AddService(service_.get(), v1::ResponseTimesService::service_full_name());
  server_->OnDrained([this] { path_->Close(); });
  const absl::Status started = server_->Start();
  EXPECT_TRUE(started.ok()) << started;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(64 << 20);
  stub_ = v1::ResponseTimesService::NewStub(grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                                                      grpc::InsecureChannelCredentials(), arguments));
}

Service::~Service() {
  stub_ = nullptr;
  server_ = nullptr;
}

void Client::Prepare(grpc::ClientContext& context) const {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(120));
  context.AddMetadata("x-rapport-tenant", tenant_);
}

void Client::Create(const storage::v1::Resources& resources) {
  for (v1::BusinessCalendar calendar : resources.calendars()) {
    const bool is_new = calendar.version() <= 1;
    calendar.clear_version();
    v1::CreateBusinessCalendarRequest create;
    *create.mutable_calendar() = calendar;
    v1::UpdateBusinessCalendarRequest update;
    *update.mutable_calendar() = calendar;
    if (is_new) {
      Call(&Stub::CreateBusinessCalendar, create);
    } else {
      Call(&Stub::UpdateBusinessCalendar, update);
    }
  }
  for (v1::SlaPolicy policy : resources.policies()) {
    const bool is_new = policy.version() <= 1;
    policy.clear_version();
    v1::CreateSlaPolicyRequest create;
    *create.mutable_policy() = policy;
    v1::UpdateSlaPolicyRequest update;
    *update.mutable_policy() = policy;
    if (is_new) {
      Call(&Stub::CreateSlaPolicy, create);
    } else {
      Call(&Stub::UpdateSlaPolicy, update);
    }
  }
}

void Client::Record(absl::Span<const v1::ConversationEvent> events, size_t most) {
  for (size_t begin = 0; begin < events.size(); begin += most) {
    const auto batch = events.subspan(begin, most);
    if (begin / most % 2 == 0) {
      RecordBatch(batch);
    } else {
      RecordStream(batch);
    }
  }
}

void Client::RecordBatch(absl::Span<const v1::ConversationEvent> events) {
  v1::RecordEventsRequest request;
  request.mutable_events()->Assign(events.begin(), events.end());
  ExpectRecorded(Call(&Stub::RecordEvents, request).results(), events);
}

void Client::RecordStream(absl::Span<const v1::ConversationEvent> events) {
  constexpr size_t kBatch = 7;
  grpc::ClientContext context;
  Prepare(context);
  const auto stream = stub_.IngestEvents(&context);
  int64_t sequence = 0;
  for (size_t begin = 0; begin < events.size(); begin += kBatch) {
    const auto batch = events.subspan(begin, kBatch);
    v1::IngestEventsRequest request;
    request.set_sequence(++sequence);
    request.mutable_events()->Assign(batch.begin(), batch.end());
    EXPECT_TRUE(stream->Write(request));
    v1::IngestEventsResponse response;
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.sequence(), sequence);
    ExpectRecorded(response.results(), batch);
  }
  stream->WritesDone();
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

std::vector<v1::ConversationEvent> Client::Export(const v1::ExportEventsRequest& request) {
  grpc::ClientContext context;
  Prepare(context);
  const auto reader = stub_.ExportEvents(&context, request);
  std::vector<v1::ConversationEvent> events;
  for (v1::ExportEventsResponse response; reader->Read(&response);) {
    events.insert(events.end(), response.events().begin(), response.events().end());
  }
  const grpc::Status status = reader->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return events;
}

}  // namespace rapport::response_times
