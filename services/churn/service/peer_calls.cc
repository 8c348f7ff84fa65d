#include "services/churn/service/peer_calls.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "common/server/pushback.h"
#include "common/server/trace.h"
#include "rapport/ratings/v1/ratings_service.grpc.pb.h"
#include "rapport/response_times/v1/response_times_service.grpc.pb.h"
#include "services/churn/service/circuit_breaker.h"
#include "services/churn/service/peer_channel.h"
#include "services/churn/service/peer_tokens.h"

namespace rapport::churn {
namespace {

constexpr int kMostAttempts = 3;
constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kWarnEach = absl::Minutes(1);

bool MakesSenseAgain(const grpc::Status& status) {
  return status.error_code() == grpc::UNAVAILABLE || status.error_code() == grpc::DEADLINE_EXCEEDED ||
         status.error_code() == grpc::RESOURCE_EXHAUSTED;
}

// Whether the service is to blame. One that refuses a call, for its token or for its tenant's limits, works.
bool IsFailureOfService(const grpc::Status& status) {
  return status.error_code() == grpc::UNAVAILABLE || status.error_code() == grpc::DEADLINE_EXCEEDED ||
         status.error_code() == grpc::INTERNAL || status.error_code() == grpc::UNKNOWN;
}

// One of the services, with what is known of its state.
class Service {
 public:
  Service(Peer peer, std::string name, const PeerOptions& options, ChurnMetrics& metrics)
      : peer_(peer),
        name_(std::move(name)),
        warn_(options.warn),
        breaker_({.first_pause = options.first_pause}),
        metrics_(metrics) {}

  // Whether to make a call now.
  bool Allow() {
    if (breaker_.Allow()) return true;
    metrics_.OnPeerCall(peer_, PeerOutcome::kCircuitOpen, absl::ZeroDuration());
    return false;
  }

  // `was_given_time`: it had all of the timeout to answer.
  void Judge(const grpc::Status& status, bool was_given_time, absl::Duration duration) {
    metrics_.OnPeerCall(peer_, status.ok() ? PeerOutcome::kOk : PeerOutcome::kError, duration);
    if (!IsFailureOfService(status)) {
      if (breaker_.OnSuccess()) OnCircuit(false, status);
      if (!status.ok() && status.error_code() != grpc::RESOURCE_EXHAUSTED) WarnOfRefusal(status.error_message());
    } else if (was_given_time || status.error_code() != grpc::DEADLINE_EXCEEDED) {
      if (breaker_.OnFailure()) OnCircuit(true, status);
    }
  }

  void WarnOfRefusal(absl::string_view why) {
    {
      absl::MutexLock lock(&mutex_);
      const absl::Time now = absl::Now();
      if (now - warned_at_ < kWarnEach) return;
      warned_at_ = now;
    }
    Warn(absl::StrCat(name_, " refuses to be asked: ", why, "; what it knows is stale or missing in scores"));
  }

 private:
  void OnCircuit(bool open, const grpc::Status& status) {
    metrics_.OnCircuit(peer_, open);
    Warn(open ? absl::StrCat(name_, " failed again and again (", status.error_message(),
                             "); what it knows is stale or missing in scores until it answers a probe: check that it "
                             "runs and can be reached")
              : absl::StrCat(name_, " answers again"));
  }

  void Warn(const std::string& message) const {
    if (warn_ != nullptr) warn_(message);
  }

  const Peer peer_;
  const std::string name_;
  const std::function<void(absl::string_view)> warn_;
  CircuitBreaker breaker_;
  ChurnMetrics& metrics_;
  absl::Mutex mutex_;
  absl::Time warned_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

// A question to one service, through its attempts.
class Question {
 public:
  explicit Question(Service& service) : service_(service) {}
  virtual ~Question() = default;
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  // Starts an attempt; its end comes out of the queue with `this` as tag. False when the service is not to be called.
  bool Start(const std::string& tenant, const std::string& token, absl::Duration timeout, absl::Time end,
             grpc::CompletionQueue& queue) {
    if (!service_.Allow()) return false;
    started_ = absl::Now();
    was_given_time_ = started_ + timeout <= end;
    ++attempts_;
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(absl::ToChronoTime(std::min(started_ + timeout, end)));
    server::PropagateTrace(context_.get());
    if (token.empty()) {
      context_->AddMetadata("x-rapport-tenant", tenant);
    } else {
      context_->AddMetadata("authorization", absl::StrCat("Bearer ", token));
    }
    Call(*context_, queue, status_);
    return true;
  }

