// Ratings and surveys of one id: what a record holds depends on the set of events alone, and survives being stored.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/request/stable_bytes.h"
#include "services/ratings/core/record.h"
#include "services/ratings/core/validation.h"
#include "services/ratings/core/visibility.h"
#include "tests/fuzz/fail.h"
#include "tests/fuzz/script.h"

namespace rapport::fuzz {
namespace {

using google::protobuf::Message;
using ratings::storage::v1::RatingRecord;

const absl::Time kNow = absl::FromUnixSeconds(1'782'907'200);
constexpr char kId[] = "r1";

template <typename Event>
bool IsValid(const Event& event) {
  const absl::Status status = ratings::Validate(event, kNow);
  if (status.ok()) return true;
  RequireClear(status, "an event");
  Require(absl::StrContains(status.message(), ": "), absl::StrCat("an error names the field: ", status.message()));
  return false;
}

struct Events {
  std::vector<ratings::v1::Rating> ratings;
  std::vector<ratings::v1::Survey> surveys;
};

RatingRecord RecordOf(const Events& events) {
  RatingRecord record;
  for (const ratings::v1::Rating& rating : events.ratings) ratings::AddRating(rating, {}, kNow, record);
  for (const ratings::v1::Survey& survey : events.surveys) ratings::AddSurvey(survey, {}, record);
  return record;
}

}  // namespace

const Message& EmptyScript() {
  static const Message& script =
      MakeScript({{"rating", ratings::v1::Rating::descriptor()}, {"survey", ratings::v1::Survey::descriptor()}});
  return script;
}

void Run(const Message& script) {
  Events events;
  ForEachStep(script, [&](const Message&, const std::string& kind, const std::vector<const Message*>& messages) {
    if (kind == "rating") {
      auto rating = static_cast<const ratings::v1::Rating&>(*messages.front());
      if (!IsValid(rating)) return;
      rating.set_rating_id(kId);
      events.ratings.push_back(rating);
    } else {
      auto survey = static_cast<const ratings::v1::Survey&>(*messages.front());
      if (!IsValid(survey)) return;
      survey.set_survey_id(kId);
      events.surveys.push_back(survey);
    }
  });
  const RatingRecord record = RecordOf(events);
  Events reversed = events;
  std::reverse(reversed.ratings.begin(), reversed.ratings.end());
  std::reverse(reversed.surveys.begin(), reversed.surveys.end());
  reversed.ratings.insert(reversed.ratings.end(), events.ratings.begin(), events.ratings.end());
  Require(StableBytes(RecordOf(reversed)) == StableBytes(record), "order and repetition change nothing");

  const auto unpacked = ratings::Unpack(kId, ratings::Pack(record));
  Require(unpacked.ok() && StableBytes(*unpacked) == StableBytes(record), "a record survives being stored");
  Require((ratings::Counted(record) == nullptr) == events.ratings.empty(), "one of the ratings counts");

  for (const ratings::v1::Rating& rating : events.ratings) {
    RatingRecord erased = record;
    Require(ratings::EraseCustomer(rating.customer_id(), erased), "there is something to erase");
    for (const auto& revision : erased.revisions()) {
      Require(revision.rating().customer_id() != rating.customer_id(), "who was erased is gone");
    }
  }
}

}  // namespace rapport::fuzz
