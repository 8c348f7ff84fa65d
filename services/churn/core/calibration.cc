#include "services/churn/core/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace rapport::churn {
namespace {

constexpr size_t kParameters = 3;
using Vector = std::array<double, kParameters>;
using Matrix = std::array<Vector, kParameters>;

// ln(p), -ln(1 - p) and 1 for the p whose log-odds are `raw_score`.
Vector Terms(double raw_score) {
  const double tail = std::log1p(std::exp(-std::abs(raw_score)));
  return {std::min(raw_score, 0.0) - tail, std::max(raw_score, 0.0) + tail, 1};
}

double Dot(const Vector& a, const Vector& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

double Logistic(double log_odds) {
  return 1 / (1 + std::exp(-log_odds));
}

// x of A x = y for a symmetric positive definite A.
Vector Solve(Matrix a, Vector y) {
  for (size_t i = 0; i < kParameters; ++i) {
    for (size_t row = i + 1; row < kParameters; ++row) {
      const double factor = a[row][i] / a[i][i];
      for (size_t column = i; column < kParameters; ++column) a[row][column] -= factor * a[i][column];
      y[row] -= factor * y[i];
    }
  }
  for (size_t i = kParameters; i-- > 0;) {
    for (size_t column = i + 1; column < kParameters; ++column) y[i] -= a[i][column] * y[column];
    y[i] /= a[i][i];
  }
  return y;
}

struct Problem {
  std::vector<Vector> terms;
  absl::Span<const uint8_t> labels;
};

// Holds a parameter at 0, or, weaker than one row would, keeps the sum finite where one score parts the outcomes.
constexpr double kFixed = 1e12;
constexpr double kRidge = 1e-3;

double Penalty(const Vector& ridge, const Vector& x) {
  return (ridge[0] * x[0] * x[0] + ridge[1] * x[1] * x[1] + ridge[2] * x[2] * x[2]) / 2;
}

double Loss(const Problem& problem, const Vector& ridge, const Vector& x) {
  double loss = Penalty(ridge, x);
  for (size_t row = 0; row < problem.labels.size(); ++row) {
    const double log_odds = Dot(problem.terms[row], x);
    const double against = problem.labels[row] != 0 ? -log_odds : log_odds;
    loss += std::max(against, 0.0) + std::log1p(std::exp(-std::abs(against)));
  }
  return loss;
}

Vector NewtonStep(const Problem& problem, const Vector& ridge, const Vector& x) {
  Vector gradient = {ridge[0] * x[0], ridge[1] * x[1], ridge[2] * x[2]};
  Matrix curvature = {Vector{ridge[0], 0, 0}, Vector{0, ridge[1], 0}, Vector{0, 0, ridge[2]}};
  for (size_t row = 0; row < problem.labels.size(); ++row) {
    const Vector& terms = problem.terms[row];
    const double p = Logistic(Dot(terms, x));
    for (size_t i = 0; i < kParameters; ++i) {
      gradient[i] += (p - problem.labels[row]) * terms[i];
      for (size_t j = 0; j < kParameters; ++j) curvature[i][j] += p * (1 - p) * terms[i] * terms[j];
    }
  }
  return Solve(curvature, gradient);
}

// Newton's method, each step halved until it helps.
Vector Minimize(const Problem& problem, const Vector& ridge) {
  Vector x = {};
  double loss = Loss(problem, ridge, x);
  for (int round = 0; round < 100; ++round) {
    Vector step = NewtonStep(problem, ridge, x);
    bool better = false;
    for (int halving = 0; halving < 30 && !better; ++halving) {
      const Vector next = {x[0] - step[0], x[1] - step[1], x[2] - step[2]};
      const double next_loss = Loss(problem, ridge, next);
      better = next_loss < loss - 1e-12 * loss;
      if (better) {
        x = next;
        loss = next_loss;
      }
      for (double& each : step) each /= 2;
    }
    if (!better) break;
  }
  return x;
}

}  // namespace

v1::Calibration FitCalibration(absl::Span<const float> raw_scores, absl::Span<const uint8_t> labels) {
  Problem problem;
  problem.labels = labels;
  for (float raw_score : raw_scores) problem.terms.push_back(Terms(raw_score));
  Vector ridge = {kRidge, kRidge, kRidge};
  Vector x = Minimize(problem, ridge);
  // A factor below 0 would reverse scores: it is held at 0 and the others fitted anew.
  for (int held = 0; held < 2 && std::min(x[0], x[1]) < 0; ++held) {
    ridge[x[0] < x[1] ? 0 : 1] = kFixed;
    x = Minimize(problem, ridge);
  }
  v1::Calibration calibration;
  calibration.set_a(std::max(x[0], 0.0));
  calibration.set_b(std::max(x[1], 0.0));
  calibration.set_c(x[2]);
  return calibration;
}

double CalibratedProbability(const v1::Calibration& calibration, double raw_score) {
  return Logistic(Dot(Terms(raw_score), {calibration.a(), calibration.b(), calibration.c()}));
}

}  // namespace rapport::churn
