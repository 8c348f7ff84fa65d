#include "common/server/rpc.h"

#include <array>
#include <future>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "common/server/pushback.h"
#include "common/server/status.h"
#include "common/status/retry_after.h"
#include "tests/server/harness.h"

namespace rapport::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace testing;  // NOLINT(google-build-using-namespace): the harness is this file's vocabulary

// Keeps all threads of the executor busy until it goes.
class BusyExecutor {
 public:
  BusyExecutor(Executor& executor, int threads) {
    for (int i = 0; i < threads; ++i) {
      EXPECT_TRUE(
          executor.TryRun("busy", [release = release_](const absl::Status&) { release->WaitForNotification(); }).ok());
    }
    EXPECT_TRUE(Eventually([&] { return executor.busy() == threads; }));
  }
  ~BusyExecutor() { release_->Notify(); }

 private:
  const std::shared_ptr<absl::Notification> release_ = std::make_shared<absl::Notification>();
};

TEST(RpcTest, AnswersFromAnyThreadAtAnyTime) {
  TestServer server;
  std::thread answering;
  absl::Notification begun;  // the answer may be here before the thread that gives it is
  server.service->async = [&](const Call&, RpcRuntime::Done done) {
    answering = std::thread([done = std::move(done)] { done(absl::NotFoundError("no such thing")); });
    begun.Notify();
  };
  grpc::ClientContext context;
  const grpc::Status status = CallAsync(*server.Stub(), context);
  EXPECT_THAT(status, HasCode(grpc::StatusCode::NOT_FOUND));
  EXPECT_EQ(status.error_message(), "no such thing");
  begun.WaitForNotification();
  answering.join();
}

TEST(RpcTest, DoesNotRunACallWhoseDeadlinePassed) {
  TestServer server;
  std::atomic<int> runs = 0;
  server.service->blocking = [&](const Call&) {
    ++runs;
    return absl::OkStatus();
  };
  constexpr absl::Duration kPatience = absl::Milliseconds(500);
  {
    const BusyExecutor busy(server.server->executor(), 2);
    auto late = std::async(std::launch::async, [stub = server.Stub(), kPatience] {
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
      return CallBlocking(*stub, context);
    });
    ASSERT_TRUE(Eventually([&] { return server.server->executor().queued() == 1; }));
    // The server counts the time left from the arrival, so its deadline is later than the client's.
    const absl::Time surely_passed = absl::Now() + 2 * kPatience;
    EXPECT_THAT(late.get(), HasCode(grpc::StatusCode::DEADLINE_EXCEEDED));
    ASSERT_TRUE(Eventually([&] { return absl::Now() > surely_passed; }));
  }
  grpc::ClientContext context;
  EXPECT_TRUE(CallBlocking(*server.Stub(), context).ok());
  EXPECT_EQ(runs, 1);
}

TEST(RpcTest, GivesCallsWithoutDeadlineTheDefault) {
  ServerConfig config = TestConfig();
  config.default_deadline = absl::Seconds(7);
  TestServer server(config);
  absl::Duration left;
  server.service->blocking = [&](const Call& call) {
    left = call.deadline - absl::Now();
    return absl::OkStatus();
  };
  grpc::ClientContext context;
  ASSERT_TRUE(CallBlocking(*server.Stub(), context).ok());
  EXPECT_LE(left, absl::Seconds(7));
  EXPECT_GT(left, absl::ZeroDuration());
}

TEST(RpcTest, RefusesCallsWhenTheQueueIsFull) {
  ServerConfig config = TestConfig();
  config.executor_queue = 1;
  config.executor_threads = 1;
  TestServer server(config);
  const BusyExecutor busy(server.server->executor(), 1);
  ASSERT_TRUE(server.server->executor().TryRun("busy", [](const absl::Status&) {}).ok());
  grpc::ClientContext context;
  const grpc::Status status = CallBlocking(*server.Stub(), context);
  EXPECT_THAT(status, HasCode(grpc::StatusCode::RESOURCE_EXHAUSTED));
  EXPECT_THAT(status.error_message(), AllOf(HasSubstr("--executor-queue"), HasSubstr("retry after")));
  EXPECT_GT(PushbackOf(context), absl::ZeroDuration());
  EXPECT_THAT(server.Http("/metrics"), HasSubstr(R"(rapport_executor_refused_total{reason="full"} 1)"));
}

