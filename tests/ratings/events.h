#ifndef RAPPORT_TESTS_RATINGS_EVENTS_H_
#define RAPPORT_TESTS_RATINGS_EVENTS_H_

#include <cstdint>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "rapport/ratings/v1/ratings.pb.h"

// Random events, such as senders send: many that agree, revisions that change anything, equal times, surveys.
namespace rapport::ratings {

using Event = std::variant<v1::Rating, v1::Survey>;

const std::string& IdOf(const Event& event);
const std::string& CustomerOf(const Event& event);

// The same bytes for equal messages.
std::string BytesOf(const google::protobuf::Message& message);

// A valid rating with one score.
v1::Rating MakeRating(absl::string_view id, absl::string_view customer, v1::Scale scale, int points, absl::Time at);

class RandomEvents {
 public:
  struct Options {
    absl::Time start;
    absl::Duration span = absl::Hours(24 * 60);
    int customers = 40;
    // How many different moments there are within the span: few make ties.
    int64_t moments = 1'000'000'000;
  };
  RandomEvents(uint64_t seed, const Options& options) : random_(seed), options_(options) {}

  int64_t UpTo(int64_t n) { return std::uniform_int_distribution<int64_t>(0, n)(random_); }
  bool OneIn(int64_t n) { return UpTo(n - 1) == 0; }
  absl::Time Moment();
  std::string Customer();  // some rate much more often than others

  v1::Rating Rating(const std::string& id);
  // Another revision of the rating: something, or much, is different, and perhaps neither time nor revision tells which
  // one is later.
  v1::Rating Revised(v1::Rating rating);
  v1::Survey Survey(const std::string& id, v1::SurveyStatus status);

  // Ratings, their revisions and surveys, in the order in which a careful sender would send them.
  std::vector<Event> Stream(int count);

  std::mt19937_64& engine() { return random_; }

 private:
  void SetScore(v1::Rating& rating);
  template <typename Message>
  void SetDimensions(Message& message);

  std::mt19937_64 random_;
  const Options options_;
};

}  // namespace rapport::ratings

#endif  // RAPPORT_TESTS_RATINGS_EVENTS_H_
