#include "common/server/stream.h"

#include <random>

#include "absl/synchronization/notification.h"
#include "tests/server/harness.h"

namespace rapport::server {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the harness is this file's vocabulary

v1::IngestRatingsRequest Batch(int64_t sequence) {
  v1::IngestRatingsRequest request;
  request.set_sequence(sequence);
  return request;
}

// Answers what an ingest stream hands over when the test says so. A server may hand over a request that it had read
// before it learned that the client went away: once this is gone, such requests are refused.
class HeldAnswers {
 public:
  struct Held {
    int64_t sequence;
    TestService::IngestDone done;
  };

  explicit HeldAnswers(TestService& service) {
    service.ingest = [shared = shared_](const Call&, const v1::IngestRatingsRequest& request,
                                        TestService::IngestDone done) {
      {
        absl::MutexLock lock(&shared->mutex);
        if (shared->open) {
          shared->held.push_back({request.sequence(), std::move(done)});
          shared->most_held = std::max(shared->most_held, shared->held.size());
          return;
        }
      }
      done(absl::CancelledError("the test has ended"));
    };
  }
  ~HeldAnswers() {
    std::vector<Held> dropped;  // outside the lock: with it may go the stream
    absl::MutexLock lock(&shared_->mutex);
    shared_->open = false;
    dropped.swap(shared_->held);
  }
  HeldAnswers(const HeldAnswers&) = delete;
  HeldAnswers& operator=(const HeldAnswers&) = delete;

  // Waits until there is something, then takes the element that `choose` names of n.
  Held Take(const std::function<size_t(size_t)>& choose) {
    absl::MutexLock lock(&shared_->mutex);
    shared_->mutex.Await(absl::Condition(
        +[](Shared* shared) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared->mutex) { return !shared->held.empty(); },
        shared_.get()));
    const auto chosen = shared_->held.begin() + static_cast<std::ptrdiff_t>(choose(shared_->held.size()));
    Held taken = std::move(*chosen);
    shared_->held.erase(chosen);
    return taken;
  }
  size_t count() const {
    absl::MutexLock lock(&shared_->mutex);
    return shared_->held.size();
  }
  size_t most_held() const {
    absl::MutexLock lock(&shared_->mutex);
    return shared_->most_held;
  }

 private:
  struct Shared {
    absl::Mutex mutex;
    std::vector<Held> held ABSL_GUARDED_BY(mutex);
    size_t most_held ABSL_GUARDED_BY(mutex) = 0;
    bool open ABSL_GUARDED_BY(mutex) = true;
  };
  const std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

TEST(IngestTest, AcknowledgesInOrderWhateverTheOrderOfAnswers) {
  TestServer server;
  HeldAnswers answers(*server.service);
  constexpr int kBatches = 200;
  std::thread answering([&] {
    std::mt19937 random(7);
    for (int i = 0; i < kBatches; ++i) {
      const auto [sequence, done] = answers.Take([&](size_t count) { return random() % count; });
      done(TestService::Acknowledge(Batch(sequence)));
    }
  });
  grpc::ClientContext context;
  const auto stub = server.Stub();
  const auto stream = stub->IngestRatings(&context);
  std::thread writing([&] {
    for (int i = 0; i < kBatches; ++i) EXPECT_TRUE(stream->Write(Batch(i)));
    stream->WritesDone();
  });
  v1::IngestRatingsResponse response;
  for (int i = 0; i < kBatches; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.sequence(), i);
  }
  EXPECT_FALSE(stream->Read(&response));
  writing.join();
  answering.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_LE(answers.most_held(), static_cast<size_t>(TestService::kWindow));
}