TEST(RpcTest, RefusesCallsThatWaitTooLong) {
  ServerConfig config = TestConfig();
  config.executor_threads = 1;
  config.executor_max_wait = absl::Milliseconds(1);
  TestServer server(config);
  std::atomic<int> runs = 0;
  server.service->blocking = [&](const Call&) {
    ++runs;
    return absl::OkStatus();
  };
  grpc::ClientContext context;
  std::future<grpc::Status> late;
  {
    const BusyExecutor busy(server.server->executor(), 1);
    late = std::async(std::launch::async, [&, stub = server.Stub()] { return CallBlocking(*stub, context); });
    ASSERT_TRUE(Eventually([&] { return server.server->executor().queued() == 1; }));
    const absl::Time surely_too_late = absl::Now() + absl::Milliseconds(2);
    ASSERT_TRUE(Eventually([&] { return absl::Now() > surely_too_late; }));
  }
  const grpc::Status status = late.get();
  EXPECT_THAT(status, HasCode(grpc::StatusCode::RESOURCE_EXHAUSTED));
  EXPECT_THAT(status.error_message(), AllOf(HasSubstr("--executor-max-wait"), HasSubstr("retry after")));
  EXPECT_GT(PushbackOf(context), absl::ZeroDuration());
  EXPECT_EQ(runs, 0);
}

TEST(RpcTest, AdvisesAtLeastWhatTheRefusalSaysAndNotTheSameToAll) {
  const absl::Status refusal = WithRetryAfter(absl::ResourceExhaustedError("full"), absl::Seconds(1));
  std::set<absl::Duration> advice;
  for (int i = 0; i < 100; ++i) {
    const absl::Status spread = WithSpreadAdvice(refusal);
    advice.insert(RetryAfter(spread));
    EXPECT_EQ(spread.message(), absl::StrCat("full: retry after ", absl::FormatDuration(RetryAfter(spread))));
  }
  EXPECT_GE(*advice.begin(), absl::Seconds(1));
  EXPECT_LE(*advice.rbegin(), absl::Seconds(2));
  EXPECT_GT(advice.size(), 10u);
}

TEST(RpcTest, GivesNoAdviceWhereThereIsNone) {
  TestServer server;
  server.service->blocking = [](const Call&) { return absl::ResourceExhaustedError("the disk is full"); };
  grpc::ClientContext context;
  EXPECT_EQ(CallBlocking(*server.Stub(), context).error_message(), "the disk is full");
  EXPECT_EQ(PushbackOf(context), absl::ZeroDuration());
}

TEST(RpcTest, IsObeyedByTheRetriesOfClients) {
  TestServer server;
  std::atomic<int> calls = 0;
  server.service->blocking = [&](const Call&) {
    if (++calls > 2) return absl::OkStatus();
    return WithRetryAfter(absl::ResourceExhaustedError("full"), absl::Milliseconds(1));
  };
  grpc::ChannelArguments arguments;
  // Without advice the second attempt would come after about ten minutes.
  arguments.SetServiceConfigJSON(R"({"methodConfig": [{"name": [{}], "retryPolicy": {
      "maxAttempts": 4, "initialBackoff": "1200s", "maxBackoff": "1200s", "backoffMultiplier": 1,
      "retryableStatusCodes": ["RESOURCE_EXHAUSTED"]}}]})");
  const auto stub = v1::RatingsService::NewStub(grpc::CreateCustomChannel(
      absl::StrCat("127.0.0.1:", server.server->port()), grpc::InsecureChannelCredentials(), arguments));
  grpc::ClientContext context;
  EXPECT_TRUE(CallBlocking(*stub, context).ok());
  EXPECT_EQ(calls, 3);
}

