#include "services/churn/service/peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/time/interval.h"
#include "tests/churn_activities/service_harness.h"
#include "tests/churn_features/fake_ratings.h"
#include "tests/churn_features/peer_process.h"

namespace rapport::churn {
namespace {

using ::testing::HasSubstr;
using Satisfaction = PeerValue<ratings::v1::CustomerSatisfaction>;

constexpr v1::Freshness kFresh = v1::FRESHNESS_FRESH;
constexpr v1::Freshness kStale = v1::FRESHNESS_STALE;
constexpr v1::Freshness kMissing = v1::FRESHNESS_MISSING;

// Long enough for anything on a busy machine.
absl::Time Soon() {
  return absl::Now() + absl::Seconds(60);
}

std::string Read(const std::string& path) {
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

void Write(const std::string& path, const std::string& content) {
  std::ofstream(path) << content;
}

// Nobody listens there.
std::string Nowhere() {
  return absl::StrCat("127.0.0.1:", test_support::FreePort());
}

class PeersTest : public ::testing::Test {
 protected:
  explicit PeersTest(const std::string& engine = "rocksdb") : harness_(absl::Now(), engine) {}

  // With patience, unless the test is about that: a busy machine is no failing service.
  std::unique_ptr<Peers> Make(PeerOptions options) {
    if (options.timeout == PeerOptions().timeout) options.timeout = absl::Seconds(30);
    return Make(std::move(options), harness_);
  }
  static std::unique_ptr<Peers> Make(PeerOptions options, Harness& harness) {
    auto peers = Peers::Create(options, harness.reader(), harness.metrics());
    EXPECT_TRUE(peers.ok()) << peers.status();
    return *std::move(peers);
  }

  static Satisfaction Ask(Peers& peers, const std::string& id, absl::Time deadline = Soon()) {
    return peers.Ask(kTenant, {id}, std::nullopt, deadline).satisfaction.front();
  }

  // Asks until the answer is as fresh as that; the test's time limit ends it otherwise.
  static void AwaitFreshness(Peers& peers, const std::string& id, v1::Freshness freshness) {
    while (Ask(peers, id).state.freshness() != freshness) absl::SleepFor(absl::Milliseconds(10));
  }

  void Pass(absl::Duration time) { harness_.SetNow(harness_.reader().Now() + time); }

  const test_support::TempDir dir_;
  Harness harness_;
};

TEST_F(PeersTest, AnswersAreFreshThenKeptThenStaleThenMissing) {
  auto fake = std::make_unique<FakeRatings>();
  const auto peers = Make({.ratings_server = fake->address()});
  const Satisfaction asked = Ask(*peers, "c");
  EXPECT_EQ(asked.state.freshness(), kFresh);
  EXPECT_EQ(asked.state.source(), v1::FEATURE_SOURCE_RATINGS);
  EXPECT_EQ(asked.answer->scales(0).rating_count(), 1);
  fake = nullptr;

  Pass(absl::Minutes(9));
  const Satisfaction kept = Ask(*peers, "c");
  EXPECT_EQ(kept.state.freshness(), kFresh);
  EXPECT_EQ(kept.state.fetched_at().seconds(), asked.state.fetched_at().seconds());

  Pass(absl::Minutes(2));
  const Satisfaction stale = Ask(*peers, "c");
  EXPECT_EQ(stale.state.freshness(), kStale);
  EXPECT_EQ(stale.state.fetched_at().seconds(), asked.state.fetched_at().seconds());
  EXPECT_EQ(stale.answer->scales(0).rating_count(), 1);
  EXPECT_EQ(Ask(*peers, "stranger").state.freshness(), kMissing);

  Pass(absl::Hours(24 * 7));
  const Satisfaction gone = Ask(*peers, "c");
  EXPECT_EQ(gone.state.freshness(), kMissing);
  EXPECT_FALSE(gone.answer.has_value());
  EXPECT_FALSE(gone.state.has_fetched_at());
}

TEST_F(PeersTest, AServiceWithoutAddressIsMissing) {
  const auto peers = Make({});
  const PeerAnswers answers = peers->Ask(kTenant, {"c"}, std::nullopt, Soon());
  EXPECT_EQ(answers.satisfaction.front().state.freshness(), kMissing);
  EXPECT_EQ(answers.responsiveness.front().state.freshness(), kMissing);
  EXPECT_FALSE(peers->IsAsked(v1::FEATURE_SOURCE_RATINGS));
}

TEST_F(PeersTest, ThePastIsNeitherTakenFromTheCacheNorKept) {
  FakeRatings fake;
  const auto peers = Make({.ratings_server = fake.address()});
  const auto ask = [&] { return peers->Ask(kTenant, {"c"}, harness_.reader().Now() - absl::Hours(999), Soon()); };
  EXPECT_EQ(ask().satisfaction.front().state.freshness(), kFresh);
  ask();
  Ask(*peers, "c");
  EXPECT_EQ(fake.seen().size(), 3u);
}

TEST_F(PeersTest, ManyCustomersAreAskedForInBatches) {
  FakeRatings fake;
  const auto peers = Make({.ratings_server = fake.address()});
  std::vector<std::string> ids;
  for (int i = 0; i < 2500; ++i) ids.push_back(absl::StrCat("c", i));
  const PeerAnswers answers = peers->Ask(kTenant, ids, std::nullopt, Soon());
  for (size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(answers.satisfaction[i].answer->customer_id(), ids[i]);
  std::vector<int> sizes;
  for (const FakeRatings::Seen& seen : fake.seen()) sizes.push_back(seen.customers);
  EXPECT_THAT(sizes, ::testing::ElementsAre(1000, 1000, 500));
  peers->Ask(kTenant, ids, std::nullopt, Soon());
  EXPECT_EQ(fake.seen().size(), 3u);
}

TEST_F(PeersTest, ACustomerAskedForAgainCostsNoLookAtTheStore) {
  FakeRatings fake;
  const auto peers = Make({.ratings_server = fake.address()});
  Ask(*peers, "c");
  store::Mutation forget;
  forget.partition = harness_.reader().PartitionOfCustomer(kTenant, "c");
  forget.erases = {PeerAnswerKey("c")};
  ASSERT_TRUE(harness_.store().Commit({&forget, 1}).front().ok());
  EXPECT_EQ(Ask(*peers, "c").state.freshness(), kFresh);
  EXPECT_EQ(fake.seen().size(), 1u);
  Pass(absl::Seconds(10));
  Ask(*peers, "c");
  EXPECT_EQ(fake.seen().size(), 2u);
}

TEST_F(PeersTest, WhatMakesSenseIsRepeated) {
  FakeRatings fake([](int call) {
    if (call == 1) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining");
    if (call == 2) return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "busy");
    return grpc::Status::OK;
  });
  const auto peers = Make({.ratings_server = fake.address()});
  EXPECT_EQ(Ask(*peers, "c").state.freshness(), kFresh);
  EXPECT_EQ(fake.seen().size(), 3u);
}

TEST_F(PeersTest, ARefusalIsToldAndNotRepeated) {
  FakeRatings fake([](int) { return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "no such token"); });
  std::vector<std::string> warnings;
  const auto peers =
      Make({.ratings_server = fake.address(), .warn = [&](absl::string_view text) { warnings.emplace_back(text); }});
  for (int i = 0; i < 8; ++i) EXPECT_EQ(Ask(*peers, "c").state.freshness(), kMissing);
  EXPECT_EQ(fake.seen().size(), 8u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings.front(), HasSubstr("no such token"));
  EXPECT_THAT(warnings.front(), HasSubstr(fake.address()));
}

TEST_F(PeersTest, AServiceThatFailsAgainAndAgainIsLeftAlone) {
  FakeRatings fake([](int) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "disk"); });
  std::vector<std::string> warnings;
  const auto peers =
      Make({.ratings_server = fake.address(), .first_pause = absl::Hours(1), .warn = [&](absl::string_view text) {
              warnings.emplace_back(text);
            }});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Ask(*peers, "c").state.freshness(), kMissing);
  EXPECT_EQ(fake.seen().size(), 5u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings.front(), HasSubstr("failed again and again (disk)"));
}

