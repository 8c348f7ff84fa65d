#include "services/cli/time_output.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace rapport::cli {
namespace {

using response_times::v1::GetShareRankRequest;
using response_times::v1::GetShareRankResponse;
using response_times::v1::QueryEscalationsRequest;
using response_times::v1::QueryEscalationsResponse;
using response_times::v1::QueryResponseTimesRequest;
using response_times::v1::QueryResponseTimesResponse;
using ::testing::AllOf;
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
  group_by: DIMENSION_TEAM
)pb";

TEST(TimesTextTest, ShowsEachGroupWithItsIntervals) {
  const auto response = Parse<QueryResponseTimesResponse>(R"pb(
    totals {
      group: "billing"
      times {
        metric: METRIC_FIRST_RESPONSE_TIME
        answered_count: 1200
        mean { value: 3900 ci_low: 3600 ci_high: 4200 }
        max { seconds: 273600 }
        quantiles {
          quantile: 0.5
          answered { value: 1260 }
        }
        within {
          threshold { seconds: 3600 }
          within { value: 0.594 ci_low: 0.588 ci_high: 0.6 }
        }
      }
    }
    totals {
      group: ""
      times { metric: METRIC_FIRST_RESPONSE_TIME suppressed: true }
    }
  )pb");
  EXPECT_EQ(TimesText(Parse<QueryResponseTimesRequest>(kRequest), response, absl::UTCTimeZone()),
            "2026-10-01 to 2026-10-02 (UTC), intervals at 95 %\n"
            "\n"
            "period        team     metric               answered  open  mean (interval)            p50      longest  "
            "within 1h (interval)\n"
            "------------  -------  -------------------  --------  ----  -------------------------  -------  -------  "
            "---------------------\n"
            "whole period  billing  first response time     1,200     0  1h 05m (1h 00m to 1h 10m)  21m 00s  3d 4h    "
            "59.4 % (58.8 to 60.0)\n"
            "whole period  (none)   first response time                  withheld: small group\n");
}

TEST(TimesTextTest, ShowsTheEstimateWithOpenOnesBesideThePlainOne) {
  const auto response = Parse<QueryResponseTimesResponse>(R"pb(
    totals {
      times {
        metric: METRIC_NEXT_RESPONSE_TIME
        clock: CLOCK_BUSINESS
        answered_count: 10
        open_count: 5
        quantiles {
          quantile: 0.5
          answered { value: 1260 }
          kaplan_meier { value: 3600 }
        }
        quantiles {
          quantile: 0.999
          answered { value: 7200 }
        }
      }
    }
  )pb");
  const std::string text = TimesText(Parse<QueryResponseTimesRequest>(kRequest), response, absl::UTCTimeZone());
  EXPECT_THAT(text, HasSubstr("with the open ones (Kaplan-Meier)"));
  EXPECT_THAT(text, HasSubstr("21m 00s / 1h 00m  2h 00m / -"));
  EXPECT_THAT(text, AllOf(HasSubstr("p50 "), HasSubstr("p99.9"), HasSubstr("next response time, business hours")));
}

TEST(TimesTextTest, MarksSignificantChangesOnly) {
  const auto response = Parse<QueryResponseTimesResponse>(R"pb(
    totals {
      times {
        metric: METRIC_FIRST_RESPONSE_TIME
        answered_count: 700
        mean {
          value: 3600
          comparison { previous_value: 3900 significant: false p_value: 0.086 }
        }
        within {
          threshold { seconds: 21600 }
          within {
            value: 0.96
            comparison { previous_value: 0.9 significant: true p_value: 0.00001 }
          }
        }
      }
    }
  )pb");
  EXPECT_THAT(TimesText(Parse<QueryResponseTimesRequest>(kRequest), response, absl::UTCTimeZone()),
              AllOf(HasSubstr("1h 05m -> 1h 00m, not significant (p = 0.086)"),
                    HasSubstr("▲ 90.0 % -> 96.0 % (p < 0.001)"), HasSubstr("within 6h, compared")));
}