  // After an attempt: whether to make another one.
  bool Again() {
    service_.Judge(status_, was_given_time_, absl::Now() - started_);
    return MakesSenseAgain(status_) && attempts_ < kMostAttempts;
  }

  // How long the service advises to wait after the last attempt.
  absl::Duration advised() const { return context_ == nullptr ? absl::ZeroDuration() : server::PushbackOf(*context_); }

  bool ok() const { return attempts_ > 0 && status_.ok(); }
  int attempts() const { return attempts_; }
  Service& service() { return service_; }

 private:
  virtual void Call(grpc::ClientContext& context, grpc::CompletionQueue& queue, grpc::Status& status) = 0;

  Service& service_;
  std::unique_ptr<grpc::ClientContext> context_;
  grpc::Status status_;
  absl::Time started_;
  bool was_given_time_ = false;
  int attempts_ = 0;
};

template <typename Stub, typename Request, typename Response>
class TypedQuestion final : public Question {
 public:
  using Pending = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>>;
  using Method = Pending (Stub::*)(grpc::ClientContext*, const Request&, grpc::CompletionQueue*);

  TypedQuestion(Service& service, Stub& stub, Method method, const Request& request)
      : Question(service), stub_(stub), method_(method), request_(request) {}

  std::optional<Response> Take() { return ok() ? std::optional(std::move(response_)) : std::nullopt; }

 private:
  void Call(grpc::ClientContext& context, grpc::CompletionQueue& queue, grpc::Status& status) override {
    response_.Clear();
    pending_ = (stub_.*method_)(&context, request_, &queue);
    pending_->Finish(&response_, &status, this);
  }

  Stub& stub_;
  const Method method_;
  const Request& request_;
  Response response_;
  Pending pending_;
};

using RatingsStub = ratings::v1::RatingsService::Stub;
using ResponseTimesStub = response_times::v1::ResponseTimesService::Stub;
using SatisfactionQuestion = TypedQuestion<RatingsStub, ratings::v1::BatchGetCustomerSatisfactionRequest,
                                           ratings::v1::BatchGetCustomerSatisfactionResponse>;
using ResponsivenessQuestion =
    TypedQuestion<ResponseTimesStub, response_times::v1::BatchGetCustomerResponsivenessRequest,
                  response_times::v1::BatchGetCustomerResponsivenessResponse>;

// Half of a time that doubles with each attempt, and up to as much again by chance, so that callers do not come all at
// once.
absl::Duration PauseAfter(int attempts) {
  thread_local absl::InsecureBitGen random;
  return kFirstPause * (1 << (attempts - 1)) * absl::Uniform(random, 0.5, 1.0);
}

// Leaves a caller the time to make something of the answer.
absl::Time EndOfAsking(absl::Time now, absl::Time deadline, absl::Duration timeout) {
  return std::min(now + 2 * timeout, now + (deadline - now) * 0.8);
}

class GrpcPeerCalls final : public PeerCalls {
 public:
  GrpcPeerCalls(const PeerOptions& options, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                std::unique_ptr<PeerTokens> tokens, ChurnMetrics& metrics)
      : tokens_(std::move(tokens)),
        ratings_(Peer::kRatings, absl::StrCat("the ratings service at ", options.ratings_server), options, metrics),
        response_times_(Peer::kResponseTimes,
                        absl::StrCat("the response times service at ", options.response_times_server), options,
                        metrics) {
    if (!options.ratings_server.empty()) {
      ratings_stub_ = std::make_unique<RatingsStub>(MakePeerChannel(options.ratings_server, credentials));
    }
    if (!options.response_times_server.empty()) {
      response_times_stub_ =
          std::make_unique<ResponseTimesStub>(MakePeerChannel(options.response_times_server, credentials));
    }
  }

