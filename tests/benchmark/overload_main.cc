// The loads that tests/benchmark/run --only=overload puts on the ratings service. See overload_load.h.
#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "rapport/ratings/v1/ratings_service.pb.h"
#include "tests/benchmark/dataset.h"
#include "tests/benchmark/overload_load.h"

namespace rapport::benchmark {
namespace {

constexpr int64_t kRows = 1000;
constexpr size_t kIdBytes = 24;

// The bytes of requests with ratings, whose ids are written anew for each request: a prefix and a number.
class RatingTemplate {
 public:
  RatingTemplate(const std::string& prefix, std::string bytes)
      : digits_(kIdBytes - prefix.size()), bytes_(std::move(bytes)) {
    const std::string placeholder = Placeholder();
    for (size_t at = bytes_.find(placeholder); at != std::string::npos; at = bytes_.find(placeholder, at)) {
      bytes_.replace(at, prefix.size(), prefix);
      numbers_.push_back(at + prefix.size());
    }
  }

  static std::string Placeholder() { return std::string(kIdBytes, '#'); }

  std::string Request(int64_t number) const {
    std::string request = bytes_;
    int64_t id = number * static_cast<int64_t>(numbers_.size());
    for (const size_t at : numbers_) {
      int64_t left = id++;
      for (size_t i = at + digits_; i > at; left /= 10) request[--i] = static_cast<char>('0' + left % 10);
    }
    return request;
  }

 private:
  const size_t digits_;
  std::string bytes_;
  std::vector<size_t> numbers_;  // where those of the ids begin
};

ratings::v1::Rating RatingWithoutId(int64_t row) {
  ratings::v1::Rating rating = ToRating(MakeRow("", row, kRows));
  rating.set_rating_id(RatingTemplate::Placeholder());
  return rating;
}

constexpr char kRecordRating[] = "/rapport.ratings.v1.RatingsService/RecordRating";
constexpr char kRecordRatings[] = "/rapport.ratings.v1.RatingsService/RecordRatings";
constexpr char kQueryRatings[] = "/rapport.ratings.v1.RatingsService/QueryRatings";

MakeCall OneRating(const std::string& prefix) {
  std::vector<RatingTemplate> templates;
  for (int64_t row = 0; row < kRows; ++row) {
    ratings::v1::RecordRatingRequest request;
    *request.mutable_rating() = RatingWithoutId(row);
    templates.emplace_back(prefix, request.SerializeAsString());
  }
  return [templates](int64_t number) {
    return RawCall{kRecordRating, templates[static_cast<size_t>(number % kRows)].Request(number)};
  };
}

MakeCall BatchOfRatings(const std::string& prefix) {
  constexpr int64_t kBatch = 500;
  ratings::v1::RecordRatingsRequest request;
  for (int64_t row = 0; row < kBatch; ++row) *request.add_ratings() = RatingWithoutId(row);
  const RatingTemplate bytes(prefix, request.SerializeAsString());
  return [bytes](int64_t number) { return RawCall{kRecordRatings, bytes.Request(number)}; };
}

MakeCall MonthByAgent() {
  ratings::v1::QueryRatingsRequest request;
  request.mutable_range()->mutable_start()->set_seconds(kFirstSecond);
  request.mutable_range()->mutable_end()->set_seconds(kFirstSecond + kDays * 86400);
  request.set_group_by(common::v1::DIMENSION_AGENT);
  return [bytes = request.SerializeAsString()](int64_t) { return RawCall{kQueryRatings, bytes}; };
}

// Of ten calls one asks and nine record.
MakeCall Mix(const std::string& prefix) {
  return [record = OneRating(prefix), ask = MonthByAgent()](int64_t number) {
    return number % 10 == 0 ? ask(number) : record(number);
  };
}

}  // namespace
}  // namespace rapport::benchmark

int main(int argc, char** argv) {
  using namespace rapport::benchmark;
  CLI::App app{"Puts a load on a ratings server of this machine that goes on when it is refused; prints JSON."};
  OverloadOptions options;
  std::string kind;
  std::string prefix;
  app.add_option("--server", options.server, "HOST:PORT")->required();
  app.add_option("--kind", kind)->required()->check(CLI::IsMember({"rating", "batch", "query", "mix"}));
  app.add_option("--prefix", prefix, "Of the rating ids, not the same as of earlier loads")
      ->required()
      ->check([](const std::string& given) { return given.size() <= 12 ? "" : "give at most 12 characters"; });
  app.add_option("--tenant", options.tenant);
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 1000));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.1, 60.0));
  app.add_option("--rate", options.rate, "Calls a second; 0: as --callers are answered")->check(CLI::Range(0.0, 1e7));
  app.add_option("--callers", options.callers, "Who call again when they are answered")->check(CLI::Range(1, 100'000));
  app.add_flag("--obey", options.obey, "Callers who are refused wait as long as they are advised");
  CLI11_PARSE(app, argc, argv);

  if (kind == "rating") return RunOverload(OneRating(prefix), options);
  if (kind == "batch") return RunOverload(BatchOfRatings(prefix), options);
  if (kind == "query") return RunOverload(MonthByAgent(), options);
  return RunOverload(Mix(prefix), options);
}
