#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/notification.h"
#include "common/time/interval.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/churn/core/filter_matching.h"
#include "services/churn/service/customer_search.h"
#include "services/churn/service/figure_gauges.h"
#include "services/churn/service/score_writes.h"
#include "tests/churn_activities/activities.h"
#include "tests/churn_activities/service_harness.h"

namespace rapport::churn {
namespace {

using storage::v1::CustomerRow;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const absl::Time kNow = Moment("2026-03-10 15:00");

v1::Score Probability(const std::string& id, double probability, v1::HealthBand band) {
  v1::Score score;
  score.set_customer_id(id);
  score.set_kind(v1::SCORE_KIND_PROBABILITY);
  score.set_probability(probability);
  score.set_band(band);
  score.set_model_version("v1");
  *score.mutable_computed_at() = ToProto(kNow - absl::Hours(1));
  v1::Reason& reason = *score.add_reasons();
  reason.set_name("tenure_days");
  reason.set_contribution(1);
  return score;
}

v1::Score Health(const std::string& id, double points, v1::HealthBand band) {
  v1::Score score;
  score.set_customer_id(id);
  score.set_kind(v1::SCORE_KIND_HEALTH_SCORE);
  score.set_health_score(points);
  score.set_band(band);
  *score.mutable_computed_at() = ToProto(kNow - absl::Hours(1));
  return score;
}

class SearchTest : public testing::TestWithParam<std::string> {
 protected:
  SearchTest() : harness_(kNow, GetParam()) {}