TEST_F(PeersTest, AProbeFindsTheServiceAgain) {
  FakeRatings fake(
      [](int call) { return call <= 6 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "disk") : grpc::Status::OK; });
  std::vector<std::string> warnings;
  const auto peers = Make({.ratings_server = fake.address(),
                           .first_pause = absl::Milliseconds(1),
                           .warn = [&](absl::string_view text) { warnings.emplace_back(text); }});
  AwaitFreshness(*peers, "c", kFresh);
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_THAT(warnings.back(), HasSubstr("answers again"));
}

TEST_F(PeersTest, ASlowServiceDoesNotMakeTheCallerLate) {
  absl::Notification over;
  FakeRatings fake([&](int) {
    over.WaitForNotification();
    return grpc::Status::OK;
  });
  const auto peers = Make({.ratings_server = fake.address(), .timeout = absl::Hours(1)});
  const absl::Time deadline = absl::Now() + absl::Seconds(6);
  EXPECT_EQ(Ask(*peers, "c", deadline).state.freshness(), kMissing);
  EXPECT_LT(absl::Now(), deadline);
  // It was given too little time to be blamed.
  for (int i = 0; i < 6; ++i) Ask(*peers, "c", absl::Now() + absl::Milliseconds(20));
  over.Notify();
  EXPECT_EQ(Ask(*peers, "c").state.freshness(), kFresh);
}

