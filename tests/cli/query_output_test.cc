#include "services/cli/query_output.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace rapport::cli {
namespace {

using ratings::v1::QueryRatingsRequest;
using ratings::v1::QueryRatingsResponse;
using ::testing::HasSubstr;
using ::testing::Not;

template <class Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

const char* const kRequest = R"pb(
  range {
    start { seconds: 1790812800 }
    end { seconds: 1790899200 }
  }
  bucket: BUCKET_ALL
  group_by: DIMENSION_AGENT
)pb";

TEST(QueryTextTest, ShowsEachGroupWithItsInterval) {
  const auto response = Parse<QueryRatingsResponse>(R"pb(
    totals {
      group: "mona"
      scales {
        scale: SCALE_CSAT_5
        rating_count: 1200
        csat { value: 0.94 ci_low: 0.92 ci_high: 0.955 sample_size: 1200 }
        mean { value: 4.4 }
        distribution { score: "5" count: 800 }
        distribution { score: "4" count: 328 }
        distribution { score: "3" count: 72 }
        distribution { score: "2" count: 0 }
        distribution { score: "1" count: 0 }
        response_rate { value: 0.25 }
      }
    }
    totals {
      group: ""
      scales { scale: SCALE_CSAT_5 suppressed: true }
    }
  )pb");
  EXPECT_EQ(QueryText(Parse<QueryRatingsRequest>(kRequest), response, absl::UTCTimeZone()),
            "2026-10-01 to 2026-10-02 (UTC), intervals at 95 %\n"
            "\n"
            "period        agent   scale   ratings  figure  value (interval)       mean  best..worst  response rate\n"
            "------------  ------  ------  -------  ------  ---------------------  ----  -----------  -------------\n"
            "whole period  mona    CSAT_5    1,200  4 or 5  94.0 % (92.0 to 95.5)  4.40  █▄▂                 25.0 %\n"
            "whole period  (none)  CSAT_5                   withheld: small group\n");
}

TEST(QueryTextTest, ShowsTheFiguresOfFewRatingsWithoutTheirDistribution) {
  const auto response = Parse<QueryRatingsResponse>(R"pb(
    totals {
      scales {
        scale: SCALE_CSAT_5
        rating_count: 2
        csat { value: 0.5 ci_low: 0.1 ci_high: 0.9 }
        mean { value: 3.5 }
        suppressed: true
      }
    }
  )pb");
  const std::string text = QueryText(Parse<QueryRatingsRequest>(kRequest), response, absl::UTCTimeZone());
  EXPECT_THAT(text, testing::ContainsRegex("CSAT_5 +2 +4 or 5 +50.0 % \\(10.0 to 90.0\\) +3.50 +withheld"));
}

TEST(QueryTextTest, ShowsBucketsInTheZone) {
  auto request = Parse<QueryRatingsRequest>(kRequest);
  request.set_bucket(common::v1::BUCKET_DAY);
  const auto response = Parse<QueryRatingsResponse>(R"pb(
    rows { bucket { start { seconds: 1790805600 } } }
    totals {
      scales {
        scale: SCALE_NPS_11
        rating_count: 9
        nps { value: -12.5 }
      }
    }
  )pb");
  absl::TimeZone berlin;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &berlin));
  const std::string text = QueryText(request, response, berlin);
  EXPECT_THAT(text, HasSubstr("Thu 2026-10-01"));
  EXPECT_THAT(text, HasSubstr("no ratings"));
  EXPECT_THAT(text, HasSubstr("-12.5"));
}

TEST(QueryTextTest, SaysThatThereAreNoRatings) {
  EXPECT_THAT(QueryText(Parse<QueryRatingsRequest>(kRequest), {}, absl::UTCTimeZone()), HasSubstr("no ratings"));
}

}  // namespace
}  // namespace rapport::cli