TEST(IngestTest, ReadsNoFurtherThanTheWindow) {
  TestServer server;
  HeldAnswers answers(*server.service);
  grpc::ClientContext context;
  const auto stub = server.Stub();
  const auto stream = stub->IngestRatings(&context);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(stream->Write(Batch(i)));
  ASSERT_TRUE(Eventually([&] { return answers.count() == TestService::kWindow; }));
  // Answering the newest first acknowledges nothing, so nothing more is read: a call that comes later gets through.
  const auto newest = answers.Take([](size_t count) { return count - 1; });
  newest.done(TestService::Acknowledge(Batch(newest.sequence)));
  grpc::ClientContext other;
  ASSERT_TRUE(CallAsync(*stub, other).ok());
  EXPECT_EQ(answers.count(), static_cast<size_t>(TestService::kWindow - 1));
  const auto oldest = answers.Take([](size_t) { return 0; });
  oldest.done(TestService::Acknowledge(Batch(oldest.sequence)));
  EXPECT_TRUE(Eventually([&] { return answers.count() == TestService::kWindow - 1; }));
  context.TryCancel();
  EXPECT_THAT(stream->Finish(), HasCode(grpc::StatusCode::CANCELLED));
  while (answers.count() > 0) {
    const auto late = answers.Take([](size_t) { return 0; });
    late.done(TestService::Acknowledge(Batch(late.sequence)));
  }
}

TEST(IngestTest, EndsWithTheFirstErrorAfterEarlierAnswers) {
  TestServer server;
  server.service->ingest = [](const Call&, const v1::IngestRatingsRequest& request,
                              const TestService::IngestDone& done) {
    if (request.sequence() == 2) return done(absl::InvalidArgumentError("batch is empty"));
    done(TestService::Acknowledge(request));
  };
  grpc::ClientContext context;
  const auto stub = server.Stub();
  const auto stream = stub->IngestRatings(&context);
  for (int i = 0; i < 4; ++i) stream->Write(Batch(i));
  v1::IngestRatingsResponse response;
  int answered = 0;
  while (stream->Read(&response)) ++answered;
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(stream->Finish().error_message(), "batch is empty");
}

TEST(IngestTest, SurvivesClientsThatGoAwayWithAnswersPending) {
  TestServer server;
  HeldAnswers answers(*server.service);
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    const auto stub = server.Stub();
    const auto stream = stub->IngestRatings(&context);
    ASSERT_TRUE(stream->Write(Batch(i)));
    const auto held = answers.Take([](size_t) { return 0; });
    std::thread answering([&held] { held.done(TestService::Acknowledge(Batch(held.sequence))); });
    context.TryCancel();
    stream->Finish();
    answering.join();
  }
}

TEST(IngestTest, AnswersWhatItAcceptedBeforeItDrains) {
  TestServer server;
  HeldAnswers answers(*server.service);
  grpc::ClientContext context;
  const auto stub = server.Stub();
  const auto stream = stub->IngestRatings(&context);
  ASSERT_TRUE(stream->Write(Batch(1)));
  const auto held = answers.Take([](size_t) { return 0; });
  server.StartShutdown();
  ASSERT_TRUE(Eventually([&] { return server.server->rpc().draining(); }));
  held.done(TestService::Acknowledge(Batch(held.sequence)));
  v1::IngestRatingsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.sequence(), 1);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(), HasCode(grpc::StatusCode::UNAVAILABLE));
}

TEST(IngestTest, EndsIdleStreamsWhenItDrains) {
  TestServer server;
  grpc::ClientContext context;
  const auto stub = server.Stub();
  const auto stream = stub->IngestRatings(&context);
  ASSERT_TRUE(stream->Write(Batch(1)));
  v1::IngestRatingsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  server.StartShutdown();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(), HasCode(grpc::StatusCode::UNAVAILABLE));
  server.AwaitShutdown();
  EXPECT_FALSE(server.log.Has("--drain-timeout"));
}

TEST(IngestTest, RefusesStreamsWithoutTheRole) {
  const std::string file = TempFolder() + "/credentials.json";
  WriteFile(file, R"({"credentials":[)" + TokenEntry("reader", "r", "acme", "ROLE_READ") + "]}");
  ServerConfig config = TestConfig();
  config.credentials = file;
  TestServer server(config);
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer r");
  const auto stub = server.Stub();
  const auto stream = stub->IngestRatings(&context);
  v1::IngestRatingsResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(), HasCode(grpc::StatusCode::PERMISSION_DENIED));
}

