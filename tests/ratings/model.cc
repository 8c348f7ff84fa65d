#include "tests/ratings/model.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace rapport::ratings {
namespace {

absl::Time MillisecondOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixMillis(timestamp.seconds() * 1000 + timestamp.nanos() / 1'000'000);
}

template <typename Message>
Message ToMillisecond(Message message) {
  message.mutable_occurred_at()->set_nanos(message.occurred_at().nanos() / 1'000'000 * 1'000'000);
  return message;
}

void Describe(CountedRating& counted) {
  const v1::Rating& rating = counted.rating;
  const auto judge = [&](int positive_from, int neutral_from) {
    counted.points = rating.points();
    counted.score = absl::StrCat(rating.points());
    counted.sentiment = rating.points() >= positive_from  ? v1::SENTIMENT_POSITIVE
                        : rating.points() >= neutral_from ? v1::SENTIMENT_NEUTRAL
                                                          : v1::SENTIMENT_NEGATIVE;
  };
  switch (rating.scale()) {
    case v1::SCALE_EMOTICON_3: {
      static constexpr const char* kNames[] = {"", "HAPPY", "SATISFIED", "UNHAPPY"};
      counted.score = kNames[rating.emoticon()];
      counted.points = 2 - rating.emoticon();
      counted.sentiment = static_cast<v1::Sentiment>(rating.emoticon());
      return;
    }
    case v1::SCALE_THUMBS_2:
      counted.score = rating.thumb() == v1::THUMB_UP ? "UP" : "DOWN";
      counted.points = rating.thumb() == v1::THUMB_UP ? 1 : 0;
      counted.sentiment = rating.thumb() == v1::THUMB_UP ? v1::SENTIMENT_POSITIVE : v1::SENTIMENT_NEGATIVE;
      return;
    case v1::SCALE_NPS_11:
      return judge(9, 7);
    case v1::SCALE_CES_7:
      return judge(5, 4);
    default:
      return judge(4, 3);
  }
}

bool IsSelected(absl::Time at, const rollup::Values& values, const Selection& selection) {
  return selection.range.Contains(at) &&
         std::all_of(selection.values.begin(), selection.values.end(),
                     [&](const auto& each) { return values[rollup::IndexOf(each.first)] == each.second; });
}

// Everything known under one id.
struct Known {
  std::vector<v1::Rating> revisions;
  std::map<v1::SurveyStatus, v1::Survey> surveys;

  std::string CreditedAgent(const v1::Rating& rating) const {
    for (const v1::SurveyStatus status : {v1::SURVEY_STATUS_DELIVERED, v1::SURVEY_STATUS_OFFERED}) {
      const auto found = surveys.find(status);
      if (found != surveys.end() && !found->second.agent_id().empty()) return found->second.agent_id();
    }
    return rating.agent_id();
  }
};

std::map<std::string, Known> Gather(absl::Span<const Event> events) {
  std::map<std::string, Known> known;
  for (const Event& event : events) {
    if (const auto* rating = std::get_if<v1::Rating>(&event)) {
      known[rating->rating_id()].revisions.push_back(ToMillisecond(*rating));
      continue;
    }
    const v1::Survey survey = ToMillisecond(std::get<v1::Survey>(event));
    const auto [place, added] = known[survey.survey_id()].surveys.try_emplace(survey.status(), survey);
    const auto key = [](const v1::Survey& s) { return std::tuple(MillisecondOf(s.occurred_at()), BytesOf(s)); };
    if (!added && key(survey) < key(place->second)) place->second = survey;
  }
  return known;
}

}  // namespace