  PeerResponses Ask(absl::string_view tenant, const PeerRequests& requests, absl::Duration timeout,
                    absl::Time deadline) override {
    std::optional<SatisfactionQuestion> satisfaction;
    std::optional<ResponsivenessQuestion> responsiveness;
    std::vector<Question*> questions;
    if (requests.satisfaction && ratings_stub_ != nullptr) {
      satisfaction.emplace(ratings_, *ratings_stub_, &RatingsStub::AsyncBatchGetCustomerSatisfaction,
                           *requests.satisfaction);
      questions.push_back(&*satisfaction);
    }
    if (requests.responsiveness && response_times_stub_ != nullptr) {
      responsiveness.emplace(response_times_, *response_times_stub_,
                             &ResponseTimesStub::AsyncBatchGetCustomerResponsiveness, *requests.responsiveness);
      questions.push_back(&*responsiveness);
    }
    AskAll(std::string(tenant), std::move(questions), timeout, deadline);
    PeerResponses responses;
    if (satisfaction) responses.satisfaction = satisfaction->Take();
    if (responsiveness) responses.responsiveness = responsiveness->Take();
    return responses;
  }

 private:
  void AskAll(const std::string& tenant, std::vector<Question*> questions, absl::Duration timeout,
              absl::Time deadline) {
    std::string token;
    if (tokens_ != nullptr) {
      absl::StatusOr<std::string> found = tokens_->Of(tenant);
      if (!found.ok()) {
        for (Question* question : questions) question->service().WarnOfRefusal(ToText(found.status()));
        return;
      }
      token = *std::move(found);
    }
    const absl::Time end = EndOfAsking(absl::Now(), deadline, timeout);
    while (!questions.empty()) {
      questions = Attempt(tenant, token, questions, timeout, end);
      if (questions.empty()) return;
      absl::Duration pause = PauseAfter(questions.front()->attempts());
      for (const Question* question : questions) pause = std::max(pause, question->advised());
      if (absl::Now() + pause >= end) return;
      absl::SleepFor(pause);
    }
  }

  // Makes an attempt of each at the same time; those to be made again.
  static std::vector<Question*> Attempt(const std::string& tenant, const std::string& token,
                                        const std::vector<Question*>& questions, absl::Duration timeout,
                                        absl::Time end) {
    grpc::CompletionQueue queue;
    int pending = 0;
    for (Question* question : questions) pending += question->Start(tenant, token, timeout, end, queue);
    std::vector<Question*> again;
    void* tag = nullptr;
    bool unused_ok = false;
    for (; pending > 0 && queue.Next(&tag, &unused_ok); --pending) {
      auto* question = static_cast<Question*>(tag);
      if (question->Again()) again.push_back(question);
    }
    queue.Shutdown();
    while (queue.Next(&tag, &unused_ok)) {
    }
    return again;
  }

  static std::string ToText(const absl::Status& status) { return std::string(status.message()); }

  const std::unique_ptr<PeerTokens> tokens_;
  Service ratings_;
  Service response_times_;
  std::unique_ptr<RatingsStub> ratings_stub_;
  std::unique_ptr<ResponseTimesStub> response_times_stub_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PeerCalls>> PeerCalls::Create(const PeerOptions& options, ChurnMetrics& metrics) {
  auto credentials = MakePeerCredentials(options);
  if (!credentials.ok()) return credentials.status();
  std::unique_ptr<PeerTokens> tokens;
  if (!options.tokens.empty()) {
    auto opened = PeerTokens::Open(options.tokens);
    if (!opened.ok()) return opened.status();
    tokens = *std::move(opened);
  }
  return std::make_unique<GrpcPeerCalls>(options, *credentials, std::move(tokens), metrics);
}

}  // namespace rapport::churn
