#include "deploy/local/example/example_month.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "deploy/local/example/example_random.h"

namespace rapport::example {
namespace {

using common::v1::Channel;
using ratings::v1::Rating;
using ratings::v1::Scale;
using ratings::v1::Survey;

constexpr int kAgents = 24;
constexpr double kConversationsPerWeekday = 340;
constexpr double kWeekendVolume = 0.5;

constexpr double kDelivered = 0.98;
constexpr double kAnswered = 0.36;  // of those delivered
constexpr double kDismissed = 0.1;  // of those not answered
constexpr double kWow = 0.12;       // of the happy
constexpr double kCommented = 0.14;
constexpr double kRevised = 0.02;

constexpr Weighted<Channel> kChannels[] = {{common::v1::CHANNEL_EMAIL, 0.68},
                                           {common::v1::CHANNEL_SOCIAL, 0.17},
                                           {common::v1::CHANNEL_IN_APP, 0.09},
                                           {common::v1::CHANNEL_CHAT, 0.06}};
constexpr Weighted<Scale> kScales[] = {
    {ratings::v1::SCALE_EMOTICON_3, 0.86}, {ratings::v1::SCALE_CSAT_5, 0.09}, {ratings::v1::SCALE_NPS_11, 0.05}};
constexpr Weighted<const char*> kTeams[] = {{"heroes", 0.4}, {"ninjas", 0.3}, {"product", 0.2}, {"billing", 0.1}};
constexpr Weighted<const char*> kProducts[] = {{"publish", 0.6}, {"analyze", 0.25}, {"mobile", 0.15}};
constexpr Weighted<const char*> kPlans[] = {{"free", 0.5}, {"pro", 0.38}, {"business", 0.12}};
constexpr Weighted<const char*> kLocales[] = {{"en-US", 0.58}, {"en-GB", 0.14}, {"es-ES", 0.09}, {"pt-BR", 0.07},
                                              {"de-DE", 0.06}, {"fr-FR", 0.04}, {"ja-JP", 0.02}};
constexpr Weighted<int> kHoursUtc[] = {{2, 0.05}, {5, 0.05}, {8, 0.12}, {11, 0.18}, {14, 0.25}, {17, 0.2}, {20, 0.15}};
constexpr Weighted<ratings::v1::CommentVisibility> kVisibilities[] = {
    {ratings::v1::COMMENT_VISIBILITY_AGENT_ONLY, 0.6},
    {ratings::v1::COMMENT_VISIBILITY_AGENT_AND_LEAD, 0.25},
    {ratings::v1::COMMENT_VISIBILITY_ALL, 0.15}};

constexpr Weighted<const char*> kPraise[] = {{"Thanks, that was quick!", 1},
                                             {"You solved it before I finished my coffee.", 1},
                                             {"Friendly and to the point.", 1},
                                             {"Best support I have had this year.", 1}};
constexpr Weighted<const char*> kShrugs[] = {
    {"It works now, though it took a few tries.", 1}, {"Fine.", 1}, {"I had hoped for a faster answer.", 1}};
constexpr Weighted<const char*> kComplaints[] = {{"I had to explain the problem three times.", 1},
                                                 {"You promised to call back and nobody did.", 1},
                                                 {"Still broken.", 1}};

constexpr std::array kFirstReply = {
    QuantilePoint{0, 40},       QuantilePoint{0.25, 900},    QuantilePoint{0.55, 3600},    QuantilePoint{0.78, 21600},
    QuantilePoint{0.93, 86400}, QuantilePoint{0.99, 259200}, QuantilePoint{0.999, 604800}, QuantilePoint{1, 1209600}};
constexpr std::array kAnswerDelay = {QuantilePoint{0, 20}, QuantilePoint{0.5, 2400}, QuantilePoint{0.9, 43200},
                                     QuantilePoint{1, 432000}};

// The few who write often write much: the first of the customers are the ones met most.
std::string PickCustomer(Random& random) {
  const double u = random.Uniform();
  return CustomerId(static_cast<int>(kCustomers * u * u));
}

Conversation MakeConversation(uint64_t seed, absl::CivilDay day, int number) {
  Conversation conversation;
  conversation.conversation_id =
      absl::StrFormat("example-%04d%02d%02d-%04d", day.year(), day.month(), day.day(), number);
  Random random(seed, conversation.conversation_id);
  conversation.customer_id = PickCustomer(random);
  const int agent = static_cast<int>(random.Uniform() * kAgents);
  conversation.agent_id = absl::StrFormat("agent-%02d", agent);
  conversation.channel = random.Pick(kChannels);
  Random of_agent(seed, conversation.agent_id);
  const Traits traits = TraitsOf(seed, conversation.customer_id);
  conversation.labels = {{"team", of_agent.Pick(kTeams)},
                         {"product", random.Pick(kProducts)},
                         {"plan", traits.plan},
                         {"locale", traits.locale}};
  const absl::Duration from = absl::Hours(random.Pick(kHoursUtc));
  const absl::Duration past = absl::Milliseconds(static_cast<int64_t>(random.Uniform() * 3 * 3600 * 1000));
  conversation.opened_at = absl::FromCivil(day, absl::UTCTimeZone()) + from + past;
  conversation.first_reply_at = conversation.opened_at + FirstReplyTime(random.Uniform());
  return conversation;
}

template <typename Event>
absl::Time TimeOf(const Event& event) {
  return absl::FromUnixSeconds(event.occurred_at().seconds()) + absl::Nanoseconds(event.occurred_at().nanos());
}

// How likely each side of a scale is; the rest is negative.
struct Mood {
  double positive;
  double neutral;
};

// Waiting costs goodwill. Weighted by how many wait how long, 95 % are happy.
Mood MoodAfter(absl::Duration wait) {
  if (wait <= absl::Hours(1)) return {.positive = 0.968, .neutral = 0.02};
  if (wait <= absl::Hours(6)) return {.positive = 0.95, .neutral = 0.03};
  return {.positive = 0.905, .neutral = 0.05};
}

enum class Side { kPositive, kNeutral, kNegative };

Side PickSide(Random& random, Mood mood) {
  const double u = random.Uniform();
  if (u < mood.positive) return Side::kPositive;
  return u < mood.positive + mood.neutral ? Side::kNeutral : Side::kNegative;
}

void SetEmoticon(Random& random, Side side, Rating& rating) {
  switch (side) {
    case Side::kPositive:
      rating.set_emoticon(ratings::v1::EMOTICON_HAPPY);
      rating.set_wow(random.Chance(kWow));
      break;
    case Side::kNeutral:
      rating.set_emoticon(ratings::v1::EMOTICON_SATISFIED);
      break;
    case Side::kNegative:
      rating.set_emoticon(ratings::v1::EMOTICON_UNHAPPY);
      break;
  }
}

int32_t PickCsat(Random& random, Side side) {
  if (side == Side::kNeutral) return 3;
  const bool extreme = random.Chance(0.6);
  if (side == Side::kPositive) return extreme ? 5 : 4;
  return extreme ? 1 : 2;
}

int32_t PickNps(Random& random, Side side) {
  // Fewer are willing to recommend than are content.
  if (side == Side::kPositive && random.Chance(0.35)) side = Side::kNeutral;
  if (side == Side::kPositive) return random.Chance(0.5) ? 10 : 9;
  if (side == Side::kNeutral) return random.Chance(0.6) ? 8 : 7;
  return static_cast<int32_t>(random.Uniform() * 7);
}

void SetScore(Random& random, Side side, Rating& rating) {
  rating.set_wow(false);
  switch (rating.scale()) {
    case ratings::v1::SCALE_CSAT_5:
      rating.set_points(PickCsat(random, side));
      break;
    case ratings::v1::SCALE_NPS_11:
      rating.set_points(PickNps(random, side));
      break;
    default:
      SetEmoticon(random, side, rating);
  }
}

void SetComment(Random& random, Side side, Rating& rating) {
  rating.set_comment(side == Side::kPositive  ? random.Pick(kPraise)
                     : side == Side::kNeutral ? random.Pick(kShrugs)
                                              : random.Pick(kComplaints));
  rating.set_comment_visibility(random.Pick(kVisibilities));
}

// Fills in what a survey and its answer have in common.
template <typename Event>
Event AboutConversation(const Conversation& conversation, Scale scale) {
  Event event;
  event.set_customer_id(conversation.customer_id);
  event.set_scale(scale);
  event.set_agent_id(conversation.agent_id);
  event.set_channel(conversation.channel);
  event.set_conversation_id(conversation.conversation_id);
  event.mutable_labels()->insert(conversation.labels.begin(), conversation.labels.end());
  return event;
}

void AddSurvey(Survey survey, ratings::v1::SurveyStatus status, absl::Time at, Feedback& feedback) {
  survey.set_status(status);
  SetTime(at, survey.mutable_occurred_at());
  feedback.surveys.push_back(std::move(survey));
}

void AddRating(Rating rating, absl::Time at, Feedback& feedback) {
  SetTime(at, rating.mutable_occurred_at());
  feedback.ratings.push_back(std::move(rating));
}

void Answer(const Conversation& conversation, const Survey& survey, absl::Time asked_at, Random& random,
            Feedback& feedback) {
  const Mood mood = MoodAfter(conversation.first_reply_at - conversation.opened_at);
  auto rating = AboutConversation<Rating>(conversation, survey.scale());
  rating.set_rating_id(survey.survey_id());
  const Side side = PickSide(random, mood);
  SetScore(random, side, rating);
  if (random.Chance(kCommented)) SetComment(random, side, rating);
  const absl::Time answered_at = asked_at + TimeAt(kAnswerDelay, random.Uniform());
  AddRating(rating, answered_at, feedback);

  if (!random.Chance(kRevised)) return;
  rating.set_revision(1);
  SetScore(random, PickSide(random, mood), rating);
  AddRating(std::move(rating), answered_at + TimeAt(kAnswerDelay, random.Uniform()), feedback);
}

}  // namespace

std::string CustomerId(int number) {
  return absl::StrFormat("customer-%04d", number);
}

Traits TraitsOf(uint64_t seed, absl::string_view customer_id) {
  Random random(seed, customer_id);
  const std::string plan = random.Pick(kPlans);
  return {.plan = plan, .locale = random.Pick(kLocales)};
}

Feedback FeedbackOf(uint64_t seed, const Conversation& conversation) {
  Feedback feedback;
  Random random(seed, absl::StrCat("feedback ", conversation.conversation_id));
  auto survey = AboutConversation<Survey>(conversation, random.Pick(kScales));
  survey.set_survey_id(conversation.conversation_id);
  AddSurvey(survey, ratings::v1::SURVEY_STATUS_OFFERED, conversation.first_reply_at, feedback);
  if (!random.Chance(kDelivered)) return feedback;
  const absl::Time delivered_at = conversation.first_reply_at + absl::Seconds(3);
  AddSurvey(survey, ratings::v1::SURVEY_STATUS_DELIVERED, delivered_at, feedback);
  if (random.Chance(kAnswered)) {
    Answer(conversation, survey, delivered_at, random, feedback);
  } else if (random.Chance(kDismissed)) {
    AddSurvey(survey, ratings::v1::SURVEY_STATUS_DISMISSED, delivered_at + TimeAt(kAnswerDelay, random.Uniform()),
              feedback);
  }
  return feedback;
}

absl::Duration FirstReplyTime(double quantile) {
  return TimeAt(kFirstReply, quantile);
}

std::vector<Conversation> ConversationsOfDay(uint64_t seed, absl::CivilDay day) {
  const absl::Weekday weekday = absl::GetWeekday(day);
  const bool weekend = weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
  Random random(seed, absl::FormatCivilTime(day));
  const double volume = kConversationsPerWeekday * (weekend ? kWeekendVolume : 1) * (0.9 + 0.2 * random.Uniform());
  const int count = static_cast<int>(volume);
  std::vector<Conversation> conversations;
  conversations.reserve(count);
  for (int number = 0; number < count; ++number) {
    conversations.push_back(MakeConversation(seed, day, number));
  }
  return conversations;
}

Feedback FeedbackOfDays(uint64_t seed, absl::CivilDay end, int days) {
  const absl::Time until = absl::FromCivil(end, absl::UTCTimeZone());
  Feedback feedback;
  for (absl::CivilDay day = end - days; day < end; ++day) {
    for (const Conversation& conversation : ConversationsOfDay(seed, day)) {
      Feedback of_one = FeedbackOf(seed, conversation);
      std::move(of_one.surveys.begin(), of_one.surveys.end(), std::back_inserter(feedback.surveys));
      std::move(of_one.ratings.begin(), of_one.ratings.end(), std::back_inserter(feedback.ratings));
    }
  }
  const auto not_yet = [until](const auto& event) { return TimeOf(event) >= until; };
  std::erase_if(feedback.surveys, not_yet);
  std::erase_if(feedback.ratings, not_yet);
  return feedback;
}

}  // namespace rapport::example