TEST_F(PeersTest, CallsCarryTenantTokenAndTrace) {
  FakeRatings fake;
  const auto plain = Make({.ratings_server = fake.address()});
  Ask(*plain, "c");
  const std::string tokens = dir_.path() + "/tokens.json";
  Write(tokens, R"({"acme": "T-1", "other": "T-2"})");
  const auto with_token = Make({.ratings_server = fake.address(), .tokens = tokens});
  Ask(*with_token, "d");
  const auto seen = fake.seen();
  EXPECT_EQ(seen[0].metadata.find("x-rapport-tenant")->second, kTenant);
  EXPECT_EQ(seen[0].metadata.find("traceparent")->second.size(), 55u);
  EXPECT_EQ(seen[1].metadata.find("authorization")->second, "Bearer T-1");
  EXPECT_FALSE(seen[1].metadata.contains("x-rapport-tenant"));
}

TEST_F(PeersTest, ATokenThatChangesIsReadAgain) {
  FakeRatings fake;
  const std::string tokens = dir_.path() + "/tokens.json";
  Write(tokens, R"({"other": "T-2"})");
  std::vector<std::string> warnings;
  const auto peers = Make({.ratings_server = fake.address(), .tokens = tokens, .warn = [&](absl::string_view text) {
                             warnings.emplace_back(text);
                           }});
  EXPECT_EQ(Ask(*peers, "c").state.freshness(), kMissing);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_THAT(warnings.front(), HasSubstr("no token for tenant 'acme'"));
  EXPECT_TRUE(fake.seen().empty());
  Write(tokens, R"({"acme": "T-3"})");
  AwaitFreshness(*peers, "c", kFresh);
  EXPECT_EQ(fake.seen().front().metadata.find("authorization")->second, "Bearer T-3");
}

