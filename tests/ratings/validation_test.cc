#include "services/ratings/core/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "tests/ratings/events.h"

namespace rapport::ratings {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const absl::Time kNow = absl::FromUnixSeconds(1'760'000'000);
constexpr char kComment[] = "the customer's own words";

v1::Rating Good() {
  v1::Rating rating = MakeRating("r", "c", v1::SCALE_CSAT_5, 3, kNow);
  rating.set_comment(kComment);
  return rating;
}

v1::Survey GoodSurvey() {
  v1::Survey survey;
  survey.set_survey_id("r");
  survey.set_customer_id("c");
  survey.set_scale(v1::SCALE_NPS_11);
  survey.set_status(v1::SURVEY_STATUS_DELIVERED);
  *survey.mutable_occurred_at() = ToProto(kNow);
  return survey;
}

struct Case {
  std::string name;
  std::function<void(v1::Rating&)> change;
  std::string field;  // empty: it is valid
  std::string value;  // in the error
};

void SetLabels(v1::Rating& rating, int count, size_t key_bytes, size_t value_bytes) {
  for (int i = 0; i < count; ++i) {
    std::string key = absl::StrCat(i);
    key.resize(std::max(key.size(), key_bytes), 'k');
    (*rating.mutable_labels())[key] = std::string(value_bytes, 'v');
  }
}

Case Points(v1::Scale scale, int points, bool good) {
  return {absl::StrCat(v1::Scale_Name(scale), " ", points),
          [=](v1::Rating& r) { r.set_scale(scale), r.set_points(points); }, good ? "" : "score", absl::StrCat(points)};
}

std::vector<Case> RatingCases() {
  using R = v1::Rating;
  std::vector<Case> cases = {
      {"as it is", [](R&) {}, "", ""},
      {"no id", [](R& r) { r.clear_rating_id(); }, "rating_id", "missing"},
      {"longest id", [](R& r) { r.set_rating_id(std::string(128, 'x')); }, "", ""},
      {"longer id", [](R& r) { r.set_rating_id(std::string(129, 'x')); }, "rating_id", "129 bytes"},
      {"no customer", [](R& r) { r.clear_customer_id(); }, "customer_id", "missing"},
      {"longest customer", [](R& r) { r.set_customer_id(std::string(128, 'x')); }, "", ""},
      {"longer customer", [](R& r) { r.set_customer_id(std::string(129, 'x')); }, "customer_id", "129 bytes"},
      {"no scale", [](R& r) { r.clear_scale(); }, "scale", "0"},
      {"unknown scale", [](R& r) { r.set_scale(static_cast<v1::Scale>(7)); }, "scale", "7"},
      {"negative scale", [](R& r) { r.set_scale(static_cast<v1::Scale>(-1)); }, "scale", "-1"},
      {"no score", [](R& r) { r.clear_score(); }, "score", "missing"},
      {"score of another kind", [](R& r) { r.set_emoticon(v1::EMOTICON_HAPPY); }, "score", "emoticon 1"},
      {"wow on points", [](R& r) { r.set_wow(true); }, "score", "3 with wow"},
      {"happy with wow",
       [](R& r) { r.set_scale(v1::SCALE_EMOTICON_3), r.set_emoticon(v1::EMOTICON_HAPPY), r.set_wow(true); }, "", ""},
      {"satisfied with wow",
       [](R& r) { r.set_scale(v1::SCALE_EMOTICON_3), r.set_emoticon(v1::EMOTICON_SATISFIED), r.set_wow(true); },
       "score", "emoticon 2 with wow"},
      {"unspecified emoticon",
       [](R& r) { r.set_scale(v1::SCALE_EMOTICON_3), r.set_emoticon(v1::EMOTICON_UNSPECIFIED); }, "score",
       "emoticon 0"},
      {"unknown emoticon",
       [](R& r) { r.set_scale(v1::SCALE_EMOTICON_3), r.set_emoticon(static_cast<v1::Emoticon>(4)); }, "score",
       "emoticon 4"},
      {"emoticon as points", [](R& r) { r.set_scale(v1::SCALE_EMOTICON_3); }, "score", "3"},
      {"thumb", [](R& r) { r.set_scale(v1::SCALE_THUMBS_2), r.set_thumb(v1::THUMB_DOWN); }, "", ""},
      {"unspecified thumb", [](R& r) { r.set_scale(v1::SCALE_THUMBS_2), r.set_thumb(v1::THUMB_UNSPECIFIED); }, "score",
       "thumb 0"},
      {"unknown thumb", [](R& r) { r.set_scale(v1::SCALE_THUMBS_2), r.set_thumb(static_cast<v1::Thumb>(3)); }, "score",
       "thumb 3"},
      {"longest agent", [](R& r) { r.set_agent_id(std::string(128, 'x')); }, "", ""},
      {"longer agent", [](R& r) { r.set_agent_id(std::string(129, 'x')); }, "agent_id", "129 bytes"},
      {"last channel", [](R& r) { r.set_channel(common::v1::CHANNEL_OTHER); }, "", ""},
      {"unknown channel", [](R& r) { r.set_channel(static_cast<common::v1::Channel>(12)); }, "channel", "12"},
      {"longest conversation", [](R& r) { r.set_conversation_id(std::string(128, 'x')); }, "", ""},
      {"longer conversation", [](R& r) { r.set_conversation_id(std::string(129, 'x')); }, "conversation_id",
       "129 bytes"},
      {"most labels", [](R& r) { SetLabels(r, 16, 64, 256); }, "", ""},
      {"more labels", [](R& r) { SetLabels(r, 17, 1, 1); }, "labels", "17 labels"},
      {"longer label key", [](R& r) { SetLabels(r, 1, 65, 1); }, "labels", "0kkk"},
      {"empty label key", [](R& r) { (*r.mutable_labels())[""] = "v"; }, "labels", "\"\""},
      {"longer label value", [](R& r) { SetLabels(r, 1, 1, 257); }, "labels[\"0\"]", "257 bytes"},
      {"longest comment", [](R& r) { r.set_comment(std::string(4000, 'x')); }, "", ""},
      {"longer comment", [](R& r) { r.set_comment(absl::StrCat(kComment, std::string(4000, 'x'))); }, "comment",
       "4024 bytes"},
      {"unknown visibility", [](R& r) { r.set_comment_visibility(static_cast<v1::CommentVisibility>(4)); },
       "comment_visibility", "4"},
      {"no time", [](R& r) { r.clear_occurred_at(); }, "occurred_at", "missing"},
      {"first time", [](R& r) { *r.mutable_occurred_at() = ToProto(absl::UnixEpoch()); }, "", ""},
      {"before the first time", [](R& r) { *r.mutable_occurred_at() = ToProto(absl::UnixEpoch() - absl::Seconds(1)); },
       "occurred_at", "1969-12-31T23:59:59Z"},
      {"latest time", [](R& r) { *r.mutable_occurred_at() = ToProto(kNow + absl::Minutes(10)); }, "", ""},
      {"later time", [](R& r) { *r.mutable_occurred_at() = ToProto(kNow + absl::Minutes(10) + absl::Milliseconds(1)); },
       "occurred_at", "2025-10-09T09:03:20Z"},
      {"no time at all", [](R& r) { r.mutable_occurred_at()->set_seconds(std::numeric_limits<int64_t>::max()); },
       "occurred_at", "292277026596-12-04"},
      {"negative nanos", [](R& r) { r.mutable_occurred_at()->set_nanos(-1); }, "occurred_at.nanos", "-1"},
      {"too many nanos", [](R& r) { r.mutable_occurred_at()->set_nanos(1'000'000'000); }, "occurred_at.nanos",
       "1000000000"},
      {"largest revision", [](R& r) { r.set_revision(std::numeric_limits<int64_t>::max()); }, "", ""},
      {"negative revision", [](R& r) { r.set_revision(-1); }, "revision", "-1"},
  };
  const auto add_scale = [&](v1::Scale scale, int lowest, int highest) {
    cases.push_back(Points(scale, lowest - 1, false));
    cases.push_back(Points(scale, lowest, true));
    cases.push_back(Points(scale, highest, true));
    cases.push_back(Points(scale, highest + 1, false));
    cases.push_back(Points(scale, std::numeric_limits<int>::max(), false));
    cases.push_back(Points(scale, std::numeric_limits<int>::min(), false));
  };
  add_scale(v1::SCALE_CSAT_5, 1, 5);
  add_scale(v1::SCALE_NPS_11, 0, 10);
  add_scale(v1::SCALE_CES_5, 1, 5);
  add_scale(v1::SCALE_CES_7, 1, 7);
  return cases;
}

void ExpectVerdict(const absl::Status& status, const std::string& name, const std::string& field,
                   const std::string& value) {
  if (field.empty()) {
    EXPECT_TRUE(status.ok()) << name << ": " << status;
    return;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
  const std::string message(status.message());
  EXPECT_THAT(message, StartsWith(field + ": ")) << name;
  EXPECT_THAT(message, HasSubstr(value)) << name;
  EXPECT_THAT(message, Not(HasSubstr(kComment))) << name;
  EXPECT_LT(message.size(), 300u) << name;
}

TEST(ValidateRatingTest, EveryFieldHasItsBounds) {
  for (const Case& each : RatingCases()) {
    v1::Rating rating = Good();
    each.change(rating);
    ExpectVerdict(Validate(rating, kNow), each.name, each.field, each.value);
  }
}

TEST(ValidateRatingTest, StrangeBytesAreShownEscaped) {
  v1::Rating rating = Good();
  rating.set_agent_id("line\nbreak" + std::string(200, '\x01'));
  EXPECT_THAT(std::string(Validate(rating, kNow).message()), HasSubstr("line\\nbreak"));
}

TEST(ValidateRatingTest, RandomRatingsAreValid) {
  RandomEvents random(5, {.start = kNow - absl::Hours(100), .span = absl::Hours(90)});
  for (const Event& event : random.Stream(500)) {
    const absl::Status status = std::visit([](const auto& e) { return Validate(e, kNow); }, event);
    ASSERT_TRUE(status.ok()) << status;
  }
}

TEST(ValidateSurveyTest, EveryFieldHasItsBounds) {
  struct SurveyCase {
    std::string name;
    std::function<void(v1::Survey&)> change;
    std::string field;
    std::string value;
  };
  using S = v1::Survey;
  const SurveyCase cases[] = {
      {"as it is", [](S&) {}, "", ""},
      {"no id", [](S& s) { s.clear_survey_id(); }, "survey_id", "missing"},
      {"longer id", [](S& s) { s.set_survey_id(std::string(129, 'x')); }, "survey_id", "129 bytes"},
      {"no customer", [](S& s) { s.clear_customer_id(); }, "customer_id", "missing"},
      {"no scale", [](S& s) { s.clear_scale(); }, "scale", "0"},
      {"unknown scale", [](S& s) { s.set_scale(static_cast<v1::Scale>(7)); }, "scale", "7"},
      {"no status", [](S& s) { s.clear_status(); }, "status", "0"},
      {"unknown status", [](S& s) { s.set_status(static_cast<v1::SurveyStatus>(4)); }, "status", "4"},
      {"longer agent", [](S& s) { s.set_agent_id(std::string(129, 'x')); }, "agent_id", "129 bytes"},
      {"unknown channel", [](S& s) { s.set_channel(static_cast<common::v1::Channel>(12)); }, "channel", "12"},
      {"longer conversation", [](S& s) { s.set_conversation_id(std::string(129, 'x')); }, "conversation_id",
       "129 bytes"},
      {"empty label key", [](S& s) { (*s.mutable_labels())[""] = "v"; }, "labels", "\"\""},
      {"no time", [](S& s) { s.clear_occurred_at(); }, "occurred_at", "missing"},
      {"later time", [](S& s) { *s.mutable_occurred_at() = ToProto(kNow + absl::Minutes(11)); }, "occurred_at",
       "later than this server's clock"},
  };
  for (const SurveyCase& each : cases) {
    v1::Survey survey = GoodSurvey();
    each.change(survey);
    ExpectVerdict(Validate(survey, kNow), each.name, each.field, each.value);
  }
}

}  // namespace
}  // namespace rapport::ratings