  // Ann reads and is content, Ben worries, Cleo was lost, Dora tries, and Eve pays elsewhere.
  void RecordFive() {
    harness_.Record({
        SignedUp("ann", Moment("2025-06-01")),
        Converted("ann", Moment("2025-06-15"), Plan("pro", 9'900)),
        OwnerAssigned("ann", Moment("2025-06-15 10:00"), "olga"),
        AttributeSet("ann", Moment("2025-06-15 10:00"), "country", "DE"),
        InterestShown("ann", Moment("2026-03-01"), "white-papers"),
        Used("ann", Moment("2026-03-08")),
        Converted("ben", Moment("2025-09-01"), Plan("basic", 1'900)),
        OwnerAssigned("ben", Moment("2025-09-02"), "olga"),
        InterestShown("ben", Moment("2026-02-01"), "white-papers"),
        ConcernVoiced("ben", Moment("2026-03-05"), "churn"),
        LoggedIn("ben", Moment("2026-01-20")),
        Converted("cleo", Moment("2025-04-01"), Plan("pro", 9'900)),
        ConcernVoiced("cleo", Moment("2025-12-01"), "churn"),
        Cancelled("cleo", Moment("2026-02-25")),
        SignedUp("dora", Moment("2026-03-01")),
        AttributeSet("dora", Moment("2026-03-01"), "country", "FR"),
        Converted("eve", Moment("2025-03-01"), Plan("enterprise", 50'000, "USD")),
        AttributeSet("eve", Moment("2025-03-01"), "country", "US"),
        Used("eve", Moment("2026-03-09")),
    });
    Store(Probability("ann", 0.05, v1::HEALTH_BAND_GREEN));
    Store(Probability("ben", 0.62, v1::HEALTH_BAND_RED));
    Store(Health("eve", 60, v1::HEALTH_BAND_YELLOW));
  }

  void Store(v1::Score score) {
    SweptCustomer swept;
    swept.customer_id = score.customer_id();
    swept.partition = harness_.reader().PartitionOfCustomer(kTenant, swept.customer_id);
    swept.now_ms = ToMillis(kNow);
    absl::Notification done;
    auto gathering = std::make_shared<write::Gathering>(1, [&](const absl::StatusOr<int64_t>& stored) {
      EXPECT_TRUE(stored.ok()) << stored.status();
      done.Notify();
    });
    std::vector<std::unique_ptr<write::Write>> writes;
    writes.push_back(MakeScoreWrite(swept, {std::move(score), 0}, harness_.metrics(), std::move(gathering)));
    ASSERT_TRUE(harness_.path().Submit(std::move(writes)).ok());
    done.WaitForNotification();
  }

  v1::SearchCustomersResponse Search(const std::string& filter, int page_size = 0, const std::string& token = "") {
    v1::SearchCustomersRequest request;
    request.set_filter(filter);
    request.mutable_page()->set_page_size(page_size);
    request.mutable_page()->set_page_token(token);
    v1::SearchCustomersResponse response;
    const absl::Status status = SearchCustomers(harness_.directory(), harness_.reader(), kTenant, request, response);
    EXPECT_TRUE(status.ok()) << filter << ": " << status;
    return response;
  }

  std::vector<std::string> Found(const std::string& filter) {
    const auto response = Search(filter);
    std::vector<std::string> ids;
    for (const auto& found : response.customers()) ids.push_back(found.customer().customer_id());
    EXPECT_EQ(response.total_count(), response.customers_size()) << filter;
    return ids;
  }

  Harness harness_;
};
INSTANTIATE_TEST_SUITE_P(Engines, SearchTest, testing::Values("rocksdb", "redis"));

TEST_P(SearchTest, FindsByWhatIsKnown) {
  RecordFive();
  EXPECT_THAT(Found(""), ElementsAre("ann", "ben", "cleo", "dora", "eve"));
  EXPECT_THAT(Found("active = true"), ElementsAre("ann", "ben", "eve"));
  EXPECT_THAT(Found("band = RED"), ElementsAre("ben"));
  EXPECT_THAT(Found("probability > 0.5 OR health < 75"), ElementsAre("ben", "eve"));
  EXPECT_THAT(Found("active = true AND NOT band:*"), IsEmpty());
  EXPECT_THAT(Found("last_active < 30d"), ElementsAre("ann", "eve"));
  EXPECT_THAT(Found("active = true AND NOT last_active < 30d"), ElementsAre("ben"));
  EXPECT_THAT(Found("NOT last_active:*"), ElementsAre("cleo", "dora"));
  EXPECT_THAT(Found("last_active >= 2026-03-09"), ElementsAre("eve"));
  EXPECT_THAT(Found("band = GREEN OR last_active < 2d"), ElementsAre("ann", "eve"));
  EXPECT_THAT(Found("olga"), ElementsAre("ann", "ben"));
}

TEST_P(SearchTest, ShowsCustomersWithTheirScore) {
  RecordFive();
  const auto response = Search("customer_id = ben OR customer_id = dora");
  ASSERT_EQ(response.customers_size(), 2);
  const v1::FoundCustomer& ben = response.customers(0);
  EXPECT_TRUE(ben.customer().active());
  EXPECT_EQ(ben.customer().subscription().plan(), "basic");
  EXPECT_EQ(ben.customer().owner_id(), "olga");
  EXPECT_EQ(FromProto(ben.customer().last_active_day()), Moment("2026-01-20"));
  EXPECT_DOUBLE_EQ(ben.score().probability(), 0.62);
  EXPECT_EQ(ben.score().reasons_size(), 0);
  EXPECT_FALSE(response.customers(1).has_score());
}

TEST_P(SearchTest, PagesHoldEveryoneOnceInOrder) {
  std::vector<v1::Activity> activities;
  std::vector<std::string> all;
  for (int i = 0; i < 95; ++i) {
    all.push_back(absl::StrCat("c", i));
    activities.push_back(Converted(all.back(), Moment("2025-06-15"), Plan("pro", 100)));
    activities.push_back(SignedUp(absl::StrCat("x", i), Moment("2025-06-15")));
  }
  harness_.Record(activities);
  std::sort(all.begin(), all.end());
  for (const std::string filter : {"plan = pro", "plan = pro AND NOT last_active:*"}) {
    std::vector<std::string> paged;
    std::string token;
    do {
      const auto page = Search(filter, 10, token);
      EXPECT_EQ(page.total_count(), 95);
      EXPECT_LE(page.customers_size(), 10);
      for (const auto& found : page.customers()) paged.push_back(found.customer().customer_id());
      token = page.next_page_token();
    } while (!token.empty());
    EXPECT_EQ(paged, all);
  }
  harness_.Erase("c5");
  EXPECT_EQ(Search("plan = pro").total_count(), 94);
}

TEST_P(SearchTest, PagesFitIntoAMessage) {
  std::vector<v1::Activity> activities;
  for (int i = 0; i < 200; ++i) {
    for (int a = 0; a < 60; ++a) {
      activities.push_back(AttributeSet(absl::StrCat("c", i), Moment("2025-06-15") + absl::Minutes(a),
                                        absl::StrCat("key", a), std::string(256, 'x')));
    }
  }
  harness_.Record(activities);
  size_t found = 0;
  std::string token;
  do {
    const auto page = Search("", 1'000, token);
    EXPECT_LT(page.ByteSizeLong(), size_t{3} << 20);
    found += static_cast<size_t>(page.customers_size());
    token = page.next_page_token();
  } while (!token.empty());
  EXPECT_EQ(found, 200u);
}

TEST_P(SearchTest, RejectsFiltersAndTokensByField) {
  v1::SearchCustomersRequest request;
  v1::SearchCustomersResponse response;
  request.set_filter("interest:white-papers AND");
  absl::Status status = SearchCustomers(harness_.directory(), harness_.reader(), kTenant, request, response);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), StartsWith("filter: at position 26 the filter ends; expected"));
  request.clear_filter();
  request.mutable_page()->set_page_token("!");
  status = SearchCustomers(harness_.directory(), harness_.reader(), kTenant, request, response);
  EXPECT_THAT(std::string(status.message()), StartsWith("page.page_token: \"!\" is no token"));
}

// The examples of services/churn/README.md, each with whom it finds among the five.
TEST_P(SearchTest, ExamplesOfTheReadmeFindWhatTheySay) {
  RecordFive();
  const std::map<std::string, std::vector<std::string>> kFinds = {
      {"interest:white-papers AND concern:churn within 30d", {"ben"}},
      {"active = true AND NOT band = GREEN", {"ben", "eve"}},
      {"band = RED OR probability >= 0.3 owner = olga", {"ben"}},
      {"lost < 30d AND plan = pro", {"cleo"}},
      {"attribute.country:* -attribute.country = \"DE\"", {"dora", "eve"}},
      {"revenue >= 9000 currency = EUR", {"ann"}},
      {"signed_up >= 2026-02-01T00:00:00Z AND NOT converted:*", {"dora"}},
      {"active = true last_active > 30d", {"ben"}},
      {"plan = enter*", {"eve"}},
      {"olga", {"ann", "ben"}},
  };
  std::ifstream file(README_FILE);
  const std::string readme((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::string section = readme.substr(std::min(readme.size(), readme.find("## Search\n")));
  int examples = 0;
  for (absl::string_view line : absl::StrSplit(section, '\n')) {
    if (examples > 0 && absl::StartsWith(line, "## ")) break;
    if (!absl::ConsumePrefix(&line, "| `")) continue;
    const std::string filter(line.substr(0, line.find("` |")));
    const auto expected = kFinds.find(filter);
    ASSERT_NE(expected, kFinds.end()) << filter;
    EXPECT_EQ(Found(filter), expected->second) << filter;
    ++examples;
  }
  EXPECT_EQ(examples, static_cast<int>(kFinds.size()));
}

TEST_P(SearchTest, GaugesShowTheFiguresOfNow) {
  RecordFive();
  const auto figures = FiguresOf(harness_.directory(), harness_.reader(), kTenant);
  ASSERT_TRUE(figures.ok()) << figures.status();
  EXPECT_EQ(figures->active_customers, 3);
  ASSERT_TRUE(figures->logo_churn);
  EXPECT_DOUBLE_EQ(*figures->logo_churn, 0.25);
  EXPECT_EQ(figures->recurring_revenue_minor, (std::map<std::string, int64_t>{{"EUR", 11'800}, {"USD", 50'000}}));
  EXPECT_DOUBLE_EQ(figures->gross_revenue_churn.at("EUR"), 9'900.0 / 21'700);
  EXPECT_DOUBLE_EQ(figures->net_revenue_churn.at("USD"), 0);
  EXPECT_DOUBLE_EQ(figures->retention.at(6), 1);
  EXPECT_DOUBLE_EQ(figures->retention.at(12), 0.5);  // cleo left when eve alone had been there for as long
  EXPECT_EQ(figures->conversion.size(), 1u);         // of ann, after six months
  EXPECT_DOUBLE_EQ(figures->conversion.at(6), 1);
  EXPECT_EQ(figures->customers_by_band.at(v1::HEALTH_BAND_RED), 1);
  EXPECT_EQ(figures->customers_by_band.at(v1::HEALTH_BAND_UNSPECIFIED), 0);
}

TEST_P(SearchTest, GaugesAreMadeAnewOnceAMinute) {
  RecordFive();
  FigureGauges gauges(harness_.directory(), harness_.reader(), harness_.tenants(), harness_.metrics());
  const std::string kActive = "rapport_churn_active_customers{tenant=\"acme\"} ";
  gauges.Refresh();
  EXPECT_THAT(harness_.registry().Serialize(), HasSubstr(kActive + "3"));
  harness_.Record({Cancelled("eve", kNow - absl::Minutes(1))});
  harness_.SetNow(kNow + absl::Seconds(59));
  gauges.Refresh();
  EXPECT_THAT(harness_.registry().Serialize(), HasSubstr(kActive + "3"));
  harness_.SetNow(kNow + absl::Seconds(60));
  gauges.Refresh();
  EXPECT_THAT(harness_.registry().Serialize(), HasSubstr(kActive + "2"));
  EXPECT_THAT(harness_.registry().Serialize(), HasSubstr("rapport_churn_revenue_churn_ratio{"));
}

}  // namespace
}  // namespace rapport::churn