TEST(RpcTest, GivesTheRefusalsOfATenantOneAfterTheOther) {
  TestServer server;
  server.service->async = [](const Call&, const RpcRuntime::Done& done) {
    done(WithRetryAfter(absl::ResourceExhaustedError("full"), absl::Milliseconds(1)));
  };
  const auto stub = server.Stub();
  constexpr int kCalls = 50;
  std::array<grpc::ClientContext, kCalls> contexts;
  std::array<v1::RecordRatingResponse, kCalls> responses;
  const v1::RecordRatingRequest request;
  absl::BlockingCounter answered(kCalls);
  const absl::Time start = absl::Now();
  for (int i = 0; i < kCalls; ++i) {
    stub->async()->RecordRating(&contexts[i], &request, &responses[i], [&](const grpc::Status& status) {
      EXPECT_THAT(status, HasCode(grpc::StatusCode::RESOURCE_EXHAUSTED));
      answered.DecrementCount();
    });
  }
  answered.Wait();
  EXPECT_GT(absl::Now() - start, (kCalls - 1) * absl::Milliseconds(2))
      << "a fifth of a millisecond each, a tenth of it";
}

TEST(RpcTest, AsksForRoomBeforeItChargesEvents) {
  ServerConfig config = TestConfig();
  config.tenant_events_per_second = 10;
  TestServer server(config);
  RpcRuntime& rpc = server.server->rpc();
  std::atomic<bool> room = false;
  rpc.AskForRoom([&](absl::string_view, int64_t) {
    return room ? absl::OkStatus() : WithRetryAfter(absl::ResourceExhaustedError("no room"), absl::Milliseconds(1));
  });
  server.service->blocking = [&](const Call& call) { return rpc.ChargeEvents(call, 100'000); };
  const auto stub = server.Stub();
  grpc::ClientContext refused;
  EXPECT_THAT(CallBlocking(*stub, refused).error_message(), HasSubstr("no room"));
  EXPECT_GT(PushbackOf(refused), absl::ZeroDuration());
  room = true;
  grpc::ClientContext accepted;
  EXPECT_TRUE(CallBlocking(*stub, accepted).ok());
}

TEST(RpcTest, LimitsTheCallsOfEachTenantByItself) {
  ServerConfig config = TestConfig();
  config.tenant_calls_per_second = 0.001;
  TestServer server(config);
  const auto call = [stub = server.Stub()](const std::string& tenant) {
    grpc::ClientContext context;
    context.AddMetadata("x-rapport-tenant", tenant);
    return CallAsync(*stub, context);
  };
  EXPECT_TRUE(call("acme").ok());
  const grpc::Status refused = call("acme");
  EXPECT_THAT(refused, HasCode(grpc::StatusCode::RESOURCE_EXHAUSTED));
  EXPECT_THAT(refused.error_message(), AllOf(HasSubstr("--tenant-calls-per-second"), HasSubstr("retry after")));
  EXPECT_TRUE(call("globex").ok());
  EXPECT_THAT(server.Http("/metrics"), HasSubstr(R"(rapport_rate_limited_total{limit="calls"} 1)"));
}

TEST(RpcTest, LimitsTheEventsOfATenant) {
  ServerConfig config = TestConfig();
  config.tenant_events_per_second = 10;
  TestServer server(config);
  server.service->blocking = [&](const Call& call) { return server.server->rpc().ChargeEvents(call, 100'000); };
  const auto stub = server.Stub();
  grpc::ClientContext first;
  EXPECT_TRUE(CallBlocking(*stub, first).ok());
  grpc::ClientContext second;
  const grpc::Status refused = CallBlocking(*stub, second);
  EXPECT_THAT(refused, HasCode(grpc::StatusCode::RESOURCE_EXHAUSTED));
  EXPECT_THAT(refused.error_message(), HasSubstr("more than 10 events a second (--tenant-events-per-second)"));
}

TEST(RpcTest, RefusesMessagesThatAreTooLarge) {
  ServerConfig config = TestConfig();
  config.max_message_bytes = 1024;
  TestServer server(config);
  grpc::ClientContext context;
  v1::RecordRatingRequest request;
  request.mutable_rating()->set_comment(std::string(2000, 'x'));
  v1::RecordRatingResponse response;
  EXPECT_THAT(server.Stub()->RecordRating(&context, request, &response), HasCode(grpc::StatusCode::RESOURCE_EXHAUSTED));
}

TEST(RpcTest, HidesInternalErrorsFromCallersAndLogsThem) {
  TestServer server;
  server.service->blocking = [](const Call&) { return absl::InternalError("secret path /var/x"); };
  grpc::ClientContext context;
  const grpc::Status status = CallBlocking(*server.Stub(), context);
  EXPECT_THAT(status, HasCode(grpc::StatusCode::INTERNAL));
  EXPECT_THAT(status.error_message(), Not(HasSubstr("secret")));
  EXPECT_TRUE(server.log.Has("secret path /var/x"));
}

TEST(RpcTest, DoesNotLogWhatCallersSent) {
  TestServer server;
  server.service->blocking = [](const Call&) { return absl::InvalidArgumentError("comment is 'I am Jane Doe'"); };
  grpc::ClientContext context;
  EXPECT_THAT(CallBlocking(*server.Stub(), context), HasCode(grpc::StatusCode::INVALID_ARGUMENT));
  EXPECT_TRUE(server.log.Has("INVALID_ARGUMENT"));
  EXPECT_FALSE(server.log.Has("Jane"));
}

TEST(RpcTest, CutsErrorTextsAtOneKibibyteBetweenCharacters) {
  std::string text = "x";
  while (text.size() < 5000) text += "\u00e9";
  const grpc::Status status = ToGrpcStatus(absl::InvalidArgumentError(text));
  EXPECT_LE(status.error_message().size(), 1024u);
  EXPECT_GE(status.error_message().size(), 1020u);
  EXPECT_THAT(status.error_message(), ::testing::EndsWith("\u00e9..."));
}

TEST(RpcTest, CountsAndTimesByRpcAndCode) {
  TestServer server;
  std::atomic<int> calls = 0;
  server.service->async = [&](const Call&, const RpcRuntime::Done& done) {
    done(++calls > 3 ? absl::AbortedError("") : absl::OkStatus());
  };
  const auto stub = server.Stub();
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    ASSERT_TRUE(CallAsync(*stub, context).ok());
  }
  grpc::ClientContext context;
  EXPECT_THAT(CallAsync(*stub, context), HasCode(grpc::StatusCode::ABORTED));
  const std::string metrics = server.Http("/metrics");
  EXPECT_THAT(metrics, AllOf(HasSubstr(R"(rapport_rpc_requests_total{code="OK",rpc="RecordRating"} 3)"),
                             HasSubstr(R"(rapport_rpc_requests_total{code="ABORTED",rpc="RecordRating"} 1)"),
                             HasSubstr(R"(rapport_rpc_duration_seconds_count{rpc="RecordRating"} 4)"),
                             HasSubstr(R"(rapport_rpc_in_flight{rpc="RecordRating"} 0)")));
}

TEST(RpcTest, LogsTheTraceOfTheCallerAndHandsItOn) {
  TestServer server;
  std::string traceparent;
  server.service->blocking = [&](const Call& call) {
    traceparent = call.traceparent;
    return absl::UnavailableError("store is down");
  };
  grpc::ClientContext context;
  context.AddMetadata("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  EXPECT_THAT(CallBlocking(*server.Stub(), context), HasCode(grpc::StatusCode::UNAVAILABLE));
  EXPECT_TRUE(server.log.Has(R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736")"));
  EXPECT_THAT(traceparent, AllOf(::testing::StartsWith("00-4bf92f3577b34da6a3ce929d0e0e4736-"),
                                 ::testing::EndsWith("-01"), Not(HasSubstr("00f067aa0ba902b7"))));
}

TEST(RpcTest, SurvivesManyCallersThatGiveUp) {
  TestServer server;
  server.service->blocking = [](const Call&) { return absl::OkStatus(); };
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      const auto stub = server.Stub();
      for (int n = 0; n < 50; ++n) {
        grpc::ClientContext context;
        std::thread canceller([&context] { context.TryCancel(); });
        const grpc::Status status = CallBlocking(*stub, context);
        EXPECT_TRUE(status.ok() || status.error_code() == grpc::StatusCode::CANCELLED) << status.error_message();
        canceller.join();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

}  // namespace
}  // namespace rapport::server