TEST_F(PeersTest, WrongOptionsAreRefused) {
  const auto error = [&](const PeerOptions& options) {
    const auto peers = Peers::Create(options, harness_.reader(), harness_.metrics());
    EXPECT_EQ(peers.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(peers.status().message());
  };
  const std::string broken = dir_.path() + "/broken";
  Write(broken, "{\"acme\": 7}");
  EXPECT_THAT(error({.tokens = dir_.path() + "/none"}), HasSubstr("cannot be read"));
  EXPECT_THAT(error({.tokens = broken}), HasSubstr("tenant 'acme' has no token"));
  EXPECT_THAT(error({.ca = broken}), HasSubstr("is not in PEM form"));
  EXPECT_THAT(error({.ca = broken, .cert = broken}), HasSubstr("belong together"));
  EXPECT_THAT(error({.cert = broken, .key = broken}), HasSubstr("needs --peer-ca"));
  EXPECT_THAT(error({.timeout = absl::ZeroDuration()}), HasSubstr("--peer-timeout"));
}

TEST_F(PeersTest, BothSidesProveWhoTheyAre) {
  const auto openssl = [&](const std::string& arguments) {
    const std::string command = absl::StrCat("cd ", dir_.path(), " && openssl ", arguments, " 2>openssl.log");
    ASSERT_EQ(std::system(command.c_str()), 0) << Read(dir_.path() + "/openssl.log");
  };
  const std::string key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes ";
  Write(dir_.path() + "/names", "subjectAltName=IP:127.0.0.1");
  openssl("req -x509 " + key + "-keyout ca.key -out ca.pem -subj /CN=ca");
  for (const std::string name : {"server", "churn"}) {
    openssl(absl::StrCat("req ", key, "-keyout ", name, ".key -out ", name, ".csr -subj /CN=", name));
    openssl(absl::StrCat("x509 -req -in ", name, ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -out ", name,
                         ".pem -extfile names"));
  }
  const auto file = [&](const std::string& name) { return dir_.path() + "/" + name; };
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = Read(file("ca.pem"));
  options.pem_key_cert_pairs = {{Read(file("server.key")), Read(file("server.pem"))}};
  FakeRatings fake([](int) { return grpc::Status::OK; }, grpc::SslServerCredentials(options));
  const auto peers = Make(
      {.ratings_server = fake.address(), .ca = file("ca.pem"), .cert = file("churn.pem"), .key = file("churn.key")});
  EXPECT_EQ(Ask(*peers, "c").state.freshness(), kFresh);
  const auto nobody = Make({.ratings_server = fake.address(), .ca = file("ca.pem")});
  EXPECT_EQ(Ask(*nobody, "d", absl::Now() + absl::Seconds(2)).state.freshness(), kMissing);
}

class SharedCacheTest : public PeersTest {
 protected:
  SharedCacheTest() : PeersTest("redis") {}
};

TEST_F(SharedCacheTest, OneReplicaKeepsForAll) {
  FakeRatings fake;
  const auto first = Make({.ratings_server = fake.address()});
  Ask(*first, "c");
  Harness second_harness(harness_);
  const auto second = Make({.ratings_server = Nowhere()}, second_harness);
  const Satisfaction shared = Ask(*second, "c");
  EXPECT_EQ(shared.state.freshness(), kFresh);
  EXPECT_EQ(shared.answer->scales(0).rating_count(), 1);
  EXPECT_EQ(Ask(*second, "stranger").state.freshness(), kMissing);
}

TEST_F(SharedCacheTest, WhatIsKeptTooLongDisappears) {
  FakeRatings fake;
  const auto peers = Make({.ratings_server = fake.address(), .kept_for = absl::Milliseconds(200)});
  Ask(*peers, "c");
  const store::LoadRequest request{harness_.reader().PartitionOfCustomer(kTenant, "c"), {PeerAnswerKey("c")}};
  while (true) {
    const auto loaded = harness_.store().Load({&request, 1});
    ASSERT_TRUE(loaded.ok());
    if (loaded->front().entities.front().version == 0) break;
    absl::SleepFor(absl::Milliseconds(10));
  }
}

// The real service, which meets its fate.
class FateTest : public PeersTest {
 protected:
  FateTest() {
    ratings::v1::RecordRatingRequest request;
    ratings::v1::Rating& rating = *request.mutable_rating();
    rating.set_rating_id("r");
    rating.set_customer_id("c");
    rating.set_scale(ratings::v1::SCALE_CSAT_5);
    rating.set_points(5);
    *rating.mutable_occurred_at() = ToProto(absl::Now() - absl::Hours(48));
    ratings::v1::RecordRatingResponse response;
    grpc::ClientContext context;
    context.AddMetadata("x-rapport-tenant", kTenant);
    const grpc::Status status = process_.stub().RecordRating(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    peers_ = Make({.ratings_server = process_.address(),
                   .timeout = absl::Milliseconds(1500),
                   .fresh_for = absl::Minutes(1),
                   .first_pause = absl::Milliseconds(10)});
    AwaitFreshness(*peers_, "c", kFresh);
    Pass(absl::Minutes(2));
  }

  // The answer stays, and gets fresh again when the service is `back`.
  void ExpectStaleUntil(const std::function<void()>& back) {
    const Satisfaction stale = Ask(*peers_, "c");
    EXPECT_EQ(stale.state.freshness(), kStale);
    EXPECT_EQ(stale.answer->scales(0).rating_count(), 1);
    EXPECT_EQ(Ask(*peers_, "stranger").state.freshness(), kMissing);
    back();
    AwaitFreshness(*peers_, "c", kFresh);
    EXPECT_EQ(Ask(*peers_, "c").answer->scales(0).rating_count(), 1);
  }

  RatingsProcess process_;
  std::unique_ptr<Peers> peers_;
};

TEST_F(FateTest, AStoppedServiceCostsFreshness) {
  process_.Stop();
  ExpectStaleUntil([&] { process_.Start(); });
}

TEST_F(FateTest, AKilledServiceCostsFreshness) {
  process_.Kill();
  ExpectStaleUntil([&] { process_.Start(); });
}

TEST_F(FateTest, AFrozenServiceCostsFreshnessAndNoDeadline) {
  process_.Freeze();
  const absl::Time deadline = absl::Now() + absl::Seconds(8);
  EXPECT_EQ(Ask(*peers_, "c", deadline).state.freshness(), kStale);
  EXPECT_LT(absl::Now(), deadline);
  ExpectStaleUntil([&] { process_.Thaw(); });
}

}  // namespace
}  // namespace rapport::churn