Model::Model(absl::Span<const Event> events) {
  for (const auto& [id, known] : Gather(events)) {
    for (const auto& [status, survey] : known.surveys) {
      const rollup::Values values = rollup::ValuesOf(survey.agent_id(), survey.channel(), survey.labels());
      const absl::Time at = MillisecondOf(survey.occurred_at());
      surveys_.push_back({survey.scale(), at, values});
      if (status == v1::SURVEY_STATUS_DELIVERED) {
        deliveries_.push_back({survey, at, values, !known.revisions.empty()});
      }
    }
    if (known.revisions.empty()) continue;
    const auto key = [](const v1::Rating& r) {
      return std::tuple(MillisecondOf(r.occurred_at()), r.revision(), BytesOf(r));
    };
    CountedRating counted;
    counted.rating = *std::max_element(known.revisions.begin(), known.revisions.end(),
                                       [&](const auto& a, const auto& b) { return key(a) < key(b); });
    counted.rating.set_agent_id(known.CreditedAgent(counted.rating));
    counted.at = MillisecondOf(counted.rating.occurred_at());
    counted.values = rollup::ValuesOf(counted.rating.agent_id(), counted.rating.channel(), counted.rating.labels());
    Describe(counted);
    ratings_.push_back(counted);
  }
  std::sort(ratings_.begin(), ratings_.end(), [](const CountedRating& a, const CountedRating& b) {
    return std::tuple(a.at, a.rating.rating_id()) > std::tuple(b.at, b.rating.rating_id());
  });
}

ExpectedFigures Model::FiguresOf(v1::Scale scale, const Selection& selection) const {
  ExpectedFigures figures;
  for (const CountedRating& each : ratings_) {
    if (each.rating.scale() != scale || !IsSelected(each.at, each.values, selection)) continue;
    ExpectedFigures::Customer& customer = figures.customers[each.rating.customer_id()];
    ++figures.ratings;
    ++customer.ratings;
    ++figures.distribution[each.score];
    figures.points += each.points;
    customer.points += each.points;
    if (each.sentiment == v1::SENTIMENT_POSITIVE) ++figures.positive, ++customer.positive;
    if (each.sentiment == v1::SENTIMENT_NEGATIVE) ++figures.negative, ++customer.negative;
    if (each.rating.wow()) ++figures.wow;
  }
  for (const Delivery& each : deliveries_) {
    if (each.survey.scale() != scale || !IsSelected(each.at, each.values, selection)) continue;
    ++figures.delivered;
    if (each.answered) ++figures.answered;
  }
  for (const SurveyFact& each : surveys_) {
    if (each.scale == scale && IsSelected(each.at, each.values, selection)) ++figures.surveys;
  }
  return figures;
}

std::vector<std::string> Model::ValuesIn(common::v1::Dimension dimension, const Selection& selection) const {
  std::set<std::string> values;
  for (const CountedRating& each : ratings_) {
    if (IsSelected(each.at, each.values, selection)) values.insert(each.values[rollup::IndexOf(dimension)]);
  }
  for (const SurveyFact& each : surveys_) {
    if (IsSelected(each.at, each.values, selection)) values.insert(each.values[rollup::IndexOf(dimension)]);
  }
  return {values.begin(), values.end()};
}

double ExpectedFigures::TopCustomerShare(int top) const {
  std::vector<int64_t> counts;
  for (const auto& [id, customer] : customers) counts.push_back(customer.negative);
  std::sort(counts.rbegin(), counts.rend());
  int64_t loudest = 0;
  for (int i = 0; i < top && i < static_cast<int>(counts.size()); ++i) loudest += counts[i];
  return static_cast<double>(loudest) / static_cast<double>(negative);
}

bool Matches(const CountedRating& counted, const v1::RatingFilter& filter) {
  const v1::Rating& rating = counted.rating;
  return (filter.customer_id().empty() || rating.customer_id() == filter.customer_id()) &&
         (filter.scale() == v1::SCALE_UNSPECIFIED || rating.scale() == filter.scale()) &&
         (filter.sentiment() == v1::SENTIMENT_UNSPECIFIED || counted.sentiment == filter.sentiment()) &&
         (filter.conversation_id().empty() || rating.conversation_id() == filter.conversation_id()) &&
         (!filter.with_comment() || !rating.comment().empty()) &&
         std::all_of(filter.dimensions().begin(), filter.dimensions().end(), [&](const auto& each) {
           return counted.values[rollup::IndexOf(each.dimension())] == each.value();
         });
}

}  // namespace rapport::ratings