TEST(ProducerTest, SendsWhatItProducesAndWaitsBetween) {
  TestServer server;
  server.service->watch = [](const Call&) {
    return [calls = 0](v1::WatchRatingsResponse* response) mutable -> absl::StatusOr<Step> {
      EXPECT_TRUE(response->resume_token().empty());
      ++calls;
      if (calls > 20) return Step::kEnd;
      response->set_resume_token(std::to_string(calls));
      return calls % 3 == 0 ? Step::kWait : Step::kMessage;
    };
  };
  grpc::ClientContext context;
  const auto stub = server.Stub();
  const auto stream = stub->WatchRatings(&context, {});
  std::vector<std::string> tokens;
  v1::WatchRatingsResponse response;
  while (stream->Read(&response)) tokens.push_back(response.resume_token());
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(tokens.size(), 14u);
  EXPECT_EQ(tokens.back(), "20");
}

// How a watch of a server ends that sends nothing.
grpc::Status EndOfWatch(TestServer& server) {
  const auto stub = server.Stub();
  grpc::ClientContext context;
  const auto stream = stub->WatchRatings(&context, {});
  v1::WatchRatingsResponse response;
  EXPECT_FALSE(stream->Read(&response));
  return stream->Finish();
}

TEST(ProducerTest, EndsWithTheErrorOfOpening) {
  TestServer server;
  server.service->watch = [](const Call&) { return absl::OutOfRangeError("token too old"); };
  EXPECT_THAT(EndOfWatch(server), HasCode(grpc::StatusCode::OUT_OF_RANGE));
}

TEST(ProducerTest, EndsWithTheErrorOfProducing) {
  TestServer server;
  server.service->watch = [](const Call&) {
    return [](v1::WatchRatingsResponse*) -> absl::StatusOr<Step> { return absl::UnavailableError("store is down"); };
  };
  EXPECT_THAT(EndOfWatch(server), HasCode(grpc::StatusCode::UNAVAILABLE));
}

// A producer that waits for ever, and tells when it is destroyed.
auto WaitForEver(const std::shared_ptr<int>& alive) {
  return [alive](const Call&) {
    return [alive](v1::WatchRatingsResponse*) -> absl::StatusOr<Step> { return Step::kWait; };
  };
}

TEST(ProducerTest, EndsWhenTheClientGoesAway) {
  TestServer server;
  const auto alive = std::make_shared<int>();
  server.service->watch = WaitForEver(alive);
  const auto stub = server.Stub();
  grpc::ClientContext context;
  const auto stream = stub->WatchRatings(&context, {});
  const long own = 2;  // the test's and the service's
  ASSERT_TRUE(Eventually([&] { return alive.use_count() > own; }));
  context.TryCancel();
  EXPECT_THAT(stream->Finish(), HasCode(grpc::StatusCode::CANCELLED));
  EXPECT_TRUE(Eventually([&] { return alive.use_count() == own; }));
}

TEST(ProducerTest, EndsWhenTheServerDrains) {
  TestServer server;
  const auto alive = std::make_shared<int>();
  server.service->watch = WaitForEver(alive);
  const auto stub = server.Stub();
  grpc::ClientContext context;
  const auto stream = stub->WatchRatings(&context, {});
  ASSERT_TRUE(Eventually([&] { return alive.use_count() > 2; }));
  server.StartShutdown();
  EXPECT_THAT(stream->Finish(), HasCode(grpc::StatusCode::UNAVAILABLE));
  server.AwaitShutdown();
  EXPECT_FALSE(server.log.Has("--drain-timeout"));
}

TEST(ProducerTest, GoesOnWhenTheQueueIsFullForAWhile) {
  ServerConfig config = TestConfig();
  config.executor_threads = 1;
  config.executor_queue = 1;
  absl::Notification release;
  TestServer server(config);
  server.service->watch = [](const Call&) {
    return [calls = 0](v1::WatchRatingsResponse*) mutable -> absl::StatusOr<Step> {
      return ++calls > 50 ? Step::kEnd : Step::kMessage;
    };
  };
  const auto stub = server.Stub();
  grpc::ClientContext context;
  const auto stream = stub->WatchRatings(&context, {});
  v1::WatchRatingsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  Executor& executor = server.server->executor();
  ASSERT_TRUE(Eventually([&] {
    return executor.TryRun("busy", [&release](const absl::Status&) { release.WaitForNotification(); }).ok();
  }));
  ASSERT_TRUE(
      Eventually([&] { return executor.queued() > 0 || executor.TryRun("busy", [](const absl::Status&) {}).ok(); }));
  release.Notify();
  int count = 1;
  while (stream->Read(&response)) ++count;
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(count, 50);
}

}  // namespace
}  // namespace rapport::server