TEST(TimesTextTest, DrawsTheHistogram) {
  const auto response = Parse<QueryResponseTimesResponse>(R"pb(
    totals {
      times {
        metric: METRIC_FIRST_RESPONSE_TIME
        answered_count: 1001
        histogram {
          up_to { seconds: 60 }
          count: 500
        }
        histogram {
          up_to { seconds: 86400 }
          count: 500
        }
        histogram { count: 1 }
      }
    }
  )pb");
  EXPECT_THAT(TimesText(Parse<QueryResponseTimesRequest>(kRequest), response, absl::UTCTimeZone()),
              HasSubstr("first response time, whole period\n"
                        " up to  answers   share   so far\n"
                        "------  -------  ------  -------  ----------------------------------------\n"
                        "    1m      500  50.0 %   50.0 %  ████████████████████████████████████████\n"
                        "    1d      500  50.0 %   99.9 %  ████████████████████████████████████████\n"
                        "longer        1   0.1 %  100.0 %  ▏\n"));
}

TEST(TimesTextTest, ShowsBucketsAndConversations) {
  auto request = Parse<QueryResponseTimesRequest>(kRequest);
  request.set_bucket(common::v1::BUCKET_WEEK);
  const auto response = Parse<QueryResponseTimesResponse>(R"pb(
    rows {
      bucket { start { seconds: 1790805600 } }
      times { metric: METRIC_FIRST_RESPONSE_TIME }
    }
    totals {
      times { metric: METRIC_FIRST_RESPONSE_TIME }
      conversations {
        conversation_count: 12
        resolved_count: 8
        reopen_count: 3
        one_touch { value: 0.5 }
      }
    }
  )pb");
  absl::TimeZone berlin;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &berlin));
  const std::string text = TimesText(request, response, berlin);
  EXPECT_THAT(text, HasSubstr("week of 2026-10-01"));
  EXPECT_THAT(text, testing::ContainsRegex("whole period +12 +8 +3 +- +50.0 %"));
}

TEST(TimesTextTest, SaysThatThereIsNothing) {
  EXPECT_THAT(TimesText(Parse<QueryResponseTimesRequest>(kRequest), {}, absl::UTCTimeZone()),
              HasSubstr("no response times"));
}

TEST(ShareRankTextTest, SaysWhereATimeStands) {
  const auto request = Parse<GetShareRankRequest>("duration { seconds: 21600 }");
  EXPECT_EQ(ShareRankText(request, Parse<GetShareRankResponse>(R"pb(
                            slower_than { value: 0.711 ci_low: 0.705 ci_high: 0.717 sample_size: 24916 }
                          )pb")),
            "6h of first response time is slower than 71.1 % (70.5 to 71.7) of 24,916 answers\n");
  EXPECT_THAT(ShareRankText(request, {}), HasSubstr("no answers to compare with"));
}

TEST(EscalationsTextTest, ShowsReasonsByEventsAndByCustomers) {
  const auto response = Parse<QueryEscalationsResponse>(R"pb(
    event_count: 40
    customer_count: 20
    top_customer_share { value: 0.5 }
    reasons {
      reason: ESCALATION_REASON_SLOW_RESPONSE
      event_count: 30
      customer_count: 12
      event_share { value: 0.75 ci_low: 0.6 ci_high: 0.86 }
      customer_share { value: 0.6 }
    }
    tried_before { kind: SELF_SERVICE_FORUM conversation_count: 3 }
    tried_before { conversation_count: 9 }
    channels { channel: CHANNEL_EMAIL conversation_count: 12 }
  )pb");
  const auto request = Parse<QueryEscalationsRequest>("range { start { seconds: 0 } end { seconds: 86400 } }");
  const std::string text = EscalationsText(request, response, absl::UTCTimeZone());
  EXPECT_THAT(text, HasSubstr("escalations: 40, customers: 20; the 10 loudest brought 50.0 %"));
  EXPECT_THAT(text, testing::ContainsRegex("slow response +30  75.0 % \\(60.0 to 86.0\\) +12  60.0 %"));
  EXPECT_THAT(text,
              AllOf(HasSubstr("forum"), HasSubstr("nothing known"), HasSubstr("EMAIL"), Not(HasSubstr("UNSPEC"))));
  EXPECT_THAT(EscalationsText(request, {}, absl::UTCTimeZone()), HasSubstr("no escalations"));
}

}  // namespace
}  // namespace rapport::cli
