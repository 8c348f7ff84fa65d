#include "tests/ratings/events.h"

#include "absl/strings/str_cat.h"
#include "common/time/interval.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace rapport::ratings {

const std::string& IdOf(const Event& event) {
  const auto* rating = std::get_if<v1::Rating>(&event);
  return rating != nullptr ? rating->rating_id() : std::get<v1::Survey>(event).survey_id();
}

const std::string& CustomerOf(const Event& event) {
  const auto* rating = std::get_if<v1::Rating>(&event);
  return rating != nullptr ? rating->customer_id() : std::get<v1::Survey>(event).customer_id();
}

std::string BytesOf(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

v1::Rating MakeRating(absl::string_view id, absl::string_view customer, v1::Scale scale, int points, absl::Time at) {
  v1::Rating rating;
  rating.set_rating_id(std::string(id));
  rating.set_customer_id(std::string(customer));
  rating.set_scale(scale);
  rating.set_points(points);
  *rating.mutable_occurred_at() = ToProto(at);
  return rating;
}

absl::Time RandomEvents::Moment() {
  const int64_t step = options_.span / absl::Milliseconds(1) / options_.moments;
  return options_.start + absl::Milliseconds(std::max<int64_t>(1, step) * UpTo(options_.moments - 1)) % options_.span;
}

std::string RandomEvents::Customer() {
  const int64_t all = options_.customers - 1;
  return absl::StrCat("customer-", OneIn(3) ? UpTo(all / 8) : UpTo(all));
}

void RandomEvents::SetScore(v1::Rating& rating) {
  rating.set_scale(static_cast<v1::Scale>(1 + UpTo(5)));
  rating.clear_wow();
  switch (rating.scale()) {
    case v1::SCALE_EMOTICON_3:
      rating.set_emoticon(static_cast<v1::Emoticon>(1 + UpTo(2)));
      rating.set_wow(rating.emoticon() == v1::EMOTICON_HAPPY && OneIn(3));
      break;
    case v1::SCALE_THUMBS_2:
      rating.set_thumb(OneIn(4) ? v1::THUMB_DOWN : v1::THUMB_UP);
      break;
    case v1::SCALE_NPS_11:
      rating.set_points(static_cast<int>(UpTo(10)));
      break;
    case v1::SCALE_CES_7:
      rating.set_points(static_cast<int>(1 + UpTo(6)));
      break;
    default:
      rating.set_points(static_cast<int>(1 + UpTo(4)));
  }
}

template <typename Message>
void RandomEvents::SetDimensions(Message& message) {
  message.set_agent_id(OneIn(6) ? "" : absl::StrCat("agent-", UpTo(6)));
  message.set_channel(static_cast<common::v1::Channel>(UpTo(common::v1::Channel_MAX)));
  auto& labels = *message.mutable_labels();
  labels.clear();
  if (!OneIn(3)) labels["team"] = absl::StrCat("team-", UpTo(2));
  if (!OneIn(3)) labels["plan"] = OneIn(2) ? "free" : "pro";
  if (OneIn(4)) labels["locale"] = OneIn(2) ? "de" : "";
  if (OneIn(9)) labels["campaign"] = "spring";
}

v1::Rating RandomEvents::Rating(const std::string& id) {
  v1::Rating rating;
  rating.set_rating_id(id);
  rating.set_customer_id(Customer());
  SetScore(rating);
  SetDimensions(rating);
  if (OneIn(3)) rating.set_conversation_id(absl::StrCat("conversation-", UpTo(50)));
  if (OneIn(3)) rating.set_comment(absl::StrCat("comment ", UpTo(1000)));
  rating.set_comment_visibility(static_cast<v1::CommentVisibility>(UpTo(3)));
  *rating.mutable_occurred_at() = ToProto(Moment());
  if (OneIn(4)) rating.mutable_occurred_at()->set_nanos(static_cast<int32_t>(UpTo(999'999'999)));
  return rating;
}

v1::Rating RandomEvents::Revised(v1::Rating rating) {
  if (OneIn(2)) *rating.mutable_occurred_at() = ToProto(Moment());
  if (OneIn(3)) rating.set_revision(UpTo(3));
  if (OneIn(2)) SetScore(rating);
  if (OneIn(3)) SetDimensions(rating);
  if (OneIn(4)) rating.set_customer_id(Customer());
  if (OneIn(4)) rating.set_comment(OneIn(2) ? "" : absl::StrCat("changed ", UpTo(1000)));
  if (OneIn(4)) rating.set_comment_visibility(static_cast<v1::CommentVisibility>(UpTo(3)));
  return rating;
}

v1::Survey RandomEvents::Survey(const std::string& id, v1::SurveyStatus status) {
  v1::Survey survey;
  survey.set_survey_id(id);
  survey.set_customer_id(Customer());
  survey.set_scale(static_cast<v1::Scale>(1 + UpTo(5)));
  survey.set_status(status);
  SetDimensions(survey);
  *survey.mutable_occurred_at() = ToProto(Moment());
  return survey;
}

std::vector<Event> RandomEvents::Stream(int count) {
  std::vector<Event> events;
  std::vector<v1::Rating> rated;
  int next_id = 0;
  while (static_cast<int>(events.size()) < count) {
    if (!rated.empty() && OneIn(4)) {
      v1::Rating& rating = rated[UpTo(static_cast<int64_t>(rated.size()) - 1)];
      rating = Revised(rating);
      events.emplace_back(rating);
      continue;
    }
    const std::string id = absl::StrCat("rating-", next_id++);
    if (OneIn(2)) {
      for (int status = v1::SURVEY_STATUS_OFFERED; status <= v1::SURVEY_STATUS_DISMISSED; ++status) {
        if (!OneIn(3)) events.emplace_back(Survey(id, static_cast<v1::SurveyStatus>(status)));
        if (OneIn(9)) events.emplace_back(Survey(id, static_cast<v1::SurveyStatus>(status)));
      }
    }
    if (OneIn(4)) continue;
    rated.push_back(Rating(id));
    events.emplace_back(rated.back());
  }
  return events;
}

}  // namespace rapport::ratings
