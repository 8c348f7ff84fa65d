#ifndef RAPPORT_DEPLOY_LOCAL_EXAMPLE_EXAMPLE_RANDOM_H_
#define RAPPORT_DEPLOY_LOCAL_EXAMPLE_EXAMPLE_RANDOM_H_

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"

// Chance for the example: the same on every machine.
namespace rapport::example {

template <typename T>
struct Weighted {
  T value;
  double weight;
};

// A source of numbers that is the same wherever it runs: the distributions of the standard library are not. Each
// purpose has a sequence of its own, so that one thing can change without all others.
class Random {
 public:
  Random(uint64_t seed, absl::string_view purpose) : engine_(Seeded(seed, purpose)) {}

  // Evenly in [0, 1).
  double Uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }

  bool Chance(double probability) { return Uniform() < probability; }

  template <typename T, size_t N>
  const T& Pick(const Weighted<T> (&choices)[N]) {
    double total = 0;
    for (const Weighted<T>& choice : choices) total += choice.weight;
    double left = Uniform() * total;
    for (const Weighted<T>& choice : choices) {
      left -= choice.weight;
      if (left < 0) return choice.value;
    }
    return choices[N - 1].value;
  }

 private:
  static std::mt19937_64 Seeded(uint64_t seed, absl::string_view purpose) {
    std::vector<uint32_t> words = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
    words.insert(words.end(), purpose.begin(), purpose.end());
    std::seed_seq sequence(words.begin(), words.end());
    return std::mt19937_64(sequence);
  }

  std::mt19937_64 engine_;
};

// A point of a distribution of times: the share `quantile` is at most `seconds`.
struct QuantilePoint {
  double quantile;
  double seconds;
};

// Between the points the logarithm of the time is a straight line over the quantile.
template <size_t N>
absl::Duration TimeAt(const std::array<QuantilePoint, N>& points, double quantile) {
  size_t upper = 1;
  while (upper + 1 < N && points[upper].quantile < quantile) ++upper;
  const QuantilePoint& from = points[upper - 1];
  const QuantilePoint& to = points[upper];
  const double part = (quantile - from.quantile) / (to.quantile - from.quantile);
  const double seconds = from.seconds * std::pow(to.seconds / from.seconds, part);
  return absl::Milliseconds(static_cast<int64_t>(seconds * 1000));
}

inline void SetTime(absl::Time time, google::protobuf::Timestamp* proto) {
  const int64_t millis = absl::ToUnixMillis(time);
  proto->set_seconds(millis / 1000);
  proto->set_nanos(static_cast<int32_t>(millis % 1000) * 1000000);
}

}  // namespace rapport::example

#endif  // RAPPORT_DEPLOY_LOCAL_EXAMPLE_EXAMPLE_RANDOM_H_
