#include "services/churn/core/evaluation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <utility>

namespace rapport::churn {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kBins = 10;

// Rows with one probability.
struct Tie {
  double rows = 0;
  double churners = 0;
};

// By descending probability.
std::vector<Tie> Ties(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels) {
  std::vector<size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return probabilities[a] > probabilities[b]; });
  std::vector<Tie> ties;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || probabilities[order[i]] != probabilities[order[i - 1]]) ties.emplace_back();
    ++ties.back().rows;
    ties.back().churners += labels[order[i]];
  }
  return ties;
}

double Churners(absl::Span<const uint8_t> labels) {
  return std::accumulate(labels.begin(), labels.end(), 0.0);
}

// The generator and the way of drawing of NumPy's RandomState.
class NumpyShuffle {
 public:
  explicit NumpyShuffle(uint32_t seed) : random_(seed) {}

  void operator()(std::vector<uint32_t>& values) {
    for (size_t i = values.size(); i-- > 1;) std::swap(values[i], values[UpTo(static_cast<uint32_t>(i))]);
  }

 private:
  uint32_t UpTo(uint32_t highest) {
    uint32_t mask = highest;
    for (int shift = 1; shift < 32; shift *= 2) mask |= mask >> shift;
    while (true) {
      const uint32_t drawn = static_cast<uint32_t>(random_()) & mask;
      if (drawn <= highest) return drawn;
    }
  }

  std::mt19937 random_;
};

// The rows of one fold.
struct Part {
  std::vector<double> probabilities;
  std::vector<uint8_t> labels;
};

std::vector<Part> Parts(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels,
                        absl::Span<const uint32_t> fold_of_row, uint32_t folds) {
  std::vector<Part> parts(folds);
  for (size_t row = 0; row < labels.size(); ++row) {
    Part& part = parts[fold_of_row[row]];
    part.probabilities.push_back(probabilities[row]);
    part.labels.push_back(labels[row]);
  }
  return parts;
}

using FigureFunction = double (*)(absl::Span<const double>, absl::Span<const uint8_t>);

v1::EvaluationFigure MakeFigure(FigureFunction compute, absl::Span<const double> probabilities,
                                absl::Span<const uint8_t> labels, absl::Span<const Part> parts) {
  double sum = 0;
  double squares = 0;
  double base_sum = 0;
  for (const Part& part : parts) {
    const double value = compute(part.probabilities, part.labels);
    sum += value;
    squares += value * value;
    const double base_rate =
        (Churners(labels) - Churners(part.labels)) / static_cast<double>(labels.size() - part.labels.size());
    base_sum += compute(std::vector<double>(part.labels.size(), base_rate), part.labels);
  }
  const auto folds = static_cast<double>(parts.size());
  const double mean = sum / folds;
  v1::EvaluationFigure figure;
  figure.set_value(compute(probabilities, labels));
  figure.set_fold_mean(mean);
  figure.set_fold_spread(std::sqrt(std::max(0.0, squares / folds - mean * mean)));
  figure.set_base_rate(base_sum / folds);
  return figure;
}

}  // namespace

double RocAuc(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels) {
  const double churners = Churners(labels);
  const double stayers = static_cast<double>(labels.size()) - churners;
  if (churners == 0 || stayers == 0) return kUndefined;
  double area = 0;
  double churners_above = 0;
  for (const Tie& tie : Ties(probabilities, labels)) {
    area += (tie.rows - tie.churners) * (churners_above + tie.churners / 2);
    churners_above += tie.churners;
  }
  return area / (churners * stayers);
}

double PrAuc(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels) {
  const double churners = Churners(labels);
  if (churners == 0) return kUndefined;
  double area = 0;
  Tie above;
  for (const Tie& tie : Ties(probabilities, labels)) {
    above.rows += tie.rows;
    above.churners += tie.churners;
    area += above.churners / above.rows * tie.churners / churners;
  }
  return area;
}

double LogLoss(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels) {
  constexpr double kLeast = 1e-15;
  double sum = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    const double p = std::clamp(probabilities[i], kLeast, 1 - kLeast);
    sum -= labels[i] != 0 ? std::log(p) : std::log1p(-p);
  }
  return sum / static_cast<double>(labels.size());
}

double BrierScore(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels) {
  double sum = 0;
  for (size_t i = 0; i < labels.size(); ++i) sum += (probabilities[i] - labels[i]) * (probabilities[i] - labels[i]);
  return sum / static_cast<double>(labels.size());
}

double CalibrationError(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels) {
  std::array<double, kBins> surplus = {};
  for (size_t i = 0; i < labels.size(); ++i) {
    surplus[std::min(static_cast<size_t>(probabilities[i] * kBins), kBins - 1)] += probabilities[i] - labels[i];
  }
  double sum = 0;
  for (double each : surplus) sum += std::abs(each);
  return sum / static_cast<double>(labels.size());
}

double TopDecileLift(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels) {
  const double churners = Churners(labels);
  if (churners == 0) return kUndefined;
  const auto rows = static_cast<double>(labels.size());
  const double tenth = std::ceil(rows / 10);
  Tie top;
  for (const Tie& tie : Ties(probabilities, labels)) {
    const double taken = std::min(tie.rows, tenth - top.rows);
    top.churners += tie.churners * taken / tie.rows;
    top.rows += taken;
    if (top.rows >= tenth) break;
  }
  return top.churners / top.rows / (churners / rows);
}

std::vector<uint32_t> StratifiedFolds(absl::Span<const uint8_t> labels, uint32_t folds, uint32_t seed) {
  // scikit-learn numbers the classes by their first row, lays the rows out class by class, and deals them out in turn.
  std::array<uint8_t, 2> classes = {0, 1};
  if (!labels.empty() && labels.front() != 0) classes = {1, 0};
  NumpyShuffle shuffle(seed);
  std::vector<uint32_t> fold_of_row(labels.size());
  size_t dealt = 0;
  for (uint8_t label : classes) {
    const auto size = static_cast<size_t>(std::count(labels.begin(), labels.end(), label));
    std::vector<uint32_t> of_class(size);
    for (size_t i = 0; i < size; ++i) of_class[i] = static_cast<uint32_t>((dealt + i) % folds);
    std::sort(of_class.begin(), of_class.end());
    shuffle(of_class);
    dealt += size;
    size_t next = 0;
    for (size_t row = 0; row < labels.size(); ++row) {
      if (labels[row] == label) fold_of_row[row] = of_class[next++];
    }
  }
  return fold_of_row;
}

v1::EvaluationCard Evaluate(absl::Span<const double> probabilities, absl::Span<const uint8_t> labels,
                            absl::Span<const uint32_t> fold_of_row, uint32_t folds) {
  const std::vector<Part> parts = Parts(probabilities, labels, fold_of_row, folds);
  const auto figure = [&](FigureFunction compute) { return MakeFigure(compute, probabilities, labels, parts); };
  v1::EvaluationCard card;
  card.set_row_count(static_cast<int64_t>(labels.size()));
  card.set_positive_count(static_cast<int64_t>(Churners(labels)));
  card.set_folds(folds);
  *card.mutable_roc_auc() = figure(RocAuc);
  *card.mutable_pr_auc() = figure(PrAuc);
  *card.mutable_log_loss() = figure(LogLoss);
  *card.mutable_brier() = figure(BrierScore);
  *card.mutable_calibration_error() = figure(CalibrationError);
  *card.mutable_top_decile_lift() = figure(TopDecileLift);
  return card;
}

}  // namespace rapport::churn
